/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * CpuTune: quota and period together, compared before truncation.
 */
#include "tests/controllers/recorder.h"

static MomEntity *
guest_at(MomValue quota, MomValue period)
{
    const Field fields[] = {{"vcpu_quota", quota}, {"vcpu_period", period}};

    return entity_with("u0", fields, G_N_ELEMENTS(fields));
}

static void
a_pair_is_sent_if_one_side_differs(void **state)
{
    const struct {
        MomValue quota;
        MomValue period;
        const char *calls;
    } cases[] = {
        {MOM_NIL, MOM_NIL, ""},
        {mom_value_int(50000), mom_value_int(100000), ""},
        {mom_value_float(50000.0), MOM_NIL, ""},
        {mom_value_int(7), MOM_NIL, "u0 cpu 7/100000; "},
        {MOM_NIL, mom_value_int(200000), "u0 cpu 50000/200000; "},
        {mom_value_float(50000.4), MOM_NIL, "u0 cpu 50000/100000; "},
        {mom_value_string("7"), MOM_NIL, "u0 cpu 7/100000; "},
        {mom_value_int(-1), mom_value_int(100000), "u0 cpu -1/100000; "},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Recorder) recorder = recorder_new();
        g_autoptr(MomEntity) guest = guest_at(mom_value_int(50000), mom_value_int(100000));

        entity_wish(guest, "vcpu_quota", cases[i].quota);
        entity_wish(guest, "vcpu_period", cases[i].period);
        run_controller(recorder, "CpuTune", NULL, guest, NULL);
        assert_calls(recorder, cases[i].calls);
        assert_string_equal(recorder->complaints->str, "");
    }
}

static void
an_unknown_present_value_costs_the_call(void **state)
{
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) guest = guest_at(MOM_NIL, mom_value_int(100000));

    entity_wish(guest, "vcpu_period", mom_value_int(5));
    run_controller(recorder, "CpuTune", NULL, guest, NULL);
    assert_calls(recorder, "");
    assert_string_equal(recorder->complaints->str, "u0 vcpu_quota: its present value is unknown; ");
}

static void
an_undeclared_field_costs_the_call(void **state)
{
    const Field fields[] = {{"vcpu_quota", mom_value_int(1)}};
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) guest = entity_with("u0", fields, 1);

    entity_wish(guest, "vcpu_quota", mom_value_int(5000));
    run_controller(recorder, "CpuTune", NULL, guest, NULL);
    assert_calls(recorder, "");
    assert_string_equal(recorder->complaints->str, "u0 vcpu_period: no collector declares it; ");
}

static void
a_bad_wish_costs_its_guest_only(void **state)
{
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) bad = guest_at(mom_value_int(1), mom_value_int(2));
    g_autoptr(MomEntity) good = guest_at(mom_value_int(1), mom_value_int(2));

    entity_wish(bad, "vcpu_period", mom_value_string("soon"));
    entity_wish(good, "vcpu_period", mom_value_int(3));
    run_controller(recorder, "CpuTune", NULL, bad, good);
    assert_calls(recorder, "u0 cpu 1/3; ");
    assert_string_equal(recorder->complaints->str, "u0 vcpu_period: \"soon\" is no number; ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_is_sent_if_one_side_differs),
        cmocka_unit_test(an_unknown_present_value_costs_the_call),
        cmocka_unit_test(an_undeclared_field_costs_the_call),
        cmocka_unit_test(a_bad_wish_costs_its_guest_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
