/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What was pushed over what the disk has: after a restart, after the files have changed, and what
 * is left out when the two do not fit any more.
 *
 * A restart is a second MomPolicies that gets what the first one kept.
 */
#include "agent/policies/policies.h"

#include <glib/gstdio.h>
#include <string.h>

#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

typedef struct {
    char *dir;
    MomPolicies *policies;
    guint changes;
} Fixture;

static MomSchema *schema; /* no fields */

static GPtrArray *
check(MomPolicyStore *candidate, guint max_findings, gpointer data)
{
    static const char *const controls[] = {NULL};
    MomCheckWorld world = {.host = schema,
                           .guest = schema,
                           .controls = controls,
                           .parameters_policy = "01-parameters"};

    return mom_policy_check(candidate, &world);
}

static gboolean
try_out(MomPolicyStore *candidate, gpointer data, GError **error)
{
    g_autoptr(MomEntity) host = mom_entity_new(schema);
    g_autoptr(GPtrArray) guests = g_ptr_array_new();

    return mom_policy_evaluate(candidate, host, guests, NULL, error);
}

static void
note_change(gpointer data)
{
    ((Fixture *)data)->changes++;
}

static MomPolicies *
make(Fixture *f)
{
    MomPolicies *policies = mom_policies_new(NULL, f->dir, try_out, NULL);

    mom_policies_use_check(policies, check);
    mom_policies_watch(policies, note_change, f);
    return policies;
}

static void
write_file(Fixture *f, const char *name, const char *text)
{
    g_autofree char *path = g_strdup_printf("%s/%s.policy", f->dir, name);

    if (text)
        assert_true(g_file_set_contents(path, text, -1, NULL));
    else
        g_remove(path);
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    g_string_truncate(told, 0);
    f->dir = g_dir_make_tmp("mom-overlay-XXXXXX", NULL);
    f->policies = make(f);
    write_file(f, "00-base", "(defvar a 1)");
    write_file(f, "10-use", "a");
    assert_true(mom_policies_reload(f->policies, NULL));
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;
    const char *const names[] = {"00-base", "10-use", "15-more"};

    mom_policies_free(f->policies);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        write_file(f, names[i], NULL);
    g_rmdir(f->dir);
    g_free(f->dir);
    g_free(f);
    return 0;
}

static void
push(Fixture *f, const char *name, const char *text)
{
    g_autoptr(GError) error = NULL;

    assert_ok(mom_policies_set(f->policies, name, text, &error));
}

/* What a momd that starts now has; the log from here on. */
static gboolean
restart(Fixture *f)
{
    g_autoptr(GPtrArray) records = mom_pushed_to_records(mom_policies_pushed(f->policies));
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; records && i < records->len; i++) {
        g_string_append_len(text, g_bytes_get_data(records->pdata[i], NULL),
                            (gssize)g_bytes_get_size(records->pdata[i]));
    }
    mom_policies_free(f->policies);
    f->policies = make(f);
    if (text->len)
        assert_null(mom_pushed_read(mom_policies_pushed(f->policies), text->str, text->len));
    g_string_truncate(told, 0);
    return mom_policies_reload(f->policies, NULL);
}

/* "name=text;" of all in force. */
static void
assert_in_force(Fixture *f, const char *expected)
{
    MomPolicyStore *store = mom_policies_store(f->policies);
    g_autofree const char **names = mom_policy_store_names(store, NULL);
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; names[i]; i++)
        g_string_append_printf(out, "%s=%s;", names[i], mom_policy_store_get(store, names[i]));
    assert_string_equal(out->str, expected);
}

static void
what_was_pushed_lies_over_the_files(void **state)
{
    Fixture *f = *state;

    push(f, "01-parameters", "(set a 2)");
    push(f, "10-use", "(+ a 1)");
    assert_true(restart(f));
    assert_in_force(f, "00-base=(defvar a 1);01-parameters=(set a 2);10-use=(+ a 1);");
    assert_string_equal(told->str, "");
}

static void
a_changed_file_is_read_below_what_was_pushed(void **state)
{
    Fixture *f = *state;

    push(f, "10-use", "(+ a 1)");
    write_file(f, "00-base", "(defvar a 3)");
    write_file(f, "10-use", "(+ a 7)");
    write_file(f, "15-more", "a");
    assert_true(mom_policies_reload(f->policies, NULL));
    assert_in_force(f, "00-base=(defvar a 3);10-use=(+ a 1);15-more=a;");
}

static void
a_removal_lasts(void **state)
{
    Fixture *f = *state;

    push(f, "10-use", NULL);
    assert_in_force(f, "00-base=(defvar a 1);");
    assert_true(restart(f));
    assert_in_force(f, "00-base=(defvar a 1);");
    push(f, "10-use", "a");
    assert_true(restart(f));
    assert_in_force(f, "00-base=(defvar a 1);10-use=a;");
}

static void
what_was_only_pushed_leaves_nothing_when_it_is_removed(void **state)
{
    Fixture *f = *state;

    push(f, "20-own", "1");
    push(f, "20-own", NULL);
    assert_true(mom_pushed_is_empty(mom_policies_pushed(f->policies)));
    assert_int_equal(f->changes, 2);
    push(f, "20-own", NULL);
    assert_int_equal(f->changes, 2);
    /* The file is there and does not load: it must not come back when it is mended. */
    write_file(f, "15-more", "(");
    assert_true(mom_policies_reload(f->policies, NULL));
    push(f, "15-more", NULL);
    write_file(f, "15-more", "1");
    assert_true(restart(f));
    assert_in_force(f, "00-base=(defvar a 1);10-use=a;");
}

static void
a_replacement_hides_the_directory(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    push(f, "20-own", "1");
    assert_ok(mom_policies_replace(f->policies, "5", &error));
    push(f, "30-more", "6");
    assert_true(restart(f));
    assert_in_force(f, "30-more=6;50_main_=5;");
    push(f, NULL, NULL);
    push(f, "30-more", NULL);
    assert_true(restart(f));
    assert_in_force(f, "");
    assert_ok(mom_policies_reset(f->policies, &error));
    assert_in_force(f, "00-base=(defvar a 1);10-use=a;");
    assert_true(restart(f));
    assert_in_force(f, "00-base=(defvar a 1);10-use=a;");
}

static void
what_is_refused_is_not_kept(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_fails(mom_policies_set(f->policies, "00-base", "(", &error), MOM_POLICY_ERROR,
                 MOM_POLICY_ERROR_LOAD);
    assert_fails(mom_policies_set(f->policies, "00-base", NULL, &error), MOM_POLICY_ERROR,
                 MOM_POLICY_ERROR_LOAD);
    assert_fails(mom_policies_replace(f->policies, "(/ 1 0)", &error), MOM_POLICY_ERROR,
                 MOM_POLICY_ERROR_EVAL);
    assert_true(mom_pushed_is_empty(mom_policies_pushed(f->policies)));
    assert_int_equal(f->changes, 0);
}

static void
the_same_text_again_is_no_change(void **state)
{
    Fixture *f = *state;

    push(f, "20-own", "1");
    push(f, "20-own", "1");
    assert_int_equal(f->changes, 1);
}

static void
what_no_longer_fits_is_left_out_and_comes_back(void **state)
{
    Fixture *f = *state;

    push(f, "01-parameters", "(set a 2)");
    push(f, "20-own", "a");
    write_file(f, "00-base", "(defvar b 1)");
    write_file(f, "10-use", "b");
    assert_true(restart(f));
    assert_in_force(f, "00-base=(defvar b 1);10-use=b;");
    assert_non_null(strstr(told->str, "W:pushed policy 01-parameters left out until it fits again: "
                                      "01-parameters:1:"));
    assert_non_null(strstr(told->str, "W:pushed policy 20-own left out"));
    write_file(f, "00-base", "(defvar a 1)");
    write_file(f, "10-use", "a");
    assert_true(restart(f));
    assert_in_force(f, "00-base=(defvar a 1);01-parameters=(set a 2);10-use=a;20-own=a;");
}

static void
the_file_below_stands_in_for_what_is_left_out(void **state)
{
    Fixture *f = *state;

    push(f, "10-use", "(+ a 1)");
    write_file(f, "00-base", "(defvar b 1)");
    write_file(f, "10-use", "b");
    assert_true(restart(f));
    assert_in_force(f, "00-base=(defvar b 1);10-use=b;");
}

static void
only_what_is_to_blame_for_a_file_s_failure_is_left_out(void **state)
{
    Fixture *f = *state;

    push(f, "00-base", "(defvar a 2)");
    push(f, "20-own", "1");
    write_file(f, "00-base", "(defvar a 1)\n(defvar c 1)");
    write_file(f, "10-use", "(+ a c)");
    assert_true(restart(f));
    assert_in_force(f, "00-base=(defvar a 1)\n(defvar c 1);10-use=(+ a c);20-own=1;");
    assert_non_null(strstr(told->str, "W:pushed policy 00-base left out until it fits again: "
                                      "10-use:1:6: "));
    assert_null(strstr(told->str, "20-own"));
}

static void
a_failure_of_the_run_counts_too(void **state)
{
    Fixture *f = *state;

    push(f, "20-own", "(/ 1 a)");
    write_file(f, "00-base", "(defvar a 0)");
    assert_true(restart(f));
    assert_in_force(f, "00-base=(defvar a 0);10-use=a;");
    assert_non_null(strstr(told->str, "left out until it fits again: 20-own:1:"));
}

static void
what_fails_below_by_itself_is_not_held_against_what_was_pushed(void **state)
{
    Fixture *f = *state;

    push(f, "20-own", "1");
    write_file(f, "10-use", "(/ a 0)");
    assert_true(restart(f));
    assert_in_force(f, "00-base=(defvar a 1);10-use=(/ a 0);20-own=1;");
}

static void
pushed_policies_may_need_each_other(void **state)
{
    Fixture *f = *state;

    push(f, "20-g", "(def g () a)");
    push(f, "12-f", "(def f () (g))");
    push(f, "20-g", "(def g () (if a 1 (f)))");
    assert_true(restart(f));
    assert_in_force(f, "00-base=(defvar a 1);10-use=a;12-f=(def f () (g));"
                       "20-g=(def g () (if a 1 (f)));");
}

static void
without_the_directory_what_was_pushed_is_used_as_far_as_it_goes(void **state)
{
    Fixture *f = *state;
    g_autofree char *away = g_strconcat(f->dir, "-away", NULL);

    push(f, "01-parameters", "(set a 2)");
    push(f, "20-own", "7");
    assert_int_equal(g_rename(f->dir, away), 0);
    /* A reload keeps what is in force, a restart has nothing better. */
    assert_false(mom_policies_reload(f->policies, NULL));
    assert_in_force(f, "00-base=(defvar a 1);01-parameters=(set a 2);10-use=a;20-own=7;");
    assert_false(mom_policies_reset(f->policies, NULL));
    assert_false(restart(f));
    assert_in_force(f, "20-own=7;");
    assert_int_equal(g_rename(away, f->dir), 0);
    assert_true(mom_policies_reload(f->policies, NULL));
    assert_in_force(f, "00-base=(defvar a 1);01-parameters=(set a 2);10-use=a;20-own=7;");
}

#define OVERLAY_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        OVERLAY_TEST(what_was_pushed_lies_over_the_files),
        OVERLAY_TEST(a_changed_file_is_read_below_what_was_pushed),
        OVERLAY_TEST(a_removal_lasts),
        OVERLAY_TEST(what_was_only_pushed_leaves_nothing_when_it_is_removed),
        OVERLAY_TEST(a_replacement_hides_the_directory),
        OVERLAY_TEST(what_is_refused_is_not_kept),
        OVERLAY_TEST(the_same_text_again_is_no_change),
        OVERLAY_TEST(what_no_longer_fits_is_left_out_and_comes_back),
        OVERLAY_TEST(the_file_below_stands_in_for_what_is_left_out),
        OVERLAY_TEST(only_what_is_to_blame_for_a_file_s_failure_is_left_out),
        OVERLAY_TEST(a_failure_of_the_run_counts_too),
        OVERLAY_TEST(what_fails_below_by_itself_is_not_held_against_what_was_pushed),
        OVERLAY_TEST(pushed_policies_may_need_each_other),
        OVERLAY_TEST(without_the_directory_what_was_pushed_is_used_as_far_as_it_goes),
    };
    int failed;

    kept_log_begin();
    schema = mom_schema_new(NULL, 0);
    failed = cmocka_run_group_tests_name("overlay", tests, NULL, NULL);
    mom_schema_unref(schema);
    kept_log_end();
    return failed;
}
