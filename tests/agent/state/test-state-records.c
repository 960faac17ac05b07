/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Records and their checksums: whatever a disk makes of a file is seen, and costs only what it hit.
 *
 * A small file is damaged in every way there is: each bit turned, each length cut.
 */
#include "agent/state/state-records.h"

#include <string.h>

#include "tests/mom-test.h"

#define FORMAT "test"
#define N 3

/* N records {"n": 1} to {"n": N}. */
static char *
make_text(int version, gsize *length)
{
    g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_autoptr(GPtrArray) all = NULL;
    json_object *more = json_tokener_parse("{\"more\":7}");
    GString *text = g_string_new(NULL);

    for (int i = 1; i <= N; i++) {
        json_object *json = json_object_new_object();

        json_object_object_add(json, "n", json_object_new_int(i));
        g_ptr_array_add(records, mom_record_new(json));
        json_object_put(json);
    }
    all = mom_records_join(FORMAT, version, more, records);
    json_object_put(more);
    for (guint i = 0; i < all->len; i++) {
        gsize n;
        const char *line = g_bytes_get_data(all->pdata[i], &n);

        g_string_append_len(text, line, (gssize)n);
    }
    *length = text->len;
    return g_string_free(text, FALSE);
}

static void
note_header(json_object *header, gpointer told)
{
    g_string_append_printf(told, "h%d ",
                           json_object_get_int(json_object_object_get(header, "more")));
}

static void
note_record(json_object *record, gpointer told)
{
    g_string_append_printf(told, "%d ", json_object_get_int(json_object_object_get(record, "n")));
}

/* What is read, and in *FAULT what is wrong. */
static char *
read_text(const char *text, gsize length, char **fault)
{
    GString *told = g_string_new(NULL);

    *fault = mom_records_read(text, length, FORMAT, 1, note_header, note_record, told);
    return g_string_free(told, FALSE);
}

static void
assert_reads(const char *text, gsize length, const char *expected, const char *why)
{
    g_autofree char *fault = NULL;
    g_autofree char *told = read_text(text, length, &fault);

    assert_string_equal(told, expected);
    if (why) {
        assert_non_null(fault);
        assert_non_null(strstr(fault, why));
    } else {
        assert_null(fault);
    }
}

static void
what_was_written_is_read(void **unused)
{
    gsize length;
    g_autofree char *text = make_text(1, &length);

    assert_reads(text, length, "h7 1 2 3 ", NULL);
}

static void
nothing_is_no_file(void **unused)
{
    assert_reads("", 0, "", "not whole");
    assert_reads("\n", 1, "", "line 1 is damaged");
    assert_reads("garbage\nof two lines", 20, "", "line 1 is damaged");
}

static void
another_format_or_version_gives_nothing(void **unused)
{
    gsize length;
    g_autofree char *newer = make_text(2, &length);
    g_autofree char *fault = NULL;
    GString *told = g_string_new(NULL);

    assert_reads(newer, length, "", "version 2 of its format, this momd reads 1");
    fault = mom_records_read(newer, length, "other", 2, note_header, note_record, told);
    assert_string_equal(told->str, "");
    assert_non_null(strstr(fault, "another format, test"));
    g_string_free(told, TRUE);
}

/* The line of byte AT, from 1. */
static guint
line_of(const char *text, gsize at)
{
    guint line = 1;

    for (gsize i = 0; i < at; i++)
        line += text[i] == '\n';
    return line;
}

static void
every_bit_that_turns_is_seen_and_costs_its_line(void **unused)
{
    static const char *const left[] = {"h7 1 2 3 ", "h7 2 3 ", "h7 1 3 ", "h7 1 2 ", "h7 1 2 3 "};
    gsize length;
    g_autofree char *text = make_text(1, &length);

    for (gsize bit = 0; bit < length * 8; bit++) {
        gsize at = bit / 8;
        guint line = line_of(text, at);
        gboolean was_end = text[at] == '\n';
        g_autofree char *fault = NULL;
        g_autofree char *told = NULL;

        text[at] = (char)(text[at] ^ 1 << bit % 8);
        told = read_text(text, length, &fault);
        assert_non_null(fault);
        /* A turned line end costs the lines on both sides; a line end that came, its line. */
        if (!was_end)
            assert_string_equal(told, left[line - 1]);
        text[at] = (char)(text[at] ^ 1 << bit % 8);
    }
}

static void
every_cut_is_seen_and_what_came_before_is_used(void **unused)
{
    static const char *const left[] = {"", "h7 ", "h7 1 ", "h7 1 2 ", "h7 1 2 3 "};
    gsize length;
    g_autofree char *text = make_text(1, &length);

    for (gsize cut = 0; cut < length; cut++) {
        g_autofree char *copy = g_memdup2(text, cut); /* so that ASan sees a read beyond it */

        assert_reads(copy, cut, left[line_of(text, cut) - 1], "");
    }
}

static void
a_lost_record_is_seen_where_no_line_is_damaged(void **unused)
{
    gsize length;
    g_autofree char *text = make_text(1, &length);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *lost =
        g_strdup_printf("%s\n%s\n%s\n%s\n", lines[0], lines[1], lines[3], lines[4]);
    g_autofree char *headless = g_strdup_printf("%s\n%s\n", lines[1], lines[2]);

    assert_reads(lost, strlen(lost), "h7 1 3 ", "not whole, 2 undamaged");
    assert_reads(headless, strlen(headless), "1 2 ", "not whole");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(nothing_is_no_file),
        cmocka_unit_test(another_format_or_version_gives_nothing),
        cmocka_unit_test(every_bit_that_turns_is_seen_and_costs_its_line),
        cmocka_unit_test(every_cut_is_seen_and_what_came_before_is_used),
        cmocka_unit_test(a_lost_record_is_seen_where_no_line_is_damaged),
    };

    return cmocka_run_group_tests_name("state-records", tests, NULL, NULL);
}
