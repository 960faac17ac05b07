/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The pace of decisions under pressure and after it.
 */
#include "tests/mom-test.h"

#include "agent/engine/pace.h"

#define SECOND ((gint64)G_USEC_PER_SEC)

static void
pressure_makes_it_ten_times_faster_at_once(void **state)
{
    MomPace pace;

    mom_pace_init(&pace, 15 * SECOND, SECOND, TRUE);
    assert_int_equal(mom_pace_after(&pace, FALSE, TRUE), 15 * SECOND);
    assert_false(mom_pace_hurries(&pace));
    assert_int_equal(mom_pace_after(&pace, TRUE, TRUE), 15 * SECOND / 10);
    assert_true(mom_pace_hurries(&pace));
}

static void
it_is_never_faster_than_the_least_interval(void **state)
{
    MomPace pace;

    mom_pace_init(&pace, 5 * SECOND, SECOND, TRUE);
    assert_int_equal(mom_pace_after(&pace, TRUE, TRUE), SECOND);
    mom_pace_init(&pace, SECOND / 2, SECOND, TRUE); /* asked for */
    assert_int_equal(mom_pace_after(&pace, TRUE, TRUE), SECOND / 2);
}

static void
calm_brings_it_back_by_doubling(void **state)
{
    const gint64 tenths[] = {30, 60, 120, 150, 150};
    MomPace pace;

    mom_pace_init(&pace, 15 * SECOND, SECOND, TRUE);
    mom_pace_after(&pace, TRUE, TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(tenths); i++)
        assert_int_equal(mom_pace_after(&pace, FALSE, FALSE), tenths[i] * SECOND / 10);
    assert_false(mom_pace_hurries(&pace));
}

static void
pressure_about_which_nothing_is_done_is_no_reason_to_hurry(void **state)
{
    MomPace pace;

    mom_pace_init(&pace, 15 * SECOND, SECOND, TRUE);
    for (int i = 0; i < MOM_PACE_PATIENCE; i++)
        assert_int_equal(mom_pace_after(&pace, TRUE, FALSE), 15 * SECOND / 10);
    for (int i = 0; i < 4; i++)
        mom_pace_after(&pace, TRUE, FALSE);
    assert_false(mom_pace_hurries(&pace));
    mom_pace_after(&pace, TRUE, TRUE);
    assert_true(mom_pace_hurries(&pace));
}

static void
it_stays_as_configured_if_it_may_not_adapt(void **state)
{
    MomPace pace;

    mom_pace_init(&pace, 15 * SECOND, SECOND, FALSE);
    assert_int_equal(mom_pace_after(&pace, TRUE, TRUE), 15 * SECOND);
    assert_false(mom_pace_hurries(&pace));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pressure_makes_it_ten_times_faster_at_once),
        cmocka_unit_test(it_is_never_faster_than_the_least_interval),
        cmocka_unit_test(calm_brings_it_back_by_doubling),
        cmocka_unit_test(pressure_about_which_nothing_is_done_is_no_reason_to_hurry),
        cmocka_unit_test(it_stays_as_configured_if_it_may_not_adapt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
