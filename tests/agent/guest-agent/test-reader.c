/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bytes of an agent's channel, in one piece and one by one.
 */
#include "agent/guest-agent/reader.h"

#include <string.h>

#include "agent/guest-agent/message.h"
#include "tests/mom-test.h"

/* All lines of BYTES, in pieces of PIECE bytes, one a line. Caller frees. */
static char *
read_all(MomAgentReader *reader, const char *bytes, gsize piece)
{
    GString *lines = g_string_new(NULL);
    gsize left = strlen(bytes);

    while (left > 0) {
        const char *at = bytes;
        gsize length = MIN(piece, left);
        const GString *line;
        g_autoptr(GError) error = NULL;

        bytes += length;
        left -= length;
        while ((line = mom_agent_reader_take(reader, &at, &length, &error)))
            g_string_append_printf(lines, "%s|", line->str);
        assert_null(error);
        assert_int_equal(length, 0);
    }
    return g_string_free(lines, FALSE);
}

static void
what_comes_before_the_mark_is_nobody_s(void **state)
{
    static const struct {
        const char *bytes;
        const char *lines;
    } rows[] = {
        {"\xff{1}\n", "{1}|"},
        {"{1}\n{2}\n", ""},
        {"{1}\n{2\xff{3}\n{4}\n", "{3}|{4}|"},
        {"\xff\xff\xff{1}\n", "{1}|"},
        {"\xff{1\xff{2}\n", "{2}|"},
        {"\xff\n\n{1}\n", "||{1}|"},
        {"\xff{1}\n{2}", "{1}|"},
        {"", ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (gsize piece = 1; piece < 20; piece++) {
            g_autoptr(MomAgentReader) reader = mom_agent_reader_new();
            g_autofree char *lines = read_all(reader, rows[i].bytes, piece);

            assert_string_equal(lines, rows[i].lines);
        }
    }
}

static void
skipping_goes_to_the_next_mark(void **state)
{
    g_autoptr(MomAgentReader) reader = mom_agent_reader_new();
    g_autofree char *first = read_all(reader, "\xff{1}\n{2}\n{3", 100);
    g_autofree char *second = NULL;

    mom_agent_reader_skip(reader);
    second = read_all(reader, "}\n{4}\n\xff{5}\n", 100);
    assert_string_equal(first, "{1}|{2}|");
    assert_string_equal(second, "{5}|");
}

static void
a_line_has_a_cap_and_what_is_skipped_has_none(void **state)
{
    g_autoptr(MomAgentReader) reader = mom_agent_reader_new();
    g_autofree char *longest = g_strnfill(MOM_AGENT_LINE_BYTES, 'x');
    g_autofree char *lines = NULL;
    g_autoptr(GError) error = NULL;
    const char *at = longest;
    gsize length = MOM_AGENT_LINE_BYTES;

    for (int i = 0; i < 100; i++) {
        g_autofree char *none = read_all(reader, longest, MOM_AGENT_LINE_BYTES);

        assert_string_equal(none, "");
    }
    g_free(read_all(reader, "\xff", 1));
    g_free(read_all(reader, longest, MOM_AGENT_LINE_BYTES));
    lines = read_all(reader, "\n", 1);
    assert_int_equal(strlen(lines), MOM_AGENT_LINE_BYTES + 1);
    assert_null(mom_agent_reader_take(reader, &at, &length, &error));
    assert_null(error);
    at = "y";
    length = 1;
    assert_fails(mom_agent_reader_take(reader, &at, &length, &error) != NULL, MOM_AGENT_ERROR,
                 MOM_AGENT_ERROR_REPLY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_before_the_mark_is_nobody_s),
        cmocka_unit_test(skipping_goes_to_the_next_mark),
        cmocka_unit_test(a_line_has_a_cap_and_what_is_skipped_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
