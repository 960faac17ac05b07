/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * When a cycle is alive: by times alone.
 */
#include "agent/engine/pulse.h"

#include <gio/gio.h>

#include "tests/mom-test.h"

#define SECOND G_GINT64_CONSTANT(1000000)
#define NOW (5000 * SECOND)
#define PATIENCE (90 * SECOND)

static const char *
trouble(const MomPulse *pulse, gint64 later_s)
{
    return mom_pulse_trouble(pulse, NOW + later_s * SECOND, PATIENCE);
}

static void
test_a_cycle_that_was_never_begun_is_not_alive(void **state)
{
    MomPulse pulse = {0};

    assert_string_equal(trouble(&pulse, 0), "no cycle is due");
}

static void
test_a_timer_may_be_late_but_not_for_long(void **state)
{
    MomPulse pulse = {0};

    mom_pulse_due(&pulse, NOW + 10 * SECOND);
    assert_null(trouble(&pulse, 0));
    assert_null(trouble(&pulse, 40));
    assert_string_equal(trouble(&pulse, 41), "a cycle that was due did not begin");
    mom_pulse_due(&pulse, NOW + 50 * SECOND);
    assert_null(trouble(&pulse, 41));
}

static void
test_a_question_must_end_within_patience(void **state)
{
    MomPulse pulse = {0};

    mom_pulse_due(&pulse, NOW + 200 * SECOND);
    mom_pulse_asked(&pulse, NOW);
    assert_null(trouble(&pulse, 90));
    assert_string_equal(trouble(&pulse, 91),
                        "a question to the hypervisor was neither answered nor given up");
    mom_pulse_answered(&pulse, NULL);
    assert_null(trouble(&pulse, 91));
}

static void
test_a_failure_ends_a_question_and_is_kept_until_an_answer(void **state)
{
    MomPulse pulse = {0};
    g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, "away");

    mom_pulse_due(&pulse, NOW + 200 * SECOND);
    mom_pulse_asked(&pulse, NOW);
    mom_pulse_answered(&pulse, error);
    assert_null(trouble(&pulse, 200));
    assert_string_equal(pulse.why, "away");
    mom_pulse_answered(&pulse, error);
    mom_pulse_answered(&pulse, NULL);
    assert_null(pulse.why);
    assert_int_equal(pulse.answers, 3);
    mom_pulse_answered(&pulse, error);
    mom_pulse_clear(&pulse);
    assert_null(pulse.why);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_cycle_that_was_never_begun_is_not_alive),
        cmocka_unit_test(test_a_timer_may_be_late_but_not_for_long),
        cmocka_unit_test(test_a_question_must_end_within_patience),
        cmocka_unit_test(test_a_failure_ends_a_question_and_is_kept_until_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
