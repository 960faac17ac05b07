/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * KSM's keys: names, words and numbers, there and back.
 */
#include "tests/mom-test.h"

#include <string.h>

#include "controllers/ksm-keys.h"

static void
a_key_is_a_control_and_a_file_of_the_kernel(void **state)
{
    static const char *const files[] = {
        "run",
        "pages_to_scan",
        "sleep_millisecs",
        "merge_across_nodes",
        "max_page_sharing",
        "use_zero_pages",
        "smart_scan",
        "advisor_mode",
        "advisor_max_cpu",
        "advisor_target_scan_time",
        "advisor_min_pages_to_scan",
        "advisor_max_pages_to_scan",
    };

    assert_int_equal(G_N_ELEMENTS(files), MOM_N_KSM_KEYS);
    for (int key = 0; key < MOM_N_KSM_KEYS; key++) {
        g_autofree char *control = g_strconcat("ksm_", files[key], NULL);

        assert_string_equal(mom_ksm_key_name(key), files[key]);
        assert_string_equal(mom_ksm_controls[key], control);
    }
    assert_null(mom_ksm_controls[MOM_N_KSM_KEYS]);
    assert_int_equal(MOM_KSM_ALL_KEYS, 0xfff);
}

static void
words_are_numbers_inside(void **state)
{
    const char *const *words = mom_ksm_words(MOM_KSM_ADVISOR_MODE);
    gint64 number = 77;

    for (gint64 i = 0; words[i]; i++) {
        MomValue v = mom_ksm_value(MOM_KSM_ADVISOR_MODE, i);

        assert_int_equal(v.type, MOM_VALUE_STRING);
        assert_true(mom_ksm_number(MOM_KSM_ADVISOR_MODE, v, &number));
        assert_int_equal(number, i);
    }
    assert_string_equal(words[MOM_KSM_ADVISOR_NONE], "none");
    number = 77;
    assert_false(mom_ksm_number(MOM_KSM_ADVISOR_MODE, mom_value_string(""), &number));
    assert_false(mom_ksm_number(MOM_KSM_ADVISOR_MODE, mom_value_int(0), &number));
    assert_false(mom_ksm_number(MOM_KSM_ADVISOR_MODE, MOM_NIL, &number));
    assert_int_equal(number, 77);
}

static void
a_number_without_a_word_stays_a_number(void **state)
{
    const gint64 numbers[] = {-1, 2, G_MININT64, G_MAXINT64};

    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
        assert_true(mom_value_equal(mom_ksm_value(MOM_KSM_ADVISOR_MODE, numbers[i]),
                                    mom_value_int(numbers[i])));
}

static void
other_keys_are_numbers(void **state)
{
    gint64 number;

    for (int key = 0; key < MOM_N_KSM_KEYS; key++) {
        if (key == MOM_KSM_ADVISOR_MODE)
            continue;
        assert_null(mom_ksm_words(key));
        assert_true(mom_ksm_number(key, mom_value_string("12"), &number));
        assert_int_equal(number, 12);
        assert_false(mom_ksm_number(key, mom_value_string("none"), &number));
        assert_true(mom_value_equal(mom_ksm_value(key, 12), mom_value_int(12)));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_a_control_and_a_file_of_the_kernel),
        cmocka_unit_test(words_are_numbers_inside),
        cmocka_unit_test(a_number_without_a_word_stays_a_number),
        cmocka_unit_test(other_keys_are_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
