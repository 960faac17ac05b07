/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/log: line format, levels, rotation, a file that moves or cannot be written.
 *
 * Logs go to real files; GLib's logging functions are called as the daemon calls them.
 */
#define G_LOG_USE_STRUCTURED
#define G_LOG_DOMAIN "mom.Test"

#include "tests/mom-test.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/log.h"

typedef struct {
    char *dir;
    char *path;
} Fixture;

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = g_dir_make_tmp("mom-log-XXXXXX", NULL);
    f->path = g_build_filename(f->dir, "mom.log", NULL);
    *state = f;
    return f->dir ? 0 : -1;
}

static int
teardown(void **state)
{
    Fixture *f = *state;
    g_autoptr(GDir) dir = g_dir_open(f->dir, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(f->dir, name, NULL);

        g_unlink(file);
    }
    g_rmdir(f->dir);
    g_free(f->path);
    g_free(f->dir);
    g_free(f);
    return 0;
}

static char *
contents(const Fixture *f, const char *suffix)
{
    g_autofree char *path = g_strconcat(f->path, suffix, NULL);
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

static void
assert_logged(const Fixture *f, const char *pattern)
{
    g_autofree char *text = contents(f, "");

    if (!g_regex_match_simple(pattern, text, G_REGEX_MULTILINE, 0)) {
        print_error("no /%s/ in:\n%s\n", pattern, text);
        fail();
    }
}

/* Runs with stderr in a file, to see what comes there. */
static char *
stderr_of(void (*run)(const Fixture *f), const Fixture *f)
{
    g_autofree char *path = g_build_filename(f->dir, "stderr", NULL);
    int saved = dup(STDERR_FILENO);
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    char *text = NULL;

    dup2(fd, STDERR_FILENO);
    run(f);
    dup2(saved, STDERR_FILENO);
    close(fd);
    close(saved);
    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

static void
verbosity_is_a_number_or_a_name(void **state)
{
    static const struct {
        const char *text;
        int level; /* 0: refused */
    } cases[] = {
        {"1", 1},    {"critical", 1}, {"2", 2}, {"Error", 2}, {"3", 3},  {"warn", 3},
        {"WARN", 3}, {"warning", 3},  {"4", 4}, {"info", 4},  {"5", 5},  {"debug", 5},
        {"0", 0},    {"6", 0},        {"", 0},  {"infos", 0}, {" 4", 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        int level = 0;

        assert_int_equal(mom_log_parse_verbosity(cases[i].text, &level), cases[i].level != 0);
        assert_int_equal(level, cases[i].level);
    }
}

static void
lines_have_the_references_format(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;

    assert_ok((log = mom_log_new(((Fixture *)*state)->path, 5, 0, 0, &error)));
    g_debug("one");
    g_info("two %d", 2);
    g_message("three");
    g_warning("four");
    g_log("mom.Other", G_LOG_LEVEL_WARNING, "five");
    g_log_structured(NULL, G_LOG_LEVEL_INFO, "MOM_VM", "vm1", "MESSAGE", "six");
#define STAMP "^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3} - "
    assert_logged(*state, STAMP "mom.Test - DEBUG - one$");
    assert_logged(*state, STAMP "mom.Test - INFO - two 2$");
    assert_logged(*state, STAMP "mom.Test - INFO - three$");
    assert_logged(*state, STAMP "mom.Test - WARNING - four$");
    assert_logged(*state, STAMP "mom.Other - WARNING - five$");
    assert_logged(*state, STAMP "mom - INFO - six$");
}

/* Critical messages end a program under G_DEBUG=fatal-criticals, so they are handed to the writer
 * alone. */
static void
glibs_criticals_are_errors(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;

    assert_ok((log = mom_log_new(((Fixture *)*state)->path, 2, 0, 0, &error)));
    g_log_structured("mom.Test", G_LOG_LEVEL_CRITICAL, "MESSAGE", "bug %d", 1);
    g_warning("not at this level");
    assert_logged(*state, "mom.Test - ERROR - bug 1$");
    {
        g_autofree char *text = contents(*state, "");

        assert_null(strstr(text, "not at this level"));
    }
}

static void
the_level_can_be_changed(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;
    g_autofree char *text = NULL;

    assert_ok((log = mom_log_new(((Fixture *)*state)->path, 4, 0, 0, &error)));
    assert_int_equal(mom_log_level(log), 4);
    g_debug("quiet");
    mom_log_set_level(log, 5);
    g_debug("loud");
    mom_log_set_level(log, 1);
    g_warning("gone");
    text = contents(*state, "");
    assert_null(strstr(text, "quiet"));
    assert_non_null(strstr(text, "loud"));
    assert_null(strstr(text, "gone"));
}

static void
whether_a_level_is_heeded_can_be_asked(void **state)
{
    g_autoptr(GError) error = NULL;
    MomLog *log = NULL;

    assert_true(mom_log_heeds(G_LOG_LEVEL_DEBUG));
    assert_ok((log = mom_log_new(((Fixture *)*state)->path, 4, 0, 0, &error)));
    assert_true(mom_log_heeds(G_LOG_LEVEL_INFO));
    assert_false(mom_log_heeds(G_LOG_LEVEL_DEBUG));
    mom_log_set_level(log, 5);
    assert_true(mom_log_heeds(G_LOG_LEVEL_DEBUG));
    mom_log_free(log);
    assert_true(mom_log_heeds(G_LOG_LEVEL_DEBUG));
}

static void
libraries_are_heard_only_when_they_complain(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;
    g_autofree char *text = NULL;

    assert_ok((log = mom_log_new(((Fixture *)*state)->path, 5, 0, 0, &error)));
    g_log_structured("GLib-GIO", G_LOG_LEVEL_DEBUG, "MESSAGE", "chatter");
    g_log_structured("momentum", G_LOG_LEVEL_INFO, "MESSAGE", "chatter");
    g_log_structured("GLib-GIO", G_LOG_LEVEL_WARNING, "MESSAGE", "trouble");
    text = contents(*state, "");
    assert_null(strstr(text, "chatter"));
    assert_logged(*state, "GLib-GIO - WARNING - trouble$");
}

static void
lines_in_a_message_stay_and_control_characters_do_not(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;

    assert_ok((log = mom_log_new(((Fixture *)*state)->path, 4, 0, 0, &error)));
    g_info("first\n\tsecond \x1b[31m \xff");
    assert_logged(*state, "INFO - first\n\tsecond \\?\\[31m \xef\xbf\xbd$");
}

static void
a_full_file_is_put_aside(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;
    g_autofree char *text = NULL;

    assert_ok((log = mom_log_new(((Fixture *)*state)->path, 4, 160, 2, &error)));
    for (int i = 0; i < 9; i++)
        g_info("line %d", i); /* 51 bytes: three to a file */
    assert_logged(*state, "line 6$");
    text = contents(*state, ".1");
    assert_non_null(strstr(text, "line 3"));
    assert_non_null(strstr(text, "line 5"));
    g_free(text);
    text = contents(*state, ".2");
    assert_non_null(strstr(text, "line 0"));
    g_free(text);
    g_info("one more");
    text = contents(*state, ".2");
    assert_non_null(strstr(text, "line 3"));
    g_free(text);
    text = contents(*state, ".3");
    assert_null(text);
}

static void
a_file_that_was_there_counts_to_its_size(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;
    g_autofree char *old = g_strnfill(140, 'x');
    g_autofree char *text = NULL;

    assert_true(g_file_set_contents(f->path, old, -1, NULL));
    assert_ok((log = mom_log_new(f->path, 4, 150, 1, &error)));
    g_info("new");
    text = contents(f, ".1");
    assert_string_equal(text, old);
}

/* As Python's RotatingFileHandler counts: a line that would bring the file to its limit exactly
 * goes to the next one already. */
static void
a_file_stays_below_its_limit(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;
    g_autofree char *kept = NULL;
    g_autofree char *last = NULL;

    assert_ok((log = mom_log_new(f->path, 4, 153, 2, &error)));
    for (int i = 0; i < 3; i++)
        g_info("line %d", i); /* 51 bytes each */
    kept = contents(f, ".1");
    assert_non_null(strstr(kept, "line 1\n"));
    assert_null(strstr(kept, "line 2\n"));
    last = contents(f, "");
    assert_int_equal(strlen(last), 51);
}

static void
a_line_longer_than_the_limit_has_a_file_of_its_own(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;
    g_autofree char *none = NULL;
    g_autofree char *first = NULL;

    assert_ok((log = mom_log_new(f->path, 4, 10, 2, &error)));
    g_info("one");
    none = contents(f, ".1");
    assert_null(none);
    g_info("two");
    first = contents(f, ".1");
    assert_non_null(strstr(first, "one\n"));
}

/* What logrotate's copytruncate does. */
static void
a_file_that_others_cut_counts_from_there(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;
    g_autofree char *none = NULL;

    assert_ok((log = mom_log_new(f->path, 4, 160, 1, &error)));
    g_info("line 1");
    g_info("line 2");
    assert_int_equal(truncate(f->path, 0), 0);
    g_info("line 3");
    g_info("line 4");
    none = contents(f, ".1");
    assert_null(none);
    assert_logged(f, "line 3\n.*line 4$");
}

static void
what_is_no_file_is_not_put_aside(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;
    g_autofree char *first = g_strconcat(f->path, ".1", NULL);
    int reader;

    assert_int_equal(mkfifo(f->path, 0600), 0);
    reader = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_ok((log = mom_log_new(f->path, 4, 60, 2, &error)));
    g_info("one");
    g_info("two");
    assert_false(g_file_test(first, G_FILE_TEST_EXISTS));
    close(reader);
}

static void
all_can_be_changed_while_it_runs(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;
    g_autofree char *other = g_strconcat(f->path, ".other", NULL);
    g_autofree char *nowhere = g_build_filename(f->dir, "no", "mom.log", NULL);
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autofree char *aside = NULL;

    assert_ok((log = mom_log_new(f->path, 4, 0, 0, &error)));
    g_info("first");
    assert_ok(mom_log_configure(log, other, 5, 100, 1, &error));
    g_debug("second");
    g_debug("third");
    before = contents(f, "");
    after = contents(f, ".other");
    aside = contents(f, ".other.1");
    assert_non_null(strstr(before, "first"));
    assert_null(strstr(before, "second"));
    assert_non_null(strstr(aside, "DEBUG - second"));
    assert_non_null(strstr(after, "DEBUG - third"));
    assert_fails(mom_log_configure(log, nowhere, 3, 0, 0, &error), G_FILE_ERROR,
                 G_FILE_ERROR_NOENT);
    assert_int_equal(mom_log_level(log), 5);
    g_debug("fourth");
    g_free(after);
    after = contents(f, ".other");
    assert_non_null(strstr(after, "fourth"));
}

static void
change_to_stdio(const Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;

    assert_ok((log = mom_log_new(f->path, 4, 0, 0, &error)));
    assert_ok(mom_log_configure(log, "stdio", 4, 0, 0, &error));
    g_info("hello");
}

static void
a_file_can_be_changed_to_stdio(void **state)
{
    g_autofree char *text = stderr_of(change_to_stdio, *state);

    assert_non_null(strstr(text, " - mom.Test - INFO - hello\n"));
}

static void
a_file_moved_away_is_opened_anew(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;
    g_autofree char *moved = g_strconcat(f->path, ".old", NULL);
    g_autofree char *text = NULL;

    assert_ok((log = mom_log_new(f->path, 4, 0, 0, &error)));
    g_info("before");
    assert_int_equal(g_rename(f->path, moved), 0);
    g_info("between");
    mom_log_reopen(log);
    g_info("after");
    mom_log_reopen(log);
    g_info("still");
    text = contents(f, ".old");
    assert_non_null(strstr(text, "between"));
    assert_null(strstr(text, "after"));
    assert_logged(f, "after\n.*still$");
}

static void
log_to_nowhere_then_somewhere(const Fixture *f)
{
    g_autofree char *dir = g_build_filename(f->dir, "later", NULL);
    g_autofree char *path = g_build_filename(dir, "mom.log", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = mom_log_new(path, 4, 0, 0, &error);
    g_autofree char *text = NULL;

    assert_non_null(log);
    assert_true(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
    assert_non_null(strstr(error->message, path));
    g_info("to stderr");
    assert_int_equal(g_mkdir(dir, 0755), 0);
    mom_log_reopen(log);
    g_info("to the file");
    g_file_get_contents(path, &text, NULL, NULL);
    assert_non_null(strstr(text, "to the file"));
    g_unlink(path);
    g_rmdir(dir);
}

static void
a_file_that_cannot_be_opened_leaves_stderr(void **state)
{
    g_autofree char *text = stderr_of(log_to_nowhere_then_somewhere, *state);

    assert_non_null(strstr(text, " - mom.Test - INFO - to stderr\n"));
    assert_null(strstr(text, "to the file"));
}

static void
log_to_stdio(const Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;

    assert_ok((log = mom_log_new("StdIO", 4, 0, 0, &error)));
    g_info("hello");
}

static void
stdio_means_stderr(void **state)
{
    g_autofree char *text = stderr_of(log_to_stdio, *state);

    assert_non_null(strstr(text, " - mom.Test - INFO - hello\n"));
}

/* /dev/full takes no byte, as a full disk does. */
static void
lines_lost_are_told_when_writing_works_again(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;

    assert_int_equal(symlink("/dev/full", f->path), 0);
    assert_ok((log = mom_log_new(f->path, 4, 0, 0, &error)));
    g_info("lost");
    g_info("lost");
    g_info("lost");
    assert_int_equal(g_unlink(f->path), 0);
    mom_log_reopen(log);
    g_info("found");
    assert_logged(f, "mom - WARNING - 3 lines of this log could not be written: No space left");
    assert_logged(f, "found$");
}

static void
a_reader_of_stderr_may_go_away(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;
    int saved = dup(STDERR_FILENO);
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_ok((log = mom_log_new("stdio", 4, 0, 0, &error)));
    close(ends[0]);
    dup2(ends[1], STDERR_FILENO);
    g_info("to nobody");
    dup2(saved, STDERR_FILENO);
    close(ends[1]);
    close(saved);
}

static void
the_log_can_go_elsewhere_and_stays_if_it_cannot(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;
    g_autofree char *other = g_strconcat(f->path, ".other", NULL);
    g_autofree char *text = NULL;

    assert_ok((log = mom_log_new(f->path, 4, 0, 0, &error)));
    assert_fails(mom_log_configure(log, "/nonexistent/dir/log", 4, 1, 1, &error), G_FILE_ERROR,
                 G_FILE_ERROR_NOENT);
    g_info("here");
    g_info("and here"); /* a failed change of rotation is none either */
    assert_logged(f, " - here$");
    assert_ok(mom_log_configure(log, other, 4, 60, 1, &error));
    g_info("there");
    g_info("rotated");
    text = contents(f, ".other.1");
    assert_non_null(strstr(text, " - there\n"));
    g_free(text);
    text = contents(f, "");
    assert_null(strstr(text, "there"));
    assert_ok(mom_log_configure(log, f->path, 4, 0, 0, &error));
    g_info("back");
    assert_logged(f, " - back$");
}

static gpointer
log_a_hundred_lines(gpointer unused)
{
    for (int i = 0; i < 100; i++)
        g_info("line");
    return NULL;
}

static void
threads_do_not_mix_their_lines(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomLog) log = NULL;
    GThread *threads[4];
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    assert_ok((log = mom_log_new(((Fixture *)*state)->path, 4, 1000, 100, &error)));
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("writer", log_a_hundred_lines, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    text = contents(*state, ".1");
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; line[1]; line++)
        assert_true(g_str_has_suffix(*line, " - mom.Test - INFO - line"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(verbosity_is_a_number_or_a_name),
        TEST(lines_have_the_references_format),
        TEST(glibs_criticals_are_errors),
        TEST(the_level_can_be_changed),
        TEST(whether_a_level_is_heeded_can_be_asked),
        TEST(libraries_are_heard_only_when_they_complain),
        TEST(lines_in_a_message_stay_and_control_characters_do_not),
        TEST(a_full_file_is_put_aside),
        TEST(a_file_that_was_there_counts_to_its_size),
        TEST(a_file_stays_below_its_limit),
        TEST(a_line_longer_than_the_limit_has_a_file_of_its_own),
        TEST(a_file_that_others_cut_counts_from_there),
        TEST(what_is_no_file_is_not_put_aside),
        TEST(all_can_be_changed_while_it_runs),
        TEST(a_file_can_be_changed_to_stdio),
        TEST(a_file_moved_away_is_opened_anew),
        TEST(a_file_that_cannot_be_opened_leaves_stderr),
        TEST(stdio_means_stderr),
        TEST(the_log_can_go_elsewhere_and_stays_if_it_cannot),
        TEST(lines_lost_are_told_when_writing_works_again),
        TEST(a_reader_of_stderr_may_go_away),
        TEST(threads_do_not_mix_their_lines),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
