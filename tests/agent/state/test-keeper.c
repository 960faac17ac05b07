/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The keeper: what was pushed comes back, a damaged file is set aside, and a disk that fails costs
 * the keeping, says so once, and is tried again.
 *
 * On a real directory, in virtual time; the thread is waited for, never slept for.
 */
#include "agent/state/keeper.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/agent/kept-log.h"
#include "tests/agent/virtual-clock.h"
#include "tests/mom-test.h"

typedef struct {
    char *root;
    char *path;
    char *file;
    VirtualClock *clock;
    MomPushed *pushed;
    MomKeeper *keeper;
} Fixture;

/* ---- the lock, watched on its way to the kernel ---- */

static MomStateDir *predecessor; /* ends when the lock is asked for the third time; or NULL */
static guint locks;

int
flock(int fd, int operation)
{
    if (++locks == 3)
        g_clear_pointer(&predecessor, mom_state_dir_free);
    return (int)syscall(SYS_flock, fd, operation);
}

/* ---- fixture ---- */

static void
start(Fixture *f)
{
    f->pushed = mom_pushed_new();
    f->keeper = mom_keeper_new(f->path, f->pushed, virtual_clock_base(f->clock));
    mom_keeper_load(f->keeper);
}

static void
stop(Fixture *f)
{
    g_clear_pointer(&f->keeper, mom_keeper_free);
    g_clear_pointer(&f->pushed, mom_pushed_free);
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    g_string_truncate(told, 0);
    f->root = g_dir_make_tmp("mom-keeper-XXXXXX", NULL);
    f->path = g_build_filename(f->root, "state", NULL);
    f->file = g_build_filename(f->path, "pushed", NULL);
    f->clock = virtual_clock_new();
    start(f);
    *state = f;
    return 0;
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        remove_tree(child);
    }
    g_remove(path);
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    stop(f);
    virtual_clock_free(f->clock);
    remove_tree(f->root);
    g_free(f->root);
    g_free(f->path);
    g_free(f->file);
    g_free(f);
    return 0;
}

static void
note_kept(gpointer data)
{
    *(gboolean *)data = TRUE;
}

static void
wait_kept(Fixture *f)
{
    gboolean kept = FALSE;

    mom_keeper_when_kept(f->keeper, note_kept, &kept);
    while (!kept)
        g_main_context_iteration(NULL, TRUE);
}

static void
push(Fixture *f, const char *name, const char *text)
{
    mom_pushed_set(f->pushed, name, text);
    mom_keeper_changed(f->keeper);
    wait_kept(f);
}

/* A kill: what was not on disk when it was acknowledged is lost with the process. */
static void
restart(Fixture *f)
{
    stop(f);
    g_string_truncate(told, 0);
    start(f);
}

static void
assert_pushed(Fixture *f, const char *name, const char *expected)
{
    const char *text;

    assert_true(mom_pushed_get(f->pushed, name, &text));
    assert_string_equal(text, expected);
}

static guint
count_damaged(Fixture *f)
{
    g_autoptr(GDir) dir = g_dir_open(f->path, 0, NULL);
    const char *name;
    guint n = 0;

    while (dir && (name = g_dir_read_name(dir)))
        n += g_str_has_prefix(name, "pushed.damaged-") ? 1 : 0;
    return n;
}

static void
what_was_kept_comes_back(void **state)
{
    Fixture *f = *state;

    assert_true(mom_pushed_is_empty(f->pushed));
    push(f, "a", "1");
    push(f, "b", "2");
    restart(f);
    assert_pushed(f, "a", "1");
    assert_pushed(f, "b", "2");
    assert_true(
        g_str_has_prefix(told->str, "I:What was pushed before the start is in force again"));
    mom_pushed_clear(f->pushed);
    mom_keeper_changed(f->keeper);
    wait_kept(f);
    assert_false(g_file_test(f->file, G_FILE_TEST_EXISTS));
    restart(f);
    assert_true(mom_pushed_is_empty(f->pushed));
    assert_string_equal(told->str, "");
}

static void
nothing_is_kept_without_a_directory(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomPushed) pushed = mom_pushed_new();
    g_autoptr(MomKeeper) keeper = mom_keeper_new("", pushed, virtual_clock_base(f->clock));
    gboolean kept = FALSE;

    mom_keeper_load(keeper);
    mom_pushed_set(pushed, "a", "1");
    mom_keeper_changed(keeper);
    mom_keeper_when_kept(keeper, note_kept, &kept);
    assert_true(kept);
    assert_null(mom_keeper_fault(keeper));
    assert_null(mom_keeper_dir(keeper));
}

static void
a_damaged_file_is_set_aside_once_and_its_rest_used(void **state)
{
    Fixture *f = *state;
    g_autofree char *text = NULL;
    gsize length;

    push(f, "a", "1");
    push(f, "b", "2");
    assert_true(g_file_get_contents(f->file, &text, &length, NULL));
    *(strstr(text, "\"2\"") + 1) = '3';
    assert_true(g_file_set_contents(f->file, text, (gssize)length, NULL));
    restart(f);
    assert_pushed(f, "a", "1");
    assert_non_null(strstr(told->str, "/pushed: line 3 is damaged; it is set aside"));
    wait_kept(f);
    assert_int_equal(count_damaged(f), 1);
    restart(f);
    assert_pushed(f, "a", "1");
    assert_null(strstr(told->str, "W:"));
    wait_kept(f);
    assert_int_equal(count_damaged(f), 1);
}

static void
whatever_is_in_its_place_is_survived(void **state)
{
    Fixture *f = *state;
    static const char *const texts[] = {"", "\n", "garbage", "\0\0\0\0"};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        push(f, "a", "1");
        assert_true(g_file_set_contents(f->file, texts[i], i == 3 ? 4 : -1, NULL));
        restart(f);
        assert_true(mom_pushed_is_empty(f->pushed));
        assert_non_null(strstr(told->str, "it is set aside"));
        wait_kept(f);
        assert_null(mom_keeper_fault(f->keeper));
    }
    stop(f);
    assert_int_equal(symlink("/etc/passwd", f->file), 0);
    start(f);
    push(f, "a", "1");
    restart(f);
    assert_pushed(f, "a", "1");
    stop(f);
    g_remove(f->file);
    assert_int_equal(g_mkdir(f->file, 0700), 0);
    start(f);
    push(f, "a", "2");
    restart(f);
    assert_pushed(f, "a", "2");
    assert_int_equal(count_damaged(f), MOM_STATE_DIR_DAMAGED);
}

static void
a_disk_that_fails_is_told_once_and_tried_again(void **state)
{
    Fixture *f = *state;

    push(f, "a", "1");
    g_string_truncate(told, 0);
    assert_int_equal(g_chmod(f->path, 0777), 0); /* not trusted any more */
    stop(f);
    start(f);
    assert_non_null(mom_keeper_fault(f->keeper));
    assert_non_null(
        strstr(told->str, "W:What is pushed takes effect, but does not survive a restart: "));
    assert_non_null(strstr(told->str, "may be written by others"));
    push(f, "b", "2");
    push(f, "c", "3");
    g_string_truncate(told, 0);
    virtual_clock_advance(f->clock, MOM_STATE_RETRY_US);
    wait_kept(f);
    assert_string_equal(told->str, "");
    assert_int_equal(g_chmod(f->path, 0700), 0);
    while (mom_keeper_fault(f->keeper)) {
        virtual_clock_advance(f->clock, MOM_STATE_RETRY_US);
        g_main_context_iteration(NULL, FALSE);
    }
    assert_string_equal(told->str, "I:What is pushed survives restarts again;");
    /* What was there and never read is not lost either. */
    assert_int_equal(count_damaged(f), 1);
    restart(f);
    assert_pushed(f, "b", "2");
    assert_pushed(f, "c", "3");
}

static void
a_directory_that_comes_late_ends_the_fault_and_keeps_its_file(void **state)
{
    Fixture *f = *state;
    g_autofree char *away = g_build_filename(f->root, "away", NULL);

    push(f, "a", "1");
    stop(f);
    assert_int_equal(g_rename(f->path, away), 0);
    assert_true(g_file_set_contents(f->path, "no directory", -1, NULL));
    g_string_truncate(told, 0);
    start(f);
    assert_non_null(mom_keeper_fault(f->keeper));
    g_remove(f->path);
    assert_int_equal(g_rename(away, f->path), 0);
    while (mom_keeper_fault(f->keeper)) {
        virtual_clock_advance(f->clock, MOM_STATE_RETRY_US);
        g_main_context_iteration(NULL, FALSE);
    }
    restart(f);
    assert_pushed(f, "a", "1");
    assert_int_equal(count_damaged(f), 0);
}

/* As a file system does that is mounted after the start. */
static void
what_another_directory_has_is_set_aside(void **state)
{
    Fixture *f = *state;
    g_autofree char *away = g_build_filename(f->root, "away", NULL);

    push(f, "a", "1");
    stop(f);
    assert_int_equal(g_rename(f->path, away), 0);
    start(f);
    assert_true(mom_pushed_is_empty(f->pushed));
    assert_int_equal(g_rmdir(f->path), 0);
    assert_int_equal(g_rename(away, f->path), 0);
    g_string_truncate(told, 0);
    push(f, "b", "2");
    assert_int_equal(count_damaged(f), 1);
    assert_non_null(strstr(told->str, "W:"));
    assert_non_null(strstr(told->str, "/state is another directory than before; what it has as "
                                      "pushed is set aside as pushed.damaged-TIME;"));
    g_string_truncate(told, 0);
    push(f, "c", "3");
    assert_int_equal(count_damaged(f), 1);
    assert_string_equal(told->str, "");
    restart(f);
    assert_pushed(f, "b", "2");
    assert_pushed(f, "c", "3");
}

/* The file is the one that we wrote, so it needs no second name. */
static void
a_directory_that_was_away_and_is_back_is_the_same(void **state)
{
    Fixture *f = *state;
    g_autofree char *away = g_build_filename(f->root, "away", NULL);

    push(f, "a", "1");
    assert_int_equal(g_rename(f->path, away), 0);
    assert_true(g_file_set_contents(f->path, "no directory", -1, NULL));
    push(f, "b", "2");
    assert_non_null(mom_keeper_fault(f->keeper));
    g_remove(f->path);
    assert_int_equal(g_rename(away, f->path), 0);
    push(f, "c", "3");
    assert_null(mom_keeper_fault(f->keeper));
    assert_int_equal(count_damaged(f), 0);
    restart(f);
    assert_pushed(f, "a", "1");
    assert_pushed(f, "b", "2");
    assert_pushed(f, "c", "3");
}

/* It gives up its socket first and the directory last; a new one may be started in between. */
static void
a_predecessor_that_still_ends_is_waited_for(void **state)
{
    Fixture *f = *state;

    push(f, "a", "1");
    stop(f);
    g_string_truncate(told, 0);
    predecessor = mom_state_dir_new(f->path);
    assert_true(mom_state_dir_open(predecessor, NULL));
    locks = 0;
    start(f);
    assert_int_equal(locks, 3);
    assert_null(mom_keeper_fault(f->keeper));
    assert_null(strstr(told->str, "W:"));
    assert_pushed(f, "a", "1");
    push(f, "b", "2");
    restart(f);
    assert_pushed(f, "a", "1");
    assert_pushed(f, "b", "2");
    assert_int_equal(count_damaged(f), 0);
}

#define KEEPER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        KEEPER_TEST(what_was_kept_comes_back),
        KEEPER_TEST(nothing_is_kept_without_a_directory),
        KEEPER_TEST(a_damaged_file_is_set_aside_once_and_its_rest_used),
        KEEPER_TEST(whatever_is_in_its_place_is_survived),
        KEEPER_TEST(a_disk_that_fails_is_told_once_and_tried_again),
        KEEPER_TEST(a_directory_that_comes_late_ends_the_fault_and_keeps_its_file),
        KEEPER_TEST(what_another_directory_has_is_set_aside),
        KEEPER_TEST(a_directory_that_was_away_and_is_back_is_the_same),
        KEEPER_TEST(a_predecessor_that_still_ends_is_waited_for),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
    kept_log_end();
    return failed;
}
