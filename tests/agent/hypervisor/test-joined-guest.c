/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One guest of two: whose word counts for what, and counters as numbers per second.
 */
#include "agent/hypervisor/joined-guest.h"

#include "tests/mom-test.h"

#define SECOND ((gint64)G_USEC_PER_SEC)
#define EPOCH_S 1800000000

/* As vdsm tells it. */
static MomGuestData *
listed_guest(void)
{
    MomGuestData *guest = mom_guest_data_new("u0", "vdsm-name");

    guest->data_source = "vdsm";
    guest->data_age_s = mom_value_int(3);
    guest->pid = mom_value_int(70);
    guest->has_memory = TRUE;
    guest->mem_available_kib = mom_value_int(1000);
    guest->mem_unused_kib = mom_value_int(500);
    guest->major_faults = mom_value_int(7);
    guest->swap_in = mom_value_int(8);
    guest->swap_total_kib = mom_value_int(99);
    guest->has_balloon = TRUE;
    guest->balloon_cur_kib = mom_value_int(1100);
    guest->balloon_max_kib = mom_value_int(2000);
    guest->balloon_min_kib = mom_value_int(800);
    guest->ballooning_enabled = mom_value_bool(TRUE);
    guest->vcpu_count = mom_value_int(2);
    guest->vcpu_quota_us = mom_value_int(50000);
    return guest;
}

/* As libvirt tells it, of a report at so many seconds. */
static MomGuestData *
told_guest(gint64 report_s, gint64 major_faults)
{
    MomGuestData *guest = mom_guest_data_new("u0", "libvirt-name");

    guest->data_source = "libvirt";
    guest->pid = mom_value_int(71);
    guest->has_memory = TRUE;
    guest->report_age_s = mom_value_int(2);
    guest->agent_connected = mom_value_bool(TRUE);
    guest->vsock_cid = mom_value_int(7);
    guest->report_time_s = mom_value_int(EPOCH_S + report_s);
    guest->mem_available_kib = mom_value_int(900);
    guest->mem_unused_kib = mom_value_int(100);
    guest->mem_usable_kib = mom_value_int(150);
    guest->disk_caches_kib = mom_value_int(60);
    guest->major_faults = mom_value_int(major_faults);
    guest->swap_in = mom_value_int(1000);
    guest->has_balloon = TRUE;
    guest->balloon_cur_kib = mom_value_int(1000);
    guest->balloon_max_kib = mom_value_int(3000);
    guest->balloon_min_kib = mom_value_int(0);
    guest->balloon_driver = mom_value_bool(TRUE);
    guest->hugepages = mom_value_bool(FALSE);
    guest->vcpu_count = mom_value_int(3);
    guest->vcpu_quota_us = mom_value_int(-1);
    return guest;
}

/* TOLD is freed. */
static void
take(MomJoinedGuest *known, MomGuestData *told, gint64 at_s)
{
    mom_joined_guest_take(known, told, at_s * SECOND);
    mom_guest_data_free(told);
}

static MomGuestData *
join(const MomJoinedGuest *known, gint64 at_s)
{
    g_autoptr(MomGuestData) listed = listed_guest();

    return mom_joined_guest_join(known, listed, at_s * SECOND);
}

static gint64
major_faults(const MomJoinedGuest *known, gint64 at_s)
{
    g_autoptr(MomGuestData) guest = join(known, at_s);

    return guest->major_faults.integer;
}

static void
memory_is_libvirts_and_promises_are_vdsms(void **state)
{
    g_autoptr(MomJoinedGuest) known = mom_joined_guest_new();
    g_autoptr(MomGuestData) guest = NULL;

    take(known, told_guest(0, 5000), 10);
    guest = join(known, 12);
    assert_string_equal(guest->uuid, "u0");
    assert_string_equal(guest->name, "vdsm-name");
    assert_string_equal(guest->data_source, "libvirt");
    assert_int_equal(guest->data_age_s.integer, 2);
    assert_int_equal(guest->report_age_s.integer, 4);
    assert_int_equal(guest->mem_available_kib.integer, 900);
    assert_int_equal(guest->mem_unused_kib.integer, 100);
    assert_int_equal(guest->mem_usable_kib.integer, 150);
    assert_int_equal(guest->disk_caches_kib.integer, 60);
    assert_int_equal(guest->balloon_cur_kib.integer, 1000);
    assert_true(guest->balloon_driver.boolean);
    assert_true(guest->agent_connected.boolean);
    assert_int_equal(guest->vsock_cid.integer, 7); /* vdsm knows none */
    assert_int_equal(guest->hugepages.type, MOM_VALUE_BOOL);
    assert_int_equal(guest->balloon_max_kib.integer, 2000);
    assert_int_equal(guest->balloon_min_kib.integer, 800);
    assert_int_equal(guest->swap_total_kib.integer, 99);
    assert_int_equal(guest->vcpu_count.integer, 2);
    assert_int_equal(guest->vcpu_quota_us.integer, 50000);
    assert_int_equal(guest->pid.integer, 70);
    assert_false(guest->is_one_sided || guest->hangs || guest->is_stale);
}

static void
counters_become_numbers_per_second_between_two_reports(void **state)
{
    g_autoptr(MomJoinedGuest) known = mom_joined_guest_new();

    take(known, told_guest(0, 5000), 10);
    assert_int_equal(major_faults(known, 10), 7); /* vdsm's, for want of a second report */
    take(known, told_guest(5, 5100), 12);
    assert_int_equal(major_faults(known, 12), 20);
    take(known, told_guest(5, 5100), 13); /* no new report: as before, and not 0 */
    assert_int_equal(major_faults(known, 13), 20);
    take(known, told_guest(15, 5153), 25);
    assert_int_equal(major_faults(known, 25), 5);
    take(known, told_guest(20, 12), 30); /* the guest was started anew */
    assert_int_equal(major_faults(known, 30), 7);
    take(known, told_guest(25, 22), 35);
    assert_int_equal(major_faults(known, 35), 2);
}

static void
reports_without_a_date_are_dated_by_their_reading(void **state)
{
    g_autoptr(MomJoinedGuest) known = mom_joined_guest_new();
    const gint64 counts[] = {100, 200, 260};

    for (gint64 i = 0; i < 3; i++) {
        MomGuestData *told = told_guest(0, counts[i]);

        told->report_time_s = MOM_NIL;
        take(known, told, 10 * i);
    }
    assert_int_equal(major_faults(known, 20), 6);
}

static void
what_libvirt_could_not_ask_just_now_is_remembered_for_a_while(void **state)
{
    g_autoptr(MomJoinedGuest) known = mom_joined_guest_new();
    g_autoptr(MomGuestData) soon = NULL, later = NULL;
    MomGuestData *busy = mom_guest_data_new("u0", "n");

    take(known, told_guest(0, 1), 10);
    busy->is_unanswered = TRUE;
    take(known, busy, 20);
    soon = join(known, 20);
    assert_string_equal(soon->data_source, "libvirt");
    assert_int_equal(soon->data_age_s.integer, 10);
    assert_int_equal(soon->mem_unused_kib.integer, 100);
    later = join(known, 26);
    assert_string_equal(later->data_source, "vdsm");
    assert_int_equal(later->data_age_s.integer, 3);
    assert_int_equal(later->mem_unused_kib.integer, 500);
    assert_false(later->is_one_sided);
}

static void
a_guest_that_could_never_be_asked_has_vdsms_numbers(void **state)
{
    g_autoptr(MomJoinedGuest) known = mom_joined_guest_new();
    g_autoptr(MomGuestData) guest = NULL;
    MomGuestData *busy = mom_guest_data_new("u0", "n");

    busy->is_unanswered = TRUE;
    take(known, busy, 20);
    guest = join(known, 20);
    assert_string_equal(guest->data_source, "vdsm");
    assert_int_equal(guest->mem_unused_kib.integer, 500);
}

static void
of_a_guest_that_hangs_nothing_is_known(void **state)
{
    g_autoptr(MomJoinedGuest) known = mom_joined_guest_new();
    g_autoptr(MomGuestData) guest = NULL;
    MomGuestData *hung = told_guest(0, 1);

    take(known, told_guest(0, 1), 10);
    hung->hangs = TRUE;
    take(known, hung, 11);
    guest = join(known, 11);
    assert_true(guest->hangs);
    assert_string_equal(guest->name, "vdsm-name");
    assert_int_equal(guest->pid.integer, 70);
    assert_false(guest->has_memory || guest->has_balloon);
    assert_true(mom_value_is_nil(guest->balloon_cur_kib));
    assert_true(mom_value_is_nil(guest->vcpu_count));
    take(known, told_guest(5, 1), 16);
    g_clear_pointer(&guest, mom_guest_data_free);
    guest = join(known, 16);
    assert_false(guest->hangs);
    assert_int_equal(guest->vcpu_count.integer, 2);
}

/* vdsm's numbers are of the same report, and does not tell how old it is. */
static void
a_report_that_is_too_old_is_not_vdsms_to_tell_either(void **state)
{
    g_autoptr(MomJoinedGuest) known = mom_joined_guest_new();
    g_autoptr(MomGuestData) guest = NULL;
    MomGuestData *stale = mom_guest_data_new("u0", "n");

    stale->data_source = "libvirt";
    stale->is_stale = TRUE;
    stale->report_age_s = mom_value_int(500);
    stale->balloon_cur_kib = mom_value_int(1050);
    take(known, stale, 10);
    guest = join(known, 10);
    assert_true(guest->is_stale);
    assert_false(guest->has_memory);
    assert_true(mom_value_is_nil(guest->mem_unused_kib));
    assert_int_equal(guest->report_age_s.integer, 500);
    assert_true(guest->has_balloon);
    assert_int_equal(guest->balloon_cur_kib.integer, 1050);
}

static void
a_guest_that_libvirt_does_not_know_is_one_sided(void **state)
{
    g_autoptr(MomGuestData) guest = join(NULL, 10);

    assert_true(guest->is_one_sided);
    assert_string_equal(guest->data_source, "vdsm");
    assert_int_equal(guest->mem_unused_kib.integer, 500);
    assert_int_equal(guest->balloon_cur_kib.integer, 1100);
}

static void
the_process_is_libvirts_to_tell_and_stays_what_it_was(void **state)
{
    g_autoptr(MomJoinedGuest) known = mom_joined_guest_new();
    g_autoptr(MomGuestData) listed = listed_guest(), guest = NULL, unknown = NULL;

    listed->pid = MOM_NIL;
    unknown = mom_joined_guest_without(NULL, listed);
    assert_true(mom_value_is_nil(unknown->pid));
    take(known, told_guest(0, 1), 10);
    guest = mom_joined_guest_without(known, listed);
    assert_int_equal(guest->pid.integer, 71);
    assert_string_equal(guest->data_source, "vdsm");
    assert_int_equal(guest->mem_unused_kib.integer, 500);
    assert_false(guest->is_one_sided);
}

/* It may be so that policies must not touch it, and libvirt does not know that. */
static void
a_guest_without_balloon_to_vdsm_has_none(void **state)
{
    g_autoptr(MomJoinedGuest) known = mom_joined_guest_new();
    g_autoptr(MomGuestData) listed = listed_guest(), guest = NULL;

    listed->has_balloon = FALSE;
    take(known, told_guest(0, 1), 10);
    guest = mom_joined_guest_join(known, listed, 10 * SECOND);
    assert_false(guest->has_balloon);
}

static void
disks_stay_vdsms(void **state)
{
    g_autoptr(MomJoinedGuest) known = mom_joined_guest_new();
    g_autoptr(MomGuestData) listed = listed_guest(), guest = NULL;
    MomGuestData *told = told_guest(0, 1);
    MomTuneState disk = {.name = "sda"};

    listed->has_io_tune = TRUE;
    listed->io_states = g_array_new(FALSE, TRUE, sizeof(MomTuneState));
    g_array_append_val(listed->io_states, disk);
    told->io_states = g_array_new(FALSE, TRUE, sizeof(MomTuneState));
    take(known, told, 10);
    guest = mom_joined_guest_join(known, listed, 10 * SECOND);
    assert_true(guest->has_io_tune);
    assert_ptr_equal(guest->io_states, listed->io_states);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_libvirts_and_promises_are_vdsms),
        cmocka_unit_test(counters_become_numbers_per_second_between_two_reports),
        cmocka_unit_test(reports_without_a_date_are_dated_by_their_reading),
        cmocka_unit_test(what_libvirt_could_not_ask_just_now_is_remembered_for_a_while),
        cmocka_unit_test(a_guest_that_could_never_be_asked_has_vdsms_numbers),
        cmocka_unit_test(of_a_guest_that_hangs_nothing_is_known),
        cmocka_unit_test(a_report_that_is_too_old_is_not_vdsms_to_tell_either),
        cmocka_unit_test(a_guest_that_libvirt_does_not_know_is_one_sided),
        cmocka_unit_test(a_guest_without_balloon_to_vdsm_has_none),
        cmocka_unit_test(the_process_is_libvirts_to_tell_and_stays_what_it_was),
        cmocka_unit_test(disks_stay_vdsms),
    };

    return cmocka_run_group_tests_name("joined-guest", tests, NULL, NULL);
}
