/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers of mom-guestd: the reference's, ours, and those of a guest that means no good.
 */
#include "tests/mom-test.h"

#include "agent/pollers/guestd-answer.h"

static void
the_reference_s_answer_is_read(void **state)
{
    MomAnswer answer;

    assert_true(mom_guestd_answer_parse("mem_available:2000,mem_unused:1500,swap_in:3,swap_out:4,"
                                        "major_fault:5,minor_fault:6",
                                        &answer));
    assert_int_equal(answer.number[MOM_GUESTD_AVAILABLE].integer, 2000);
    assert_int_equal(answer.number[MOM_GUESTD_UNUSED].integer, 1500);
    assert_int_equal(answer.number[MOM_GUESTD_SWAP_IN].integer, 3);
    assert_int_equal(answer.number[MOM_GUESTD_SWAP_OUT].integer, 4);
    assert_int_equal(answer.number[MOM_GUESTD_MAJOR_FAULT].integer, 5);
    assert_int_equal(answer.number[MOM_GUESTD_MINOR_FAULT].integer, 6);
    assert_true(mom_value_is_nil(answer.number[MOM_GUESTD_VERSION]));
    assert_true(mom_value_is_nil(answer.number[MOM_GUESTD_SOME_AVG10]));
}

static void
a_number_that_cannot_be_is_nil_and_costs_no_other(void **state)
{
    static const char *const odd[] = {
        "swap_in:-1",
        "swap_in:x",
        "swap_in:",
        "swap_in",
        "swap_in:9007199254740993",
        "swap_in:1e3",
        "swap_in: 1",
        "swap_in:1.5",
        "swap_in:+1",
        "swap_in:99999999999999999999",
        "swap_in:0x10",
        "swap_in:1:2",
        "SWAP_IN:1",
        ":swap_in:1",
        "swap_in:999999999999999999999999",
        "swap_in :1",
        "",
        ",,,",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(odd); i++) {
        g_autofree char *line = g_strdup_printf("other:7,%s,mem_available:9,what", odd[i]);
        MomAnswer answer;

        assert_true(mom_guestd_answer_parse(line, &answer));
        assert_true(mom_value_is_nil(answer.number[MOM_GUESTD_SWAP_IN]));
        assert_int_equal(answer.number[MOM_GUESTD_AVAILABLE].integer, 9);
    }
}

static void
a_part_that_exceeds_its_whole_makes_both_nil(void **state)
{
    MomAnswer answer;

    assert_true(mom_guestd_answer_parse("mem_available:10,mem_unused:11,swap_total:5,swap_usage:5,"
                                        "major_fault:1",
                                        &answer));
    assert_true(mom_value_is_nil(answer.number[MOM_GUESTD_AVAILABLE]));
    assert_true(mom_value_is_nil(answer.number[MOM_GUESTD_UNUSED]));
    assert_int_equal(answer.number[MOM_GUESTD_SWAP_USAGE].integer, 5);
    assert_int_equal(answer.number[MOM_GUESTD_MAJOR_FAULT].integer, 1);
}

static void
percentages_have_bounds(void **state)
{
    MomAnswer answer;

    assert_true(
        mom_guestd_answer_parse("psi_some_avg10_bp:10000,psi_full_avg10_bp:10001", &answer));
    assert_true(answer.number[MOM_GUESTD_SOME_AVG10].real >= 100 &&
                answer.number[MOM_GUESTD_SOME_AVG10].real <= 100);
    assert_true(mom_value_is_nil(answer.number[MOM_GUESTD_FULL_AVG10]));
}

static void
what_has_no_known_number_is_no_answer(void **state)
{
    static const char *const lines[] = {"", "min_free:0.20,max_free:0.50", "HTTP/1.1 400 Bad",
                                        "mem_available", "mem_available:x"};
    MomAnswer answer = {.number = {mom_value_int(7)}};

    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
        assert_false(mom_guestd_answer_parse(lines[i], &answer));
    assert_int_equal(answer.number[0].integer, 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_s_answer_is_read),
        cmocka_unit_test(a_number_that_cannot_be_is_nil_and_costs_no_other),
        cmocka_unit_test(a_part_that_exceeds_its_whole_makes_both_nil),
        cmocka_unit_test(percentages_have_bounds),
        cmocka_unit_test(what_has_no_known_number_is_no_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
