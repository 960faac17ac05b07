/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Letting go at the end, in virtual time: what was changed goes back as far as the host has room,
 * what was not is left alone, and whoever does not answer is not waited for.
 */
#include <gio/gio.h>
#include <string.h>

#include "tests/agent/engine/release-fixture.h"
#include "tests/agent/kept-log.h"

/* ---- what goes back ---- */

static void
test_every_knob_goes_back_to_what_was_found(void **state)
{
    Fixture *f = *state;
    MomGuestData *guest = add_guest(f, "a", 3 * GB);

    add_guest(f, "left", 1 * GB);
    add_disk(guest);
    manage(f);
    mom_limits_set(&g_array_index(guest->io_states, MomTuneState, 0).io_tune, MOM_LIMIT_READ_IOPS,
                   mom_value_int(100));
    release(f, MOM_ON_STOP_RELEASE);
    assert_calls(f->recorder,
                 "ksm run=0 pages_to_scan=100; a cpu -1/100000; a io vda(total_bytes_sec=0 "
                 "read_bytes_sec=0 write_bytes_sec=0 total_iops_sec=0 read_iops_sec=0 "
                 "write_iops_sec=0 ); a balloon 3000000; ");
    assert_int_equal(f->released, 1);
    assert_non_null(strstr(told->str, "I:Releasing what was changed;"));
    assert_non_null(strstr(told->str, "I:Released: 4 calls went well, 0 did not;"));
    assert_non_null(strstr(told->str, "momd stops, and what it changed goes back"));
    /* Nothing of it is found any more. */
    assert_int_equal(mom_engine_found(f->peers->engine)->ksm, 0);
    assert_int_equal(g_hash_table_size(mom_engine_found(f->peers->engine)->guests), 0);
    /* And nothing follows. */
    virtual_clock_advance(f->peers->clock, 60 * SECOND);
    mom_engine_hint(f->peers->engine, "a test");
    virtual_clock_advance(f->peers->clock, 60 * SECOND);
    assert_calls(f->recorder, "");
    assert_int_equal(f->released, 1);
}

static void
test_what_was_set_to_what_it_was_is_no_call(void **state)
{
    Fixture *f = *state;

    add_guest(f, "left", 1 * GB);
    manage(f);
    write_ksm(f->peers->root, "1\n", "100\n"); /* somebody else was quicker */
    release(f, MOM_ON_STOP_RELEASE);
    assert_calls(f->recorder, "ksm run=0; ");
    assert_int_equal(f->released, 1);
}

/* Where a hypervisor tells neither quota nor period policies see 0, which is no period. */
static void
test_a_quota_where_none_was_told_is_taken_away(void **state)
{
    Fixture *f = *state;
    MomGuestData *guest = add_guest(f, "a", 2 * GB);

    guest->vcpu_quota_us = guest->vcpu_period_us = MOM_NIL;
    engine_write_file(f->peers->policy_dir, "20-more.policy",
                      "(with Guests guest (guest.Control \"vcpu_period\" 50000))\n");
    manage(f);
    guest->vcpu_period_us = mom_value_int(50000);
    virtual_clock_advance(f->peers->clock, 10 * SECOND);
    release(f, MOM_ON_STOP_RELEASE);
    assert_calls(f->recorder, "ksm run=0 pages_to_scan=100; a cpu -1/50000; ");
    assert_int_equal(g_hash_table_size(mom_engine_found(f->peers->engine)->guests), 0);
}

/* ---- the host's room ---- */

static void
test_the_room_is_shared_and_the_reserve_kept(void **state)
{
    Fixture *f = *state;

    add_guest(f, "a", 3 * GB);
    add_guest(f, "b", 4 * GB);
    manage(f);
    engine_write_host(f->peers, 5 * GB / 10 + 6 * GB / 10); /* 0.6 for 1 and 2 */
    release(f, MOM_ON_STOP_RELEASE);
    assert_balloons(f, "a balloon 2200000; b balloon 2400000; ");
    assert_int_equal(f->released, 1);
    /* Their claims stay, for the next life. */
    assert_int_equal(g_hash_table_size(mom_engine_found(f->peers->engine)->guests), 2);
}

static void
test_who_is_in_need_comes_first(void **state)
{
    Fixture *f = *state;
    MomGuestData *needy;

    add_guest(f, "a", 3 * GB);
    needy = add_guest(f, "b", 3 * GB);
    manage(f);
    needy->has_memory = TRUE;
    needy->mem_available_kib = mom_value_int(2 * GB);
    needy->mem_unused_kib = mom_value_int(1000);
    engine_write_host(f->peers, 5 * GB / 10 + 12 * GB / 10);
    release(f, MOM_ON_STOP_RELEASE);
    assert_balloons(f, "a balloon 2200000; b balloon 3000000; ");
}

static void
test_a_host_without_room_gives_nothing(void **state)
{
    Fixture *f = *state;

    add_guest(f, "a", 3 * GB);
    manage(f);
    engine_write_host(f->peers, 4 * GB / 10);
    release(f, MOM_ON_STOP_RELEASE);
    assert_balloons(f, "");
    assert_int_equal(f->released, 1);
}

static void
test_an_unreadable_host_gives_nothing(void **state)
{
    Fixture *f = *state;

    add_guest(f, "a", 3 * GB);
    manage(f);
    engine_write_file(f->peers->root, "proc/meminfo", "");
    release(f, MOM_ON_STOP_RELEASE);
    assert_balloons(f, "");
    assert_non_null(
        strstr(told->str, "W:The balloons stay: what memory the host has is not known;"));
    assert_int_equal(f->released, 1);
}

/* It still has what it is to give up: that costs the host nothing. */
static void
test_a_guest_on_its_way_down_is_called_back(void **state)
{
    Fixture *f = *state;
    MomGuestData *guest = add_guest(f, "a", 3 * GB);

    manage(f);
    guest->balloon_cur_kib = mom_value_int(2 * GB); /* and now something else, lower */
    virtual_clock_advance(f->peers->clock, 10 * SECOND);
    engine_write_file(f->peers->policy_dir, "20-more.policy",
                      "(with Guests guest (guest.Control \"balloon_target\" 1500000))\n");
    assert_true(mom_engine_reread_policies(f->peers->engine, "", f->peers->policy_dir, NULL));
    virtual_clock_advance(f->peers->clock, 10 * SECOND);
    assert_balloons(f, "a balloon 1500000; ");
    g_string_truncate(f->recorder->log, 0);
    engine_write_host(f->peers, 4 * GB / 10);
    release(f, MOM_ON_STOP_RELEASE);
    assert_balloons(f, "a balloon 2000000; ");
}

/* ---- who takes part ---- */

static void
test_maximum_is_for_guests_that_were_not_touched_too(void **state)
{
    Fixture *f = *state;

    add_guest(f, "a", 3 * GB);
    add_guest(f, "left", 3 * GB);
    manage(f);
    release(f, MOM_ON_STOP_MAXIMUM);
    assert_balloons(f, "a balloon 4000000; left balloon 4000000; ");
}

static void
test_nothing_is_taken_from_a_guest(void **state)
{
    Fixture *f = *state;

    add_guest(f, "a", 1 * GB); /* it was given 1 more */
    manage(f);
    release(f, MOM_ON_STOP_RELEASE);
    assert_balloons(f, "");
}

static void
test_a_guest_that_may_not_be_touched_is_not(void **state)
{
    Fixture *f = *state;
    MomGuestData *guest = add_guest(f, "a", 3 * GB);

    manage(f);
    guest->ballooning_enabled = mom_value_bool(FALSE);
    release(f, MOM_ON_STOP_RELEASE);
    assert_balloons(f, "");
    assert_int_equal(f->released, 1);
}

static void
test_a_guest_that_was_started_anew_is_left_alone(void **state)
{
    Fixture *f = *state;
    MomGuestData *guest = add_guest(f, "a", 3 * GB);

    guest->pid = mom_value_int(7);
    manage(f);
    guest->pid = mom_value_int(8);
    release(f, MOM_ON_STOP_RELEASE);
    assert_balloons(f, "");
}

static void
test_a_dry_run_sends_nothing(void **state)
{
    static const MomController *const nobody[] = {NULL};
    Fixture *f = *state;

    add_guest(f, "a", 3 * GB);
    manage(f);
    f->guard.dry_knobs = ~0u;
    mom_engine_reconfigure(f->peers->engine,
                           &(MomEngineOptions){.controllers = nobody, .guard = &f->guard});
    release(f, MOM_ON_STOP_RELEASE);
    assert_calls(f->recorder, "");
    assert_int_equal(f->released, 1);
    assert_non_null(strstr(told->str, "balloon_target"));
    /* Nothing went back in truth. */
    assert_int_equal(g_hash_table_size(mom_engine_found(f->peers->engine)->guests), 1);
}

/* ---- what is not undone stays found ---- */

static const MomFoundGuest *
found_of(Fixture *f, const char *uuid)
{
    return g_hash_table_lookup(mom_engine_found(f->peers->engine)->guests, uuid);
}

/* vdsm takes fewer keys of KSM than can be turned while libvirt stands in for it. */
static void
test_what_cannot_be_turned_this_way_stays_found(void **state)
{
    Fixture *f = *state;

    manage(f);
    f->recorder->ksm_keys = MOM_KSM_BIT(MOM_KSM_RUN);
    release(f, MOM_ON_STOP_RELEASE);
    assert_calls(f->recorder, "ksm run=0; ");
    assert_true(mom_engine_found(f->peers->engine)->ksm & MOM_KSM_BIT(MOM_KSM_PAGES_TO_SCAN));
}

/* The kernel changes merge_across_nodes only while nothing is merged. */
static void
test_what_the_kernel_would_refuse_stays_found(void **state)
{
    Fixture *f = *state;
    guint merge = MOM_KSM_BIT(MOM_KSM_MERGE_ACROSS_NODES);

    add_guest(f, "a", 3 * GB);
    manage(f);
    mom_found_ksm(mom_engine_found(f->peers->engine), MOM_KSM_MERGE_ACROSS_NODES, 1);
    engine_write_file(f->peers->root, "sys/kernel/mm/ksm/pages_shared", "100\n");
    release(f, MOM_ON_STOP_RELEASE);
    assert_int_equal(f->released, 1);
    assert_int_equal(mom_engine_found(f->peers->engine)->ksm, merge);
    assert_int_equal(mom_engine_found(f->peers->engine)->ksm_value[MOM_KSM_MERGE_ACROSS_NODES], 1);
    assert_null(found_of(f, "a"));
}

/* As of a guest that vdsm, just back, lists without its balloon. */
static void
test_a_balloon_of_unknown_size_stays_found(void **state)
{
    Fixture *f = *state;
    MomGuestData *guest = add_guest(f, "a", 3 * GB);

    manage(f);
    guest->has_balloon = FALSE;
    release(f, MOM_ON_STOP_RELEASE);
    assert_balloons(f, "");
    assert_non_null(found_of(f, "a"));
    assert_int_equal(found_of(f, "a")->balloon_kib, 3 * GB);
}

static void
test_disks_that_are_not_told_stay_found(void **state)
{
    Fixture *f = *state;
    MomGuestData *guest = add_guest(f, "a", 3 * GB);

    add_disk(guest);
    manage(f);
    guest->has_io_tune = FALSE;
    release(f, MOM_ON_STOP_RELEASE);
    assert_non_null(found_of(f, "a"));
    assert_int_equal(g_hash_table_size(found_of(f, "a")->disks), 1);
}

/* ---- those that do not answer ---- */

static void
test_failing_calls_are_told_and_their_claims_kept(void **state)
{
    Fixture *f = *state;

    add_guest(f, "a", 3 * GB);
    manage(f);
    f->recorder->fail = TRUE;
    release(f, MOM_ON_STOP_RELEASE);
    assert_int_equal(f->released, 1);
    assert_non_null(strstr(told->str, "I:Released: 0 calls went well, 3 did not;"));
    assert_int_equal(g_hash_table_size(mom_engine_found(f->peers->engine)->guests), 1);
    assert_int_equal(mom_engine_found(f->peers->engine)->ksm,
                     MOM_KSM_BIT(MOM_KSM_RUN) | MOM_KSM_BIT(MOM_KSM_PAGES_TO_SCAN));
}

static void
test_answers_are_waited_for(void **state)
{
    Fixture *f = *state;

    add_guest(f, "a", 3 * GB);
    manage(f);
    f->recorder->later = TRUE;
    release(f, MOM_ON_STOP_RELEASE);
    virtual_clock_advance(f->peers->clock, 4 * SECOND);
    assert_int_equal(f->released, 0);
    recorder_answer(f->recorder, NULL);
    assert_int_equal(f->released, 1);
    virtual_clock_advance(f->peers->clock, 60 * SECOND);
    assert_int_equal(f->released, 1);
}

static void
test_answers_are_not_waited_for_longer_than_that(void **state)
{
    Fixture *f = *state;

    add_guest(f, "a", 3 * GB);
    manage(f);
    f->recorder->later = TRUE;
    release(f, MOM_ON_STOP_RELEASE);
    virtual_clock_advance(f->peers->clock, MOM_RELEASE_DEADLINE_US - 1);
    assert_int_equal(f->released, 0);
    virtual_clock_advance(f->peers->clock, 1);
    assert_int_equal(f->released, 1);
    assert_non_null(strstr(told->str, "W:Released in part: 3 of 3 calls are not answered;"));
    recorder_answer(f->recorder, NULL); /* late */
    assert_int_equal(f->released, 1);
    assert_int_equal(g_hash_table_size(mom_engine_found(f->peers->engine)->guests), 1);
}

static void
test_a_source_that_is_away_costs_the_guests_only(void **state)
{
    Fixture *f = *state;

    add_guest(f, "a", 3 * GB);
    manage(f);
    g_clear_pointer(&f->peers->guests, g_ptr_array_unref);
    release(f, MOM_ON_STOP_RELEASE);
    assert_calls(f->recorder, "ksm run=0 pages_to_scan=100; ");
    assert_non_null(strstr(told->str, "W:No guest is released: test: away;"));
    assert_int_equal(f->released, 1);
}

static void
test_a_source_that_does_not_answer_is_not_waited_for(void **state)
{
    Fixture *f = *state;

    add_guest(f, "a", 3 * GB);
    manage(f);
    f->peers->silent = TRUE;
    release(f, MOM_ON_STOP_RELEASE);
    virtual_clock_advance(f->peers->clock, MOM_RELEASE_DEADLINE_US);
    assert_int_equal(f->released, 1);
    assert_non_null(strstr(told->str, "W:Nothing is released: test does not answer;"));
    engine_answer(f->peers); /* late */
    assert_calls(f->recorder, "");
    assert_int_equal(f->released, 1);
}

/* It would come to pass behind what is released, and stay. */
static void
test_what_is_under_way_is_waited_for(void **state)
{
    Fixture *f = *state;

    add_guest(f, "a", 3 * GB);
    manage(f);
    f->recorder->later = TRUE;
    engine_write_file(f->peers->policy_dir, "20-more.policy",
                      "(with Guests guest (guest.Control \"balloon_target\" 1500000))\n");
    assert_true(mom_engine_reread_policies(f->peers->engine, "", f->peers->policy_dir, NULL));
    virtual_clock_advance(f->peers->clock, 10 * SECOND);
    assert_balloons(f, "a balloon 1500000; ");
    g_string_truncate(f->recorder->log, 0);
    f->recorder->later = FALSE;
    release(f, MOM_ON_STOP_RELEASE);
    assert_calls(f->recorder, "");
    assert_int_equal(f->released, 0);
    recorder_answer(f->recorder, NULL);
    assert_balloons(f, "a balloon 3000000; ");
    assert_int_equal(f->released, 1);
}

/* The question that was open at the stop is the one that counts. */
static void
test_an_open_question_is_not_asked_twice(void **state)
{
    Fixture *f = *state;

    add_guest(f, "a", 3 * GB);
    manage(f);
    f->peers->silent = TRUE;
    virtual_clock_advance(f->peers->clock, 5 * SECOND);
    assert_non_null(f->peers->done);
    release(f, MOM_ON_STOP_RELEASE);
    assert_int_equal(f->released, 0);
    engine_answer(f->peers);
    assert_balloons(f, "a balloon 3000000; ");
    assert_int_equal(f->released, 1);
}

/* Whoever does not wait lets go of the question, and its end must start nothing. */
static void
test_an_abandoned_release_sends_nothing_any_more(void **state)
{
    Fixture *f = *state;

    add_guest(f, "a", 3 * GB);
    manage(f);
    f->peers->silent = TRUE;
    release(f, MOM_ON_STOP_RELEASE);
    mom_engine_stop(f->peers->engine);
    g_clear_pointer(&f->peers->guests, g_ptr_array_unref);
    engine_answer(f->peers);
    virtual_clock_advance(f->peers->clock, 60 * SECOND);
    assert_calls(f->recorder, "");
    assert_int_equal(f->released, 0);
}

static void
test_the_words(void **state)
{
    MomOnStop how = MOM_ON_STOP_MAXIMUM;

    assert_true(mom_on_stop_parse("leave", &how) && how == MOM_ON_STOP_LEAVE);
    assert_true(mom_on_stop_parse("release", &how) && how == MOM_ON_STOP_RELEASE);
    assert_true(mom_on_stop_parse("maximum", &how) && how == MOM_ON_STOP_MAXIMUM);
    assert_false(mom_on_stop_parse("Leave", &how));
    assert_false(mom_on_stop_parse("", &how));
    assert_int_equal(how, MOM_ON_STOP_MAXIMUM);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, release_setup, release_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_every_knob_goes_back_to_what_was_found),
        CASE(test_what_was_set_to_what_it_was_is_no_call),
        CASE(test_a_quota_where_none_was_told_is_taken_away),
        CASE(test_the_room_is_shared_and_the_reserve_kept),
        CASE(test_who_is_in_need_comes_first),
        CASE(test_a_host_without_room_gives_nothing),
        CASE(test_an_unreadable_host_gives_nothing),
        CASE(test_a_guest_on_its_way_down_is_called_back),
        CASE(test_maximum_is_for_guests_that_were_not_touched_too),
        CASE(test_nothing_is_taken_from_a_guest),
        CASE(test_a_guest_that_may_not_be_touched_is_not),
        CASE(test_a_guest_that_was_started_anew_is_left_alone),
        CASE(test_a_dry_run_sends_nothing),
        CASE(test_what_cannot_be_turned_this_way_stays_found),
        CASE(test_what_the_kernel_would_refuse_stays_found),
        CASE(test_a_balloon_of_unknown_size_stays_found),
        CASE(test_disks_that_are_not_told_stay_found),
        CASE(test_failing_calls_are_told_and_their_claims_kept),
        CASE(test_answers_are_waited_for),
        CASE(test_answers_are_not_waited_for_longer_than_that),
        CASE(test_a_source_that_is_away_costs_the_guests_only),
        CASE(test_a_source_that_does_not_answer_is_not_waited_for),
        CASE(test_what_is_under_way_is_waited_for),
        CASE(test_an_open_question_is_not_asked_twice),
        CASE(test_an_abandoned_release_sends_nothing_any_more),
        cmocka_unit_test(test_the_words),
    };
    int result;

    kept_log_begin();
    result = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return result;
}
