/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sums: exact for integers, in order for floats.
 *
 * The sum may be far beyond 64 bits before anybody asks for it.
 */
#include "policy/sum.h"

#include "tests/mom-test.h"

static void
integers_add_up_beyond_64_bits_and_back(void **state)
{
    MomSum sum = {0};

    for (int i = 0; i < 3; i++)
        assert_true(mom_sum_add(&sum, mom_value_int(G_MAXINT64)));
    for (int i = 0; i < 3; i++)
        assert_true(mom_sum_add(&sum, mom_value_int(-G_MAXINT64)));
    assert_true(mom_sum_add(&sum, mom_value_bool(TRUE)));
    assert_false(sum.is_real);
    assert_true(sum.whole == 1);
    assert_int_equal(sum.n, 7);
}

static void
the_first_float_rounds_the_exact_sum_once(void **state)
{
    MomSum sum = {0};

    assert_true(mom_sum_add(&sum, mom_value_int((G_GINT64_CONSTANT(1) << 53) + 1)));
    assert_true(mom_sum_add(&sum, mom_value_int(1)));
    assert_true(mom_sum_add(&sum, mom_value_float(0)));
    assert_true(sum.is_real);
    assert_true(sum.real == 0x1p53 + 2);
    assert_true(mom_sum_add(&sum, mom_value_int(1)));
    assert_true(sum.real == 0x1p53 + 4); /* half to even */
}

static void
what_is_no_number_is_not_added(void **state)
{
    MomSum sum = {0};

    assert_false(mom_sum_add(&sum, MOM_NIL));
    assert_false(mom_sum_add(&sum, mom_value_string("1")));
    assert_int_equal(sum.n, 0);
    assert_true(sum.whole == 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_add_up_beyond_64_bits_and_back),
        cmocka_unit_test(the_first_float_rounds_the_exact_sum_once),
        cmocka_unit_test(what_is_no_number_is_not_added),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
