/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/log: the time that stands before a line.
 *
 * The second's text is made once and used for all of its lines; it must never be that of another
 * second.  Nothing is judged by how long it takes: stamps are held against the clock before and
 * after.
 */
#define G_LOG_USE_STRUCTURED
#define G_LOG_DOMAIN "mom.Test"

#include "tests/mom-test.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/log.h"

#define STAMP_BYTES (sizeof "2026-11-23 20:41:51" - 1)

static char *
time_now(void)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();

    return g_date_time_format(now, "%Y-%m-%d %H:%M:%S");
}

static void
wait_for_the_next_second(void)
{
    gint64 second = g_get_real_time() / G_USEC_PER_SEC;

    while (g_get_real_time() / G_USEC_PER_SEC == second)
        g_usleep(10 * 1000);
}

/* The text of PATH was written between BEFORE and AFTER, which are times as text. */
static void
assert_written_between(const char *path, guint n_lines, const char *before, const char *after)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", 0);
    assert_int_equal(g_strv_length(lines), n_lines + 1); /* the last is empty */
    for (guint i = 0; i < n_lines; i++) {
        assert_true(strncmp(lines[i], before, STAMP_BYTES) >= 0);
        assert_true(strncmp(lines[i], after, STAMP_BYTES) <= 0);
        assert_true(g_str_has_prefix(lines[i] + STAMP_BYTES, ","));
    }
}

static void
lines_tell_the_second_they_were_written_in(void **state)
{
    g_autofree char *dir = g_dir_make_tmp("mom-log-time-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "mom.log", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;

    (void)state;
    assert_ok((log = mom_log_new(path, 4, 0, 0, &error)));
    for (int i = 0; i < 2; i++) {
        g_autofree char *before = time_now();
        g_autofree char *after = NULL;

        g_info("a line");
        g_info("another, most often of the same second");
        after = time_now();
        assert_written_between(path, 2, before, after);
        assert_int_equal(truncate(path, 0), 0);
        wait_for_the_next_second();
    }
    g_unlink(path);
    g_rmdir(dir);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_tell_the_second_they_were_written_in),
    };

    return cmocka_run_group_tests_name("log-time", tests, NULL, NULL);
}
