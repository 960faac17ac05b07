/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestQemuProc over a stand-in's processes.
 */
#include "tests/agent/collectors/host-root.h"

static int
setup(void **state)
{
    *state = host_root_new();
    host_root_write_stat(*state, 42, "qemu (odd) name", 100, 10, 0, 1000, 77);
    return 0;
}

static int
teardown(void **state)
{
    host_root_free(*state);
    return 0;
}

static MomGuestData *
guest_with_pid(MomValue pid)
{
    MomGuestData *guest = mom_guest_data_new("u0", "vm0");

    guest->pid = pid;
    return guest;
}

static void
faults_are_growth_and_rss_is_not(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("GuestQemuProc");
    g_autoptr(MomGuestData) guest = guest_with_pid(mom_value_int(42));

    assert_ok(subject_collect_guest(subject, *state, guest, &error));
    assert_int_equal(subject_int(subject, "host_minor_faults"), 0);
    assert_int_equal(subject_int(subject, "host_major_faults"), 0);
    assert_int_equal(subject_int(subject, "rss"), 77);
    host_root_write_stat(*state, 42, "qemu-kvm", 160, 11, 0, 1000, 70);
    assert_ok(subject_collect_guest(subject, *state, guest, &error));
    assert_int_equal(subject_int(subject, "host_minor_faults"), 60);
    assert_int_equal(subject_int(subject, "host_major_faults"), 1);
    assert_int_equal(subject_int(subject, "rss"), 70);
}

static void
an_interim_collection_lets_growth_go_on_growing(void **state)
{
    const struct {
        int minor_faults;
        gboolean interim;
        gint64 growth;
    } steps[] = {
        {100, FALSE, 0}, {130, TRUE, 30}, {150, TRUE, 50}, {160, FALSE, 60}, {161, FALSE, 1}};
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("GuestQemuProc");
    g_autoptr(MomGuestData) guest = guest_with_pid(mom_value_int(42));

    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        MomCollectInput input = {.root = *state, .guest = guest, .interim = steps[i].interim};

        host_root_write_stat(*state, 42, "qemu-kvm", steps[i].minor_faults, 10, 0, 1000, 77);
        assert_ok(subject_collect(subject, &input, &error));
        assert_int_equal(subject_int(subject, "host_minor_faults"), steps[i].growth);
    }
}

static void
another_process_starts_anew(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("GuestQemuProc");
    g_autoptr(MomGuestData) guest = guest_with_pid(mom_value_int(42));

    assert_ok(subject_collect_guest(subject, *state, guest, &error));
    host_root_write_stat(*state, 43, "qemu-kvm", 5, 0, 0, 1000, 1);
    guest->pid = mom_value_string("43");
    assert_ok(subject_collect_guest(subject, *state, guest, &error));
    assert_int_equal(subject_int(subject, "host_minor_faults"), 0);
}

static void
without_a_pid_nothing_is_said(void **state)
{
    const MomValue pids[] = {MOM_NIL, mom_value_int(0), mom_value_int(-1),
                             mom_value_string("../1")};

    for (gsize i = 0; i < G_N_ELEMENTS(pids); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Subject) subject = subject_new("GuestQemuProc");
        g_autoptr(MomGuestData) guest = guest_with_pid(pids[i]);

        assert_ok(subject_collect_guest(subject, *state, guest, &error));
        assert_false(subject_has(subject, "rss"));
    }
}

static void
a_process_that_is_gone_or_garbled_is_an_error(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("GuestQemuProc");
    g_autoptr(MomGuestData) guest = guest_with_pid(mom_value_int(44));

    assert_fails(subject_collect_guest(subject, *state, guest, &error), MOM_COLLECTOR_ERROR,
                 MOM_COLLECTOR_ERROR_COLLECTION);
    host_root_write(*state, "proc/44/stat", "44 (qemu-kvm) S");
    assert_fails(subject_collect_guest(subject, *state, guest, &error), MOM_COLLECTOR_ERROR,
                 MOM_COLLECTOR_ERROR_COLLECTION);
}

#define with_root(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_root(faults_are_growth_and_rss_is_not),
        with_root(an_interim_collection_lets_growth_go_on_growing),
        with_root(another_process_starts_anew),
        with_root(without_a_pid_nothing_is_said),
        with_root(a_process_that_is_gone_or_garbled_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
