/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The directory of state: whole files, modes, leftovers, what is not trusted, one momd at a time.
 *
 * On a real directory, with syncs and renames watched on their way to the kernel; what needs
 * another user runs where the test is root.
 */
#include "agent/state/state-dir.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/mom-test.h"

#define NOBODY 65534

typedef struct {
    char *root;
    char *path; /* root/state; not there yet */
    MomStateDir *dir;
} Fixture;

/* ---- what is asked of the kernel, and what it may refuse ---- */

static GString *asked; /* "file;" and "dir;" for syncs, "rename;" */
static int failing;    /* errno of the next sync of a file; 0: none */

int
fsync(int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    g_string_append(asked, S_ISDIR(st.st_mode) ? "dir;" : "file;");
    if (failing && !S_ISDIR(st.st_mode)) {
        errno = failing;
        failing = 0;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

int
renameat(int old_fd, const char *old_name, int new_fd, const char *new_name)
{
    g_string_append(asked, "rename;");
    return (int)syscall(SYS_renameat2, old_fd, old_name, new_fd, new_name, 0);
}

/* ---- fixture ---- */

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    asked = g_string_new(NULL);
    failing = 0;

    f->root = g_dir_make_tmp("mom-state-XXXXXX", NULL);
    f->path = g_build_filename(f->root, "state", NULL);
    f->dir = mom_state_dir_new(f->path);
    *state = f;
    return 0;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in the directory, in order. */
static char **
list(Fixture *f)
{
    g_autoptr(GDir) stream = g_dir_open(f->path, 0, NULL);
    GPtrArray *names = g_ptr_array_new();
    const char *name;

    while (stream && (name = g_dir_read_name(stream)))
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

static char *
path_of(Fixture *f, const char *name)
{
    return g_build_filename(f->path, name, NULL);
}

static int
teardown(void **state)
{
    Fixture *f = *state;
    g_auto(GStrv) names = list(f);

    mom_state_dir_free(f->dir);
    for (guint i = 0; names[i]; i++) {
        g_autofree char *path = path_of(f, names[i]);

        g_remove(path);
    }
    g_rmdir(f->path);
    g_rmdir(f->root);
    g_free(f->path);
    g_free(f->root);
    g_free(f);
    g_string_free(asked, TRUE);
    return 0;
}

static gboolean
replace(MomStateDir *dir, const char *name, const char *a, const char *b, GError **error)
{
    g_autoptr(GPtrArray) chunks = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);

    g_ptr_array_add(chunks, g_bytes_new(a, strlen(a)));
    g_ptr_array_add(chunks, g_bytes_new(b, strlen(b)));
    return mom_state_dir_replace(dir, name, chunks, error);
}

static void
assert_content(MomStateDir *dir, const char *name, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = mom_state_dir_read(dir, name, &error);
    g_autofree char *text = NULL;

    assert_ok(bytes != NULL);
    text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    assert_string_equal(text, expected);
}

static void
assert_names(Fixture *f, const char *expected)
{
    g_auto(GStrv) names = list(f);
    g_autofree char *joined = g_strjoinv(" ", names);

    assert_string_equal(joined, expected);
}

static guint
mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

static void
a_file_is_replaced_whole_and_only_ours(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *file = path_of(f, "a");
    mode_t mask = umask(0);

    assert_ok(replace(f->dir, "a", "one", " two", &error));
    assert_content(f->dir, "a", "one two");
    assert_ok(replace(f->dir, "a", "3", "", &error));
    assert_content(f->dir, "a", "3");
    assert_names(f, "a");
    assert_int_equal(mode_of(f->path), 0700);
    assert_int_equal(mode_of(file), 0600);
    umask(mask);
}

static void
the_content_is_on_disk_before_its_name_and_the_name_before_the_answer(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_ok(mom_state_dir_open(f->dir, &error));
    assert_string_equal(asked->str, "dir;"); /* the parent, for the new directory */
    g_string_truncate(asked, 0);
    assert_ok(replace(f->dir, "a", "one", "", &error));
    assert_string_equal(asked->str, "file;rename;dir;");
    g_string_truncate(asked, 0);
    assert_ok(mom_state_dir_remove(f->dir, "a", &error));
    assert_string_equal(asked->str, "dir;");
}

static void
a_disk_that_fails_leaves_what_was_there(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_ok(replace(f->dir, "a", "one", "", &error));
    failing = EDQUOT;
    assert_false(replace(f->dir, "a", "two", "", &error));
    assert_non_null(strstr(error->message, "/a: Disk quota exceeded"));
    assert_content(f->dir, "a", "one");
    assert_names(f, "a");
}

static void
what_is_too_large_to_be_read_is_not_written(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) chunks = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_autoptr(GBytes) megabyte = g_bytes_new_take(g_malloc0(1024 * 1024), 1024 * 1024);

    assert_ok(replace(f->dir, "a", "one", "", &error));
    for (guint i = 0; i <= MOM_STATE_DIR_MAX_BYTES / (1024 * 1024); i++)
        g_ptr_array_add(chunks, g_bytes_ref(megabyte));
    assert_fails(mom_state_dir_replace(f->dir, "a", chunks, &error), G_IO_ERROR,
                 G_IO_ERROR_NO_SPACE);
    assert_content(f->dir, "a", "one");
}

static void
what_is_too_large_is_not_read(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *file = path_of(f, "a");

    assert_ok(replace(f->dir, "a", "one", "", &error));
    assert_int_equal(truncate(file, MOM_STATE_DIR_MAX_BYTES + 1), 0);
    assert_fails(mom_state_dir_read(f->dir, "a", &error) != NULL, G_IO_ERROR,
                 G_IO_ERROR_INVALID_DATA);
}

static void
a_removed_file_is_not_found_and_may_be_removed_again(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_ok(replace(f->dir, "a", "one", "", &error));
    assert_ok(mom_state_dir_remove(f->dir, "a", &error));
    assert_ok(mom_state_dir_remove(f->dir, "a", &error));
    assert_fails(mom_state_dir_read(f->dir, "a", &error) != NULL, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* The directory may be one that others keep files in too, as /var/lib. */
static void
what_a_killed_momd_was_writing_is_removed_and_nothing_else(void **state)
{
    static const char *const names[] = {"pushed.new", "history.new", "found.new",
                                        "a.new",      "pushed",      "pushed.newer"};
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_int_equal(g_mkdir(f->path, 0700), 0);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = path_of(f, names[i]);

        assert_true(g_file_set_contents(path, "hal", -1, NULL));
    }
    assert_ok(mom_state_dir_open(f->dir, &error));
    assert_names(f, "a.new pushed pushed.newer");
}

static void
a_directory_that_comes_late_or_is_made_anew_is_used(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *file = path_of(f, "a");
    g_autofree char *deep = g_build_filename(f->path, "deep", NULL);
    g_autoptr(MomStateDir) late = mom_state_dir_new(deep);

    assert_false(mom_state_dir_open(late, &error));
    assert_non_null(strstr(error->message, deep));
    g_clear_error(&error);
    assert_ok(replace(f->dir, "a", "one", "", &error));
    assert_ok(mom_state_dir_open(late, &error));
    assert_int_equal(g_rmdir(deep), 0);
    g_remove(file);
    assert_int_equal(g_rmdir(f->path), 0);
    assert_int_equal(mom_state_dir_changes(f->dir), 0);
    assert_ok(replace(f->dir, "a", "two", "", &error));
    assert_content(f->dir, "a", "two");
    assert_int_equal(mom_state_dir_changes(f->dir), 1);
    assert_ok(replace(f->dir, "a", "three", "", &error));
    assert_int_equal(mom_state_dir_changes(f->dir), 1);
}

static void
a_second_momd_is_told_of_the_first(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(MomStateDir) second = mom_state_dir_new(f->path);

    assert_ok(mom_state_dir_open(f->dir, &error));
    assert_fails(mom_state_dir_open(second, &error), G_IO_ERROR, G_IO_ERROR_BUSY);
    g_clear_pointer(&f->dir, mom_state_dir_free);
    assert_ok(mom_state_dir_open(second, &error));
}

static void
what_others_may_write_is_not_trusted(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *file = path_of(f, "a");

    assert_ok(replace(f->dir, "a", "one", "", &error));
    assert_int_equal(g_chmod(file, 0620), 0);
    assert_fails(mom_state_dir_read(f->dir, "a", &error) != NULL, G_IO_ERROR,
                 G_IO_ERROR_PERMISSION_DENIED);
    mom_state_dir_free(f->dir);
    f->dir = mom_state_dir_new(f->path);
    assert_int_equal(g_chmod(f->path, 0702), 0);
    assert_fails(mom_state_dir_open(f->dir, &error), G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
    assert_int_equal(g_chmod(f->path, 0755), 0);
    assert_ok(mom_state_dir_open(f->dir, &error));
}

static void
what_belongs_to_somebody_else_is_not_trusted(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *file = path_of(f, "a");

    if (geteuid() != 0)
        skip(); /* only root gives files away */
    assert_ok(replace(f->dir, "a", "one", "", &error));
    assert_int_equal(chown(file, NOBODY, NOBODY), 0);
    assert_false(mom_state_dir_read(f->dir, "a", &error) != NULL);
    assert_non_null(strstr(error->message, "belongs to user 65534"));
    g_clear_error(&error);
    mom_state_dir_free(f->dir);
    f->dir = mom_state_dir_new(f->path);
    assert_int_equal(chown(f->path, NOBODY, NOBODY), 0);
    assert_fails(mom_state_dir_open(f->dir, &error), G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
}

static void
links_and_pipes_are_not_read_and_not_written_through(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *link = path_of(f, "link");
    g_autofree char *new_link = path_of(f, "link.new");
    g_autofree char *pipe = path_of(f, "pipe");
    g_autofree char *target = path_of(f, "target");

    assert_ok(mom_state_dir_open(f->dir, &error));
    assert_true(g_file_set_contents(target, "precious", -1, NULL));
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(symlink(target, new_link), 0);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_null(mom_state_dir_read(f->dir, "link", &error));
    g_clear_error(&error);
    assert_fails(mom_state_dir_read(f->dir, "pipe", &error) != NULL, G_IO_ERROR,
                 G_IO_ERROR_INVALID_DATA);
    assert_ok(replace(f->dir, "link", "new", "", &error));
    assert_content(f->dir, "link", "new");
    assert_content(f->dir, "target", "precious");
}

static void
damaged_files_are_kept_beside_and_not_without_end(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *first = NULL;
    g_autofree char *last = NULL;
    g_auto(GStrv) names = NULL;

    assert_null(mom_state_dir_keep_damaged(f->dir, "a", &error));
    assert_true(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND));
    g_clear_error(&error);
    for (guint i = 0; i < MOM_STATE_DIR_DAMAGED + 2; i++) {
        g_autofree char *text = g_strdup_printf("%u", i);

        assert_ok(replace(f->dir, "a", text, "", &error));
        g_free(last);
        last = mom_state_dir_keep_damaged(f->dir, "a", &error);
        assert_ok(last != NULL);
        first = first ? first : g_strdup(last);
    }
    names = list(f);
    assert_int_equal(g_strv_length(names), 1 + MOM_STATE_DIR_DAMAGED);
    assert_content(f->dir, "a", "4");
    assert_content(f->dir, last, "4");
    assert_false(g_strv_contains((const char *const *)names, first));
}

static void
what_cannot_have_two_names_is_moved(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *sub = path_of(f, "a");
    g_autofree char *kept = NULL;

    assert_ok(mom_state_dir_open(f->dir, &error));
    assert_int_equal(g_mkdir(sub, 0700), 0);
    kept = mom_state_dir_keep_damaged(f->dir, "a", &error);
    assert_ok(kept != NULL);
    assert_names(f, kept);
    assert_ok(replace(f->dir, "a", "x", "", &error));
}

#define DIR_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DIR_TEST(a_file_is_replaced_whole_and_only_ours),
        DIR_TEST(the_content_is_on_disk_before_its_name_and_the_name_before_the_answer),
        DIR_TEST(a_disk_that_fails_leaves_what_was_there),
        DIR_TEST(what_is_too_large_to_be_read_is_not_written),
        DIR_TEST(what_is_too_large_is_not_read),
        DIR_TEST(a_removed_file_is_not_found_and_may_be_removed_again),
        DIR_TEST(what_a_killed_momd_was_writing_is_removed_and_nothing_else),
        DIR_TEST(a_directory_that_comes_late_or_is_made_anew_is_used),
        DIR_TEST(a_second_momd_is_told_of_the_first),
        DIR_TEST(what_others_may_write_is_not_trusted),
        DIR_TEST(what_belongs_to_somebody_else_is_not_trusted),
        DIR_TEST(links_and_pipes_are_not_read_and_not_written_through),
        DIR_TEST(damaged_files_are_kept_beside_and_not_without_end),
        DIR_TEST(what_cannot_have_two_names_is_moved),
    };

    return cmocka_run_group_tests_name("state-dir", tests, NULL, NULL);
}
