/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * IoTune: disks whose wish differs from their state, all of a guest in one call.
 */
#include "tests/controllers/recorder.h"

#define MAX_DISKS 3

/* A guest whose disks have one limit each: what is wished and what is set. */
static MomEntity *
guest_with_disks(const MomValue *wishes, const MomValue *present, gsize n_tunes, gsize n_states)
{
    static const char *const names[MAX_DISKS] = {"sda", "sdb", "sdc"};
    MomTune tunes[MAX_DISKS] = {0};
    MomTuneState states[MAX_DISKS] = {0};
    MomValue tune_values[MAX_DISKS], state_values[MAX_DISKS];

    for (gsize i = 0; i < MAX_DISKS; i++) {
        tunes[i].name = states[i].name = names[i];
        if (i < n_tunes)
            mom_limits_set(&tunes[i].current, MOM_LIMIT_TOTAL_BYTES, wishes[i]);
        if (i < n_states)
            mom_limits_set(&states[i].io_tune, MOM_LIMIT_TOTAL_BYTES, present[i]);
        tune_values[i] = (MomValue){.type = MOM_VALUE_TUNE, .object = &tunes[i]};
        state_values[i] = (MomValue){.type = MOM_VALUE_TUNE_STATE, .object = &states[i]};
    }
    MomList tune_list = {.length = n_tunes, .items = tune_values};
    MomList state_list = {.length = n_states, .items = state_values};
    const Field fields[] = {
        {"io_tune", {.type = MOM_VALUE_LIST, .list = &tune_list}},
        {"io_tune_current", {.type = MOM_VALUE_LIST, .list = &state_list}},
    };

    return entity_with("u0", fields, G_N_ELEMENTS(fields));
}

static void
disks_that_differ_go_in_one_call(void **state)
{
    const MomValue wishes[] = {mom_value_int(1), mom_value_int(5), MOM_NIL};
    const MomValue present[] = {mom_value_int(2), mom_value_float(5.0), mom_value_int(7)};
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) guest = guest_with_disks(wishes, present, 3, 3);

    run_controller(recorder, "IoTune", NULL, guest, NULL);
    assert_calls(recorder, "u0 io sda(total_bytes_sec=1 ) sdc(total_bytes_sec=nil ); ");
}

static void
equal_limits_are_no_call(void **state)
{
    const MomValue same[] = {mom_value_int(1)};
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) guest = guest_with_disks(same, same, 1, 1);

    run_controller(recorder, "IoTune", NULL, guest, NULL);
    assert_calls(recorder, "");
}

static void
what_a_policy_set_in_the_run_is_the_wish(void **state)
{
    const MomValue same[] = {mom_value_int(1)};
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) guest = guest_with_disks(same, same, 1, 1);
    gsize n;
    MomTune *tunes;

    mom_entity_begin_run(guest);
    tunes = mom_entity_tunes(guest, &n);
    assert_int_equal(n, 1);
    mom_limits_set(&tunes[0].current, MOM_LIMIT_READ_IOPS, mom_value_int(9));
    run_controller(recorder, "IoTune", NULL, guest, NULL);
    assert_calls(recorder, "u0 io sda(total_bytes_sec=1 read_iops_sec=9 ); ");
    mom_entity_begin_run(guest);
    run_controller(recorder, "IoTune", NULL, guest, NULL);
    assert_calls(recorder, "");
}

static void
a_disk_without_state_costs_the_call(void **state)
{
    const MomValue wishes[] = {mom_value_int(1), mom_value_int(2)};
    const MomValue present[] = {mom_value_int(9)};
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) guest = guest_with_disks(wishes, present, 2, 1);

    run_controller(recorder, "IoTune", NULL, guest, NULL);
    assert_calls(recorder, "");
    assert_string_equal(recorder->complaints->str,
                        "u0 io_tune: a disk's present limits are unknown; ");
}

static void
no_disks_or_no_states_are_nothing_to_do(void **state)
{
    const MomValue wishes[] = {mom_value_int(1)};
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) stateless = guest_with_disks(wishes, NULL, 1, 0);
    g_autoptr(MomEntity) diskless = guest_with_disks(NULL, wishes, 0, 1);

    run_controller(recorder, "IoTune", NULL, stateless, diskless);
    assert_calls(recorder, "");
    assert_string_equal(recorder->complaints->str, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disks_that_differ_go_in_one_call),
        cmocka_unit_test(equal_limits_are_no_call),
        cmocka_unit_test(what_a_policy_set_in_the_run_is_the_wish),
        cmocka_unit_test(a_disk_without_state_costs_the_call),
        cmocka_unit_test(no_disks_or_no_states_are_nothing_to_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
