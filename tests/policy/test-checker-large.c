/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The checker on texts that are deep, large, or wrong all over.
 *
 * What it says stays short, and errors are never lost among warnings.
 */
#include "policy/checker.h"

#include "tests/mom-test.h"

#include <string.h>

static GPtrArray *
check(const char *text)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GError) error = NULL;

    assert_ok(mom_policy_store_set(store, "p", text, -1, &error));
    return mom_policy_check(store, NULL);
}

static guint
count_errors(const GPtrArray *findings)
{
    guint n = 0;

    for (guint i = 0; i < findings->len; i++)
        n += ((const MomFinding *)findings->pdata[i])->severity == MOM_FINDING_ERROR;
    return n;
}

static void
assert_finding(const GPtrArray *findings, guint i, const char *expect)
{
    g_autofree char *text = NULL;

    assert_true(i < findings->len);
    text = mom_finding_format(findings->pdata[i], NULL);
    assert_string_equal(text, expect);
}

static void
test_findings_are_capped_and_errors_come_first(void **state)
{
    g_autoptr(GPtrArray) findings = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    for (int i = 0; i < 5000; i++)
        g_string_append(text, "(if Host.mem_free 1 2)\n");
    g_string_append(text, "(nope)\n(nope)");
    findings = check(text->str);
    assert_int_equal(findings->len, 101);
    assert_int_equal(count_errors(findings), 2);
    assert_finding(findings, 100, "warning: 4902 more findings are not shown");
}

static void
test_more_errors_than_are_shown_still_refuse(void **state)
{
    g_autoptr(GPtrArray) findings = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    for (int i = 0; i < 50000; i++)
        g_string_append_printf(text, "v%d ", i);
    findings = check(text->str);
    assert_int_equal(findings->len, 101);
    assert_int_equal(count_errors(findings), 100);
    assert_finding(findings, 0, "p:1:1: error: unknown variable v0");
    assert_finding(findings, 100, "warning: 49900 more findings are not shown");
}

static void
test_whoever_wants_more_findings_gets_them(void **state)
{
    g_autoptr(GPtrArray) findings = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    const MomCheckWorld world = {.max_findings = 3000};

    for (int i = 0; i < 4000; i++)
        g_string_append_printf(text, "v%d ", i);
    assert_true(mom_policy_store_set(store, "p", text->str, -1, NULL));
    findings = mom_policy_check(store, &world);
    assert_int_equal(findings->len, 3001);
    assert_int_equal(count_errors(findings), 3000);
    assert_finding(findings, 3000, "warning: 1000 more findings are not shown");
}

static void
test_the_deepest_nesting_is_checked(void **state)
{
    g_autoptr(GPtrArray) findings = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    for (int i = 0; i < 250; i++)
        g_string_append(text, i % 2 ? "(if Host.mem_free " : "(let ((a 1)) ");
    g_string_append(text, "nope");
    for (int i = 249; i >= 0; i--)
        g_string_append(text, i % 2 ? " 0)" : ")");
    findings = check(text->str);
    assert_int_equal(findings->len, 1);
    assert_finding(findings, 0, "p:1:3876: error: unknown variable nope");
}

static void
test_a_long_chain_of_callers_is_followed(void **state)
{
    g_autoptr(GPtrArray) findings = NULL;
    g_autoptr(GString) text = g_string_new("(def f0 () x)\n");

    for (int i = 1; i < 20000; i++)
        g_string_append_printf(text, "(def f%d () (f%d))", i, i - 1);
    g_string_append(text, "(let ((x 1)) (f19999))");
    findings = check(text->str);
    assert_int_equal(findings->len, 0);
    g_clear_pointer(&findings, g_ptr_array_unref);
    g_string_append(text, "(let ((y 1)) (f19999))");
    findings = check(text->str);
    assert_int_equal(findings->len, 1);
    assert_finding(findings, 0,
                   "p:1:12: warning: the variable x may not be defined, as not every call of f0 "
                   "comes from where it is");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_findings_are_capped_and_errors_come_first),
        cmocka_unit_test(test_more_errors_than_are_shown_still_refuse),
        cmocka_unit_test(test_whoever_wants_more_findings_gets_them),
        cmocka_unit_test(test_the_deepest_nesting_is_checked),
        cmocka_unit_test(test_a_long_chain_of_callers_is_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
