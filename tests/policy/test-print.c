/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Values as text.
 *
 * A float must never look like an integer, nor anything opaque like a value.
 */
#include "tests/policy/evaluation.h"

#include <float.h>
#include <math.h>

static void
expect(MomValue v, const char *wanted)
{
    g_autoptr(GString) text = g_string_new(NULL);

    mom_value_print(text, v);
    assert_string_equal(text->str, wanted);
}

static void
simple_values_are_printed_as_they_are_written(void **state)
{
    expect(MOM_NIL, "nil");
    expect(mom_value_bool(TRUE), "true");
    expect(mom_value_bool(FALSE), "false");
    expect(mom_value_int(G_MININT64), "-9223372036854775808");
    expect(mom_value_string("a b"), "a b");
}

static void
floats_look_like_floats(void **state)
{
    expect(mom_value_float(1), "1.0");
    expect(mom_value_float(-0.0), "-0.0");
    expect(mom_value_float(0.5), "0.5");
    expect(mom_value_float(1e300), "1e+300");
    expect(mom_value_float(0.1), "0.1");
    expect(mom_value_float(0.1 + 0.2), "0.30000000000000004");
    expect(mom_value_float(1e15), "1e+15");
    expect(mom_value_float(5e-324), "5e-324");
    expect(mom_value_float(DBL_MAX), "1.7976931348623157e+308");
    expect(mom_value_float(INFINITY), "inf");
    expect(mom_value_float(-INFINITY), "-inf");
    expect(mom_value_float(-NAN), "nan");
}

static void
lists_are_printed_with_their_items(void **state)
{
    const MomValue inner_items[] = {mom_value_int(1), MOM_NIL};
    const MomList inner = {.length = 2, .items = inner_items};
    const MomValue items[] = {{.type = MOM_VALUE_LIST, .list = &inner}, mom_value_string("x")};
    const MomList list = {.length = 2, .items = items, .depth = 1};
    const MomList empty = {0};

    expect((MomValue){.type = MOM_VALUE_LIST, .list = &list}, "((1 nil) x)");
    expect((MomValue){.type = MOM_VALUE_LIST, .list = &empty}, "()");
}

static void
objects_show_their_kind_only(void **state)
{
    expect((MomValue){.type = MOM_VALUE_ENTITY}, "<entity>");
    expect((MomValue){.type = MOM_VALUE_TUNE}, "<I/O tune>");
    expect((MomValue){.type = MOM_VALUE_CALLABLE}, "<callable>");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simple_values_are_printed_as_they_are_written),
        cmocka_unit_test(floats_look_like_floats),
        cmocka_unit_test(lists_are_printed_with_their_items),
        cmocka_unit_test(objects_show_their_kind_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
