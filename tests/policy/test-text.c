/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * concat and format: every kind of value as text, and every way to get a placeholder wrong.
 *
 * A result must never be longer than a string may be, however little of the text asks for it.
 */
#include "tests/policy/evaluation.h"

static void
concat_joins_all_plain_values(void **state)
{
    MOM_TEST_TABLE({"(concat 'a')", "a"}, {"(== (concat '' '') '')", "true"},
                   {"(concat 'vm-' 12 '/' (> 2 1) (< 2 1) nil)", "vm-12/truefalsenil"},
                   {"(concat -9223372036854775808)", "-9223372036854775808"},
                   {"(+ (concat 1 2) 'x')", "12x"});
}

static void
concat_writes_floats_as_short_as_reads_back(void **state)
{
    MOM_TEST_TABLE({"(concat 0.1)", "0.1"}, {"(concat (+ 0.1 0.2))", "0.30000000000000004"},
                   {"(concat 2.0 ' ' -0.0 ' ' 1e300)", "2.0 -0.0 1e+300"},
                   {"(concat 5e-324)", "5e-324"}, {"(concat (/ 2 3))", "0.6666666666666666"},
                   {"(concat 1e999 ' ' (- 1e999 1e999))", "inf nan"});
}

static void
concat_refuses_what_has_no_text(void **state)
{
    MOM_TEST_TABLE({"(concat)", "! p:1:2: concat takes 1 or more arguments"},
                   {"(concat 'a' Host)", "! p:1:2: concat cannot take entity"},
                   {"(concat Guests)", "! p:1:2: concat cannot take collection"},
                   {"(defvar s '') (concat (with s c c))", "! p:1:16: concat cannot take list"},
                   {"(concat abs)", "! p:1:2: concat cannot take callable"});
}

static void
format_fills_in_its_values_in_order(void **state)
{
    MOM_TEST_TABLE(
        {"(format 'plain')", "plain"}, {"(== (format '') '')", "true"},
        {"(format '{} of {}: {}' 1 'x' 2.5)", "1 of x: 2.5"},
        {"(format '{}{}' nil (> 2 1))", "niltrue"}, {"(format '{}' '{}')", "{}"},
        {"(format '{{}} {{{}}} }}{{' 7)", "{} {7} }{"},
        {"(format 'd\xc3\xa9j\xc3\xa0 {}' '\xe2\x82\xac')", "d\xc3\xa9j\xc3\xa0 \xe2\x82\xac"});
}

static void
format_writes_decimals(void **state)
{
    MOM_TEST_TABLE(
        {"(format '{.2} {.0} {.1}' 3.14159 2.5 -0.25)", "3.14 2 -0.2"},
        {"(format '{.17}' 0.1)", "0.10000000000000001"}, {"(format '{.3}|{.0}' 5 5)", "5.000|5"},
        {"(format '{.2}' 9223372036854775807)", "9223372036854775807.00"},
        {"(format '{.1}' (> 2 1))", "1.0"}, {"(format '{.1} {.1}' 1e999 -1e999)", "inf -inf"});
    /* The longest: 309 digits, a point and 17 more. */
    mom_test_expect("(def l (s) (with s c 1)) (sum (l (format '{.17}' -1.7976931348623157e308)))",
                    "l 328");
}

static void
format_counts_its_values(void **state)
{
    MOM_TEST_TABLE({"(format '{}')", "! p:1:2: format has too few values"},
                   {"(format '{} {}' 1)", "! p:1:2: format has too few values"},
                   {"(format 'x' 1 2)", "! p:1:2: format has 2 values more"},
                   {"(format '{{}}' 1)", "! p:1:2: format has 1 values more"});
}

static void
format_refuses_bad_placeholders(void **state)
{
    const char *const texts[] = {"{",     "{x}",  "{ }",   "{.}",   "{.1",   "{.a}",
                                 "{.1x}", "{:1}", "{.18}", "{.99}", "{.-1}", "{.11111}",
                                 "{{{",   "{}}",  "}",     "a}b",   "}}}",   "{0}"};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *text = g_strdup_printf("(format '%s' 1)", texts[i]);

        mom_test_expect(text, "! p:1:2: format ");
    }
}

static void
format_refuses_bad_values(void **state)
{
    MOM_TEST_TABLE({"(format)", "! p:1:2: format takes 1 or more arguments"},
                   {"(format 5 1)", "! p:1:2: format takes a text first, not integer"},
                   {"(format '{.1}' '5')", "! p:1:2: format writes numbers with decimals, not str"},
                   {"(format '{.1}' nil)", "! p:1:2: format writes numbers"},
                   {"(format '{}' Host)", "! p:1:2: format cannot take entity"});
}

static void
no_string_gets_too_long(void **state)
{
    g_autofree char *literal = mom_test_repeat("x", 100000);
    g_autofree char *long_literal = g_strdup_printf("(defvar s '%s') (concat s)", literal);
    g_autofree char *long_format = g_strdup_printf("(format '%s')", literal);
    g_autofree char *names = mom_test_repeat(" s", 65536);
    g_autofree char *many = g_strdup_printf("(defvar s 'x') (== 0 (concat%s))", names);
    g_autofree char *too_many = g_strdup_printf("(defvar s 'x') (== 0 (concat%s s))", names);
    g_autofree char *holes = mom_test_repeat("{.17}", 1000);
    g_autofree char *huge = mom_test_repeat(" 1e308", 1000);
    g_autofree char *wide = g_strdup_printf("(format '%s'%s)", holes, huge);
    const char *too_long = "a string of more than 65536 bytes";

    mom_test_expect(many, "x false");
    for (int i = 0; i < 4; i++) {
        const char *const texts[] = {long_literal, long_format, too_many, wide};
        g_autofree char *found = mom_test_evaluate(texts[i], strlen(texts[i]));

        assert_non_null(strstr(found, too_long));
    }
}

/* Four hundred thousand texts; the same with integers is no trouble. */
static void
writing_floats_costs_steps(void **state)
{
    g_autofree char *word = mom_test_repeat("x", 4000);
    g_autofree char *values = mom_test_repeat(" v", 100);
    const char *const numbers[] = {"1", "0.1"};

    for (int i = 0; i < 2; i++) {
        g_autofree char *text = g_strdup_printf(
            "(defvar v %s) (defvar s '%s') (null (with s c (concat%s)))", numbers[i], word, values);
        g_autofree char *found = mom_test_evaluate(text, strlen(text));

        assert_true(g_str_has_suffix(found, i == 0 ? " false" : "is there a loop?"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(concat_joins_all_plain_values),
        cmocka_unit_test(concat_writes_floats_as_short_as_reads_back),
        cmocka_unit_test(concat_refuses_what_has_no_text),
        cmocka_unit_test(format_fills_in_its_values_in_order),
        cmocka_unit_test(format_writes_decimals),
        cmocka_unit_test(format_counts_its_values),
        cmocka_unit_test(format_refuses_bad_placeholders),
        cmocka_unit_test(format_refuses_bad_values),
        cmocka_unit_test(no_string_gets_too_long),
        cmocka_unit_test(writing_floats_costs_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
