/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * momctl policy eval: one run of policies on a state, and what it would set.
 *
 * It is the run that momd makes, without rails and controllers behind it; nothing is turned.
 */
#include <json-c/json.h>
#include <stdio.h>

#include "agent/momctl/command.h"
#include "agent/momctl/evaluation.h"
#include "agent/momctl/expressions.h"
#include "agent/momctl/show.h"
#include "agent/momctl/sources.h"
#include "agent/value-json.h"

typedef struct {
    char *state;
    gboolean trace;
    gboolean json;
} Options;

/* What a run is made of. */
typedef struct {
    GPtrArray *sources;
    MomPolicyStore *store;
    MomState *state;
    GArray *results; /* of MomValue */
} Run;

/* ---- trace ---- */

/* Tells of one top-level expression and its value. */
typedef void (*TraceFunc)(const char *policy,
                          const MomCtlExpression *expression,
                          MomValue value,
                          gpointer data);

/* Results come in the order of the expressions; after an error there are fewer of them. */
static void
trace(const Run *run, TraceFunc tell, gpointer data)
{
    guint at = 0;

    for (guint i = 0; i < run->sources->len; i++) {
        const MomCtlSource *source = run->sources->pdata[i];
        g_autoptr(GArray) expressions = mom_ctl_expressions(source->text, source->length);

        for (guint n = 0; n < expressions->len && at < run->results->len; n++, at++)
            tell(source->name, &g_array_index(expressions, MomCtlExpression, n),
                 g_array_index(run->results, MomValue, at), data);
    }
}

static void
trace_text(const char *policy, const MomCtlExpression *expression, MomValue value, gpointer data)
{
    GString *out = data;
    g_autofree char *head = mom_ctl_expression_head(expression);

    g_string_append_printf(out, "%s:%u:%u: %s = ", policy, expression->line, expression->column,
                           head);
    mom_ctl_show_value(out, value);
    g_string_append_c(out, '\n');
}

static void
trace_json(const char *policy, const MomCtlExpression *expression, MomValue value, gpointer data)
{
    json_object *json = json_object_new_object();

    json_object_object_add(json, "policy", json_object_new_string(policy));
    json_object_object_add(json, "line", json_object_new_int64(expression->line));
    json_object_object_add(json, "column", json_object_new_int64(expression->column));
    json_object_object_add(json, "text",
                           json_object_new_string_len(expression->start, (int)expression->length));
    json_object_object_add(json, "value", mom_value_to_json(value));
    json_object_array_add(data, json);
}

/* ---- telling ---- */

static json_object *
error_json(const GError *error)
{
    g_autoptr(MomFinding) finding = mom_ctl_finding_new(error);
    json_object *json = json_object_new_object();

    json_object_object_add(json, "policy",
                           finding->policy ? json_object_new_string(finding->policy) : NULL);
    json_object_object_add(json, "line", json_object_new_int64(finding->line));
    json_object_object_add(json, "column", json_object_new_int64(finding->column));
    json_object_object_add(json, "message", json_object_new_string(finding->message));
    return json;
}

static void
tell_json(const Run *run, const GError *error, const Options *options)
{
    json_object *json = json_object_new_object();

    json_object_object_add(json, "error", error ? error_json(error) : NULL);
    mom_state_answer(run->state, json);
    if (options->trace) {
        json_object *list = json_object_new_array();

        trace(run, trace_json, list);
        json_object_object_add(json, "trace", list);
    }
    puts(json_object_to_json_string_ext(json,
                                        JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(json);
}

/* After an error what was set is not shown: nothing of it would be applied. */
static void
tell_text(const Run *run, const GError *error, const Options *options)
{
    g_autoptr(GString) out = g_string_new(NULL);

    if (options->trace)
        trace(run, trace_text, out);
    if (!error)
        mom_ctl_show_outcome(out, run->state);
    fputs(out->str, stdout);
    fflush(stdout);
    if (error)
        mom_ctl_print_error(run->sources, error);
}

/* ---- the command ---- */

static MomCtlResult
evaluate(Run *run, const Options *options)
{
    const MomPolicyRunOptions run_options = {.debug = mom_ctl_print_debug, .results = run->results};
    g_autoptr(GError) error = NULL;

    if (!mom_ctl_sources_load_all(run->sources, run->store))
        return MOM_CTL_FAILED;
    mom_policy_evaluate(run->store, run->state->host, run->state->guests, &run_options, &error);
    if (options->json)
        tell_json(run, error, options);
    else
        tell_text(run, error, options);
    return error ? MOM_CTL_FAILED : MOM_CTL_OK;
}

static MomCtlResult
read_and_evaluate(char **paths, int n, const Options *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomState) state = mom_ctl_read_state(options->state, &error);
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GArray) results = g_array_new(FALSE, FALSE, sizeof(MomValue));
    g_autoptr(GPtrArray) sources = NULL;
    Run run = {.store = store, .state = state, .results = results};

    if (!state)
        return mom_ctl_fail(NULL, error);
    sources = mom_ctl_sources_read(paths, n, &error);
    if (!sources)
        return mom_ctl_fail(NULL, error);
    run.sources = sources;
    return evaluate(&run, options);
}

static MomCtlResult
run(char **paths, int n, const Options *options)
{
    char dash[] = "-";
    char *standard_input[] = {dash};

    if (!options->state)
        return mom_ctl_usage("--state is needed; momctl policy state saves one");
    if (n > 0)
        return read_and_evaluate(paths, n, options);
    return read_and_evaluate(standard_input, 1, options);
}

MomCtlResult
mom_ctl_policy_eval(int argc, char **argv)
{
    static const MomCtlUsage usage = {
        .arguments = "[DIR|FILE…]",
        .description = "Runs policies once on a saved state and shows the controls, variables and "
                       "I/O limits\nthat they set. Without a DIR or FILE one policy is read from "
                       "standard input."};
    Options options = {0};
    const GOptionEntry entries[] = {
        {"state", 's', 0, G_OPTION_ARG_FILENAME, &options.state,
         "The state of host and guests, as momctl policy state saves it", "STATE.json"},
        {"trace", 't', 0, G_OPTION_ARG_NONE, &options.trace,
         "Show the value of every top-level expression", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON", NULL},
        {0},
    };
    MomCtlResult result = MOM_CTL_USAGE;

    if (mom_ctl_parse(&usage, entries, &argc, &argv))
        result = run(argv + 1, argc - 1, &options);
    g_free(options.state);
    return result;
}
