/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A standing fault is told when it begins, when it changes and when it ends.
 */
#include "agent/fault.h"

#include "tests/mom-test.h"

static GString *told;

static GLogWriterOutput
keep(GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
    for (gsize i = 0; i < n; i++) {
        if (g_str_equal(fields[i].key, "MESSAGE")) {
            g_string_append_printf(told, "%c:%s;", level & G_LOG_LEVEL_WARNING ? 'W' : 'I',
                                   (const char *)fields[i].value);
        }
    }
    return G_LOG_WRITER_HANDLED;
}

static void
test_told_once_and_again_when_it_changes_or_ends(void **state)
{
    MomFault fault = MOM_FAULT_INIT("test");

    mom_fault_end(&fault, "never began");
    mom_fault_raise(&fault, "away");
    mom_fault_raise(&fault, "away");
    assert_true(mom_fault_stands(&fault));
    mom_fault_raise(&fault, "refused");
    mom_fault_end(&fault, "back");
    mom_fault_end(&fault, "back");
    assert_false(mom_fault_stands(&fault));
    mom_fault_raise(&fault, "away");
    mom_fault_clear(&fault);
    assert_string_equal(told->str, "W:away;W:refused;I:back;W:away;");
}

static void
test_a_silent_one_stands_without_a_word(void **state)
{
    MomFault fault = MOM_FAULT_INIT("test");

    g_string_truncate(told, 0);
    mom_fault_raise_silently(&fault, "away");
    assert_string_equal(fault.message, "away");
    mom_fault_end(&fault, "back");
    assert_string_equal(told->str, "");
    assert_false(mom_fault_stands(&fault));
    mom_fault_raise_silently(&fault, "away");
    mom_fault_raise(&fault, "odd");
    mom_fault_raise_silently(&fault, "away");
    mom_fault_end(&fault, "back");
    mom_fault_raise_silently(&fault, "away");
    mom_fault_end(&fault, "back");
    assert_string_equal(told->str, "W:odd;I:back;");
}

static void
test_a_number_that_changes_is_no_news(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        gboolean same;
    } cases[] = {
        {"5 of 10", "12 of 9", TRUE},
        {"took 0.5 s", "took 12 s", TRUE},
        {"a 1", "a", FALSE},
        {"a", "a 1", FALSE},
        {"a 1", "b 1", FALSE},
        {"p:1:2: x", "p:10:2: x", TRUE},
        {"version 1.", "version 12.", TRUE},
        {"", "", TRUE},
        {NULL, "", FALSE},
        {NULL, NULL, TRUE},
        {"1", "", FALSE},
        {"vm1", "vm", FALSE},
    };
    MomFault fault = MOM_FAULT_INIT("test");

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_int_equal(mom_fault_same_gist(cases[i].a, cases[i].b), cases[i].same);
    g_string_truncate(told, 0);
    mom_fault_raise(&fault, "1 lost");
    mom_fault_raise(&fault, "2 lost");
    assert_string_equal(told->str, "W:1 lost;");
    assert_string_equal(fault.message, "2 lost");
    mom_fault_clear(&fault);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_told_once_and_again_when_it_changes_or_ends),
        cmocka_unit_test(test_a_silent_one_stands_without_a_word),
        cmocka_unit_test(test_a_number_that_changes_is_no_news),
    };
    int failed;

    told = g_string_new(NULL);
    g_log_set_writer_func(keep, NULL, NULL);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    g_string_free(told, TRUE);
    return failed;
}
