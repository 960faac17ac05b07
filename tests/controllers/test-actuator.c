/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The calls of an actuator, with and without the knob.
 */
#include "tests/controllers/recorder.h"

static const MomActuatorClass no_knobs = {0};

static void
expect_not_supported(const GError *error, gpointer data)
{
    assert_true(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED));
    ++*(int *)data;
}

static void
missing_knobs_fail_once_and_at_once(void **state)
{
    MomActuator actuator = {.klass = &no_knobs};
    g_autoptr(MomEntity) guest = entity_with("u0", NULL, 0);
    int failed = 0;

    mom_actuator_set_balloon_target(&actuator, guest, 1, expect_not_supported, &failed);
    mom_actuator_set_ksm(&actuator, guest, &(MomKsmTune){0}, expect_not_supported, &failed);
    mom_actuator_set_cpu_tune(&actuator, guest, 1, 1, expect_not_supported, &failed);
    mom_actuator_set_io_tune(&actuator, guest, NULL, 0, expect_not_supported, &failed);
    assert_int_equal(failed, 4);
    mom_actuator_set_ksm(&actuator, guest, &(MomKsmTune){0}, NULL, NULL);
    mom_actuator_drop_unsent(&actuator);
}

static void
knobs_get_what_was_asked_for(void **state)
{
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) guest = entity_with("u0", NULL, 0);
    MomKsmTune tune = {.present = 1u << MOM_KSM_RUN | 1u << MOM_KSM_SLEEP_MILLISECS,
                       .value = {1, 2, 3, 4}};

    mom_actuator_set_balloon_target(&recorder->actuator, guest, 900, NULL, NULL);
    mom_actuator_set_cpu_tune(&recorder->actuator, guest, -1, 100000, NULL, NULL);
    mom_actuator_set_ksm(&recorder->actuator, guest, &tune, NULL, NULL);
    assert_calls(recorder, "u0 balloon 900; u0 cpu -1/100000; ksm run=1 sleep_millisecs=3; ");
}

static void
all_of_ksm_can_be_set_where_nobody_says_otherwise(void **state)
{
    MomActuator actuator = {.klass = &no_knobs};
    g_autoptr(Recorder) recorder = recorder_new();

    assert_int_equal(mom_actuator_ksm_keys(&actuator), (1 << MOM_N_KSM_KEYS) - 1);
    recorder->ksm_keys = 15;
    assert_int_equal(mom_actuator_ksm_keys(&recorder->actuator), 15);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_knobs_fail_once_and_at_once),
        cmocka_unit_test(knobs_get_what_was_asked_for),
        cmocka_unit_test(all_of_ksm_can_be_set_where_nobody_says_otherwise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
