/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Replies: the reference's part first, growth for each connection, and the longest line.
 */
#include "tests/mom-test.h"

#include <string.h>

#include "agent/guestd/reply.h"
#include "agent/pollers/guestd-answer.h"

static const MomNumbers some_numbers = {
    .total = 1000,
    .free = 100,
    .buffers = 20,
    .cached = 300,
    .usable = 400,
    .swap_total = 50,
    .swap_free = 40,
    .pages_in = 11,
    .pages_out = 22,
    .major_faults = 44,
    .minor_faults = 3333,
};

static char *
stats(const char *prefix, const MomNumbers *numbers, MomTold *told)
{
    MomReply reply;

    mom_reply_stats(&reply, prefix, numbers, told);
    assert_int_equal(reply.text[reply.length - 1], '\n');
    return g_strndup(reply.text, reply.length - 1);
}

static void
the_reference_s_numbers_stand_first(void **state)
{
    MomTold told = {0};
    g_autofree char *text = stats("", &some_numbers, &told);

    assert_string_equal(text, "mem_available:1000,mem_unused:420,swap_in:0,swap_out:0,"
                              "major_fault:44,minor_fault:3333,guestd_version:1,mem_usable:400,"
                              "swap_total:50,swap_usage:10");
}

static void
swapping_is_told_as_growth_since_the_last_time(void **state)
{
    MomTold told = {0}, other = {0};
    MomNumbers numbers = some_numbers;
    g_autofree char *first = stats("", &numbers, &told), *grown = NULL, *same = NULL;
    g_autofree char *to_another = NULL, *back = NULL;

    numbers.pages_in += 5;
    numbers.pages_out += 7;
    grown = stats("", &numbers, &told);
    same = stats("", &numbers, &told);
    to_another = stats("", &numbers, &other);
    numbers.pages_in = 1;
    back = stats("", &numbers, &told);
    assert_non_null(strstr(first, "swap_in:0,swap_out:0,"));
    assert_non_null(strstr(grown, "swap_in:5,swap_out:7,"));
    assert_non_null(strstr(same, "swap_in:0,swap_out:0,"));
    assert_non_null(strstr(to_another, "swap_in:0,swap_out:0,"));
    assert_non_null(strstr(back, "swap_in:0,swap_out:0,"));
}

static void
what_the_kernel_does_not_say_is_left_out(void **state)
{
    MomTold told = {0};
    MomNumbers numbers = some_numbers;
    g_autofree char *without = NULL, *with = NULL;

    numbers.usable = -1;
    without = stats("", &numbers, &told);
    numbers.has_pressure = true;
    numbers.some_avg10 = 125;
    numbers.full_total_us = 600;
    with = stats("", &numbers, &told);
    assert_null(strstr(without, "usable"));
    assert_null(strstr(without, "psi"));
    assert_true(g_str_has_suffix(with, ",psi_some_avg10_bp:125,psi_full_avg10_bp:0,"
                                       "psi_some_total_us:0,psi_full_total_us:600"));
}

static void
the_longest_line_fits_and_is_understood(void **state)
{
    const MomNumbers numbers = {
        .total = G_MAXINT64,
        .free = G_MAXINT64 / 4,
        .buffers = G_MAXINT64 / 4,
        .cached = G_MAXINT64 / 4,
        .usable = G_MAXINT64,
        .swap_total = G_MAXINT64,
        .pages_in = G_MAXINT64,
        .pages_out = G_MAXINT64,
        .major_faults = G_MAXINT64,
        .minor_faults = G_MAXINT64,
        .has_pressure = true,
        .some_avg10 = 10000,
        .full_avg10 = 10000,
        .some_total_us = G_MAXINT64,
        .full_total_us = G_MAXINT64,
    };
    MomTold told = {.asked = true};
    g_autofree char *text = stats(MOM_GUESTD_DISTRESS, &numbers, &told);

    assert_true(strlen(text) < MOM_GUESTD_MAX_REPLY / 2);
    assert_true(g_str_has_prefix(text, "distress,mem_available:9223372036854775807,"));
    assert_true(g_str_has_suffix(text, "psi_full_total_us:9223372036854775807"));
}

static void
momd_reads_what_is_written(void **state)
{
    MomTold told = {0};
    MomNumbers numbers = some_numbers;
    g_autofree char *text = NULL;
    MomAnswer answer;

    numbers.has_pressure = true;
    numbers.some_avg10 = 125;
    numbers.some_total_us = 700;
    text = stats("", &numbers, &told);
    assert_true(mom_guestd_answer_parse(text, &answer));
    for (guint i = 0; i < MOM_GUESTD_N; i++)
        assert_false(mom_value_is_nil(answer.number[i]));
    assert_int_equal(answer.number[MOM_GUESTD_UNUSED].integer, 420);
    assert_int_equal(answer.number[MOM_GUESTD_MINOR_FAULT].integer, 3333);
    assert_int_equal(answer.number[MOM_GUESTD_SOME_TOTAL_US].integer, 700);
    assert_true(answer.number[MOM_GUESTD_SOME_AVG10].real >= 1.25 &&
                answer.number[MOM_GUESTD_SOME_AVG10].real <= 1.25);
}

static void
props_and_words(void **state)
{
    MomReply reply;

    mom_reply_props(&reply, "0.20", "0.50");
    assert_memory_equal(reply.text, "min_free:0.20,max_free:0.50\n", reply.length);
    mom_reply_word(&reply, MOM_GUESTD_WATCHING);
    assert_memory_equal(reply.text, "watching\n", reply.length);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_s_numbers_stand_first),
        cmocka_unit_test(swapping_is_told_as_growth_since_the_last_time),
        cmocka_unit_test(what_the_kernel_does_not_say_is_left_out),
        cmocka_unit_test(the_longest_line_fits_and_is_understood),
        cmocka_unit_test(momd_reads_what_is_written),
        cmocka_unit_test(props_and_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
