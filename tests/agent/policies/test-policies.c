/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Policies read from disk: which files, under which names, and what a bad one costs.
 */
#include "agent/policies/policies.h"

#include <glib/gstdio.h>

#include "tests/mom-test.h"

typedef struct {
    char *dir;
    GPtrArray *files;
} Fixture;

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = g_dir_make_tmp("mom-policies-XXXXXX", NULL);
    f->files = g_ptr_array_new_with_free_func(g_free);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    for (guint i = 0; i < f->files->len; i++)
        g_remove(g_ptr_array_index(f->files, i));
    g_ptr_array_unref(f->files);
    g_rmdir(f->dir);
    g_free(f->dir);
    g_free(f);
    return 0;
}

static char *
write_file(Fixture *f, const char *name, const char *text)
{
    char *path = g_build_filename(f->dir, name, NULL);

    assert_true(g_file_set_contents(path, text, -1, NULL));
    g_ptr_array_add(f->files, path);
    return path;
}

static void
assert_names(MomPolicies *policies, const char *expected)
{
    g_autofree const char **names = mom_policy_store_names(mom_policies_store(policies), NULL);
    g_autofree char *joined = g_strjoinv(" ", (char **)names);

    assert_string_equal(joined, expected);
}

static void
test_a_directory_gives_its_policy_files_their_names(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomPolicies) policies = mom_policies_new(NULL, f->dir, NULL, NULL);
    g_autoptr(GError) error = NULL;

    write_file(f, "10-b.policy", "2");
    write_file(f, "00-a.policy", "1");
    write_file(f, ".hidden.policy", "3");
    write_file(f, "20-c.policy~", "4");
    write_file(f, "30-d.policy.policy", "5");
    write_file(f, "notes.txt", "(");
    assert_ok(mom_policies_reload(policies, &error));
    assert_names(policies, "00-a 10-b 30-d");
}

static void
test_a_file_is_the_main_policy(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomPolicies) policies = NULL;
    g_autoptr(GError) error = NULL;

    policies = mom_policies_new(write_file(f, "rules", "(defvar a 1)"), f->dir, NULL, NULL);
    assert_ok(mom_policies_reload(policies, &error));
    assert_names(policies, MOM_POLICY_MAIN_NAME);
}

static void
test_neither_gives_an_empty_set(void **state)
{
    g_autoptr(MomPolicies) policies = mom_policies_new("", "", NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *joined = NULL;

    assert_ok(mom_policies_reload(policies, &error));
    joined = mom_policy_store_get_joined(mom_policies_store(policies));
    assert_string_equal(joined, "0");
}

static void
test_bad_files_are_left_out(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomPolicies) policies = mom_policies_new(NULL, f->dir, NULL, NULL);
    g_autoptr(GError) error = NULL;

    write_file(f, "00-good.policy", "(defvar a 1)");
    write_file(f, "10-bad.policy", "(defvar a\n 1))");
    write_file(f, "20-worse.policy", "%");
    write_file(f, "30-good.policy", "a");
    assert_ok(mom_policies_reload(policies, &error));
    assert_names(policies, "00-good 30-good");
}

static void
test_a_directory_that_is_not_there_is_an_error_and_an_empty_set(void **state)
{
    g_autoptr(MomPolicies) policies = mom_policies_new(NULL, "/nosuch/dir", NULL, NULL);
    g_autoptr(GError) error = NULL;

    assert_false(mom_policies_reload(policies, &error));
    assert_non_null(strstr(error->message, "/nosuch/dir"));
    assert_names(policies, "");
}

static void
test_a_reload_that_finds_nothing_good_keeps_what_is_in_force(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomPolicies) policies = mom_policies_new(NULL, f->dir, NULL, NULL);
    g_autoptr(GError) error = NULL;
    const char *bad = write_file(f, "10-bad.policy", "(defvar a\n 1))");

    assert_ok(mom_policies_set(policies, "pushed", "2", &error));
    assert_false(mom_policies_reset(policies, &error));
    assert_true(g_error_matches(error, MOM_POLICY_ERROR, MOM_POLICY_ERROR_LOAD));
    assert_non_null(strstr(error->message, "10-bad.policy: 10-bad:2:4: "));
    assert_names(policies, "pushed");
    g_clear_error(&error);
    g_remove(bad);
    assert_ok(mom_policies_reset(policies, &error));
    assert_names(policies, "");
}

static void
test_a_main_policy_file_that_is_gone_keeps_what_is_in_force(void **state)
{
    Fixture *f = *state;
    const char *rules = write_file(f, "rules", "1");
    g_autoptr(MomPolicies) policies = mom_policies_new(rules, NULL, NULL, NULL);
    g_autoptr(GError) error = NULL;

    assert_ok(mom_policies_reload(policies, &error));
    g_remove(rules);
    assert_false(mom_policies_reload(policies, &error));
    assert_non_null(strstr(error->message, "rules"));
    assert_names(policies, MOM_POLICY_MAIN_NAME);
}

static void
test_a_reset_forgets_what_was_pushed(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomPolicies) policies = mom_policies_new(NULL, f->dir, NULL, NULL);
    g_autoptr(GError) error = NULL;

    write_file(f, "00-a.policy", "1");
    assert_ok(mom_policies_set(policies, "pushed", "2", &error));
    assert_names(policies, "pushed");
    assert_ok(mom_policies_reset(policies, &error));
    assert_names(policies, "00-a");
}

/* Refuses whatever has a policy "no"; blames the policy "no" itself. */
static gboolean
refuse_no(MomPolicyStore *candidate, gpointer data, GError **error)
{
    if (!mom_policy_store_get(candidate, "no"))
        return TRUE;
    g_set_error(error, MOM_POLICY_ERROR, MOM_POLICY_ERROR_EVAL, "refused");
    return FALSE;
}

static void
test_what_fails_its_trial_leaves_no_trace(void **state)
{
    g_autoptr(MomPolicies) policies = mom_policies_new(NULL, NULL, refuse_no, NULL);
    g_autoptr(GError) error = NULL;

    assert_ok(mom_policies_set(policies, "yes", "1", &error));
    assert_fails(mom_policies_set(policies, "no", "1", &error), MOM_POLICY_ERROR,
                 MOM_POLICY_ERROR_EVAL);
    assert_names(policies, "yes");
    assert_fails(mom_policies_replace(policies, "(", &error), MOM_POLICY_ERROR,
                 MOM_POLICY_ERROR_LOAD);
    assert_names(policies, "yes");
    assert_ok(mom_policies_set(policies, "yes", NULL, &error));
    assert_names(policies, "");
}

static void
test_a_pushed_tuning_policy_outlives_a_reread_with_its_bad_lines_aside(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomPolicies) policies = mom_policies_new(NULL, f->dir, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) list = NULL;

    mom_policies_use_tuning(policies, "01-parameters");
    write_file(f, "00-a.policy", "(defvar a 1)");
    assert_ok(mom_policies_reload(policies, &error));
    assert_ok(mom_policies_set(policies, "01-parameters", "(set a 2)\n(set a [1, 2])", &error));
    write_file(f, "00-a.policy", "(defvar a 3)");
    assert_ok(mom_policies_reread(policies, NULL, f->dir, &error));
    assert_names(policies, "00-a 01-parameters");
    assert_string_equal(mom_policy_store_get(mom_policies_store(policies), "01-parameters"),
                        "(set a 2)\n(set a [1, 2])");
    list = mom_policies_set_aside(policies);
    assert_int_equal(g_strv_length(list), 1);
}

static void
test_the_same_policy_once_more_does_not_begin_the_fallback_anew(void **state)
{
    g_autoptr(MomPolicies) policies = mom_policies_new(NULL, NULL, NULL, NULL);
    g_autoptr(GError) error = NULL;

    assert_ok(mom_policies_set(policies, "a", "1", &error));
    mom_policies_worked(policies);
    assert_ok(mom_policies_set(policies, "a", "2", &error));
    assert_false(mom_policies_failed(policies, 2));
    assert_ok(mom_policies_set(policies, "a", "2", &error));
    assert_true(mom_policies_failed(policies, 2));
    assert_ok(mom_policies_set(policies, "a", "2", &error));
    assert_true(mom_policies_fell_back(policies));
    assert_ok(mom_policies_set(policies, "a", "3", &error));
    assert_false(mom_policies_fell_back(policies));
}

/* Refuses a 7 in the tuning policy; blames that. */
static gboolean
refuse_seven(MomPolicyStore *candidate, gpointer data, GError **error)
{
    const char *text = mom_policy_store_get(candidate, "01-parameters");

    if (!text || !strchr(text, '7'))
        return TRUE;
    g_set_error(error, MOM_POLICY_ERROR, MOM_POLICY_ERROR_EVAL, "refused");
    return FALSE;
}

static void
test_a_tuning_policy_that_was_pushed_before_a_restart_is_used_in_part(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomPolicies) policies = mom_policies_new(NULL, f->dir, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) list = NULL;

    mom_policies_use_tuning(policies, "01-parameters");
    write_file(f, "00-a.policy", "(defvar a 1)");
    mom_pushed_set(mom_policies_pushed(policies), "01-parameters", "(set a 2)\n(set a [1, 2])");
    assert_ok(mom_policies_reload(policies, &error));
    assert_string_equal(mom_policy_store_get(mom_policies_store(policies), "01-parameters"),
                        "(set a 2)\n(set a [1, 2])");
    list = mom_policies_set_aside(policies);
    assert_int_equal(g_strv_length(list), 1);
}

/* The one that was pushed does not fit, and the file's, which has bad lines too, is back. */
static void
test_a_tuning_file_in_part_stands_in_for_one_that_was_pushed(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomPolicies) policies = mom_policies_new(NULL, f->dir, refuse_seven, NULL);
    g_autoptr(GError) error = NULL;

    mom_policies_use_tuning(policies, "01-parameters");
    write_file(f, "00-a.policy", "(defvar a 1)");
    write_file(f, "01-parameters.policy", "(set a 5)\n(set a {})}");
    mom_pushed_set(mom_policies_pushed(policies), "01-parameters", "(set a 7)");
    assert_ok(mom_policies_reload(policies, &error));
    assert_string_equal(mom_policy_store_get(mom_policies_store(policies), "01-parameters"),
                        "(set a 5)\n(set a {})}");
}

static void
test_a_check_of_the_tuning_policy_tells_what_would_be_set_aside(void **state)
{
    static const struct {
        const char *text, *found;
    } cases[] = {
        {"(set a 2)", ""},
        {"(set a 2)\n(set a {})}",
         "2 warning: the line is set aside: (set a {})}: '}' closes nothing; "},
        {"(set a {})}", "1 warning: the line is set aside: (set a {})}: '}' closes nothing; "
                        "1 error: no line of this policy can take effect: (set a {})}: '}' closes "
                        "nothing; "},
    };
    g_autoptr(MomPolicies) policies = mom_policies_new(NULL, NULL, NULL, NULL);
    g_autoptr(GError) error = NULL;

    mom_policies_use_tuning(policies, "01-parameters");
    assert_ok(mom_policies_set(policies, "00-a", "(defvar a 1)", &error));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) findings =
            mom_policies_check(policies, "01-parameters", cases[i].text);
        g_autoptr(GString) found = g_string_new(NULL);

        for (guint n = 0; n < findings->len; n++) {
            const MomFinding *finding = findings->pdata[n];

            g_string_append_printf(found, "%u %s: %s; ", finding->line,
                                   finding->severity == MOM_FINDING_ERROR ? "error" : "warning",
                                   finding->message);
        }
        assert_string_equal(found->str, cases[i].found);
    }
    assert_names(policies, "00-a");
}

#define POLICIES_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        POLICIES_TEST(test_a_pushed_tuning_policy_outlives_a_reread_with_its_bad_lines_aside),
        POLICIES_TEST(test_a_tuning_policy_that_was_pushed_before_a_restart_is_used_in_part),
        POLICIES_TEST(test_a_tuning_file_in_part_stands_in_for_one_that_was_pushed),
        cmocka_unit_test(test_a_check_of_the_tuning_policy_tells_what_would_be_set_aside),
        POLICIES_TEST(test_a_directory_gives_its_policy_files_their_names),
        POLICIES_TEST(test_a_file_is_the_main_policy),
        cmocka_unit_test(test_neither_gives_an_empty_set),
        POLICIES_TEST(test_bad_files_are_left_out),
        cmocka_unit_test(test_a_directory_that_is_not_there_is_an_error_and_an_empty_set),
        POLICIES_TEST(test_a_reload_that_finds_nothing_good_keeps_what_is_in_force),
        POLICIES_TEST(test_a_main_policy_file_that_is_gone_keeps_what_is_in_force),
        POLICIES_TEST(test_a_reset_forgets_what_was_pushed),
        cmocka_unit_test(test_what_fails_its_trial_leaves_no_trace),
        cmocka_unit_test(test_the_same_policy_once_more_does_not_begin_the_fallback_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
