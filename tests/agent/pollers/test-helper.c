/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The program that maps names to addresses: run, vetted, capped, ended.
 */
#include "tests/mom-test.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/pollers/helper.h"

typedef struct {
    GMainLoop *loop;
    char *output;
    GError *error;
    guint called;
} Heard;

static void
heard(const char *output, const GError *error, gpointer data)
{
    Heard *h = data;

    h->called++;
    h->output = g_strdup(output);
    h->error = error ? g_error_copy(error) : NULL;
    g_main_loop_quit(h->loop);
}

static char *
write_script(const char *text, guint mode)
{
    char *path = NULL;
    int fd = g_file_open_tmp("mom-helper-XXXXXX", &path, NULL);

    assert_true(fd >= 0);
    g_close(fd, NULL);
    assert_true(
        g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, (int)mode, NULL));
    assert_int_equal(g_chmod(path, (int)mode), 0);
    return path;
}

/* Runs a shell script of TEXT for guest NAME until it is heard of. */
static Heard
run(const char *text, const char *name)
{
    g_autofree char *path = write_script(text, 0700);
    Heard h = {.loop = g_main_loop_new(NULL, FALSE)};
    g_autoptr(GError) error = NULL;

    assert_ok(mom_helper_run(path, name, NULL, heard, &h, &error) != NULL);
    g_main_loop_run(h.loop);
    g_main_loop_unref(h.loop);
    g_remove(path);
    assert_int_equal(h.called, 1);
    return h;
}

static void
it_gets_the_name_and_is_heard(void **state)
{
    Heard h = run("#!/bin/sh\necho \"$# <$1>\"\n", "a guest; $(reboot) 'x'");

    assert_null(h.error);
    assert_string_equal(h.output, "1 <a guest; $(reboot) 'x'>\n");
    g_free(h.output);
}

static void
one_that_prints_too_much_is_ended(void **state)
{
    Heard h = run("#!/bin/sh\nwhile :; do echo 192.0.2.7; done\n", "vm0");

    assert_null(h.output);
    assert_true(g_error_matches(h.error, G_IO_ERROR, G_IO_ERROR_NO_SPACE));
    g_error_free(h.error);
}

static void
as_much_as_is_allowed_is_heard(void **state)
{
    g_autofree char *filler = g_strnfill(MOM_HELPER_OUTPUT_BYTES, '.');
    g_autofree char *text = g_strdup_printf("#!/bin/sh\nprintf %s\n", filler);
    Heard h = run(text, "vm0");

    assert_string_equal(h.output, filler);
    g_free(h.output);
}

static void
what_others_can_change_is_not_run(void **state)
{
    g_autofree char *path = write_script("#!/bin/sh\necho 192.0.2.7\n", 0757);
    const MomTrust trust = {.also_uid = -1};
    Heard h = {0};
    g_autoptr(GError) error = NULL;

    assert_fails(mom_helper_run(path, "vm0", &trust, heard, &h, &error) != NULL, MOM_TRUST_ERROR,
                 MOM_TRUST_ERROR_WRITABLE);
    assert_int_equal(h.called, 0);
    g_remove(path);
}

static void
what_is_not_there_is_an_error(void **state)
{
    Heard h = {0};
    g_autoptr(GError) error = NULL;

    assert_fails(mom_helper_run("/nowhere/helper", "vm0", NULL, heard, &h, &error) != NULL,
                 G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    assert_fails(mom_helper_run("no-such-program-anywhere", "vm0", NULL, heard, &h, &error) != NULL,
                 G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* The script's own process, which it wrote to FILE; 0: not yet. */
static int
pid_in(const char *file)
{
    g_autofree char *text = NULL;

    return g_file_get_contents(file, &text, NULL, NULL) ? (int)g_ascii_strtoll(text, NULL, 10) : 0;
}

static void
one_that_hangs_is_killed_when_nobody_waits(void **state)
{
    g_autofree char *pid_file = write_script("", 0600);
    g_autofree char *text = g_strdup_printf("#!/bin/sh\necho $$ > %s\nexec sleep 1000\n", pid_file);
    g_autofree char *path = write_script(text, 0700);
    g_autoptr(GError) error = NULL;
    Heard h = {0};
    MomHelper *helper = mom_helper_run(path, "vm0", NULL, heard, &h, &error);
    int pid;

    assert_ok(helper != NULL);
    while ((pid = pid_in(pid_file)) == 0)
        g_usleep(1000);
    mom_helper_end(helper);
    while (kill(pid, 0) == 0)
        g_main_context_iteration(NULL, FALSE);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    assert_int_equal(h.called, 0);
    g_remove(path);
    g_remove(pid_file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_gets_the_name_and_is_heard),
        cmocka_unit_test(one_that_prints_too_much_is_ended),
        cmocka_unit_test(as_much_as_is_allowed_is_heard),
        cmocka_unit_test(what_others_can_change_is_not_run),
        cmocka_unit_test(what_is_not_there_is_an_error),
        cmocka_unit_test(one_that_hangs_is_killed_when_nobody_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
