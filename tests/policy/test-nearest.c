/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The nearest name: what counts as a typing error and what does not.
 *
 * A proposal that is far off is worse than none.
 */
#include "policy/nearest.h"

#include "tests/mom-test.h"

#include <string.h>

static const char *
nearest_of(const char *name, const char *const *candidates)
{
    MomNearest nearest;

    mom_nearest_init(&nearest, name);
    for (; *candidates; candidates++)
        mom_nearest_offer(&nearest, *candidates);
    return nearest.best;
}

#define NEAREST(name, ...) nearest_of(name, (const char *const[]){__VA_ARGS__, NULL})

static void
test_one_typing_error_is_forgiven(void **state)
{
    assert_string_equal(NEAREST("mem_fre", "mem_free"), "mem_free");
    assert_string_equal(NEAREST("mem_freee", "mem_free"), "mem_free");
    assert_string_equal(NEAREST("mem_frae", "mem_free"), "mem_free");
    assert_string_equal(NEAREST("mem_rfee", "mem_free"), "mem_free");
    assert_string_equal(NEAREST("Mem_Free", "mem_free"), "mem_free");
}

static void
test_the_nearest_wins_and_of_equals_the_first(void **state)
{
    assert_string_equal(NEAREST("balloon_cr", "balloon_max", "balloon_cur"), "balloon_cur");
    assert_string_equal(NEAREST("abcx", "abca", "abcb"), "abca");
}

static void
test_what_is_far_or_short_is_not_proposed(void **state)
{
    assert_null(NEAREST("mem", "cpu"));
    assert_null(NEAREST("ab", "ac"));
    assert_null(NEAREST("abc", "ab"));
    assert_null(NEAREST("shrink", "grow", "floor", "balloon_shrink"));
    assert_null(NEAREST("same", "same"));
}

static void
test_very_long_names_are_passed_over(void **state)
{
    g_autofree char *long_name = g_strnfill(1000, 'a');
    g_autofree char *longer = g_strnfill(1001, 'a');

    assert_null(NEAREST(long_name, longer));
    assert_null(NEAREST("aaaa", longer));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_typing_error_is_forgiven),
        cmocka_unit_test(test_the_nearest_wins_and_of_equals_the_first),
        cmocka_unit_test(test_what_is_far_or_short_is_not_proposed),
        cmocka_unit_test(test_very_long_names_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
