/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guard and KSM: words of modes, what the host's state forbids, and the reach of what is
 * behind.
 */
#include "tests/controllers/recorder.h"

#include "controllers/guard.h"

#define SECOND ((gint64)G_USEC_PER_SEC)

typedef struct {
    Recorder *recorder;
    MomGuard *guard;
    MomActuator *actuator;
    GString *told; /* "ksm_run sent 0->1; " */
} Fixture;

static void
add_value(GString *told, MomValue v)
{
    if (v.type == MOM_VALUE_STRING)
        g_string_append(told, v.string);
    else if (v.type == MOM_VALUE_INT)
        g_string_append_printf(told, "%" G_GINT64_FORMAT, v.integer);
}

static void
tell(const MomGuardReport *report, gpointer data)
{
    Fixture *f = data;

    assert_null(report->uuid);
    g_string_append_printf(f->told, "%s %s ", report->knob,
                           mom_guard_verdict_name(report->verdict));
    add_value(f->told, report->from);
    g_string_append(f->told, "->");
    add_value(f->told, report->to);
    if (report->rail)
        g_string_append_printf(f->told, " [%s]", report->rail);
    g_string_append(f->told, "; ");
}

#define assert_told(f, expected)                                                                   \
    do {                                                                                           \
        assert_string_equal((f)->told->str, expected);                                             \
        g_string_truncate((f)->told, 0);                                                           \
    } while (0)

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->recorder = recorder_new();
    f->guard = mom_guard_new(&f->recorder->actuator, tell, f);
    f->actuator = mom_guard_actuator(f->guard);
    f->told = g_string_new(NULL);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_guard_free(f->guard);
    recorder_free(f->recorder);
    g_string_free(f->told, TRUE);
    g_free(f);
    return 0;
}

static void
set_ksm(Fixture *f, MomEntity *host, const MomKsmTune *tune, int second)
{
    mom_guard_begin_cycle(f->guard, NULL, NULL, second * SECOND);
    mom_actuator_set_ksm(f->actuator, host, tune, NULL, NULL);
}

static void
a_mode_is_told_in_the_kernels_words(void **state)
{
    const Field field = {"ksm_advisor_mode", mom_value_string("none")};
    MomKsmTune tune = {.present = MOM_KSM_BIT(MOM_KSM_ADVISOR_MODE)};
    Fixture *f = *state;
    g_autoptr(MomEntity) host = entity_with(NULL, &field, 1);

    tune.value[MOM_KSM_ADVISOR_MODE] = 1;
    set_ksm(f, host, &tune, 0);
    assert_calls(f->recorder, "ksm advisor_mode=scan-time; ");
    assert_told(f, "ksm_advisor_mode sent none->scan-time; "
                   "ksm_advisor_mode done none->scan-time; ");
    tune.value[MOM_KSM_ADVISOR_MODE] = 2;
    set_ksm(f, host, &tune, 15);
    assert_told(f, "ksm_advisor_mode railed none->2 [ksm-advisor-mode]; ");
    assert_calls(f->recorder, "");
}

static void
a_knob_on_its_way_or_there_is_not_sent_again(void **state)
{
    const Field fields[] = {{"ksm_advisor_mode", mom_value_string("none")},
                            {"ksm_smart_scan", mom_value_int(1)}};
    MomKsmTune tune = {.present =
                           MOM_KSM_BIT(MOM_KSM_ADVISOR_MODE) | MOM_KSM_BIT(MOM_KSM_SMART_SCAN)};
    Fixture *f = *state;
    g_autoptr(MomEntity) host = entity_with(NULL, fields, G_N_ELEMENTS(fields));

    tune.value[MOM_KSM_ADVISOR_MODE] = 1;
    set_ksm(f, host, &tune, 0);
    assert_calls(f->recorder, "ksm smart_scan=0 advisor_mode=scan-time; ");
    set_ksm(f, host, &tune, 15);
    entity_update(host, "ksm_advisor_mode", mom_value_string("scan-time"));
    entity_update(host, "ksm_smart_scan", mom_value_int(0));
    set_ksm(f, host, &tune, 30);
    set_ksm(f, host, &tune, 300);
    assert_calls(f->recorder, "");
    entity_update(host, "ksm_advisor_mode", mom_value_string("none"));
    set_ksm(f, host, &tune, 315); /* somebody turned it off */
    assert_calls(f->recorder, "ksm advisor_mode=scan-time; ");
}

static void
what_the_kernel_would_refuse_is_held_back_alone(void **state)
{
    const Field fields[] = {{"ksm_advisor_mode", mom_value_string("scan-time")},
                            {"ksm_pages_shared", mom_value_int(5)},
                            {"ksm_smart_scan", MOM_NIL}};
    MomKsmTune tune = {
        .present = MOM_KSM_BIT(MOM_KSM_PAGES_TO_SCAN) | MOM_KSM_BIT(MOM_KSM_MAX_PAGE_SHARING) |
                   MOM_KSM_BIT(MOM_KSM_SMART_SCAN) | MOM_KSM_BIT(MOM_KSM_SLEEP_MILLISECS)};
    Fixture *f = *state;
    g_autoptr(MomEntity) host = entity_with(NULL, fields, G_N_ELEMENTS(fields));

    tune.value[MOM_KSM_PAGES_TO_SCAN] = 400;
    tune.value[MOM_KSM_SLEEP_MILLISECS] = 30;
    tune.value[MOM_KSM_MAX_PAGE_SHARING] = 512;
    set_ksm(f, host, &tune, 0);
    assert_calls(f->recorder, "ksm sleep_millisecs=30; ");
    assert_told(f, "ksm_pages_to_scan railed ->400 [ksm-advisor]; "
                   "ksm_max_page_sharing railed ->512 [ksm-merged]; "
                   "ksm_smart_scan railed ->0 [ksm-absent]; "
                   "ksm_sleep_millisecs sent ->30; ksm_sleep_millisecs done ->30; ");
    tune.present |= MOM_KSM_BIT(MOM_KSM_ADVISOR_MODE) | MOM_KSM_BIT(MOM_KSM_RUN);
    tune.value[MOM_KSM_RUN] = MOM_KSM_RUN_UNMERGE;
    set_ksm(f, host, &tune, 15);
    assert_calls(f->recorder,
                 "ksm run=2 pages_to_scan=400 max_page_sharing=512 advisor_mode=none; ");
}

static void
the_guard_reaches_as_far_as_what_is_behind_it(void **state)
{
    Fixture *f = *state;

    assert_int_equal(mom_actuator_ksm_keys(f->actuator), MOM_KSM_ALL_KEYS);
    f->recorder->ksm_keys = 5;
    assert_int_equal(mom_actuator_ksm_keys(f->actuator), 5);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(a_mode_is_told_in_the_kernels_words),
        with_fixture(a_knob_on_its_way_or_there_is_not_sent_again),
        with_fixture(what_the_kernel_would_refuse_is_held_back_alone),
        with_fixture(the_guard_reaches_as_far_as_what_is_behind_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
