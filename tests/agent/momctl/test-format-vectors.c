/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The formatter over every policy that the project has: those of the vectors that parse, and
 * contrib's.
 *
 * Each must stay the same program, and a second pass must change nothing.
 */
#include "policy/format.h"

#include "tests/mom-test.h"
#include "tests/policy/same-program.h"

#include <json-c/json.h>

typedef struct {
    guint formatted;
    guint refused;
} Seen;

static void
check(Seen *seen, const char *text, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *once = mom_policy_format("p", text, (gssize)length, &error);
    g_autofree char *twice = NULL;

    if (!once) {
        g_autoptr(MomSymbols) symbols = mom_symbols_new();

        assert_null(mom_program_parse(symbols, "p", text, length, NULL));
        seen->refused++;
        return;
    }
    seen->formatted++;
    assert_ok((twice = mom_policy_format("p", once, -1, &error)) != NULL);
    if (strcmp(once, twice) != 0 || !same_program(text, once)) {
        print_error("---- given:\n%s\n---- once:\n%s\n---- twice:\n%s\n", text, once, twice);
        fail();
    }
}

static void
check_json(Seen *seen, json_object *json)
{
    if (json_object_is_type(json, json_type_string))
        check(seen, json_object_get_string(json), (gsize)json_object_get_string_len(json));
}

static void
check_members(Seen *seen, json_object *json)
{
    if (!json_object_is_type(json, json_type_object))
        return;
    json_object_object_foreach(json, name, text)
    {
        (void)name;
        check_json(seen, text);
    }
}

static void
check_vector(Seen *seen, json_object *vector)
{
    json_object *ops = json_object_object_get(vector, "ops");

    check_json(seen, json_object_object_get(vector, "policy"));
    check_members(seen, json_object_object_get(vector, "policies"));
    check_members(seen, json_object_object_get(vector, "overlay"));
    for (gsize i = 0; ops && i < json_object_array_length(ops); i++)
        check_json(seen, json_object_object_get(json_object_array_get_idx(ops, i), "text"));
}

static char *
source_path(const char *path)
{
    return g_build_filename(g_getenv("MOM_SOURCE_ROOT"), path, NULL);
}

static void
policies_of_vectors_stay_the_same_programs(void **state)
{
    static const char *const files[] = {"fuzz", "lang", "momd", "ops"};
    Seen seen = {0};

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *file = g_strdup_printf("tests/conformance/%s.json", files[i]);
        g_autofree char *path = source_path(file);
        json_object *vectors = json_object_from_file(path);

        assert_true(json_object_is_type(vectors, json_type_array));
        for (gsize n = 0; n < json_object_array_length(vectors); n++)
            check_vector(&seen, json_object_array_get_idx(vectors, n));
        json_object_put(vectors);
    }
    assert_true(seen.formatted > 900);
    assert_true(seen.refused > 20);
}

static void
contribs_policies_are_laid_out_already(void **state)
{
    g_autofree char *path = source_path("contrib/vdsm/mom.d");
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    guint n = 0;

    assert_non_null(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_autofree char *text = NULL;
        g_autofree char *formatted = NULL;

        assert_true(g_file_get_contents(file, &text, NULL, NULL));
        formatted = mom_policy_format(name, text, -1, NULL);
        assert_string_equal(formatted, text);
        n++;
    }
    assert_true(n >= 6);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_of_vectors_stay_the_same_programs),
        cmocka_unit_test(contribs_policies_are_laid_out_already),
    };

    return cmocka_run_group_tests_name("format-vectors", tests, NULL, NULL);
}
