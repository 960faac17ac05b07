/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * policy-vectors: answers the conformance vectors, one per line of standard input.
 *
 * The protocol is SEMANTICS section 15's "Runner".  Whatever a line holds, it is answered with one
 * line, {} if need be; the program ends only with its input.
 */
#include "tests/conformance/vector-kinds.h"

#include <stdio.h>
#include <string.h>

#define JSON_DEPTH 600

static const struct {
    const char *kind;
    MomVectorFunc answer;
} kinds[] = {
    {"eval", mom_vector_eval},       {"ops", mom_vector_ops},
    {"momd", mom_vector_momd},       {"controllers", mom_vector_controllers},
    {"monitor", mom_vector_monitor},
};

static json_object *
parse(const char *line, gsize length)
{
    json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);
    json_object *json = json_tokener_parse_ex(tokener, line, (int)length);

    json_tokener_free(tokener);
    return json;
}

static json_object *
answer(json_object *vector, const char *policy_dir)
{
    const char *kind;

    if (!json_object_is_type(vector, json_type_object))
        return NULL;
    kind = json_object_get_string(json_object_object_get(vector, "kind"));
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_strcmp0(kind, kinds[i].kind) == 0)
            return kinds[i].answer(vector, policy_dir);
    return NULL;
}

static void
answer_line(const char *line, gsize length, const char *policy_dir)
{
    json_object *vector = parse(line, length);
    json_object *answered = answer(vector, policy_dir);
    int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

    puts(answered ? json_object_to_json_string_ext(answered, flags) : "{}");
    fflush(stdout);
    json_object_put(answered);
    json_object_put(vector);
}

int
main(int argc, char **argv)
{
    g_autofree char *policy_dir = NULL;
    const GOptionEntry entries[] = {
        {"policy-dir", 0, 0, G_OPTION_ARG_FILENAME, &policy_dir,
         "the folder of the policy set, for vectors of kind momd", "DIR"},
        {0},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("[DIR] - answer conformance vectors");
    g_autoptr(GError) error = NULL;
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        g_printerr("policy-vectors: %s\n", error->message);
        return 2;
    }
    if (!policy_dir && argc > 1)
        policy_dir = g_strdup(argv[1]);
    while ((length = getline(&line, &size, stdin)) >= 0)
        answer_line(line, (gsize)length, policy_dir);
    free(line);
    return 0;
}
