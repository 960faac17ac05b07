/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The checker over all vectors: what evaluates without an error must be free of errors.
 *
 * The check stands before every push, so one false error here is a policy of an administrator that
 * worked for years and is refused.  How many real failures it foresees is told, and must not fall.
 * Usage: test-check-vectors POLICY_DIR FILE.json...
 */
#include "policy/checker.h"

#include "tests/mom-test.h"

#include <json-c/json.h>
#include <string.h>

#define SUFFIX ".policy"

typedef struct {
    const char *policy_dir;
    char **files;
    guint n_good;    /* vectors that evaluate */
    guint n_refused; /* of those, with an error found: must be none */
    guint n_failing; /* vectors that fail in evaluation */
    guint n_foreseen;
    guint n_static; /* of the failing, those that the names and shapes alone tell */
    guint n_static_foreseen;
} Tally;

/* ---- the world of a vector ---- */

static void
add_keys(GPtrArray *names, json_object *object)
{
    if (!json_object_is_type(object, json_type_object))
        return;
    json_object_object_foreach(object, key, value)
    {
        (void)value;
        g_ptr_array_add(names, key);
    }
}

/* The declared fields: `fields`, or else all keys of all samples. */
static void
add_fields(GPtrArray *names, json_object *entity)
{
    json_object *fields = json_object_object_get(entity, "fields");
    json_object *stats = json_object_object_get(entity, "stats");

    for (size_t i = 0; fields && i < json_object_array_length(fields); i++)
        g_ptr_array_add(names,
                        (char *)json_object_get_string(json_object_array_get_idx(fields, i)));
    for (size_t i = 0; !fields && stats && i < json_object_array_length(stats); i++)
        add_keys(names, json_object_array_get_idx(stats, i));
}

static MomSchema *
host_schema(json_object *vector)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    json_object *host = json_object_object_get(vector, "host");

    if (host)
        add_fields(names, host);
    return mom_schema_new((const char *const *)names->pdata, names->len);
}

/* NULL if there is no guest: then nothing is known of what guests declare. */
static MomSchema *
guest_schema(json_object *vector)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    json_object *guests = json_object_object_get(vector, "guests");

    if (!guests || json_object_array_length(guests) == 0)
        return NULL;
    for (size_t i = 0; guests && i < json_object_array_length(guests); i++)
        add_fields(names, json_object_array_get_idx(guests, i));
    return mom_schema_new((const char *const *)names->pdata, names->len);
}

/* ---- the policies of a vector ---- */

static gboolean
set(MomPolicyStore *store, const char *name, json_object *text)
{
    return mom_policy_store_set(store, name, json_object_get_string(text),
                                json_object_get_string_len(text), NULL);
}

static gboolean
set_all(MomPolicyStore *store, json_object *policies)
{
    if (!policies)
        return TRUE;
    json_object_object_foreach(policies, key, value)
    {
        if (!set(store, key, value))
            return FALSE;
    }
    return TRUE;
}

static gboolean
load_dir(MomPolicyStore *store, const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *file;

    assert_non_null(dir);
    while ((file = g_dir_read_name(dir))) {
        g_autofree char *full = g_build_filename(path, file, NULL);
        g_autofree char *name = NULL;
        g_autofree char *text = NULL;
        gsize length;

        if (!g_str_has_suffix(file, SUFFIX) || !g_file_get_contents(full, &text, &length, NULL))
            continue;
        name = g_strndup(file, strlen(file) - strlen(SUFFIX));
        if (!mom_policy_store_set(store, name, text, (gssize)length, NULL))
            return FALSE;
    }
    return TRUE;
}

/* FALSE: they do not even load. */
static gboolean
load(MomPolicyStore *store, json_object *vector, const char *policy_dir)
{
    const char *kind = json_object_get_string(json_object_object_get(vector, "kind"));
    json_object *policy = json_object_object_get(vector, "policy");

    if (strcmp(kind, "momd") == 0 && !load_dir(store, policy_dir))
        return FALSE;
    if (policy && !set(store, NULL, policy))
        return FALSE;
    return set_all(store, json_object_object_get(vector, "policies")) &&
           set_all(store, json_object_object_get(vector, "overlay"));
}

/* ---- judging ---- */

static json_object *
expected(json_object *vector)
{
    json_object *ours = json_object_object_get(vector, "expect_ours");

    return ours ? ours : json_object_object_get(vector, "expect");
}

/* Would names, arities and shapes alone tell the failure?  By the reference's words for it. */
static gboolean
is_static(json_object *vector)
{
    static const char *const words[] = {
        "undefined symbol",     "arity",  "malformed expression",
        "not enough arguments", "Expect", "Unexpected token",
    };
    json_object *expect = json_object_object_get(vector, "expect");
    json_object *error = json_object_object_get(expect, "error");
    const char *message = json_object_get_string(json_object_object_get(error, "message"));

    for (gsize i = 0; message && i < G_N_ELEMENTS(words); i++)
        if (strstr(message, words[i]))
            return TRUE;
    return FALSE;
}

static void
judge(Tally *tally, json_object *vector, MomPolicyStore *store)
{
    g_autoptr(MomSchema) host = host_schema(vector);
    g_autoptr(MomSchema) guest = guest_schema(vector);
    const MomCheckWorld world = {
        .host = host, .guest = guest, .parameters_policy = "01-parameters"};
    g_autoptr(GPtrArray) findings = mom_policy_check(store, &world);
    g_autoptr(GError) error = mom_findings_error(findings);
    const char *name = json_object_get_string(json_object_object_get(vector, "name"));

    if (json_object_object_get(expected(vector), "error")) {
        tally->n_failing++;
        tally->n_foreseen += error != NULL;
        tally->n_static += is_static(vector);
        tally->n_static_foreseen += is_static(vector) && error;
        if (is_static(vector) && !error && g_getenv("MOM_TEST_VERBOSE"))
            print_message("# not foreseen: %s\n", name);
        return;
    }
    tally->n_good++;
    if (error) {
        tally->n_refused++;
        print_error("%s evaluates, but: %s\n", name, error->message);
    }
}

static void
check_vector(Tally *tally, json_object *vector)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    const char *kind = json_object_get_string(json_object_object_get(vector, "kind"));

    if (strcmp(kind, "eval") != 0 && strcmp(kind, "momd") != 0)
        return;
    if (load(store, vector, tally->policy_dir))
        judge(tally, vector, store);
}

static void
check_file(Tally *tally, const char *path)
{
    json_object *vectors = json_object_from_file(path);

    assert_non_null(vectors);
    for (size_t i = 0; i < json_object_array_length(vectors); i++)
        check_vector(tally, json_object_array_get_idx(vectors, i));
    json_object_put(vectors);
}

static void
test_no_policy_that_works_is_refused(void **state)
{
    Tally *tally = *state;

    for (char **file = tally->files; *file; file++)
        check_file(tally, *file);
    assert_true(tally->n_good > 700);
    assert_int_equal(tally->n_refused, 0);
}

static void
test_most_failures_by_names_and_shapes_are_foreseen(void **state)
{
    const Tally *tally = *state;

    print_message(
        "# %u vectors evaluate; of %u that fail %u are foreseen, of %u by names, arity or "
        "shape %u\n",
        tally->n_good, tally->n_failing, tally->n_foreseen, tally->n_static,
        tally->n_static_foreseen);
    assert_true(tally->n_static > 100);
    assert_true(tally->n_static_foreseen * 100 >= tally->n_static * 90);
}

int
main(int argc, char **argv)
{
    Tally tally = {.policy_dir = argv[1], .files = argv + 2};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_no_policy_that_works_is_refused, &tally),
        cmocka_unit_test_prestate(test_most_failures_by_names_and_shapes_are_foreseen, &tally),
    };

    if (argc < 3)
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
