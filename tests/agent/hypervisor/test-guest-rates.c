/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Counters to growth in a second, reading by reading.
 */
#include "agent/hypervisor/guest-rates.h"

#include "tests/mom-test.h"

#define SECOND ((gint64)G_USEC_PER_SEC)
#define NIL (-1)

/* The rate of swap_out after a reading of COUNT at NOW_S, from a report of AGE_S; NIL: none is
 * told. */
static gint64
read_at(MomGuestRates *rates, gint64 now_s, gint64 age_s, gint64 count)
{
    g_autoptr(MomGuestData) guest = mom_guest_data_new("a", "a");
    gint64 rate = NIL;

    guest->has_memory = TRUE;
    guest->swap_out = count == NIL ? MOM_NIL : mom_value_int(count);
    guest->report_age_s = age_s == NIL ? MOM_NIL : mom_value_int(age_s);
    mom_guest_rates_apply(rates, guest, now_s * SECOND);
    mom_value_to_int(guest->swap_out, &rate);
    assert_true(mom_value_is_nil(guest->swap_in)); /* each for itself */
    return rate;
}

static void
learn(MomGuestRates *rates, gint64 rate)
{
    g_autoptr(MomGuestData) guest = mom_guest_data_new("a", "a");

    guest->swap_out = mom_value_int(rate);
    mom_guest_rates_learn(rates, guest);
}

static void
growth_is_told_in_a_second(void **state)
{
    g_autoptr(MomGuestRates) rates = mom_guest_rates_new();

    assert_int_equal(read_at(rates, 100, NIL, 1000000), NIL);
    assert_int_equal(read_at(rates, 105, NIL, 1000500), NIL); /* too soon to tell */
    assert_int_equal(read_at(rates, 110, NIL, 1001000), 100);
    assert_int_equal(read_at(rates, 115, NIL, 1009000), 100);
    assert_int_equal(read_at(rates, 120, NIL, 1001004), 0);
    assert_int_equal(read_at(rates, 130, NIL, 1001010), 1); /* rounded */
}

static void
what_vdsm_told_holds_until_there_is_a_growth(void **state)
{
    g_autoptr(MomGuestRates) rates = mom_guest_rates_new();

    learn(rates, 7);
    assert_int_equal(read_at(rates, 100, NIL, 1000000), 7);
    assert_int_equal(read_at(rates, 105, NIL, 1000000), 7);
    assert_int_equal(read_at(rates, 110, NIL, 1000000), 0);
    mom_guest_rates_pause(rates); /* libvirt is not asked for a day */
    learn(rates, 3);
    assert_int_equal(read_at(rates, 90000, NIL, 9000000), 3);
    assert_int_equal(read_at(rates, 90010, NIL, 9000100), 10);
    mom_guest_rates_forget(rates, "a");
    assert_int_equal(read_at(rates, 90020, NIL, 9000200), NIL);
}

/* A report that is read again and again grows older, and no newer. */
static void
the_time_is_that_of_the_guest_s_report(void **state)
{
    g_autoptr(MomGuestRates) rates = mom_guest_rates_new();

    assert_int_equal(read_at(rates, 100, 0, 0), NIL);
    for (gint64 s = 1; s < 40; s++)
        assert_int_equal(read_at(rates, 100 + s, s, 0), NIL);
    assert_int_equal(read_at(rates, 140, 0, 400), 10);
}

static void
a_guest_that_was_started_anew_keeps_its_rate_until_it_has_another(void **state)
{
    g_autoptr(MomGuestRates) rates = mom_guest_rates_new();

    learn(rates, 7);
    read_at(rates, 100, NIL, 1000000);
    assert_int_equal(read_at(rates, 110, NIL, 50), 7);
    assert_int_equal(read_at(rates, 120, NIL, 150), 10);
    assert_int_equal(read_at(rates, 130, NIL, 1000000000000150), 100000000000000);
    assert_int_equal(read_at(rates, 140, NIL, NIL), 100000000000000);
    assert_int_equal(read_at(rates, 150, NIL, 5), 100000000000000);
}

static void
a_guest_that_reports_nothing_has_no_rates(void **state)
{
    g_autoptr(MomGuestRates) rates = mom_guest_rates_new();
    g_autoptr(MomGuestData) guest = mom_guest_data_new("a", "a");

    learn(rates, 7);
    guest->swap_out = mom_value_int(5);
    mom_guest_rates_apply(rates, guest, 100 * SECOND);
    assert_true(mom_value_is_nil(guest->swap_out));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growth_is_told_in_a_second),
        cmocka_unit_test(what_vdsm_told_holds_until_there_is_a_growth),
        cmocka_unit_test(the_time_is_that_of_the_guest_s_report),
        cmocka_unit_test(a_guest_that_was_started_anew_keeps_its_rate_until_it_has_another),
        cmocka_unit_test(a_guest_that_reports_nothing_has_no_rates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
