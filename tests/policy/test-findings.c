/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Findings as text with the source line and a caret, and as an error.
 *
 * The caret must stand below the place in any terminal: tabs stay tabs, characters count once.
 */
#include "policy/checker.h"

#include "tests/mom-test.h"

static void
expect_format(guint line, guint column, const char *text, const char *expect)
{
    const MomFinding finding = {.severity = MOM_FINDING_ERROR,
                                .policy = (char *)"50_main_",
                                .line = line,
                                .column = column,
                                .message = (char *)"wrong"};
    g_autofree char *formatted = mom_finding_format(&finding, text);

    assert_string_equal(formatted, expect);
}

static void
test_the_caret_stands_below_the_place(void **state)
{
    expect_format(1, 1, "(a)", "50_main_:1:1: error: wrong\n(a)\n^");
    expect_format(2, 3, "1\n  (a)\n3", "50_main_:2:3: error: wrong\n  (a)\n  ^");
    expect_format(1, 4, "(a)", "50_main_:1:4: error: wrong\n(a)\n   ^");
}

static void
test_tabs_are_kept_and_characters_count_once(void **state)
{
    expect_format(1, 3, "\t\tx", "50_main_:1:3: error: wrong\n\t\tx\n\t\t^");
    expect_format(1, 7, "\"äöü\"\tx", "50_main_:1:7: error: wrong\n\"äöü\"\tx\n     \t^");
}

static void
test_the_line_ends_before_its_end_marks(void **state)
{
    expect_format(1, 2, "(a)\r\n(b)", "50_main_:1:2: error: wrong\n(a)\n ^");
}

static void
test_without_text_or_line_there_is_no_caret(void **state)
{
    expect_format(1, 2, NULL, "50_main_:1:2: error: wrong");
    expect_format(9, 2, "one line", "50_main_:9:2: error: wrong");
    expect_format(0, 0, "one line", "error: wrong");
}

static void
test_the_first_error_becomes_a_g_error_with_its_place(void **state)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = NULL;
    MomPlace place;

    assert_ok(mom_policy_store_set(store, "p", "(defvar max 1)\n (nope)", -1, &error));
    findings = mom_policy_check(store, NULL);
    assert_int_equal(findings->len, 2);
    error = mom_findings_error(findings);
    assert_true(g_error_matches(error, MOM_POLICY_ERROR, MOM_POLICY_ERROR_LOAD));
    assert_string_equal(error->message, "p:2:3: unknown function nope");
    place = mom_policy_error_place(error);
    assert_string_equal(place.policy, "p");
    assert_int_equal(place.line, 2);
    assert_int_equal(place.column, 3);
}

static void
test_warnings_alone_are_no_error(void **state)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = NULL;

    assert_ok(mom_policy_store_set(store, "p", "(defvar max 1)", -1, &error));
    findings = mom_policy_check(store, NULL);
    assert_int_equal(findings->len, 1);
    assert_null(mom_findings_error(findings));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_caret_stands_below_the_place),
        cmocka_unit_test(test_tabs_are_kept_and_characters_count_once),
        cmocka_unit_test(test_the_line_ends_before_its_end_marks),
        cmocka_unit_test(test_without_text_or_line_there_is_no_caret),
        cmocka_unit_test(test_the_first_error_becomes_a_g_error_with_its_place),
        cmocka_unit_test(test_warnings_alone_are_no_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
