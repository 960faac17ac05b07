/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pid files below a root of our own, true, stale and broken.
 */
#include "agent/hypervisor/qemu-pid.h"

#include <glib/gstdio.h>

#include "tests/mom-test.h"

#define UUID "11111111-1111-1111-1111-111111111111"

typedef struct {
    char *root;
} Fixture;

static void
put(Fixture *f, const char *path, const char *text, gssize length)
{
    g_autofree char *whole = g_build_filename(f->root, path, NULL);
    g_autofree char *folder = g_path_get_dirname(whole);

    assert_int_equal(g_mkdir_with_parents(folder, 0755), 0);
    assert_true(g_file_set_contents(whole, text, length, NULL));
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        remove_tree(child);
    }
    g_remove(path);
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->root = g_dir_make_tmp("mom-pid-XXXXXX", NULL);
    *state = f;
    return f->root != NULL ? 0 : 1;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    remove_tree(f->root);
    g_free(f->root);
    g_free(f);
    return 0;
}

static void
a_process_that_names_the_guest_is_found(void **state)
{
    Fixture *f = *state;
    static const char line[] = "qemu\0-name\0a\0-uuid\0" UUID "\0-m\0"
                               "1";
    gint64 pid = 0;

    put(f, "run/libvirt/qemu/a.pid", "4711\n", -1);
    put(f, "proc/4711/cmdline", line, sizeof line);
    assert_true(mom_qemu_pid_find(f->root, "a", UUID, &pid));
    assert_int_equal(pid, 4711);
}

static void
a_number_that_another_process_has_now_is_not_taken(void **state)
{
    Fixture *f = *state;
    gint64 pid = 5;

    put(f, "run/libvirt/qemu/a.pid", "4711\n", -1);
    put(f, "proc/4711/cmdline", "bash", 5);
    assert_false(mom_qemu_pid_find(f->root, "a", UUID, &pid));
    assert_int_equal(pid, 5);
}

static void
what_is_missing_or_broken_gives_no_pid(void **state)
{
    Fixture *f = *state;
    static const char *const broken[] = {
        "", "many\n", "-4\n", "0\n", "99999999999999999999\n", "12 13\n"};
    gint64 pid = 5;

    assert_false(mom_qemu_pid_find(f->root, "a", UUID, &pid));
    for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
        put(f, "run/libvirt/qemu/a.pid", broken[i], -1);
        assert_false(mom_qemu_pid_find(f->root, "a", UUID, &pid));
    }
    put(f, "run/libvirt/qemu/a.pid", "4711\n", -1);
    assert_false(mom_qemu_pid_find(f->root, "a", UUID, &pid));
    assert_int_equal(pid, 5);
}

static void
a_name_cannot_lead_out_of_the_folder(void **state)
{
    Fixture *f = *state;
    gint64 pid = 5;

    put(f, "run/libvirt/qemu/a.pid", "4711\n", -1);
    put(f, "proc/4711/cmdline", UUID, -1);
    assert_false(mom_qemu_pid_find(f->root, "../qemu/a", UUID, &pid));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_process_that_names_the_guest_is_found),
        TEST(a_number_that_another_process_has_now_is_not_taken),
        TEST(what_is_missing_or_broken_gives_no_pid),
        TEST(a_name_cannot_lead_out_of_the_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
