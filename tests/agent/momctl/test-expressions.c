/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/momctl/expressions and show: where top-level expressions are, when a line is whole, and
 * how values look.
 */
#include "agent/momctl/expressions.h"

#include "agent/momctl/show.h"
#include "tests/mom-test.h"

#include <math.h>
#include <string.h>

static void
expect_expressions(const char *text, const char *wanted)
{
    g_autoptr(GArray) found = mom_ctl_expressions(text, strlen(text));
    g_autoptr(GString) seen = g_string_new(NULL);

    for (guint i = 0; i < found->len; i++) {
        const MomCtlExpression *expression = &g_array_index(found, MomCtlExpression, i);
        g_autofree char *head = mom_ctl_expression_head(expression);

        g_string_append_printf(seen, "%u:%u %s|", expression->line, expression->column, head);
    }
    assert_string_equal(seen->str, wanted);
}

static void
top_level_expressions_are_found_with_their_places(void **state)
{
    expect_expressions("", "");
    expect_expressions("# nothing\n", "");
    expect_expressions("1 'a' (b (c)) # d\n {e}x", "1:1 1|1:3 'a'|1:7 (b (c))|2:2 {e}|2:5 x|");
    expect_expressions("\xc3\xa4", "");
}

static void
of_several_lines_the_first_is_shown(void **state)
{
    expect_expressions("(a  \n b)", "1:1 (a …|");
    expect_expressions("'a\n\nb' 2", "1:1 'a …|3:4 2|");
}

static void
brackets_that_are_open_are_counted(void **state)
{
    static const struct {
        const char *text;
        guint open;
    } cases[] = {
        {"", 0},     {"(a)", 0},   {"(a", 1}, {"(a [b {c", 3}, {"(a # )", 1}, {"(a ')'", 1},
        {"(a ,", 0}, {"(a 'b", 0}, {")", 0},  {"(a))(", 0},    {"(a]", 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_int_equal(mom_ctl_open_brackets(cases[i].text), cases[i].open);
}

static void
values_look_as_they_are_written(void **state)
{
    static const MomValue items[] = {{.type = MOM_VALUE_STRING, .string = "a"},
                                     {.type = MOM_VALUE_FLOAT, .real = 0.1}};
    static const MomList list = {.length = 2, .items = items};
    const struct {
        MomValue value;
        const char *wanted;
    } cases[] = {
        {MOM_NIL, "nil"},
        {mom_value_bool(TRUE), "true"},
        {mom_value_int(-7), "-7"},
        {mom_value_string(""), "\"\""},
        {mom_value_float(3), "3.0"},
        {mom_value_float(-0.0), "-0.0"},
        {mom_value_float(0.2), "0.2"},
        {mom_value_float(1.0 / 3), "0.3333333333333333"},
        {mom_value_float(0.1 + 0.2), "0.30000000000000004"},
        {mom_value_float(1e300), "1e+300"},
        {mom_value_float(HUGE_VAL), "inf"},
        {mom_value_float(NAN), "nan"},
        {{.type = MOM_VALUE_LIST, .list = &list}, "(\"a\" 0.1)"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) out = g_string_new(NULL);

        mom_ctl_show_value(out, cases[i].value);
        assert_string_equal(out->str, cases[i].wanted);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(top_level_expressions_are_found_with_their_places),
        cmocka_unit_test(of_several_lines_the_first_is_shown),
        cmocka_unit_test(brackets_that_are_open_are_counted),
        cmocka_unit_test(values_look_as_they_are_written),
    };

    return cmocka_run_group_tests_name("expressions", tests, NULL, NULL);
}
