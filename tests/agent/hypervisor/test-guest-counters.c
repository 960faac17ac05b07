/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/hypervisor/guest-counters: which they are, and what becomes of two readings of one.
 *
 * When a rate is made is tested with those who make it.
 */
#include "tests/mom-test.h"

#include "agent/hypervisor/guest-counters.h"

#define SECOND ((gint64)G_USEC_PER_SEC)

static void
each_counter_is_one_member(void **state)
{
    g_autoptr(MomGuestData) guest = mom_guest_data_new("u", "n");

    for (gsize i = 0; i < MOM_N_GUEST_COUNTERS; i++)
        *mom_guest_counter(guest, i) = mom_value_int((gint64)i + 1);
    assert_int_equal(guest->major_faults.integer, 1);
    assert_int_equal(guest->minor_faults.integer, 2);
    assert_int_equal(guest->swap_in.integer, 3);
    assert_int_equal(guest->swap_out.integer, 4);
}

static void
growth_is_told_per_second(void **state)
{
    const struct {
        gint64 before, now, span_us, rate;
    } rows[] = {
        {100, 100, SECOND, 0}, {100, 250, 10 * SECOND, 15},
        {0, 5, 2 * SECOND, 3}, /* rounded */
        {0, 1, SECOND / 2, 2}, {0, G_MAXINT64 / 4, 1000 * SECOND, G_MAXINT64 / 4000},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        MomValue rate = mom_guest_counter_rate(mom_value_int(rows[i].before),
                                               mom_value_int(rows[i].now), rows[i].span_us);

        assert_int_equal(rate.type, MOM_VALUE_INT);
        assert_in_range(rate.integer, rows[i].rate - rows[i].rate / 1000000,
                        rows[i].rate + rows[i].rate / 1000000);
    }
}

static void
what_went_back_or_is_not_known_has_no_rate(void **state)
{
    const MomValue one = mom_value_int(1), two = mom_value_int(2);

    assert_true(mom_value_is_nil(mom_guest_counter_rate(two, one, SECOND)));
    assert_true(mom_value_is_nil(mom_guest_counter_rate(MOM_NIL, one, SECOND)));
    assert_true(mom_value_is_nil(mom_guest_counter_rate(one, MOM_NIL, SECOND)));
    assert_true(mom_value_is_nil(
        mom_guest_counter_rate(mom_value_int(G_MININT64), mom_value_int(G_MAXINT64), SECOND)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_counter_is_one_member),
        cmocka_unit_test(growth_is_told_per_second),
        cmocka_unit_test(what_went_back_or_is_not_known_has_no_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
