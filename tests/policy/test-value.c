/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Values: truth, equality across kinds, exact order of numbers, conversion to an integer.
 *
 * The corners are those of doubles: 2^53, 2^63, NaN and the infinities.
 */
#include "policy/compare.h"
#include "policy/entity.h"

#include "tests/mom-test.h"

#include <math.h>

static MomValue
list_of(const MomList *list)
{
    return (MomValue){.type = MOM_VALUE_LIST, .list = list};
}

static void
nil_zero_and_empty_things_are_false(void **state)
{
    const MomList empty = {0};
    g_autoptr(GPtrArray) guests = g_ptr_array_new();

    assert_false(mom_value_truth(MOM_NIL));
    assert_false(mom_value_truth(mom_value_bool(FALSE)));
    assert_false(mom_value_truth(mom_value_int(0)));
    assert_false(mom_value_truth(mom_value_float(-0.0)));
    assert_false(mom_value_truth(mom_value_string("")));
    assert_false(mom_value_truth(list_of(&empty)));
    assert_false(mom_value_truth((MomValue){.type = MOM_VALUE_GUESTS, .object = guests}));
}

static void
all_else_is_true(void **state)
{
    const MomValue item = MOM_NIL;
    const MomList one = {.length = 1, .items = &item};
    g_autoptr(GPtrArray) guests = g_ptr_array_new();

    g_ptr_array_add(guests, NULL);
    assert_true(mom_value_truth(mom_value_bool(TRUE)));
    assert_true(mom_value_truth(mom_value_int(-1)));
    assert_true(mom_value_truth(mom_value_float(NAN)));
    assert_true(mom_value_truth(mom_value_string("0")));
    assert_true(mom_value_truth(list_of(&one)));
    assert_true(mom_value_truth((MomValue){.type = MOM_VALUE_GUESTS, .object = guests}));
    assert_true(mom_value_truth((MomValue){.type = MOM_VALUE_TUNE}));
}

static void
numbers_are_compared_exactly(void **state)
{
    const gint64 big = (G_GINT64_CONSTANT(1) << 53) + 1;
    const struct {
        MomValue a, b;
        MomOrder order;
    } cases[] = {
        {mom_value_int(1), mom_value_float(1.0), MOM_ORDER_EQUAL},
        {mom_value_bool(TRUE), mom_value_int(1), MOM_ORDER_EQUAL},
        {mom_value_int(big), mom_value_float((double)(big - 1)), MOM_ORDER_GREATER},
        {mom_value_float((double)(big - 1)), mom_value_int(big), MOM_ORDER_LESS},
        {mom_value_int(G_MAXINT64), mom_value_float(9223372036854775808.0), MOM_ORDER_LESS},
        {mom_value_int(G_MININT64), mom_value_float(-9223372036854775808.0), MOM_ORDER_EQUAL},
        {mom_value_int(G_MININT64), mom_value_float(-1e19), MOM_ORDER_GREATER},
        {mom_value_int(0), mom_value_float(0.5), MOM_ORDER_LESS},
        {mom_value_int(0), mom_value_float(-0.5), MOM_ORDER_GREATER},
        {mom_value_int(0), mom_value_float(-0.0), MOM_ORDER_EQUAL},
        {mom_value_int(0), mom_value_float(INFINITY), MOM_ORDER_LESS},
        {mom_value_int(0), mom_value_float(NAN), MOM_ORDER_NONE},
        {mom_value_float(NAN), mom_value_float(NAN), MOM_ORDER_NONE},
        {mom_value_float(2.0), mom_value_float(1.0), MOM_ORDER_GREATER},
        {mom_value_int(-3), mom_value_int(2), MOM_ORDER_LESS},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_int_equal(mom_value_order(cases[i].a, cases[i].b), cases[i].order);
}

static void
different_kinds_are_unequal(void **state)
{
    const MomList empty = {0};

    assert_false(mom_value_equal(MOM_NIL, mom_value_int(0)));
    assert_false(mom_value_equal(MOM_NIL, mom_value_bool(FALSE)));
    assert_false(mom_value_equal(mom_value_string("1"), mom_value_int(1)));
    assert_false(mom_value_equal(mom_value_string(""), list_of(&empty)));
    assert_true(mom_value_equal(MOM_NIL, MOM_NIL));
    assert_true(mom_value_equal(mom_value_string("a"), mom_value_string("a")));
}

static void
lists_are_compared_element_by_element(void **state)
{
    const MomValue ints[] = {mom_value_int(1), mom_value_int(2)};
    const MomValue floats[] = {mom_value_float(1), mom_value_float(2)};
    const MomList a = {.length = 2, .items = ints};
    const MomList b = {.length = 2, .items = floats};
    const MomList shorter = {.length = 1, .items = ints};

    assert_true(mom_value_equal(list_of(&a), list_of(&b)));
    assert_false(mom_value_equal(list_of(&a), list_of(&shorter)));
}

static void
entities_are_equal_by_identity(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(NULL, 0);
    g_autoptr(MomEntity) a = mom_entity_new(schema);
    g_autoptr(MomEntity) b = mom_entity_new(schema);
    const MomValue va = {.type = MOM_VALUE_ENTITY, .entity = a};
    const MomValue vb = {.type = MOM_VALUE_ENTITY, .entity = b};

    assert_true(mom_value_equal(va, va));
    assert_false(mom_value_equal(va, vb));
}

static void
an_integer_is_truncated_toward_zero(void **state)
{
    const struct {
        MomValue v;
        gint64 expect;
    } cases[] = {
        {mom_value_float(2.9), 2},
        {mom_value_float(-2.9), -2},
        {mom_value_float(-9223372036854775808.0), G_MININT64},
        {mom_value_bool(TRUE), 1},
        {mom_value_string("12"), 12},
        {mom_value_string(" \t-007\n"), -7},
        {mom_value_string("\xc2\xa0+5\xe2\x80\x83"), 5},
        {mom_value_string("-9223372036854775808"), G_MININT64},
        {mom_value_string("9223372036854775807"), G_MAXINT64},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 n = 99;

        assert_true(mom_value_to_int(cases[i].v, &n));
        assert_int_equal(n, cases[i].expect);
    }
}

static void
what_is_no_integer_is_refused(void **state)
{
    const MomList empty = {0};
    const MomValue cases[] = {
        MOM_NIL,
        mom_value_float(NAN),
        mom_value_float(INFINITY),
        mom_value_float(9223372036854775808.0),
        mom_value_float(-9223372036854777856.0),
        mom_value_string(""),
        mom_value_string("-"),
        mom_value_string("1.5"),
        mom_value_string("1 2"),
        mom_value_string("0x10"),
        mom_value_string("9223372036854775808"),
        mom_value_string("-9223372036854775809"),
        list_of(&empty),
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 n = 99;

        assert_false(mom_value_to_int(cases[i], &n));
        assert_int_equal(n, 99);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nil_zero_and_empty_things_are_false),
        cmocka_unit_test(all_else_is_true),
        cmocka_unit_test(numbers_are_compared_exactly),
        cmocka_unit_test(different_kinds_are_unequal),
        cmocka_unit_test(lists_are_compared_element_by_element),
        cmocka_unit_test(entities_are_equal_by_identity),
        cmocka_unit_test(an_integer_is_truncated_toward_zero),
        cmocka_unit_test(what_is_no_integer_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
