/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/rpc/json-check: what is JSON and what is not, and where that shows; no byte beyond the end.
 */
#include "tests/mom-test.h"

#include <string.h>

#include "agent/rpc/json-check.h"

#define DEPTH 4

static gboolean
check(const char *text, gsize length, GError **error)
{
    g_autofree char *copy = g_memdup2(text, length); /* so that a read beyond it is seen */

    return mom_json_check(copy ? copy : "", length, DEPTH, error);
}

static void
json_passes(void **state)
{
    static const char *const cases[] = {
        "0",
        "-0",
        "10",
        "-1.5e+10",
        "1E5",
        "0.0e-0",
        "true",
        "false",
        "null",
        "\"\"",
        "[]",
        "{}",
        "[ ]",
        "{ }",
        " [ 1 , 2 ] ",
        "{\"a\":1,\"a\":2}",
        "{ \"a\" : [ { \"b\" : null } ] }",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\\u0000\"",
        "\"\xf0\x9f\x98\x80/'\x7f\"",
        "[[[[]]]]",
        "\t\r\n 1 \t\r\n",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        assert_ok(check(cases[i], strlen(cases[i]), &error));
    }
}

static void
what_is_no_json_does_not(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "the text ends at byte 0"},
        {" ", "the text ends at byte 1"},
        {"NaN", "no JSON value at byte 0"},
        {"Infinity", "no JSON value at byte 0"},
        {"-Infinity", "a digit is missing at byte 1"},
        {"'a'", "no JSON value at byte 0"},
        {"True", "no JSON value at byte 0"},
        {"nul", "no JSON value at byte 0"},
        {"nulll", "text after the end of the value at byte 4"},
        {"01", "text after the end of the value at byte 1"},
        {"+1", "no JSON value at byte 0"},
        {".5", "no JSON value at byte 0"},
        {"1.", "the text ends at byte 2"},
        {"1.x", "a digit is missing at byte 2"},
        {"1e", "the text ends at byte 2"},
        {"1e+-1", "a digit is missing at byte 3"},
        {"0x10", "text after the end of the value at byte 1"},
        {"-", "the text ends at byte 1"},
        {"\"a", "the text ends at byte 2"},
        {"\"a\nb\"", "a control character in a string at byte 2"},
        {"\"\\x41\"", "no such escape at byte 2"},
        {"\"\\", "the text ends at byte 2"},
        {"\"\\u00g0\"", "no hexadecimal digit at byte 5"},
        {"\"\\u00", "the text ends at byte 5"},
        {"[1,]", "no JSON value at byte 3"},
        {"[,1]", "no JSON value at byte 1"},
        {"[1 2]", "a comma or the closing bracket is missing at byte 3"},
        {"[1}", "a comma or the closing bracket is missing at byte 2"},
        {"[", "the text ends at byte 1"},
        {"{\"a\"}", "a colon is missing at byte 4"},
        {"{\"a\":}", "no JSON value at byte 5"},
        {"{a:1}", "a name is missing at byte 1"},
        {"{\"a\":1,}", "a name is missing at byte 7"},
        {"/* c */ 1", "no JSON value at byte 0"},
        {"1 // c", "text after the end of the value at byte 2"},
        {"1 1", "text after the end of the value at byte 2"},
        {"]", "no JSON value at byte 0"},
        {"\"\xc3\"", "no UTF-8 at byte 1"},
        {"\"\xed\xa0\x80\"", "no UTF-8 at byte 1"},
        {"\xef\xbb\xbf{}", "no JSON value at byte 0"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        if (check(cases[i].text, strlen(cases[i].text), &error) ||
            !g_error_matches(error, MOM_JSON_CHECK_ERROR, MOM_JSON_CHECK_ERROR_SYNTAX)) {
            print_error("%s passes\n", cases[i].text);
            fail();
        }
        assert_string_equal(error->message, cases[i].message);
    }
}

static void
a_nul_is_no_json(void **state)
{
    g_autoptr(GError) error = NULL;

    assert_fails(check("1\0", 2, &error), MOM_JSON_CHECK_ERROR, MOM_JSON_CHECK_ERROR_SYNTAX);
    assert_fails(check("\"\0\"", 3, &error), MOM_JSON_CHECK_ERROR, MOM_JSON_CHECK_ERROR_SYNTAX);
    assert_fails(check("[\0]", 3, &error), MOM_JSON_CHECK_ERROR, MOM_JSON_CHECK_ERROR_SYNTAX);
}

static void
every_beginning_is_refused(void **state)
{
    static const char whole[] = "{\"a\\u00e9\":[1.5e3,true,{\"b\":\"\\n\xc3\xa9\"}]}";

    for (gsize length = 0; length < strlen(whole); length++) {
        g_autoptr(GError) error = NULL;

        assert_fails(check(whole, length, &error), MOM_JSON_CHECK_ERROR,
                     MOM_JSON_CHECK_ERROR_SYNTAX);
    }
}

static void
limits_are_no_faults_of_syntax(void **state)
{
    g_autoptr(GError) error = NULL;

    assert_fails(check("[[[[[]]]]]", 10, &error), MOM_JSON_CHECK_ERROR, MOM_JSON_CHECK_ERROR_LIMIT);
    assert_fails(check("[{\"a\":[{\"b\":{}}]}]", 18, &error), MOM_JSON_CHECK_ERROR,
                 MOM_JSON_CHECK_ERROR_LIMIT);
    assert_fails(check("{\"a\\u0000b\":1}", 14, &error), MOM_JSON_CHECK_ERROR,
                 MOM_JSON_CHECK_ERROR_LIMIT);
    /* Side by side is not within. */
    assert_ok(check("[[[[]]],[[[]]],{\"a\":[[]]}]", 26, &error));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_passes),
        cmocka_unit_test(what_is_no_json_does_not),
        cmocka_unit_test(a_nul_is_no_json),
        cmocka_unit_test(every_beginning_is_refused),
        cmocka_unit_test(limits_are_no_faults_of_syntax),
    };

    return cmocka_run_group_tests_name("json-check", tests, NULL, NULL);
}
