/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * KSM: one call with the keys that differ.
 */
#include "tests/controllers/recorder.h"

static MomEntity *
host_new(void)
{
    const Field fields[] = {
        {"ksm_run", mom_value_int(0)},
        {"ksm_pages_to_scan", mom_value_int(100)},
        {"ksm_sleep_millisecs", mom_value_int(20)},
        {"ksm_merge_across_nodes", mom_value_int(1)},
    };

    return entity_with(NULL, fields, G_N_ELEMENTS(fields));
}

static void
only_what_differs_after_truncation_is_sent(void **state)
{
    const struct {
        const char *name;
        MomValue wish;
        const char *calls;
    } cases[] = {
        {"ksm_run", mom_value_int(0), ""},
        {"ksm_run", mom_value_int(1), "ksm run=1; "},
        {"ksm_sleep_millisecs", mom_value_float(20.9), ""},
        {"ksm_sleep_millisecs", mom_value_float(21.9), "ksm sleep_millisecs=21; "},
        {"ksm_merge_across_nodes", mom_value_bool(TRUE), ""},
        {"ksm_pages_to_scan", mom_value_string("64"), "ksm pages_to_scan=64; "},
        {"ksm_run", MOM_NIL, ""},
        {"ksmd_nice", mom_value_int(5), ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Recorder) recorder = recorder_new();
        g_autoptr(MomEntity) host = host_new();

        entity_wish(host, cases[i].name, cases[i].wish);
        run_controller(recorder, "KSM", host, NULL, NULL);
        assert_calls(recorder, cases[i].calls);
        assert_string_equal(recorder->complaints->str, "");
    }
}

static void
all_keys_go_in_one_call(void **state)
{
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) host = host_new();

    entity_wish(host, "ksm_merge_across_nodes", mom_value_int(0));
    entity_wish(host, "ksm_pages_to_scan", mom_value_int(400));
    entity_wish(host, "ksm_run", mom_value_int(1));
    run_controller(recorder, "KSM", host, NULL, NULL);
    assert_calls(recorder, "ksm run=1 pages_to_scan=400 merge_across_nodes=0; ");
}

static void
a_bad_value_costs_its_key_only(void **state)
{
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) host = host_new();

    entity_wish(host, "ksm_pages_to_scan", mom_value_string("many"));
    entity_wish(host, "ksm_run", mom_value_int(1));
    run_controller(recorder, "KSM", host, NULL, NULL);
    assert_calls(recorder, "ksm run=1; ");
    assert_string_equal(recorder->complaints->str, "- ksm_pages_to_scan: \"many\" is no number; ");
}

static void
a_knob_beyond_the_four_is_told_and_costs_nothing_else(void **state)
{
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) host = host_new();

    entity_wish(host, "ksm_smart_scan", mom_value_int(1));
    entity_wish(host, "ksm_run", mom_value_int(1));
    run_controller(recorder, "KSM", host, NULL, NULL);
    assert_calls(recorder, "ksm run=1; ");
    assert_true(g_str_has_prefix(recorder->complaints->str, "- ksm_smart_scan: of KSM, run, "));
    assert_null(strstr(recorder->complaints->str, "ksm_run"));
}

static void
a_value_the_host_does_not_show_is_sent(void **state)
{
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) host = entity_with(NULL, NULL, 0);

    entity_wish(host, "ksm_run", mom_value_int(0));
    run_controller(recorder, "KSM", host, NULL, NULL);
    assert_calls(recorder, "ksm run=0; ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_differs_after_truncation_is_sent),
        cmocka_unit_test(all_keys_go_in_one_call),
        cmocka_unit_test(a_bad_value_costs_its_key_only),
        cmocka_unit_test(a_knob_beyond_the_four_is_told_and_costs_nothing_else),
        cmocka_unit_test(a_value_the_host_does_not_show_is_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
