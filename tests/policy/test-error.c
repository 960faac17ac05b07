/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Errors and their place.
 *
 * A place must survive copying and must not be read out of a text.
 */
#include "policy/error.h"

#include "tests/mom-test.h"

#include <string.h>

static void
the_place_is_inside_and_in_front(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) copy = NULL;

    mom_policy_set_error(&error, MOM_POLICY_ERROR_EVAL, (MomPlace){"a:b", 3, 14}, "odd %d", 5);
    assert_string_equal(error->message, "a:b:3:14: odd 5");
    assert_string_equal(mom_policy_error_text(error), "odd 5");
    copy = g_error_copy(error);
    g_clear_error(&error);
    assert_string_equal(mom_policy_error_place(copy).policy, "a:b");
    assert_int_equal(mom_policy_error_place(copy).line, 3);
    assert_int_equal(mom_policy_error_place(copy).column, 14);
}

static void
other_errors_have_no_place(void **state)
{
    g_autoptr(GError) other = g_error_new(g_quark_from_static_string("other"), 1, "a:1:2: b");
    g_autoptr(GError) bare = g_error_new(MOM_POLICY_ERROR, MOM_POLICY_ERROR_LOAD, "bare");

    assert_null(mom_policy_error_place(other).policy);
    assert_null(mom_policy_error_place(NULL).policy);
    assert_null(mom_policy_error_place(bare).policy);
    assert_int_equal(mom_policy_error_place(bare).line, 0);
    assert_string_equal(mom_policy_error_text(other), "a:1:2: b");
    assert_string_equal(mom_policy_error_text(bare), "bare");
}

static void
nobody_has_to_want_the_error(void **state)
{
    mom_policy_set_error(NULL, MOM_POLICY_ERROR_LOAD, (MomPlace){0}, "unheard");
}

static void
a_long_text_is_cut_between_characters(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) name = g_string_new(NULL);

    for (int i = 0; i < 1000; i++)
        g_string_append(name, "\xc3\xa9");
    mom_policy_set_error(&error, MOM_POLICY_ERROR_LOAD, (MomPlace){"p", 1, 1}, "%s", name->str);
    assert_true(g_utf8_validate(error->message, -1, NULL));
    assert_true(g_str_has_suffix(error->message, "\xc3\xa9..."));
    assert_int_equal(strlen(error->message), strlen("p:1:1: ...") + 800);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_place_is_inside_and_in_front),
        cmocka_unit_test(other_errors_have_no_place),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
        cmocka_unit_test(nobody_has_to_want_the_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
