/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The scanner: which tokens there are in a text, and the place of what is none.
 *
 * Kinds are written as one letter each, so that a row of the table is a text and its tokens.
 */
#include "policy/lexer.h"

#include "tests/mom-test.h"

#include <string.h>

/* END is not written. */
static const char letters[] = {
    [MOM_TOKEN_END] = '.',      [MOM_TOKEN_OPEN] = '(',    [MOM_TOKEN_CLOSE] = ')',
    [MOM_TOKEN_INTEGER] = 'i',  [MOM_TOKEN_HEX] = 'x',     [MOM_TOKEN_OCTAL] = 'o',
    [MOM_TOKEN_FLOAT] = 'f',    [MOM_TOKEN_STRING] = '"',  [MOM_TOKEN_SYMBOL] = 's',
    [MOM_TOKEN_OPERATOR] = '+', [MOM_TOKEN_COMMENT] = '#',
};

/* "s:text " for each token, or "! line:column". */
static char *
scan(const char *text, gsize length, gboolean keep_comments)
{
    g_autoptr(GError) error = NULL;
    GString *seen = g_string_new(NULL);
    MomLexer lexer;
    MomToken token;

    mom_lexer_init(&lexer, "p", text, length);
    lexer.keep_comments = keep_comments;
    while (mom_lexer_next(&lexer, &token, &error) && token.kind != MOM_TOKEN_END)
        g_string_append_printf(seen, "%c:%.*s ", letters[token.kind], (int)token.length,
                               token.start);
    if (error) {
        MomPlace place = mom_policy_error_place(error);

        assert_true(g_error_matches(error, MOM_POLICY_ERROR, MOM_POLICY_ERROR_LOAD));
        assert_string_equal(place.policy, "p");
        g_string_append_printf(seen, "! %u:%u", place.line, place.column);
    }
    return g_string_free(seen, FALSE);
}

static void
expect(const char *text, const char *wanted)
{
    g_autofree char *seen = scan(text, strlen(text), FALSE);

    if (strcmp(seen, wanted) != 0) {
        print_error("'%s' gave '%s', wanted '%s'\n", text, seen, wanted);
        fail();
    }
}

static void
numbers_of_every_form_are_scanned(void **state)
{
    expect("0 -0 10 -10 123", "i:0 i:-0 i:10 i:-10 i:123 ");
    expect("0x1F 0Xff 0o17", "x:0x1F x:0Xff o:0o17 ");
    expect(".5 -.5 00.5 1.5E-2 1e5 1e+5 0e5 -1e5", "f:.5 f:-.5 f:00.5 f:1.5E-2 f:1e5 f:1e+5 f:0e5 "
                                                   "f:-1e5 ");
}

static void
what_follows_a_number_begins_the_next_token(void **state)
{
    expect("125f56", "i:125 s:f56 ");
    expect("1_000 0b11 0O17", "i:1 s:_000 i:0 s:b11 i:0 s:O17 ");
    expect("1e5.5", "f:1e5 f:.5 ");
    expect("1.5e3e", "f:1.5e3 s:e ");
    expect("1-2", "i:1 i:-2 ");
    expect("0x1g 0o17a", "x:0x1 s:g o:0o17 s:a ");
    expect("-0xFF --5", "+:- x:0xFF +:- i:-5 ");
    expect("1.2.3", "f:1.2 f:.3 ");
}

static void
symbols_may_hold_dots_and_dashes(void **state)
{
    expect("a-1 Host.mem_free _x x-", "s:a-1 s:Host.mem_free s:_x s:x- ");
}

static void
the_longer_operator_wins(void **state)
{
    expect("<= >= << >> == != < > + - * /",
           "+:<= +:>= +:<< +:>> +:== +:!= +:< +:> +:+ +:- +:* +:/ ");
    expect("<<=", "+:<< ! 1:3");
}

static void
strings_end_at_their_own_quote(void **state)
{
    expect("\"it's\" 'a\"b'", "\":\"it's\" \":'a\"b' ");
    expect("\"a\\\"b\" 'x\\\\'", "\":\"a\\\"b\" \":'x\\\\' ");
    expect("'a\nb' c", "\":'a\nb' s:c ");
}

static void
comments_reach_to_the_newline(void **state)
{
    g_autofree char *kept = scan("a # b (\nc#", 10, TRUE);

    expect("a # b (\nc", "s:a s:c ");
    expect("# only", "");
    assert_string_equal(kept, "s:a #:# b ( s:c #:# ");
}

static void
unicode_blanks_separate(void **state)
{
    expect("1\xc2\x85"
           "2\xc2\xa0"
           "3\xe2\x80\x83"
           "4\x1c"
           "5\v6\f7\r8\xe3\x80\x80",
           "i:1 i:2 i:3 i:4 i:5 i:6 i:7 i:8 ");
    expect("1\xef\xbb\xbf"
           "2",
           "i:1 ! 1:2");
    expect("1\xe2\x80\x8b"
           "2",
           "i:1 ! 1:2");
}

static void
malformed_numbers_stand_at_their_first_character(void **state)
{
    const char *const texts[] = {"1.",    "007",  "12e", "1e+", "0x",   "0o",  "0o18", "1.5e",
                                 "1.5ex", ".5e+", "00",  "0x.", "1.e5", "0o9", "1.5E-"};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *text = g_strdup_printf("\n  %s 1", texts[i]);

        expect(text, "! 2:3");
    }
    expect("-007", "+:- ! 1:2");
}

static void
unknown_characters_stand_at_themselves(void **state)
{
    const char *const texts[] = {"=", "!", ",", ";", "%", "@",  ":", "&",  "~",
                                 "^", "`", "|", "?", "$", "\\", ".", ".a", "\xc3\xa9"};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *text = g_strdup_printf("# one\n'two\nlines' %s", texts[i]);

        expect(text, "\":'two\nlines' ! 3:8");
    }
}

static void
columns_count_characters(void **state)
{
    expect("'\xc3\xa9\xe2\x82\xac' @", "\":'\xc3\xa9\xe2\x82\xac' ! 1:6");
}

static void
an_open_string_stands_at_its_quote(void **state)
{
    expect("a\n 'b\nc", "s:a ! 2:2");
    expect("a \"b\\\nc\"", "s:a ! 1:3");
    expect("'", "! 1:1");
    expect("'\\", "! 1:1");
}

static void
nul_and_bad_utf8_are_refused_where_they_stand(void **state)
{
    const struct {
        const char *text;
        gsize length;
        const char *wanted;
    } cases[] = {
        {"a\0b", 3, "s:a ! 1:2"},   {"a\n'b\0'", 6, "s:a ! 2:3"},   {"# x\0y\nb", 7, "! 1:4"},
        {"a \xff", 3, "s:a ! 1:3"}, {"'\xc3\xa9\xc3'", 5, "! 1:3"}, {"# \xed\xa0\x80", 5, "! 1:3"},
        {"\0", 1, "! 1:1"},         {"a\\\xff", 3, "s:a ! 1:2"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *seen = scan(cases[i].text, cases[i].length, FALSE);

        assert_string_equal(seen, cases[i].wanted);
    }
}

static void
the_end_comes_again_and_again(void **state)
{
    g_autoptr(GError) error = NULL;
    MomLexer lexer;
    MomToken token;

    mom_lexer_init(&lexer, "p", " ", 1);
    for (int i = 0; i < 3; i++) {
        assert_ok(mom_lexer_next(&lexer, &token, &error));
        assert_int_equal(token.kind, MOM_TOKEN_END);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_every_form_are_scanned),
        cmocka_unit_test(what_follows_a_number_begins_the_next_token),
        cmocka_unit_test(symbols_may_hold_dots_and_dashes),
        cmocka_unit_test(the_longer_operator_wins),
        cmocka_unit_test(strings_end_at_their_own_quote),
        cmocka_unit_test(comments_reach_to_the_newline),
        cmocka_unit_test(unicode_blanks_separate),
        cmocka_unit_test(malformed_numbers_stand_at_their_first_character),
        cmocka_unit_test(unknown_characters_stand_at_themselves),
        cmocka_unit_test(columns_count_characters),
        cmocka_unit_test(an_open_string_stands_at_its_quote),
        cmocka_unit_test(nul_and_bad_utf8_are_refused_where_they_stand),
        cmocka_unit_test(the_end_comes_again_and_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
