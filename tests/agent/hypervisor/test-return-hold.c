/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How long who was away is watched, after how many outages.
 */
#include "agent/hypervisor/return-hold.h"

#include "tests/mom-test.h"

#define SECOND ((gint64)G_USEC_PER_SEC)

static void
one_outage_is_forgiven(void **state)
{
    MomReturnHold hold = {0};

    assert_int_equal(mom_return_hold_us(&hold), 0);
    mom_return_hold_away(&hold, 5 * SECOND);
    assert_int_equal(mom_return_hold_us(&hold), 0);
}

static void
each_that_follows_soon_doubles_it_up_to_the_longest(void **state)
{
    static const gint64 expected_s[] = {0, 30, 60, 120, 240, 480, 600, 600};
    MomReturnHold hold = {0};
    gint64 now_us = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(expected_s); i++) {
        mom_return_hold_away(&hold, now_us);
        assert_int_equal(mom_return_hold_us(&hold), expected_s[i] * SECOND);
        mom_return_hold_back(&hold, now_us += 3600 * SECOND);
        now_us += MOM_RETURN_CALM_US - 1;
    }
    for (int i = 0; i < 100; i++) {
        mom_return_hold_away(&hold, now_us);
        mom_return_hold_back(&hold, now_us);
    }
    assert_int_equal(mom_return_hold_us(&hold), MOM_RETURN_HOLD_LONGEST_US);
    mom_return_hold_away(&hold, now_us + MOM_RETURN_CALM_US);
    assert_int_equal(mom_return_hold_us(&hold), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_outage_is_forgiven),
        cmocka_unit_test(each_that_follows_soon_doubles_it_up_to_the_longest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
