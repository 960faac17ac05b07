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
newer_knobs_are_read_by_their_kinds(void **state)
{
    const struct {
        MomKsmKey key;
        MomValue present;
        MomValue wish;
        const char *calls;
    } cases[] = {
        {MOM_KSM_SMART_SCAN, mom_value_int(1), mom_value_bool(TRUE), ""},
        {MOM_KSM_SMART_SCAN, mom_value_int(1), mom_value_int(0), "ksm smart_scan=0; "},
        {MOM_KSM_ADVISOR_MODE, mom_value_string("none"), mom_value_string("none"), ""},
        {MOM_KSM_ADVISOR_MODE, mom_value_string("none"), mom_value_string("scan-time"),
         "ksm advisor_mode=scan-time; "},
        {MOM_KSM_ADVISOR_MODE, mom_value_string("later"), mom_value_string("none"),
         "ksm advisor_mode=none; "},
        {MOM_KSM_ADVISOR_MODE, mom_value_string("none"), MOM_NIL, ""},
        {MOM_KSM_ADVISOR_MAX_CPU, mom_value_int(70), mom_value_float(35.5),
         "ksm advisor_max_cpu=35; "},
        {MOM_KSM_ADVISOR_TARGET_SCAN_TIME, MOM_NIL, mom_value_int(100),
         "ksm advisor_target_scan_time=100; "},
        {MOM_KSM_ADVISOR_MIN_PAGES_TO_SCAN, mom_value_int(500), mom_value_int(500), ""},
        {MOM_KSM_ADVISOR_MAX_PAGES_TO_SCAN, mom_value_int(500), mom_value_string("9000"),
         "ksm advisor_max_pages_to_scan=9000; "},
        {MOM_KSM_MAX_PAGE_SHARING, mom_value_int(256), mom_value_int(512),
         "ksm max_page_sharing=512; "},
        {MOM_KSM_USE_ZERO_PAGES, mom_value_int(0), mom_value_bool(TRUE), "ksm use_zero_pages=1; "},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *name = mom_ksm_controls[cases[i].key];
        const Field field = {name, cases[i].present};
        g_autoptr(Recorder) recorder = recorder_new();
        g_autoptr(MomEntity) host = entity_with(NULL, &field, 1);

        entity_wish(host, name, cases[i].wish);
        run_controller(recorder, "KSM", host, NULL, NULL);
        assert_calls(recorder, cases[i].calls);
        assert_string_equal(recorder->complaints->str, "");
    }
}

static void
a_mode_is_one_of_the_kernels_words(void **state)
{
    const struct {
        MomValue wish;
        const char *complaint;
    } cases[] = {
        {mom_value_string("scan_time"), "- ksm_advisor_mode: \"scan_time\" is not one of \"none\", "
                                        "\"scan-time\"; "},
        {mom_value_int(1), "- ksm_advisor_mode: integer is not one of \"none\", \"scan-time\"; "},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Recorder) recorder = recorder_new();
        g_autoptr(MomEntity) host = host_new();

        entity_wish(host, "ksm_advisor_mode", cases[i].wish);
        entity_wish(host, "ksm_run", mom_value_int(1));
        run_controller(recorder, "KSM", host, NULL, NULL);
        assert_calls(recorder, "ksm run=1; ");
        assert_string_equal(recorder->complaints->str, cases[i].complaint);
    }
}

static void
a_knob_out_of_reach_is_told_and_costs_nothing_else(void **state)
{
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) host = host_new();

    recorder->ksm_keys = MOM_KSM_BIT(MOM_KSM_RUN) | MOM_KSM_BIT(MOM_KSM_PAGES_TO_SCAN);
    entity_wish(host, "ksm_smart_scan", mom_value_int(1));
    entity_wish(host, "ksm_run", mom_value_int(1));
    run_controller(recorder, "KSM", host, NULL, NULL);
    assert_calls(recorder, "ksm run=1; ");
    assert_string_equal(recorder->complaints->str,
                        "- ksm_smart_scan: out of reach, as of KSM this hypervisor interface takes "
                        "only run, pages_to_scan; set it in /sys/kernel/mm/ksm at boot, as by "
                        "tmpfiles.d(5); ");
}

static void
what_is_out_of_reach_and_set_already_is_nothing_to_tell(void **state)
{
    const Field field = {"ksm_smart_scan", mom_value_int(1)};
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) host = entity_with(NULL, &field, 1);

    recorder->ksm_keys = MOM_KSM_BIT(MOM_KSM_RUN);
    entity_wish(host, "ksm_smart_scan", mom_value_bool(TRUE));
    run_controller(recorder, "KSM", host, NULL, NULL);
    assert_calls(recorder, "");
    assert_string_equal(recorder->complaints->str, "");
}

static void
what_is_no_knob_is_told(void **state)
{
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) host = host_new();

    entity_wish(host, "ksm_full_scans", mom_value_int(1));
    run_controller(recorder, "KSM", host, NULL, NULL);
    assert_calls(recorder, "");
    assert_string_equal(recorder->complaints->str,
                        "- ksm_full_scans: KSM has no such knob; mom-policy(7) lists them under "
                        "CONTROLS; ");
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
        cmocka_unit_test(newer_knobs_are_read_by_their_kinds),
        cmocka_unit_test(a_mode_is_one_of_the_kernels_words),
        cmocka_unit_test(a_knob_out_of_reach_is_told_and_costs_nothing_else),
        cmocka_unit_test(what_is_out_of_reach_and_set_already_is_nothing_to_tell),
        cmocka_unit_test(what_is_no_knob_is_told),
        cmocka_unit_test(a_value_the_host_does_not_show_is_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
