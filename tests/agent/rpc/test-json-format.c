/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/rpc/json-format: whatever a value holds, what is written is JSON and reads back as it was.
 */
#include "tests/mom-test.h"

#include <math.h>
#include <string.h>

#include "agent/rpc/json-check.h"
#include "agent/rpc/json-format.h"

static char *
text_of(json_object *value)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    mom_json_append(out, value);
    json_object_put(value);
    assert_ok(mom_json_check(out->str, out->len, 16, &error));
    return g_string_free(out, FALSE);
}

static void
values_come_back_as_they_were(void **state)
{
    static const char *const cases[] = {
        "null",
        "true",
        "false",
        "0",
        "-9223372036854775808",
        "18446744073709551615",
        "0.1",
        "5.0",
        "1e+300",
        "[]",
        "{}",
        "[1,[2,{\"a\":[null]}]]",
        "{\"a b\":\"\",\"\\\"\":-1}",
        "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\xc3\xa9\"",
        "\"a\\u0000b\\u0000\"",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = text_of(json_tokener_parse(cases[i]));

        assert_string_equal(text, cases[i]);
    }
}

static void
what_json_has_no_word_for_is_null(void **state)
{
    g_autofree char *nan_text = text_of(json_object_new_double(NAN));
    g_autofree char *inf_text = text_of(json_object_new_double(-INFINITY));

    assert_string_equal(nan_text, "null");
    assert_string_equal(inf_text, "null");
}

static void
bytes_that_are_no_utf8_are_replaced(void **state)
{
    json_object *object = json_object_new_object();
    g_autofree char *text = NULL;

    json_object_object_add(object, "n\xff", json_object_new_string_len("a\xff\0\xc3", 4));
    text = text_of(object);
    assert_string_equal(text, "{\"n\xef\xbf\xbd\":\"a\xef\xbf\xbd\\u0000\xef\xbf\xbd\"}");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back_as_they_were),
        cmocka_unit_test(what_json_has_no_word_for_is_null),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
    };

    return cmocka_run_group_tests_name("json-format", tests, NULL, NULL);
}
