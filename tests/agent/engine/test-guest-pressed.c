/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A guest's own word of distress: it hastens the cycle if the guest can be helped, and no more than
 * the kernel's own does.
 */
#include "tests/agent/engine-fixture.h"

#include "agent/engine/pace.h"

#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

/* An engine of a slow pace, 10 s, that has just decided over guest "a", and the time goes on by 3
 * s. */
static void
begin(EngineFixture *f, gboolean adapts, gint64 cur_kib)
{
    static const MomController *none[1];

    engine_add_guest(f, "a", cur_kib);
    mom_engine_reconfigure(f->engine, &(MomEngineOptions){
                                          .controllers = none,
                                          .host_interval_us = 5 * SECOND,
                                          .guest_interval_us = 5 * SECOND,
                                          .policy_interval_us = 10 * SECOND,
                                          .adapts = adapts,
                                      });
    engine_start(f);
    assert_int_equal(mom_engine_cycles(f->engine), 1);
    virtual_clock_advance(f->clock, 3 * SECOND);
    assert_int_equal(mom_engine_cycles(f->engine), 1);
}

static guint64
cycles_after_its_word(EngineFixture *f, const char *uuid)
{
    guint64 before = mom_engine_cycles(f->engine);

    mom_engine_guest_pressed(f->engine, uuid);
    virtual_clock_advance(f->clock, 0);
    return mom_engine_cycles(f->engine) - before;
}

static void
a_cycle_follows_at_once(void **state)
{
    EngineFixture *f = *state;

    begin(f, TRUE, 2000000);
    assert_int_equal(cycles_after_its_word(f, "a"), 1);
    /* And for a while they come faster. */
    virtual_clock_advance(f->clock, 3 * SECOND);
    assert_int_equal(mom_engine_cycles(f->engine), 5);
}

static void
not_for_one_that_cannot_be_helped(void **state)
{
    EngineFixture *f = *state;

    begin(f, TRUE, 4000000);
    assert_int_equal(cycles_after_its_word(f, "a"), 0);
    assert_int_equal(cycles_after_its_word(f, "nobody"), 0);
}

static void
not_where_the_pace_is_fixed(void **state)
{
    EngineFixture *f = *state;

    begin(f, FALSE, 2000000);
    assert_int_equal(cycles_after_its_word(f, "a"), 0);
}

static void
crying_all_the_time_costs_no_more_than_pressure_does(void **state)
{
    EngineFixture *f = *state;
    guint64 cycles;

    begin(f, TRUE, 2000000);
    for (int i = 0; i < 600 * 10; i++) {
        mom_engine_guest_pressed(f->engine, "a");
        virtual_clock_advance(f->clock, SECOND / 10);
    }
    cycles = mom_engine_cycles(f->engine);
    assert_in_range(cycles, 600 / 10, 600 / 10 + MOM_PACE_PATIENCE + 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(a_cycle_follows_at_once),
        ENGINE_TEST(not_for_one_that_cannot_be_helped),
        ENGINE_TEST(not_where_the_pace_is_fixed),
        ENGINE_TEST(crying_all_the_time_costs_no_more_than_pressure_does),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
