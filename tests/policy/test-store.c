/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The store: names, order, and that a bad text changes nothing.
 *
 * Edges of texts and names are here; what a text means is tested elsewhere.
 */
#include "policy/store-private.h"

#include "tests/policy/evaluation.h"

static int
set_up(void **state)
{
    *state = mom_policy_store_new();
    return 0;
}

static int
tear_down(void **state)
{
    mom_policy_store_free(*state);
    return 0;
}

static void
set(MomPolicyStore *store, const char *name, const char *text)
{
    g_autoptr(GError) error = NULL;

    assert_ok(mom_policy_store_set(store, name, text, -1, &error));
}

static void
expect_results(MomPolicyStore *store, const char *wanted)
{
    g_autoptr(MomSchema) schema = mom_schema_new(NULL, 0);
    g_autoptr(MomEntity) host = mom_entity_new(schema);
    g_autoptr(GPtrArray) guests = g_ptr_array_new();
    g_autofree char *found = mom_test_run(store, host, guests);

    assert_string_equal(found, wanted);
}

static void
expect_names(MomPolicyStore *store, const char *wanted)
{
    g_autofree const char **names = mom_policy_store_names(store, NULL);
    g_autofree char *joined = g_strjoinv(" ", (char **)names);

    assert_string_equal(joined, wanted);
}

static void
expect_joined(MomPolicyStore *store, const char *wanted)
{
    g_autofree char *joined = mom_policy_store_get_joined(store);

    assert_string_equal(joined, wanted);
}

static void
an_empty_store_has_no_results_but_reports_zero(void **state)
{
    gsize n = 9;
    g_autofree const char **names = mom_policy_store_names(*state, &n);

    assert_int_equal(n, 0);
    assert_null(names[0]);
    expect_joined(*state, "0");
    expect_results(*state, "");
    assert_null(mom_policy_store_get(*state, "a"));
    set(*state, "a", "");
    expect_joined(*state, "0");
    expect_results(*state, "");
    expect_names(*state, "a");
}

static void
policies_run_in_order_of_code_points(void **state)
{
    set(*state, "\xc3\xa9", "'e'");
    set(*state, "9", "9");
    set(*state, "a", "'a'");
    set(*state, "10", "10");
    set(*state, "_", "'_'");
    set(*state, "100", "100");
    set(*state, "B", "'B'");
    set(*state, "\xf0\x9f\x90\xa7", "'p'");
    set(*state, "\xef\xbf\xbd", "'r'");
    expect_names(*state, "10 100 9 B _ a \xc3\xa9 \xef\xbf\xbd \xf0\x9f\x90\xa7");
    expect_results(*state, "10 100 9 B _ a e r p");
}

static void
no_name_is_the_main_policy(void **state)
{
    set(*state, NULL, "1");
    expect_names(*state, "50_main_");
    assert_string_equal(mom_policy_store_get(*state, NULL), "1");
    set(*state, "50_main_", "2");
    expect_results(*state, "2");
    mom_policy_store_remove(*state, NULL);
    expect_names(*state, "");
    mom_policy_store_remove(*state, "never");
}

static void
texts_are_joined_by_newlines(void **state)
{
    set(*state, "b", "2 # c");
    set(*state, "a", "1");
    expect_joined(*state, "1\n2 # c");
    expect_results(*state, "1 2");
    mom_policy_store_remove(*state, "a");
    expect_joined(*state, "2 # c");
    mom_policy_store_clear(*state);
    expect_joined(*state, "0");
}

static void
comments_alone_are_a_policy(void **state)
{
    set(*state, "a", "# nothing");
    set(*state, "b", "1");
    expect_results(*state, "1");
}

static void
a_bad_text_changes_nothing(void **state)
{
    g_autoptr(GError) error = NULL;

    set(*state, "a", "1");
    assert_fails(mom_policy_store_set(*state, "a", "(", -1, &error), MOM_POLICY_ERROR,
                 MOM_POLICY_ERROR_LOAD);
    assert_fails(mom_policy_store_set(*state, "b", ")", -1, &error), MOM_POLICY_ERROR,
                 MOM_POLICY_ERROR_LOAD);
    assert_fails(mom_policy_store_replace(*state, "'", -1, &error), MOM_POLICY_ERROR,
                 MOM_POLICY_ERROR_LOAD);
    expect_names(*state, "a");
    expect_results(*state, "1");
    assert_string_equal(mom_policy_store_get(*state, "a"), "1");
}

static void
replace_leaves_one_policy(void **state)
{
    g_autoptr(GError) error = NULL;

    set(*state, "a", "1");
    set(*state, "b", "2");
    assert_ok(mom_policy_store_replace(*state, "3", -1, &error));
    expect_names(*state, "50_main_");
    expect_results(*state, "3");
}

static void
load_errors_name_the_policy(void **state)
{
    g_autoptr(GError) error = NULL;

    assert_false(mom_policy_store_set(*state, "02-x", "1\n (a\n", -1, &error));
    assert_string_equal(error->message, "02-x:2:2: '(' is never closed");
    assert_string_equal(mom_policy_error_place(error).policy, "02-x");
    assert_int_equal(mom_policy_error_place(error).line, 2);
    assert_int_equal(mom_policy_error_place(error).column, 2);
}

static void
bytes_that_are_no_text_are_refused_with_their_place(void **state)
{
    const struct {
        const char *text;
        gssize length;
        guint line, column;
    } cases[] = {{"1\n 2\0 3", 7, 2, 3}, {"1 # \xff", 5, 1, 5}, {"'a\n\xc3'", 5, 2, 1}};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        assert_false(mom_policy_store_set(*state, "a", cases[i].text, cases[i].length, &error));
        assert_int_equal(mom_policy_error_place(error).line, cases[i].line);
        assert_int_equal(mom_policy_error_place(error).column, cases[i].column);
    }
    expect_names(*state, "");
}

static void
a_name_must_be_text_but_may_be_long(void **state)
{
    g_autofree char *name = mom_test_repeat("n\xc3\xa9", 100000);
    g_autoptr(GError) error = NULL;

    set(*state, name, "1");
    set(*state, "", "0");
    assert_string_equal(mom_policy_store_get(*state, name), "1");
    expect_results(*state, "0 1");
    assert_fails(mom_policy_store_set(*state, "a\xff", "1", -1, &error), MOM_POLICY_ERROR,
                 MOM_POLICY_ERROR_LOAD);
    assert_false(mom_policy_store_set(*state, name, "\n)", -1, &error));
    assert_string_equal(mom_policy_error_place(error).policy, name);
}

static void
a_copy_is_independent(void **state)
{
    g_autoptr(MomPolicyStore) copy = NULL;

    set(*state, "a", "(def f (x) (* x 2))");
    set(*state, "b", "(f 3)");
    copy = mom_policy_store_copy(*state);
    set(copy, "b", "(f 4) new-name");
    set(copy, "c", "(def f (x) 0)");
    expect_results(*state, "f 6");
    mom_policy_store_remove(copy, "c");
    set(copy, "b", "(f 5)");
    expect_results(copy, "f 10");
    mom_policy_store_clear(*state);
    expect_results(copy, "f 10");
}

/* Ever new names, as a daemon sees them over months. */
static void
names_no_longer_used_are_forgotten(void **state)
{
    set(*state, "a", "(def f (x) (* x 2))");
    for (int round = 0; round < 20; round++) {
        g_autoptr(GString) text = g_string_new("(f 1)");

        for (int i = 0; i < 1000; i++)
            g_string_append_printf(text, "(def g%d_%d () 1)", round, i);
        set(*state, "b", text->str);
    }
    assert_true(mom_symbols_count(mom_policy_store_symbols(*state)) < 8000);
    set(*state, "b", "(f 21)");
    expect_results(*state, "f 42");
}

static void
a_policy_may_be_run_in_part(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomPolicyStore) copy = NULL;

    set(*state, "a", "1");
    assert_ok(mom_policy_store_set_in_part(*state, "b", "(% 5)\n2", "     \n2", &error));
    copy = mom_policy_store_copy(*state);
    expect_results(copy, "1 2");
    assert_string_equal(mom_policy_store_get(copy, "b"), "(% 5)\n2");
    expect_joined(copy, "1\n(% 5)\n2");
    assert_fails(mom_policy_store_set_in_part(*state, "b", "3", "(", &error), MOM_POLICY_ERROR,
                 MOM_POLICY_ERROR_LOAD);
    expect_results(*state, "1 2");
    set(*state, "b", "3");
    assert_string_equal(mom_policy_store_get(*state, "b"), "3");
    expect_results(*state, "1 3");
    expect_results(copy, "1 2");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_empty_store_has_no_results_but_reports_zero),
        CASE(policies_run_in_order_of_code_points),
        CASE(no_name_is_the_main_policy),
        CASE(texts_are_joined_by_newlines),
        CASE(comments_alone_are_a_policy),
        CASE(a_bad_text_changes_nothing),
        CASE(replace_leaves_one_policy),
        CASE(load_errors_name_the_policy),
        CASE(bytes_that_are_no_text_are_refused_with_their_place),
        CASE(a_name_must_be_text_but_may_be_long),
        CASE(a_copy_is_independent),
        CASE(names_no_longer_used_are_forgotten),
        CASE(a_policy_may_be_run_in_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
