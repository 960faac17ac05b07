/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the service manager hears, in virtual time, of a real engine over a real datagram socket.
 */
#include "agent/supervisor.h"

#include <gio/gio.h>
#include <string.h>

#include "tests/agent/engine-fixture.h"
#include "tests/agent/kept-log.h"
#include "tests/agent/notify-socket.h"
#include "tests/mom-test.h"

#define PATIENCE_S 90
#define IDLE "0 guests, host 10 % free, test connected"

typedef struct {
    EngineFixture *engine;
    NotifySocket *socket;
    MomSupervisor *supervisor;
} Fixture;

static int
setup_with(void **state, gint64 watchdog_us)
{
    Fixture *f = g_new0(Fixture, 1);
    void *engine;

    engine_setup(&engine);
    f->engine = engine;
    f->socket = notify_socket_new(FALSE);
    f->supervisor = mom_supervisor_new(&(MomSupervisorOptions){
        .engine = f->engine->engine,
        .clock = virtual_clock_base(f->engine->clock),
        .notify = mom_notify_new(notify_socket_address(f->socket)),
        .watchdog_us = watchdog_us,
        .patience_us = PATIENCE_S * SECOND,
    });
    *state = f;
    return 0;
}

static int
setup(void **state)
{
    return setup_with(state, 0);
}

static int
setup_watched(void **state)
{
    return setup_with(state, 60 * SECOND);
}

static int
teardown(void **state)
{
    Fixture *f = *state;
    void *engine = f->engine;

    mom_supervisor_free(f->supervisor);
    notify_socket_free(f->socket);
    g_free(f);
    return engine_teardown(&engine);
}

static void
start(Fixture *f)
{
    mom_engine_start(f->engine->engine);
    mom_supervisor_start(f->supervisor);
    virtual_clock_advance(f->engine->clock, 0);
}

static void
wait_s(Fixture *f, gint64 seconds)
{
    virtual_clock_advance(f->engine->clock, seconds * SECOND);
}

static void
assert_heard(Fixture *f, const char *expected)
{
    g_autofree char *heard = notify_socket_take_all(f->socket);

    assert_string_equal(heard, expected);
}

/* ---- ready ---- */

static void
test_ready_when_the_first_cycle_has_been_tried(void **state)
{
    Fixture *f = *state;

    start(f);
    assert_heard(f, "READY=1\nSTATUS=" IDLE);
    wait_s(f, 600);
    assert_heard(f, "");
}

static void
test_ready_too_if_the_hypervisor_is_away(void **state)
{
    Fixture *f = *state;

    g_clear_pointer(&f->engine->guests, g_ptr_array_unref);
    start(f);
    assert_heard(f, "READY=1\nSTATUS=waiting for test: away");
}

static void
test_ready_in_time_if_the_hypervisor_says_nothing(void **state)
{
    Fixture *f = *state;

    f->engine->silent = TRUE;
    start(f);
    wait_s(f, 4);
    assert_heard(f, "");
    wait_s(f, 1);
    assert_heard(f, "READY=1\nSTATUS=waiting for test");
    engine_answer(f->engine);
    wait_s(f, 5);
    assert_heard(f, "STATUS=" IDLE);
}

static void
test_what_cannot_be_delivered_is_sent_again(void **state)
{
    Fixture *f = *state;

    notify_socket_close(f->socket);
    start(f);
    wait_s(f, 3);
    notify_socket_open(f->socket);
    assert_heard(f, "");
    wait_s(f, 1);
    assert_heard(f, "READY=1\nSTATUS=" IDLE);
}

/* ---- status ---- */

static void
test_a_change_is_told_once(void **state)
{
    Fixture *f = *state;

    start(f);
    notify_socket_drop_all(f->socket);
    engine_add_guest(f->engine, "a", 3000000);
    wait_s(f, 60);
    assert_heard(f, "STATUS=1 guest, host 10 % free, test connected");
    g_clear_pointer(&f->engine->guests, g_ptr_array_unref);
    wait_s(f, 60);
    assert_heard(f, "STATUS=waiting for test: away");
}

static void
test_changes_are_rate_limited_and_the_last_one_is_told(void **state)
{
    Fixture *f = *state;

    start(f);
    wait_s(f, 9);
    notify_socket_drop_all(f->socket);
    for (guint i = 0; i < 4; i++) {
        g_autofree char *uuid = g_strdup_printf("vm-%u", i);

        engine_add_guest(f->engine, uuid, 3000000);
        mom_engine_hint(f->engine->engine, "a guest came");
        wait_s(f, 1);
    }
    assert_heard(f, "STATUS=1 guest, host 10 % free, test connected");
    wait_s(f, 5);
    assert_heard(f, "STATUS=4 guests, host 10 % free, test connected");
}

/* ---- reload and stop ---- */

static void
test_a_reload_is_told_as_two(void **state)
{
    Fixture *f = *state;
    g_autofree char *expected = NULL;

    mom_supervisor_reloading(f->supervisor); /* during the start nobody is told */
    mom_supervisor_reloaded(f->supervisor);
    assert_heard(f, "");
    start(f);
    notify_socket_drop_all(f->socket);
    expected = g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT
                               "\nSTATUS=reloading | READY=1\nSTATUS=%s",
                               mom_clock_now_us(virtual_clock_base(f->engine->clock)), IDLE);
    mom_supervisor_reloading(f->supervisor);
    mom_supervisor_reloaded(f->supervisor);
    assert_heard(f, expected);
    mom_supervisor_reloading(NULL);
    mom_supervisor_reloaded(NULL);
}

static void
test_stopping_is_the_last_word(void **state)
{
    Fixture *f = *state;

    start(f);
    notify_socket_drop_all(f->socket);
    mom_supervisor_stopping(f->supervisor);
    engine_add_guest(f->engine, "a", 3000000);
    wait_s(f, 60);
    assert_heard(f, "STOPPING=1\nSTATUS=stopping");
    mom_supervisor_stopping(NULL);
}

/* ---- watchdog ---- */

/* How often it was fed since the last call. */
static guint
meals(Fixture *f)
{
    g_autofree char *heard = notify_socket_take_all(f->socket);
    g_auto(GStrv) messages = g_strsplit(heard, " | ", -1);
    guint n = 0;

    for (guint i = 0; messages[i]; i++)
        n += g_str_equal(messages[i], "WATCHDOG=1");
    return n;
}

/* The same while SECONDS pass; the kernel keeps only a few messages that nobody takes. */
static guint
meals_in(Fixture *f, gint64 seconds)
{
    guint n = meals(f);

    for (gint64 i = 0; i < seconds; i++) {
        wait_s(f, 1);
        n += meals(f);
    }
    return n;
}

static void
test_the_watchdog_is_fed_twice_in_its_time(void **state)
{
    Fixture *f = *state;

    start(f);
    assert_int_equal(meals_in(f, 600), 1 + 20);
}

static void
test_a_hypervisor_that_is_away_does_not_starve_it(void **state)
{
    Fixture *f = *state;

    g_clear_pointer(&f->engine->guests, g_ptr_array_unref);
    start(f);
    assert_int_equal(meals_in(f, 3600), 1 + 120);
}

static void
test_failing_policies_do_not_starve_it(void **state)
{
    Fixture *f = *state;

    engine_write_file(f->engine->policy_dir, "20-bad.policy", "(with Guests g (/ 1 0))\n");
    engine_add_guest(f->engine, "a", 3000000);
    start(f);
    assert_int_equal(meals_in(f, 600), 1 + 20);
}

static void
test_a_question_that_never_ends_starves_it(void **state)
{
    Fixture *f = *state;
    g_autofree char *heard = NULL;

    start(f);
    f->engine->silent = TRUE;
    /* Asked 5 s from the start, alive for its patience. */
    assert_int_equal(meals_in(f, 5 + PATIENCE_S), 1 + 3);
    wait_s(f, 3600);
    heard = notify_socket_take_all(f->socket);
    assert_null(strstr(heard, "WATCHDOG=1"));
    assert_non_null(strstr(heard, "STATUS=Stuck"));
    assert_string_equal(told->str,
                        "W:Stuck, the watchdog is fed no more: a question to the hypervisor "
                        "was neither answered nor given up;");
    f->engine->silent = FALSE;
    engine_answer(f->engine);
    virtual_clock_advance(f->engine->clock, 0);
    assert_heard(f, "STATUS=" IDLE); /* although that was told before */
    assert_int_equal(meals_in(f, 60), 2);
    assert_non_null(strstr(told->str, "I:The cycle goes on"));
}

static void
test_a_question_that_may_take_longer_now_does_not_starve_it(void **state)
{
    Fixture *f = *state;

    start(f);
    f->engine->silent = TRUE;
    mom_supervisor_allow(f->supervisor, 600 * SECOND);
    mom_supervisor_allow(f->supervisor, SECOND); /* the one under way was asked before */
    assert_int_equal(meals_in(f, 5 + 600), 1 + 20);
    assert_int_equal(meals_in(f, 60), 0);
    assert_non_null(strstr(told->str, "W:Stuck"));
}

static void
test_a_cycle_that_never_begins_starves_it(void **state)
{
    Fixture *f = *state;

    start(f);
    assert_int_equal(meals(f), 1);
    mom_engine_stop(f->engine->engine);   /* its timer is gone, and nobody starts it again */
    assert_int_equal(meals_in(f, 60), 1); /* due in 5 s, and 30 more */
    assert_int_equal(meals_in(f, 3600), 0);
}

static void
test_a_meal_that_was_not_taken_is_offered_again_in_time(void **state)
{
    Fixture *f = *state;

    start(f);
    notify_socket_close(f->socket);
    wait_s(f, 50);
    notify_socket_open(f->socket);
    wait_s(f, 9); /* before the minute is over */
    assert_int_equal(meals(f), 1);
}

static void
test_nobody_to_tell_costs_nothing(void **state)
{
    Fixture *f = *state;
    guint asked;

    mom_supervisor_free(f->supervisor);
    f->supervisor = mom_supervisor_new(&(MomSupervisorOptions){
        .engine = f->engine->engine,
        .clock = virtual_clock_base(f->engine->clock),
        .notify = mom_notify_new(NULL),
        .watchdog_us = 60 * SECOND,
        .patience_us = PATIENCE_S * SECOND,
    });
    start(f);
    mom_supervisor_stopping(f->supervisor);
    asked = f->engine->asked;
    wait_s(f, 60);
    assert_int_equal(f->engine->asked, asked + 12);
    assert_heard(f, "");
}

static int
begin_log(void **state)
{
    kept_log_begin();
    return 0;
}

static int
end_log(void **state)
{
    kept_log_end();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define WATCHED(name) cmocka_unit_test_setup_teardown(name, setup_watched, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ready_when_the_first_cycle_has_been_tried),
        TEST(test_ready_too_if_the_hypervisor_is_away),
        TEST(test_ready_in_time_if_the_hypervisor_says_nothing),
        TEST(test_what_cannot_be_delivered_is_sent_again),
        TEST(test_a_change_is_told_once),
        TEST(test_changes_are_rate_limited_and_the_last_one_is_told),
        TEST(test_a_reload_is_told_as_two),
        TEST(test_stopping_is_the_last_word),
        WATCHED(test_the_watchdog_is_fed_twice_in_its_time),
        WATCHED(test_a_hypervisor_that_is_away_does_not_starve_it),
        WATCHED(test_failing_policies_do_not_starve_it),
        WATCHED(test_a_question_that_never_ends_starves_it),
        WATCHED(test_a_question_that_may_take_longer_now_does_not_starve_it),
        WATCHED(test_a_cycle_that_never_begins_starves_it),
        WATCHED(test_a_meal_that_was_not_taken_is_offered_again_in_time),
        TEST(test_nobody_to_tell_costs_nothing),
    };

    return cmocka_run_group_tests(tests, begin_log, end_log);
}
