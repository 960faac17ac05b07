/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * When two settings are the same, kind by kind.
 */
#include "tests/mom-test.h"

#include "controllers/setting.h"

static void
sizes_within_a_page_are_the_same(void **state)
{
    const struct {
        gint64 a, b;
        gboolean same;
    } cases[] = {
        {1000, 1000, TRUE},  {1000, 1003, TRUE}, {1000, 997, TRUE},
        {1000, 1004, FALSE}, {1000, 996, FALSE}, {G_MININT64, G_MAXINT64, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        MomSetting a = {.number = cases[i].a}, b = {.number = cases[i].b};

        assert_int_equal(mom_setting_same_size(&a, &b), cases[i].same);
        assert_int_equal(mom_setting_same_number(&a, &b), cases[i].a == cases[i].b);
    }
}

static void
cpu_settings_without_a_limit_are_all_the_same(void **state)
{
    const struct {
        gint64 quota, period, other_quota, other_period;
        gboolean same;
    } cases[] = {
        {-1, 100000, 0, 0, TRUE},
        {-1, 100000, G_GINT64_CONSTANT(18446744073709551), 50000, TRUE},
        {-1, 100000, 50000, 100000, FALSE},
        {50000, 100000, -1, 100000, FALSE},
        {50000, 100000, 50000, 100000, TRUE},
        {50000, 100000, 50000, 200000, FALSE},
        {50000, 100000, 50001, 100000, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        MomSetting a = {.cpu = {cases[i].quota, cases[i].period}};
        MomSetting b = {.cpu = {cases[i].other_quota, cases[i].other_period}};

        assert_int_equal(mom_setting_same_cpu(&a, &b), cases[i].same);
    }
}

static MomSetting
with_limits(MomValue bytes, MomValue iops)
{
    MomLimits limits = {0};

    mom_limits_set(&limits, MOM_LIMIT_TOTAL_BYTES, bytes);
    mom_limits_set(&limits, MOM_LIMIT_TOTAL_IOPS, iops);
    return (MomSetting){.limits = mom_setting_plain_limits(&limits)};
}

static void
only_limits_that_are_asked_for_count(void **state)
{
    MomSetting nothing = with_limits(MOM_NIL, MOM_NIL);
    MomSetting bytes = with_limits(mom_value_int(5), MOM_NIL);
    MomSetting both = with_limits(mom_value_float(5.5), mom_value_string("7"));
    MomSetting zero = with_limits(mom_value_int(0), mom_value_int(0));

    assert_int_equal(nothing.limits.present, 0);
    assert_int_equal(both.limits.value[MOM_LIMIT_TOTAL_BYTES].integer, 5);
    assert_int_equal(both.limits.value[MOM_LIMIT_TOTAL_IOPS].integer, 7);
    assert_true(mom_setting_same_io(&nothing, &both));
    assert_true(mom_setting_same_io(&bytes, &both));
    assert_false(mom_setting_same_io(&both, &bytes));
    assert_true(mom_setting_same_io(&zero, &nothing));
    assert_false(mom_setting_same_io(&zero, &bytes));
}

static void
what_is_no_integer_is_left_out(void **state)
{
    MomSetting odd = with_limits(mom_value_string("fast"), mom_value_float(1e300));

    assert_int_equal(odd.limits.present, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_within_a_page_are_the_same),
        cmocka_unit_test(cpu_settings_without_a_limit_are_all_the_same),
        cmocka_unit_test(only_limits_that_are_asked_for_count),
        cmocka_unit_test(what_is_no_integer_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
