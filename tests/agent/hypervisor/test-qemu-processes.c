/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pids and ages of guests below a root of our own, and of a real process below /.
 */
#include "agent/hypervisor/qemu-processes.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/mom-test.h"

#define UUID "11111111-1111-1111-1111-111111111111"

typedef struct {
    char *root;
    MomQemuProcesses *processes;
    gint64 pid; /* -1: nil, as age */
    gint64 age_s;
} Fixture;

static void
put(Fixture *f, const char *path, const char *text)
{
    g_autofree char *whole = g_build_filename(f->root, path, NULL);
    g_autofree char *folder = g_path_get_dirname(whole);

    assert_int_equal(g_mkdir_with_parents(folder, 0755), 0);
    assert_true(g_file_set_contents(whole, text, -1, NULL));
}

static void
put_stat(Fixture *f, int pid, char state, const char *started_ticks)
{
    g_autofree char *stat = g_strdup_printf("proc/%d/stat", pid);
    /* a name that looks like fields */
    g_autofree char *text = g_strdup_printf(
        "%d (qemu) S 1 (x) %c 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 %s 99 98\n", pid, state,
        started_ticks);

    put(f, stat, text);
}

/* A QEMU that names guest "a" and was started STARTED_S after boot. */
static void
put_process(Fixture *f, int pid, const char *started_ticks)
{
    g_autofree char *number = g_strdup_printf("%d\n", pid);
    g_autofree char *cmdline = g_strdup_printf("proc/%d/cmdline", pid);

    put(f, "run/libvirt/qemu/a.pid", number);
    put(f, cmdline, "qemu -uuid " UUID);
    put_stat(f, pid, 'S', started_ticks);
}

static char *
ticks(double seconds)
{
    return g_strdup_printf("%.0f", seconds * (double)sysconf(_SC_CLK_TCK));
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

    f->root = g_dir_make_tmp("mom-processes-XXXXXX", NULL);
    f->processes = mom_qemu_processes_new(f->root);
    put(f, "proc/uptime", "1000.50 3000.00\n");
    *state = f;
    return f->root != NULL ? 0 : 1;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_qemu_processes_unref(f->processes);
    remove_tree(f->root);
    g_free(f->root);
    g_free(f);
    return 0;
}

static void
find(Fixture *f, int run)
{
    MomValue pid, age_s;

    f->pid = f->age_s = -1;
    mom_qemu_processes_find(f->processes, UUID, "a", run, &pid, &age_s);
    mom_value_to_int(pid, &f->pid);
    mom_value_to_int(age_s, &f->age_s);
}

static void
find_in_a_round(Fixture *f, int run)
{
    mom_qemu_processes_begin(f->processes);
    find(f, run);
    mom_qemu_processes_end(f->processes);
}

static void
age_is_what_passed_since_the_process_started(void **state)
{
    Fixture *f = *state;
    g_autofree char *start = ticks(900);

    put_process(f, 4711, start);
    find_in_a_round(f, 1);
    assert_int_equal(f->pid, 4711);
    assert_int_equal(f->age_s, 100);
    put(f, "proc/uptime", "1060.00 3000.00\n");
    find_in_a_round(f, 1);
    assert_int_equal(f->age_s, 160);
}

static void
a_process_is_looked_up_once_for_each_run_of_its_guest(void **state)
{
    Fixture *f = *state;
    g_autofree char *first = ticks(900);
    g_autofree char *second = ticks(990);

    put_process(f, 4711, first);
    find_in_a_round(f, 1);
    put_process(f, 4712, second);
    find_in_a_round(f, 1);
    assert_int_equal(f->pid, 4711);
    find_in_a_round(f, 2);
    assert_int_equal(f->pid, 4712);
    assert_int_equal(f->age_s, 10);
}

static void
who_is_not_asked_for_in_a_round_is_forgotten(void **state)
{
    Fixture *f = *state;
    g_autofree char *first = ticks(900);
    g_autofree char *second = ticks(990);

    put_process(f, 4711, first);
    find_in_a_round(f, 1);
    put_process(f, 4712, second);
    mom_qemu_processes_begin(f->processes);
    mom_qemu_processes_end(f->processes);
    find_in_a_round(f, 1);
    assert_int_equal(f->pid, 4712);
}

static void
what_cannot_be_told_is_nil(void **state)
{
    Fixture *f = *state;
    static const char *const bad[] = {"x", "-1", "", "99999999999999999999999"};

    find_in_a_round(f, 1);
    assert_int_equal(f->pid, -1);
    assert_int_equal(f->age_s, -1);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        put_process(f, 4711, bad[i]);
        find_in_a_round(f, (int)i);
        assert_int_equal(f->pid, 4711);
        assert_int_equal(f->age_s, -1);
    }
    put(f, "proc/4711/stat", "4711 (qemu) S 1\n");
    find_in_a_round(f, 100);
    assert_int_equal(f->age_s, -1);
}

static void
without_a_clock_or_with_one_that_stands_behind_there_is_no_age(void **state)
{
    Fixture *f = *state;
    g_autofree char *start = ticks(900);

    put_process(f, 4711, start);
    put(f, "proc/uptime", "nonsense");
    find_in_a_round(f, 1);
    assert_int_equal(f->pid, 4711);
    assert_int_equal(f->age_s, -1);
    put(f, "proc/uptime", "899.00 1.00\n");
    find_in_a_round(f, 1);
    assert_int_equal(f->age_s, -1);
}

/* As whoever is not root sees it. */
static void
without_a_pid_file_the_command_lines_tell(void **state)
{
    Fixture *f = *state;
    static const char line[] = "/usr/bin/qemu-system-x86_64\0-name\0guest=a\0-uuid\0" UUID "\0-m\0"
                               "1";
    static const char other[] = "virsh\0-uuid\0" UUID;
    g_autofree char *start = ticks(900);
    g_autofree char *qemu = g_build_filename(f->root, "proc/4713/cmdline", NULL);
    g_autofree char *virsh = g_build_filename(f->root, "proc/4714/cmdline", NULL);
    g_autofree char *pid_file = g_build_filename(f->root, "run/libvirt/qemu/a.pid", NULL);

    put_process(f, 4713, start);
    put_process(f, 4714, start);
    assert_int_equal(g_unlink(pid_file), 0);
    assert_true(g_file_set_contents(qemu, line, sizeof line, NULL));
    assert_true(g_file_set_contents(virsh, other, sizeof other, NULL));
    find_in_a_round(f, 1);
    assert_int_equal(f->pid, 4713);
    assert_int_equal(f->age_s, 100);
}

static void
a_guest_that_was_not_found_is_looked_for_again_later(void **state)
{
    Fixture *f = *state;
    g_autofree char *start = ticks(900);
    int rounds = 0;

    find_in_a_round(f, 1);
    assert_int_equal(f->pid, -1);
    put_process(f, 4711, start);
    do {
        find_in_a_round(f, 1);
        rounds++;
    } while (f->pid < 0 && rounds < 1000);
    assert_in_range(rounds, 10, 100);
}

/* How many are silent; the one guest there is, or none. */
static guint
count_silent(Fixture *f)
{
    g_autoptr(GHashTable) silent = mom_qemu_processes_find_silent(f->processes);

    assert_int_equal(g_hash_table_contains(silent, UUID), g_hash_table_size(silent));
    assert_int_equal(mom_qemu_processes_is_stopped(f->processes, UUID), g_hash_table_size(silent));
    return g_hash_table_size(silent);
}

static void
one_that_was_stopped_is_silent_until_it_goes_on(void **state)
{
    Fixture *f = *state;

    put_process(f, 4711, "1");
    find_in_a_round(f, 1);
    assert_int_equal(count_silent(f), 0);
    put_stat(f, 4711, 'T', "1");
    assert_int_equal(count_silent(f), 1);
    find_in_a_round(f, 1);
    assert_int_equal(count_silent(f), 1);
    put_stat(f, 4711, 'S', "1");
    assert_int_equal(count_silent(f), 0);
    put_stat(f, 4711, 'T', "1");
    mom_qemu_processes_begin(f->processes);
    mom_qemu_processes_end(f->processes);
    assert_int_equal(count_silent(f), 0); /* who is not listed any more is nobody */
}

/* Or momd could not be started beside guests that hang. */
static void
before_the_first_round_all_processes_are_looked_at(void **state)
{
    Fixture *f = *state;
    static const char line[] = "/usr/bin/qemu-system-x86_64\0-uuid\0" UUID "\0-m\0"
                               "1";
    g_autofree char *cmdline = g_build_filename(f->root, "proc/4711/cmdline", NULL);
    g_autoptr(GHashTable) silent = NULL;

    put_process(f, 4711, "1");
    put_stat(f, 4711, 'T', "1");
    assert_true(g_file_set_contents(cmdline, line, sizeof line, NULL));
    silent = mom_qemu_processes_find_silent(f->processes);
    assert_int_equal(g_hash_table_size(silent), 1);
    assert_true(g_hash_table_contains(silent, UUID));
}

/* This test's own start, by the real /proc behind a link. */
static void
the_kernel_s_own_files_are_understood(void **state)
{
    Fixture *f = *state;
    g_autofree char *root = g_build_filename(f->root, "real", NULL);
    g_autofree char *run = g_build_filename(root, "run/libvirt/qemu", NULL);
    g_autofree char *pid_file = g_build_filename(run, "a.pid", NULL);
    g_autofree char *proc = g_build_filename(root, "proc", NULL);
    g_autofree char *number = g_strdup_printf("%d\n", getpid());
    MomQemuProcesses *processes;
    MomValue pid, age_s;
    gint64 age = -1;

    assert_int_equal(g_mkdir_with_parents(run, 0755), 0);
    assert_true(g_file_set_contents(pid_file, number, -1, NULL));
    assert_int_equal(symlink("/proc", proc), 0);
    processes = mom_qemu_processes_new(root);
    mom_qemu_processes_begin(processes);
    /* what the command line of this test names */
    mom_qemu_processes_find(processes, "qemu-processes", "a", 1, &pid, &age_s);
    mom_qemu_processes_unref(processes);
    assert_int_equal(g_unlink(proc), 0);
    assert_int_equal(pid.integer, getpid());
    assert_true(mom_value_to_int(age_s, &age));
    assert_in_range(age, 0, 3600);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(age_is_what_passed_since_the_process_started),
        TEST(a_process_is_looked_up_once_for_each_run_of_its_guest),
        TEST(who_is_not_asked_for_in_a_round_is_forgotten),
        TEST(what_cannot_be_told_is_nil),
        TEST(without_a_clock_or_with_one_that_stands_behind_there_is_no_age),
        TEST(without_a_pid_file_the_command_lines_tell),
        TEST(a_guest_that_was_not_found_is_looked_for_again_later),
        TEST(one_that_was_stopped_is_silent_until_it_goes_on),
        TEST(before_the_first_round_all_processes_are_looked_at),
        TEST(the_kernel_s_own_files_are_understood),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
