/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Replies of agents, good ones and all others.
 */
#include "agent/guest-agent/message.h"

#include <json-c/json.h>
#include <string.h>

#include "tests/mom-test.h"

static void
commands_are_json_with_the_documented_names(void **state)
{
    const struct {
        char *command;
        const char *name;
        int n_arguments;
    } rows[] = {
        {mom_agent_command_sync(12345), "guest-sync-delimited", 1},
        {mom_agent_command_info(), "guest-info", -1},
        {mom_agent_command_open("/proc/meminfo"), "guest-file-open", 2},
        {mom_agent_command_read(G_MAXINT64), "guest-file-read", 2},
        {mom_agent_command_close(1000), "guest-file-close", 1},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        json_object *object = json_tokener_parse(rows[i].command), *value;

        assert_non_null(object);
        assert_true(json_object_object_get_ex(object, "execute", &value));
        assert_string_equal(json_object_get_string(value), rows[i].name);
        assert_int_equal(json_object_object_get_ex(object, "arguments", &value)
                             ? json_object_object_length(value)
                             : -1,
                         rows[i].n_arguments);
        json_object_put(object);
        g_free(rows[i].command);
    }
}

static void
an_integer_is_an_integer_and_nothing_else(void **state)
{
    static const struct {
        const char *text;
        int code; /* -1: none */
        gint64 expected;
    } rows[] = {
        {"{\"return\": 1000}", -1, 1000},
        {"{\"return\": -7, \"more\": [1]}", -1, -7},
        {"{\"return\": 9223372036854775807}", -1, G_MAXINT64},
        {"{\"return\": \"1000\"}", MOM_AGENT_ERROR_REPLY, 0},
        {"{\"return\": 1.5}", MOM_AGENT_ERROR_REPLY, 0},
        {"{\"return\": {}}", MOM_AGENT_ERROR_REPLY, 0},
        {"{\"return\": null}", MOM_AGENT_ERROR_REPLY, 0},
        {"{}", MOM_AGENT_ERROR_REPLY, 0},
        {"[]", MOM_AGENT_ERROR_REPLY, 0},
        {"7", MOM_AGENT_ERROR_REPLY, 0},
        {"null", MOM_AGENT_ERROR_REPLY, 0},
        {"", MOM_AGENT_ERROR_REPLY, 0},
        {"{\"return\": 1} {\"return\": 2}", MOM_AGENT_ERROR_REPLY, 0},
        {"{'return': 1}", MOM_AGENT_ERROR_REPLY, 0},
        {"{\"return\": NaN}", MOM_AGENT_ERROR_REPLY, 0},
        {"{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}", MOM_AGENT_ERROR_REFUSED,
         0},
        {"{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no\"}}",
         MOM_AGENT_ERROR_DISABLED, 0},
        {"{\"error\": null}", MOM_AGENT_ERROR_REFUSED, 0},
        {"{\"error\": [1], \"return\": 1}", MOM_AGENT_ERROR_REFUSED, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        gint64 number = -99;

        if (rows[i].code < 0) {
            assert_ok(mom_agent_reply_integer(rows[i].text, strlen(rows[i].text), &number, &error));
            assert_int_equal(number, rows[i].expected);
        } else {
            assert_fails(
                mom_agent_reply_integer(rows[i].text, strlen(rows[i].text), &number, &error),
                MOM_AGENT_ERROR, rows[i].code);
            assert_int_equal(number, -99);
        }
    }
}

static void
a_reply_may_be_nested_so_deep_and_no_deeper(void **state)
{
    for (guint depth = MOM_AGENT_DEPTH - 1; depth <= MOM_AGENT_DEPTH; depth++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *open = g_strnfill(depth, '['), *close = g_strnfill(depth, ']');
        g_autofree char *text = g_strdup_printf("{\"return\": %s%s}", open, close);
        gboolean ok = mom_agent_reply_any(text, strlen(text), &error);

        assert_int_equal(ok, depth < MOM_AGENT_DEPTH);
    }
}

/* The guest writes into our log. */
static void
the_guest_s_words_are_cut_and_cleaned(void **state)
{
    g_autofree char *long_words = g_strnfill(10000, 'x');
    g_autofree char *too_much =
        g_strdup_printf("{\"error\": {\"class\": \"GenericError\", \"desc\": \"%s\"}}", long_words);
    static const char *const nasty =
        "{\"error\": {\"desc\": \"a\\nb\\u001b[31mc\\u202e\xc3\xa9\"}}";
    g_autoptr(GError) error = NULL;

    assert_false(mom_agent_reply_any(too_much, strlen(too_much), &error));
    assert_true(strlen(error->message) < MOM_AGENT_WORDS_BYTES + 40);
    assert_true(g_str_has_suffix(error->message, "xxx..."));
    g_clear_error(&error);
    assert_false(mom_agent_reply_any(nasty, strlen(nasty), &error));
    assert_non_null(strstr(error->message, "a?b?[31mc?\xc3\xa9"));
}

static void
chunks_make_a_file_until_its_end(void **state)
{
    static const struct {
        const char *text;
        gboolean ok, end;
        const char *file;
    } rows[] = {
        {"{\"return\": {\"count\": 3, \"buf-b64\": \"YWJj\"}}", TRUE, FALSE, "abc"},
        {"{\"return\": {\"count\": 1, \"buf-b64\": \"ZA==\", \"eof\": true}}", TRUE, TRUE, "abcd"},
        {"{\"return\": {\"count\": 0, \"buf-b64\": \"\"}}", TRUE, TRUE, "abcd"},
        {"{\"return\": {\"count\": 0, \"buf-b64\": \"!?\", \"eof\": false}}", TRUE, TRUE, "abcd"},
        {"{\"return\": {\"count\": 1}}", FALSE, FALSE, "abcd"},
        {"{\"return\": {\"buf-b64\": 7}}", FALSE, FALSE, "abcd"},
        {"{\"return\": 7}", FALSE, FALSE, "abcd"},
        {"{\"error\": {}}", FALSE, FALSE, "abcd"},
    };
    g_autoptr(GString) file = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        gboolean end = FALSE;
        gboolean ok = mom_agent_reply_chunk(rows[i].text, strlen(rows[i].text), file, &end, &error);

        assert_int_equal(ok, rows[i].ok);
        assert_true((error == NULL) == ok);
        assert_int_equal(end, rows[i].end);
        assert_string_equal(file->str, rows[i].file);
    }
}

static void
a_file_grows_so_long_and_no_longer(void **state)
{
    g_autofree char *bytes = g_strnfill(MOM_AGENT_FILE_BYTES / 2, 'x');
    g_autofree char *base64 = g_base64_encode((guchar *)bytes, MOM_AGENT_FILE_BYTES / 2);
    g_autofree char *half = g_strdup_printf("{\"return\": {\"buf-b64\": \"%s\"}}", base64);
    static const char *const one_more = "{\"return\": {\"buf-b64\": \"eA==\"}}";
    g_autoptr(GString) file = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    gboolean end;

    assert_ok(mom_agent_reply_chunk(half, strlen(half), file, &end, &error));
    assert_ok(mom_agent_reply_chunk(half, strlen(half), file, &end, &error));
    assert_int_equal(file->len, MOM_AGENT_FILE_BYTES);
    assert_fails(mom_agent_reply_chunk(one_more, strlen(one_more), file, &end, &error),
                 MOM_AGENT_ERROR, MOM_AGENT_ERROR_REPLY);
    assert_int_equal(file->len, MOM_AGENT_FILE_BYTES);
}

static void
what_an_agent_may_not_do_is_named(void **state)
{
#define COMMAND(name, enabled) "{\"name\": \"guest-file-" name "\", \"enabled\": " enabled "}"
#define INFO(commands) "{\"return\": {\"supported_commands\": " commands "}}"
    static const struct {
        const char *text;
        int code; /* -1: none */
        const char *named;
    } rows[] = {
        {INFO("[" COMMAND("open", "true") ", " COMMAND("read", "true") ", " COMMAND("close",
                                                                                    "true") "]"),
         -1, NULL},
        {INFO("[" COMMAND("open", "true") ", " COMMAND("read", "false") ", " COMMAND("close",
                                                                                     "true") "]"),
         MOM_AGENT_ERROR_DISABLED, "guest-file-read"},
        {INFO("[]"), MOM_AGENT_ERROR_DISABLED, "guest-file-open"},
        {INFO("[7, null, [], {\"name\": 7}]"), MOM_AGENT_ERROR_DISABLED, "guest-file-open"},
        {INFO("{}"), MOM_AGENT_ERROR_REPLY, "list"},
        {"{\"return\": []}", MOM_AGENT_ERROR_REPLY, "list"},
        {"{\"return\": null}", MOM_AGENT_ERROR_REPLY, "list"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        gboolean ok = mom_agent_reply_info(rows[i].text, strlen(rows[i].text), &error);

        assert_int_equal(ok, rows[i].code < 0);
        if (!ok) {
            assert_true(g_error_matches(error, MOM_AGENT_ERROR, rows[i].code));
            assert_non_null(strstr(error->message, rows[i].named));
        }
    }
#undef COMMAND
#undef INFO
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_json_with_the_documented_names),
        cmocka_unit_test(an_integer_is_an_integer_and_nothing_else),
        cmocka_unit_test(a_reply_may_be_nested_so_deep_and_no_deeper),
        cmocka_unit_test(the_guest_s_words_are_cut_and_cleaned),
        cmocka_unit_test(chunks_make_a_file_until_its_end),
        cmocka_unit_test(a_file_grows_so_long_and_no_longer),
        cmocka_unit_test(what_an_agent_may_not_do_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
