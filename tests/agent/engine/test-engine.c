/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cycle in virtual time: real policies, collectors, controllers and guard between a source and
 * an actuator of the test's own.
 *
 * What is asserted is what reaches the actuator, and when the source is asked.
 */
#include "tests/agent/engine-fixture.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

static void
test_the_first_cycle_acts_at_once(void **state)
{
    EngineFixture *f = *state;

    engine_add_guest(f, "a", 3000000);
    engine_add_guest(f, "b", 3500000);
    engine_start(f);
    engine_assert_calls(f, "a 2000000, b 2000000");
    assert_int_equal(mom_engine_cycles(f->engine), 1);
}

static void
test_a_target_that_is_reached_is_not_sent_again(void **state)
{
    EngineFixture *f = *state;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_assert_calls(f, "a 2000000");
    engine_forget_guests(f);
    engine_add_guest(f, "a", 2000000);
    virtual_clock_advance(f->clock, 3600 * SECOND);
    engine_assert_calls(f, "");
    assert_int_equal(mom_engine_cycles(f->engine), 361);
}

static void
test_guests_are_sampled_between_decisions(void **state)
{
    EngineFixture *f = *state;

    engine_start(f);
    virtual_clock_advance(f->clock, 20 * SECOND);
    assert_int_equal(f->asked, 5);
    assert_int_equal(mom_engine_cycles(f->engine), 3);
    /* The start and the first cycle are one instant, and one sample. */
    assert_int_equal(mom_entity_n_samples(mom_engine_host(f->engine)), 5);
}

static void
test_guests_come_and_go(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GPtrArray) ready = NULL;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_forget_guests(f);
    engine_add_guest(f, "b", 3000000);
    virtual_clock_advance(f->clock, 10 * SECOND);
    engine_assert_calls(f, "a 2000000, b 2000000");
    ready = mom_engine_guests(f->engine);
    assert_int_equal(ready->len, 1);
    assert_string_equal(mom_entity_get_string_property(g_ptr_array_index(ready, 0), "name"), "b");
}

static void
test_without_guest_data_nothing_is_decided_and_nobody_is_forgotten(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GPtrArray) ready = NULL;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_assert_calls(f, "a 2000000");
    g_clear_pointer(&f->guests, g_ptr_array_unref);
    virtual_clock_advance(f->clock, 60 * SECOND);
    engine_assert_calls(f, "");
    assert_int_equal(mom_engine_cycles(f->engine), 1);
    ready = mom_engine_guests(f->engine);
    assert_int_equal(ready->len, 1);
    assert_true(mom_entity_n_samples(mom_engine_host(f->engine)) > 2);
}

static void
test_a_source_that_is_away_is_one_warning_however_long(void **state)
{
    EngineFixture *f = *state;

    g_clear_pointer(&f->guests, g_ptr_array_unref);
    f->error_code = G_IO_ERROR_FAILED;
    engine_start(f);
    virtual_clock_advance(f->clock, 60 * SECOND);
    engine_forget_guests(f);
    virtual_clock_advance(f->clock, 60 * SECOND);
    assert_string_equal(told->str, "W:No guest data from test, nothing is decided: away;"
                                   "I:Guest data comes again;");
}

/* The source has told it, and its end. */
static void
test_a_source_that_is_not_connected_is_in_the_status_only(void **state)
{
    EngineFixture *f = *state;

    g_clear_pointer(&f->guests, g_ptr_array_unref);
    engine_start(f);
    virtual_clock_advance(f->clock, 60 * SECOND);
    assert_string_equal(mom_engine_source_fault(f->engine),
                        "No guest data from test, nothing is decided: away");
    engine_forget_guests(f);
    virtual_clock_advance(f->clock, 60 * SECOND);
    assert_null(mom_engine_source_fault(f->engine));
    assert_string_equal(told->str, "");
}

static void
test_a_source_that_was_restarted_is_sent_again_what_it_lost(void **state)
{
    EngineFixture *f = *state;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_assert_calls(f, "a 2000000");
    virtual_clock_advance(f->clock, 20 * SECOND);
    engine_assert_calls(f, "");
    mom_engine_reconnected(f->engine, "a test");
    virtual_clock_advance(f->clock, SECOND);
    engine_assert_calls(f, "a 2000000");
    virtual_clock_advance(f->clock, 20 * SECOND);
    engine_assert_calls(f, "");
}

static void
test_a_source_that_needs_time_is_no_warning(void **state)
{
    EngineFixture *f = *state;

    g_clear_pointer(&f->guests, g_ptr_array_unref);
    f->error_code = G_IO_ERROR_BUSY;
    engine_start(f);
    virtual_clock_advance(f->clock, 60 * SECOND);
    assert_int_equal(mom_engine_cycles(f->engine), 0);
    engine_forget_guests(f);
    virtual_clock_advance(f->clock, 60 * SECOND);
    assert_true(mom_engine_cycles(f->engine) > 0);
    assert_string_equal(told->str, "I:Waiting for test, nothing is decided: away;I:test is ready;");
}

static void
test_a_slow_answer_is_not_asked_for_twice(void **state)
{
    EngineFixture *f = *state;

    f->silent = TRUE;
    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    virtual_clock_advance(f->clock, 100 * SECOND);
    assert_int_equal(f->asked, 1);
    engine_assert_calls(f, "");
    engine_answer(f);
    virtual_clock_advance(f->clock, 0);
    engine_assert_calls(f, "a 2000000");
    virtual_clock_advance(f->clock, 10 * SECOND);
    assert_int_equal(f->asked, 2);
}

static void
test_policies_see_whom_the_rails_leave_alone(void **state)
{
    EngineFixture *f = *state;

    engine_write_file(f->policy_dir, "20-seen.policy",
                      "(with Guests guest (if guest.balloon_allowed 0\n"
                      "  (Host.Control guest.balloon_refusal 1)))\n");
    engine_add_guest(f, "a", 3000000);
    engine_add_guest(f, "b", 3000000);
    ((MomGuestData *)g_ptr_array_index(f->guests, 1))->ballooning_enabled = mom_value_bool(FALSE);
    engine_start(f);
    engine_assert_calls(f, "a 2000000");
    assert_non_null(mom_entity_get_control(mom_engine_host(f->engine), "balloon-disabled"));
    assert_int_equal(mom_entity_n_controls(mom_engine_host(f->engine)), 1);
}

static void
test_an_answer_after_the_stop_is_dropped(void **state)
{
    EngineFixture *f = *state;

    f->silent = TRUE;
    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    mom_engine_stop(f->engine);
    engine_answer(f);
    engine_assert_calls(f, "");
}

static void
test_hints_bring_the_next_cycle_forward_but_not_faster_than_a_second(void **state)
{
    EngineFixture *f = *state;

    engine_start(f);
    for (int i = 0; i < 100; i++) {
        mom_engine_hint(f->engine, "a test");
        virtual_clock_advance(f->clock, SECOND / 100);
    }
    assert_int_equal(mom_engine_cycles(f->engine), 2);
    virtual_clock_advance(f->clock, 3 * SECOND);
    assert_int_equal(mom_engine_cycles(f->engine), 2);
}

static void
test_samples_keep_step_with_decisions_after_a_hint(void **state)
{
    EngineFixture *f = *state;
    guint asked;

    engine_start(f);
    virtual_clock_advance(f->clock, 3 * SECOND);
    mom_engine_hint(f->engine, "a test");
    virtual_clock_advance(f->clock, 0);
    asked = f->asked;
    assert_int_equal(asked, 2);
    virtual_clock_advance(f->clock, 40 * SECOND);
    assert_int_equal(f->asked - asked, 8);
    /* The start, the eight since the hint; the one of the hint came early and gave way. */
    assert_int_equal(mom_entity_n_samples(mom_engine_host(f->engine)), 9);
    assert_int_equal(mom_engine_cycles(f->engine), 6);
}

/* Fails on what guests are, which no trial without guests can tell. */

static void
test_a_host_that_cannot_be_read_stops_decisions_until_it_can(void **state)
{
    EngineFixture *f = *state;

    engine_write_file(f->root, "proc/meminfo", "nonsense\n");
    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_assert_calls(f, "");
    engine_write_host(f, 1000000);
    virtual_clock_advance(f->clock, 10 * SECOND);
    engine_assert_calls(f, "a 2000000");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(test_the_first_cycle_acts_at_once),
        ENGINE_TEST(test_a_target_that_is_reached_is_not_sent_again),
        ENGINE_TEST(test_guests_are_sampled_between_decisions),
        ENGINE_TEST(test_guests_come_and_go),
        ENGINE_TEST(test_without_guest_data_nothing_is_decided_and_nobody_is_forgotten),
        ENGINE_TEST(test_a_source_that_is_away_is_one_warning_however_long),
        ENGINE_TEST(test_a_source_that_is_not_connected_is_in_the_status_only),
        ENGINE_TEST(test_a_source_that_was_restarted_is_sent_again_what_it_lost),
        ENGINE_TEST(test_a_source_that_needs_time_is_no_warning),
        ENGINE_TEST(test_a_slow_answer_is_not_asked_for_twice),
        ENGINE_TEST(test_policies_see_whom_the_rails_leave_alone),
        ENGINE_TEST(test_an_answer_after_the_stop_is_dropped),
        ENGINE_TEST(test_hints_bring_the_next_cycle_forward_but_not_faster_than_a_second),
        ENGINE_TEST(test_samples_keep_step_with_decisions_after_a_hint),
        ENGINE_TEST(test_a_host_that_cannot_be_read_stops_decisions_until_it_can),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
