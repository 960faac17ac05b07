/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The parser: trees, places of nodes, and the first fault of a text.
 *
 * Limits are tested on both sides: the largest that works and the smallest that does not.
 */
#include "policy/parser.h"

#include "tests/policy/evaluation.h"

#define DEEP MOM_POLICY_MAX_NESTING

static MomProgram *
parse(const char *text)
{
    g_autoptr(MomSymbols) symbols = mom_symbols_new();
    g_autoptr(GError) error = NULL;
    MomProgram *program = mom_program_parse(symbols, "p", text, strlen(text), &error);

    assert_null(error);
    return program;
}

static void
a_text_without_tokens_is_an_empty_program(void **state)
{
    const char *const texts[] = {"", " \n\t", "# only a comment", "# one\n# two\n"};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(MomProgram) program = parse(texts[i]);

        assert_int_equal(program->n, 0);
    }
}

static void
nodes_know_their_place(void **state)
{
    g_autoptr(MomProgram) program = parse("# c\n(f\n  {x \"s\ns\"} [+ 1])");
    const MomNode *list = &program->items[0];
    const MomNode *block = &list->items[1];

    assert_int_equal(program->n, 1);
    assert_int_equal(list->line, 2);
    assert_int_equal(list->column, 1);
    assert_int_equal(list->n, 3);
    assert_int_equal(list->items[0].column, 2);
    assert_int_equal(block->bracket, '{');
    assert_string_equal(block->items[0].symbol->name, "eval");
    assert_int_equal(block->items[0].line, 3);
    assert_int_equal(block->items[0].column, 3);
    assert_int_equal(block->items[2].column, 6);
    assert_int_equal(list->items[2].line, 4);
    assert_int_equal(list->items[2].items[0].kind, MOM_NODE_OPERATOR);
    assert_string_equal(list->items[2].items[0].symbol->name, "add");
}

static void
equal_names_are_one_symbol(void **state)
{
    g_autoptr(MomProgram) program = parse("abc add + abc");

    assert_ptr_equal(program->items[0].symbol, program->items[3].symbol);
    assert_ptr_equal(program->items[1].symbol, program->items[2].symbol);
    assert_int_equal(program->n_symbols, 4);
}

static void
the_first_fault_is_told(void **state)
{
    MOM_TEST_TABLE({"(a]", "! p:1:3: ')' expected (to close '(' at 1:1), found ']'"},
                   {"\n)", "! p:2:1: ')' closes nothing"},
                   {"(a\n [b\n {c}", "! p:2:2: '[' is never"},
                   {"(\n(a)\n{", "! p:3:1: '{' is never closed"}, {"(a @ ]", "! p:1:4: unexpected"},
                   {"(a ] @", "! p:1:4: ')' expected"}, {"( 'x", "! p:1:3: unterminated string"},
                   {"(a) b) @", "! p:1:6: ')' closes nothing"});
}

static void
integer_literals_are_int64(void **state)
{
    MOM_TEST_TABLE(
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"0x7fffffffffffffff 0o777777777777777777777", "9223372036854775807 9223372036854775807"},
        {"\n 9223372036854775808", "! p:2:2: integer out of range"},
        {"-9223372036854775809", "! p:1:1: integer out of range"},
        {"0x8000000000000000", "! p:1:1: integer out of range"},
        {"0o1000000000000000000000", "! p:1:1: integer out of range"},
        {"0x000000000000000000000001 1e999 -0 -0.0", "1 inf 0 -0.0"});
}

static void
the_deepest_nesting_works_and_one_more_is_refused(void **state)
{
    g_autofree char *open = mom_test_repeat("{", DEEP);
    g_autofree char *close = mom_test_repeat("}", DEEP);
    g_autofree char *works = g_strconcat(open, "7", close, NULL);
    g_autofree char *refused = g_strconcat("\n{", works, "}", NULL);

    mom_test_expect(works, "7");
    mom_test_expect(refused, "! p:2:257: brackets nested more than 256 deep");
}

static void
the_longest_string_works_and_one_more_byte_is_refused(void **state)
{
    g_autofree char *text = mom_test_repeat("a", MOM_POLICY_MAX_STRING_BYTES);
    g_autofree char *works = g_strconcat("(== '' '", text, "')", NULL);
    g_autofree char *refused = g_strconcat("1 'b", text, "'", NULL);

    mom_test_expect(works, "false");
    mom_test_expect(refused, "! p:1:3: a string of more than");
}

static void
a_long_text_is_refused(void **state)
{
    g_autofree char *works = mom_test_repeat(" ", MOM_POLICY_MAX_TEXT_BYTES);
    g_autofree char *refused = mom_test_repeat(" ", MOM_POLICY_MAX_TEXT_BYTES + 1);

    mom_test_expect(works, "");
    mom_test_expect(refused, "! p:1:1: a policy of more than");
}

static void
many_digits_take_no_longer_than_many_letters(void **state)
{
    g_autofree char *digits = mom_test_repeat("123456789", 100000);
    g_autofree char *fraction = g_strconcat("0.", digits, NULL);

    mom_test_expect(digits,
                    "! p:1:1: integer out of range: 1234567891234567891234567891234567891234");
    mom_test_expect(fraction, "0.12345678912345678");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_without_tokens_is_an_empty_program),
        cmocka_unit_test(nodes_know_their_place),
        cmocka_unit_test(equal_names_are_one_symbol),
        cmocka_unit_test(the_first_fault_is_told),
        cmocka_unit_test(integer_literals_are_int64),
        cmocka_unit_test(the_deepest_nesting_works_and_one_more_is_refused),
        cmocka_unit_test(the_longest_string_works_and_one_more_byte_is_refused),
        cmocka_unit_test(a_long_text_is_refused),
        cmocka_unit_test(many_digits_take_no_longer_than_many_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
