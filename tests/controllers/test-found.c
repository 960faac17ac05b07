/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What was found: the first note stays, another process is another guest, and there is a cap; and
 * the guard, which notes what it is about to change, and nothing else.
 */
#include "tests/controllers/recorder.h"

#include "controllers/guard.h"

#define MIB 1024

static MomEntity *
guest_of_pid(const char *uuid, gint64 pid)
{
    const Field fields[] = {{"balloon_cur", mom_value_int(2048 * MIB)},
                            {"balloon_min", mom_value_int(1024 * MIB)},
                            {"balloon_max", mom_value_int(4096 * MIB)},
                            {"vcpu_quota", mom_value_int(-1)},
                            {"vcpu_period", mom_value_int(100000)}};
    MomEntity *guest = entity_with(uuid, fields, G_N_ELEMENTS(fields));

    if (pid)
        mom_entity_set_property(guest, "pid", mom_value_int(pid));
    return guest;
}

static void
the_first_note_stays(void **state)
{
    g_autoptr(MomFound) found = mom_found_new();
    g_autoptr(MomEntity) guest = guest_of_pid("a", 7);
    MomLimits limits = {0};
    const MomFoundGuest *record;

    assert_null(mom_found_lookup(found, guest));
    mom_limits_set(&limits, MOM_LIMIT_READ_IOPS, mom_value_int(5));
    for (int i = 1; i <= 2; i++) {
        mom_found_ksm(found, MOM_KSM_RUN, i);
        mom_found_balloon(found, guest, i);
        mom_found_cpu(found, guest, i, 10 * i);
        mom_found_io(found, guest, "/disk", &limits);
        mom_limits_set(&limits, MOM_LIMIT_READ_IOPS, mom_value_int(6));
        assert_int_equal(found->notes, 4);
    }
    assert_int_equal(found->ksm, MOM_KSM_BIT(MOM_KSM_RUN));
    assert_int_equal(found->ksm_value[MOM_KSM_RUN], 1);
    record = mom_found_lookup(found, guest);
    assert_int_equal(record->balloon_kib, 1);
    assert_int_equal(record->quota_us, 1);
    assert_int_equal(record->period_us, 10);
    limits = *(MomLimits *)g_hash_table_lookup(record->disks, "/disk");
    assert_int_equal(limits.value[MOM_LIMIT_READ_IOPS].integer, 5);
}

static void
another_process_is_another_guest(void **state)
{
    g_autoptr(MomFound) found = mom_found_new();
    g_autoptr(MomEntity) unknown = guest_of_pid("a", 0);
    g_autoptr(MomEntity) first = guest_of_pid("a", 7);
    g_autoptr(MomEntity) second = guest_of_pid("a", 8);

    mom_found_balloon(found, unknown, 1);
    assert_int_equal(mom_found_lookup(found, first)->balloon_kib, 1);
    mom_found_balloon(found, first, 2); /* it may be the same */
    mom_found_cpu(found, first, 2, 2);
    assert_int_equal(mom_found_lookup(found, first)->balloon_kib, 1);
    assert_null(mom_found_lookup(found, second));
    mom_found_balloon(found, second, 3);
    assert_int_equal(mom_found_lookup(found, second)->balloon_kib, 3);
    assert_false(mom_found_lookup(found, second)->has_cpu);
    mom_found_forget(found, "a");
    assert_null(mom_found_lookup(found, second));
}

static void
guests_and_disks_are_only_so_many(void **state)
{
    g_autoptr(MomFound) found = mom_found_new();
    g_autoptr(MomEntity) kept = guest_of_pid("kept", 0);
    MomLimits limits = {0};

    mom_found_balloon(found, kept, 1);
    for (int i = 0; i < MOM_FOUND_GUESTS_MAX + 10; i++) {
        g_autofree char *uuid = g_strdup_printf("%d", i);

        mom_found_guest(found, uuid, 0);
        assert_non_null(mom_found_lookup(found, kept)); /* and used */
    }
    assert_int_equal(g_hash_table_size(found->guests), MOM_FOUND_GUESTS_MAX);
    assert_false(g_hash_table_contains(found->guests, "10"));
    assert_true(g_hash_table_contains(found->guests, "11"));
    for (int i = 0; i < MOM_FOUND_DISKS_MAX + 10; i++) {
        g_autofree char *disk = g_strdup_printf("%d", i);

        mom_found_io(found, kept, disk, &limits);
    }
    assert_int_equal(g_hash_table_size(mom_found_lookup(found, kept)->disks), MOM_FOUND_DISKS_MAX);
}

/* ---- the guard ---- */

typedef struct {
    Recorder *recorder;
    MomGuard *guard;
    MomActuator *actuator;
    MomEntity *host, *guest;
    GPtrArray *guests;
    GString *told;
} Fixture;

static void
tell(const MomGuardReport *report, gpointer data)
{
    if (report->verdict == MOM_GUARD_SENT)
        g_string_append_printf(data, "%s: %s; ", report->knob, report->why ? report->why : "-");
}

static int
setup(void **state)
{
    const Field fields[] = {{"mem_available", mom_value_int(100 * 1024 * MIB)},
                            {"mem_free", mom_value_int(7 * 1024 * MIB)},
                            {"ksm_run", mom_value_int(0)},
                            {"ksm_pages_to_scan", mom_value_int(100)}};
    Fixture *f = g_new0(Fixture, 1);

    f->recorder = recorder_new();
    f->told = g_string_new(NULL);
    f->guard = mom_guard_new(&f->recorder->actuator, tell, f->told);
    f->actuator = mom_guard_actuator(f->guard);
    f->host = entity_with(NULL, fields, G_N_ELEMENTS(fields));
    f->guest = guest_of_pid("a", 7);
    f->guests = g_ptr_array_new();
    g_ptr_array_add(f->guests, f->guest);
    mom_guard_begin_cycle(f->guard, f->host, f->guests, 0);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_guard_free(f->guard);
    recorder_free(f->recorder);
    mom_entity_free(f->host);
    mom_entity_free(f->guest);
    g_ptr_array_unref(f->guests);
    g_string_free(f->told, TRUE);
    g_free(f);
    return 0;
}

static void
what_is_sent_is_noted_as_it_was(void **state)
{
    Fixture *f = *state;
    MomFound *found = mom_guard_found(f->guard);
    MomKsmTune tune = {.present = MOM_KSM_BIT(MOM_KSM_RUN), .value = {[MOM_KSM_RUN] = 1}};

    mom_actuator_set_balloon_target(f->actuator, f->guest, 2048 * MIB, NULL, NULL); /* is set */
    mom_actuator_set_balloon_target(f->actuator, f->guest, 0, NULL, NULL);          /* is refused */
    assert_int_equal(found->notes, 0);
    mom_actuator_set_balloon_target(f->actuator, f->guest, 2000 * MIB, NULL, NULL);
    mom_actuator_set_cpu_tune(f->actuator, f->guest, 50000, 100000, NULL, NULL);
    mom_actuator_set_ksm(f->actuator, f->host, &tune, NULL, NULL);
    assert_int_equal(found->notes, 3);
    assert_int_equal(mom_found_lookup(found, f->guest)->balloon_kib, 2048 * MIB);
    assert_int_equal(mom_found_lookup(found, f->guest)->quota_us, -1);
    assert_int_equal(found->ksm, MOM_KSM_BIT(MOM_KSM_RUN));
    assert_int_equal(found->ksm_value[MOM_KSM_RUN], 0);
    mom_guard_forget(f->guard, "a"); /* it may come back */
    assert_non_null(mom_found_lookup(found, f->guest));
}

static void
a_dry_run_changes_nothing_so_nothing_is_found(void **state)
{
    Fixture *f = *state;
    MomGuardOptions options = {.rails = mom_rail_limits_default,
                               .dry_knobs = 1u << MOM_GUARD_BALLOON};

    assert_false(mom_guard_is_dry(f->guard));
    mom_guard_set_options(f->guard, &options);
    assert_true(mom_guard_is_dry(f->guard));
    mom_actuator_set_balloon_target(f->actuator, f->guest, 2000 * MIB, NULL, NULL);
    assert_int_equal(mom_guard_found(f->guard)->notes, 0);
}

static void
a_release_grows_at_once_into_the_room_and_is_told_as_one(void **state)
{
    Fixture *f = *state;
    gint64 room_kib = 0;

    assert_true(mom_guard_room_kib(f->guard, &room_kib));
    assert_int_equal(room_kib, 2048 * MIB);
    mom_guard_begin_release(f->guard, "the end");
    mom_actuator_set_balloon_target(f->actuator, f->guest, 3500 * MIB, NULL, NULL);
    mom_actuator_set_balloon_target(f->actuator, f->guest, 4000 * MIB, NULL, NULL);
    assert_calls(f->recorder, "a balloon 3584000; a balloon 4096000; ");
    assert_string_equal(f->told->str, "balloon_target: the end; balloon_target: the end; ");
    assert_true(mom_guard_room_kib(f->guard, &room_kib));
    assert_int_equal(room_kib, (2048 - (4000 - 2048)) * MIB);
    assert_int_equal(mom_guard_found(f->guard)->notes, 0);
}

/* A pause before deciding anew, or a guest that is tried rarely, is no reason at the end. */
static void
what_was_held_back_is_released_all_the_same(void **state)
{
    Fixture *f = *state;

    mom_guard_hold(f->guard, "only looking");
    mom_guard_begin_release(f->guard, "the end");
    mom_actuator_set_balloon_target(f->actuator, f->guest, 3500 * MIB, NULL, NULL);
    assert_calls(f->recorder, "a balloon 3584000; ");
}

static void
one_that_does_not_follow_is_released_all_the_same(void **state)
{
    Fixture *f = *state;

    for (gint64 second = 0; f->recorder->n_calls < 3; second += 10) {
        mom_guard_begin_cycle(f->guard, f->host, f->guests, second * G_USEC_PER_SEC);
        mom_actuator_set_balloon_target(f->actuator, f->guest, 2000 * MIB, NULL, NULL);
    }
    assert_true(mom_guard_is_stuck(f->guard, "a")); /* and was tried a moment ago */
    g_string_truncate(f->recorder->log, 0);
    mom_guard_begin_release(f->guard, "the end");
    mom_actuator_set_balloon_target(f->actuator, f->guest, 2048 * MIB, NULL, NULL);
    assert_calls(f->recorder, "a balloon 2097152; ");
}

static void
of_an_unknown_host_there_is_no_room(void **state)
{
    Fixture *f = *state;
    gint64 room_kib = 5;

    mom_guard_begin_cycle(f->guard, NULL, f->guests, 0);
    assert_false(mom_guard_room_kib(f->guard, &room_kib));
    assert_int_equal(room_kib, 5);
}

static void
where_a_balloon_goes(void **state)
{
    Fixture *f = *state;
    gint64 present_kib = 2048 * MIB;

    assert_int_equal(mom_guard_heading_kib(f->guard, f->guest, present_kib), present_kib);
    mom_actuator_set_balloon_target(f->actuator, f->guest, 2000 * MIB, NULL, NULL);
    assert_int_equal(mom_guard_heading_kib(f->guard, f->guest, present_kib), 2000 * MIB);
    mom_guard_forget_sent(f->guard);
    assert_int_equal(mom_guard_heading_kib(f->guard, f->guest, present_kib), present_kib);
}

#define with_guard(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_note_stays),
        cmocka_unit_test(another_process_is_another_guest),
        cmocka_unit_test(guests_and_disks_are_only_so_many),
        with_guard(what_is_sent_is_noted_as_it_was),
        with_guard(a_dry_run_changes_nothing_so_nothing_is_found),
        with_guard(a_release_grows_at_once_into_the_room_and_is_told_as_one),
        with_guard(what_was_held_back_is_released_all_the_same),
        with_guard(one_that_does_not_follow_is_released_all_the_same),
        with_guard(of_an_unknown_host_there_is_no_room),
        with_guard(where_a_balloon_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
