/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lines set aside: found with the real checker, told once whatever line they stand in, listed.
 *
 * What the engine makes of it is in test-engine-policies.c.
 */
#include "agent/policies/set-aside.h"

#include <string.h>

#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

#define NAME "01-parameters"

static GPtrArray *
check(MomPolicyStore *candidate, guint max_findings, gpointer data)
{
    const MomCheckWorld world = {.parameters_policy = NAME, .max_findings = max_findings};
    guint *checks = data;

    if (checks)
        (*checks)++;
    return mom_policy_check(candidate, &world);
}

static MomPolicyStore *
store_new(void)
{
    MomPolicyStore *store = mom_policy_store_new();

    g_string_truncate(told, 0);
    assert_true(mom_policy_store_set(store, "00-defines", "(defvar a 1)", -1, NULL));
    return store;
}

static MomTuning *
set_aside(MomPolicyStore *store, const char *text)
{
    g_autoptr(GError) error = NULL;
    MomTuning *tuning = mom_set_aside_faults(store, NAME, text, check, NULL, &error);

    assert_ok(tuning);
    return tuning;
}

static void
assert_list(const MomTuning *tuning, const char *expected)
{
    g_auto(GStrv) list = mom_set_aside_list(tuning);
    g_autofree char *joined = g_strjoinv("; ", list);

    assert_string_equal(joined, expected);
}

static void
test_syntax_and_names_are_found_and_the_text_stays(void **state)
{
    g_autoptr(MomPolicyStore) store = store_new();
    g_autoptr(MomTuning) tuning = set_aside(store, "(set b 1)\n(set a [1, 2])\n(set a 2)");

    assert_list(tuning,
                NAME ":1:6: (set b 1): no policy before this one defines the parameter b; " NAME
                     ":2:10: (set a [1, 2]): unexpected character ','");
    assert_string_equal(mom_policy_store_get(store, NAME), "(set b 1)\n(set a [1, 2])\n(set a 2)");
    assert_list(NULL, "");
}

static void
test_the_stores_own_text_may_be_looked_at_again(void **state)
{
    g_autoptr(MomPolicyStore) store = store_new();
    g_autoptr(MomTuning) first = set_aside(store, "(set b 1)\n(set a 2)");
    g_autoptr(MomTuning) second = set_aside(store, mom_policy_store_get(store, NAME));

    assert_int_equal(mom_tuning_n_aside(first), 1);
    assert_int_equal(mom_tuning_n_aside(second), 1);
    assert_string_equal(mom_policy_store_get(store, NAME), "(set b 1)\n(set a 2)");
}

static void
test_without_a_checker_only_syntax_is_looked_at(void **state)
{
    g_autoptr(MomPolicyStore) store = store_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(MomTuning) tuning =
        mom_set_aside_faults(store, NAME, "(set b 1)\n(", NULL, NULL, &error);

    assert_ok(tuning);
    assert_list(tuning, NAME ":2:1: (: '(' is never closed");
}

static void
test_a_sound_text_costs_one_check_and_a_long_chain_so_many(void **state)
{
    g_autoptr(MomPolicyStore) store = store_new();
    g_autoptr(GString) chain = g_string_new("(defvar c0 nosuch)\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(MomTuning) tuning = NULL;
    guint checks = 0;

    mom_tuning_free(mom_set_aside_faults(store, NAME, "(set a 2)", check, &checks, &error));
    assert_int_equal(checks, 1);
    for (guint i = 1; i < 100; i++)
        g_string_append_printf(chain, "(defvar c%u c%u)\n", i, i - 1);
    checks = 0;
    tuning = mom_set_aside_faults(store, NAME, chain->str, check, &checks, &error);
    assert_ok(tuning);
    assert_int_equal(checks, MOM_SET_ASIDE_MAX_ROUNDS);
    assert_int_equal(mom_tuning_n_aside(tuning), MOM_SET_ASIDE_MAX_ROUNDS);
}

static void
test_one_more_is_set_aside_by_its_error(void **state)
{
    g_autoptr(MomPolicyStore) store = store_new();
    g_autoptr(MomTuning) tuning = set_aside(store, "(set a 1)\n(set a 2)");
    g_autoptr(GError) elsewhere = NULL;
    g_autoptr(GError) here = NULL;

    assert_false(mom_policy_store_set(store, "02", "\n(", -1, &elsewhere));
    assert_false(mom_set_aside_one(store, tuning, elsewhere));
    mom_policy_store_set(store, NAME, "\n    (", -1, &here);
    assert_true(mom_set_aside_one(store, tuning, here));
    assert_false(mom_set_aside_one(store, tuning, here));
    assert_list(tuning, NAME ":2:5: (set a 2): '(' is never closed");
    assert_string_equal(mom_policy_store_get(store, NAME), "(set a 1)\n(set a 2)");
}

static void
test_a_text_without_a_line_that_can_take_effect_is_told(void **state)
{
    g_autoptr(MomPolicyStore) store = store_new();
    g_autoptr(MomTuning) none = set_aside(store, "# only this\n(set b 1)\n(set c 1)\n");
    g_autoptr(MomTuning) some = set_aside(store, "(set b 1)\n(set a 1)\n");
    g_autoptr(MomTuning) empty = set_aside(store, "# nothing\n");
    g_autoptr(GError) error = NULL;

    assert_ok(mom_set_aside_leaves_some(some, &error));
    assert_ok(mom_set_aside_leaves_some(empty, &error));
    assert_fails(mom_set_aside_leaves_some(none, &error), MOM_POLICY_ERROR, MOM_POLICY_ERROR_LOAD);
}

static void
test_a_line_is_told_once_wherever_it_stands(void **state)
{
    g_autoptr(MomPolicyStore) store = store_new();
    g_autoptr(MomTuning) first = set_aside(store, "(set b 1)\n(set c 1)");
    g_autoptr(MomTuning) second = set_aside(store, "(set a 1)\n\n(set c 1)\n(set d 1)");

    mom_set_aside_tell(NULL, first);
    assert_string_equal(told->str,
                        "W:line set aside, the others take effect: " NAME ":1:6: (set b 1): no "
                        "policy before this one defines the parameter b;"
                        "W:line set aside, the others take effect: " NAME ":2:6: (set c 1): no "
                        "policy before this one defines the parameter c;");
    g_string_truncate(told, 0);
    mom_set_aside_tell(first, second);
    assert_string_equal(told->str,
                        "W:line set aside, the others take effect: " NAME ":4:6: (set d 1): no "
                        "policy before this one defines the parameter d;"
                        "I:line of " NAME " no longer set aside: (set b 1);");
    g_string_truncate(told, 0);
    mom_set_aside_tell(second, NULL);
    assert_string_equal(told->str, "I:line of " NAME " no longer set aside: (set c 1);"
                                   "I:line of " NAME " no longer set aside: (set d 1);");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syntax_and_names_are_found_and_the_text_stays),
        cmocka_unit_test(test_the_stores_own_text_may_be_looked_at_again),
        cmocka_unit_test(test_without_a_checker_only_syntax_is_looked_at),
        cmocka_unit_test(test_a_sound_text_costs_one_check_and_a_long_chain_so_many),
        cmocka_unit_test(test_one_more_is_set_aside_by_its_error),
        cmocka_unit_test(test_a_text_without_a_line_that_can_take_effect_is_told),
        cmocka_unit_test(test_a_line_is_told_once_wherever_it_stands),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
