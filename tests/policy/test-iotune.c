/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * I/O limits: presence, equality and names.
 *
 * A limit that is absent must never look like one that is nil.
 */
#include "policy/iotune.h"

#include "tests/mom-test.h"

static void
an_absent_limit_differs_from_nil(void **state)
{
    MomLimits a = {0}, b = {0};

    assert_true(mom_limits_equal(&a, &b));
    mom_limits_set(&a, MOM_LIMIT_READ_IOPS, MOM_NIL);
    assert_false(mom_limits_equal(&a, &b));
    mom_limits_set(&b, MOM_LIMIT_READ_IOPS, MOM_NIL);
    assert_true(mom_limits_equal(&a, &b));
}

static void
one_equals_one_point_zero(void **state)
{
    MomLimits a = {0}, b = {0};

    mom_limits_set(&a, MOM_LIMIT_TOTAL_BYTES, mom_value_int(1));
    mom_limits_set(&b, MOM_LIMIT_TOTAL_BYTES, mom_value_float(1.0));
    assert_true(mom_limits_equal(&a, &b));
    mom_limits_set(&b, MOM_LIMIT_TOTAL_BYTES, mom_value_float(1.5));
    assert_false(mom_limits_equal(&a, &b));
}

static void
an_extra_on_one_side_only_makes_a_difference(void **state)
{
    const MomExtraLimit x_and_y[] = {{"x", mom_value_int(1)}, {"y", MOM_NIL}};
    const MomExtraLimit y_and_x[] = {{"y", MOM_NIL}, {"x", mom_value_float(1.0)}};
    const MomExtraLimit y_and_z[] = {{"y", MOM_NIL}, {"z", mom_value_int(1)}};
    const MomLimits none = {0}, one = {.n_extra = 1, .extra = x_and_y};
    const MomLimits a = {.n_extra = 2, .extra = x_and_y}, b = {.n_extra = 2, .extra = y_and_x};
    const MomLimits c = {.n_extra = 2, .extra = y_and_z};

    assert_false(mom_limits_equal(&none, &one));
    assert_false(mom_limits_equal(&one, &none));
    assert_false(mom_limits_equal(&a, &one));
    assert_true(mom_limits_equal(&a, &b));
    assert_false(mom_limits_equal(&a, &c));
    assert_false(mom_limits_equal(&c, &a));
}

static void
extras_are_compared_by_value(void **state)
{
    const MomExtraLimit two = {"x", mom_value_int(2)}, five = {"x", mom_value_int(5)};
    const MomLimits a = {.n_extra = 1, .extra = &two}, b = {.n_extra = 1, .extra = &five};
    MomValue v = mom_value_int(7);

    assert_false(mom_limits_equal(&a, &b));
    assert_true(mom_limits_get_extra(&b, "x", &v));
    assert_int_equal(v.integer, 5);
    assert_false(mom_limits_get_extra(&b, "y", &v));
    assert_int_equal(v.integer, 5);
}

static void
limits_are_found_by_name(void **state)
{
    for (int i = 0; i < MOM_N_LIMITS; i++)
        assert_int_equal(mom_limit_by_name(mom_limit_names[i]), i);
    assert_int_equal(mom_limit_by_name("write_iops_sec"), MOM_LIMIT_WRITE_IOPS);
    assert_int_equal(mom_limit_by_name("write_iops"), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_absent_limit_differs_from_nil),
        cmocka_unit_test(one_equals_one_point_zero),
        cmocka_unit_test(an_extra_on_one_side_only_makes_a_difference),
        cmocka_unit_test(extras_are_compared_by_value),
        cmocka_unit_test(limits_are_found_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
