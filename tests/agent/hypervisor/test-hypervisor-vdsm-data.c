/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * vdsm's numbers read as guest data: the rules of the reference, and what is missing or odd.
 */
#include "agent/hypervisor/hypervisor-vdsm.h"

#include "tests/mom-test.h"

#define NUMBER(n) ((MomVdsmInt){TRUE, (n)})

static MomVdsmVmStats
full_stats(void)
{
    return (MomVdsmVmStats){
        .vm_id = (char *)"5eed",
        .name = (char *)"vm-1",
        .status = (char *)"Up",
        .pid = NUMBER(77),
        .mem_usage_percent = NUMBER(40),
        .has_memory_stats = TRUE,
        .mem_total = NUMBER(4000),
        .mem_unused = NUMBER(1000),
        .mem_free = NUMBER(1500),
        .major_faults = NUMBER(7),
        .page_faults = NUMBER(107),
        .swap_in = NUMBER(1),
        .swap_out = NUMBER(2),
        .swap_total = NUMBER(300),
        .swap_usage = NUMBER(30),
        .has_balloon_info = TRUE,
        .balloon_cur = NUMBER(4096),
        .balloon_max = NUMBER(8192),
        .balloon_min = NUMBER(2048),
        .ballooning_enabled = NUMBER(1),
        .elapsed_s = NUMBER(900),
        .vcpu_count = NUMBER(2),
        .vcpu_user_limit = NUMBER(50),
        .vcpu_quota = NUMBER(-1),
        .vcpu_period = NUMBER(100000),
    };
}

static void
assert_int_value(MomValue value, gint64 expected)
{
    assert_int_equal(value.type, MOM_VALUE_INT);
    assert_int_equal(value.integer, expected);
}

static void
test_a_full_guest_is_read_field_by_field(void **state)
{
    MomVdsmVmStats stats = full_stats();
    g_autoptr(MomGuestData) guest = mom_hypervisor_vdsm_guest(&stats);

    assert_string_equal(guest->uuid, "5eed");
    assert_string_equal(guest->name, "vm-1");
    assert_int_value(guest->pid, 77);
    assert_int_value(guest->age_s, 900);
    assert_true(guest->has_memory);
    assert_int_value(guest->mem_available_kib, 4000);
    assert_int_value(guest->mem_unused_kib, 1000);
    assert_int_value(guest->mem_free_kib, 1500);
    assert_int_value(guest->major_faults, 7);
    assert_int_value(guest->minor_faults, 100);
    assert_int_value(guest->swap_total_kib, 300);
    assert_true(guest->has_balloon);
    assert_int_value(guest->balloon_cur_kib, 4096);
    assert_int_value(guest->balloon_max_kib, 8192);
    assert_int_value(guest->balloon_min_kib, 2048);
    assert_int_equal(guest->ballooning_enabled.type, MOM_VALUE_BOOL);
    assert_true(guest->ballooning_enabled.boolean);
    assert_int_value(guest->vcpu_user_limit, 50);
    assert_int_value(guest->vcpu_quota_us, -1);
    assert_false(guest->has_io_tune);
}

static void
test_memory_usage_zero_means_no_memory_statistics(void **state)
{
    MomVdsmVmStats stats = full_stats();
    g_autoptr(MomGuestData) guest = NULL;

    stats.mem_usage_percent = NUMBER(0);
    guest = mom_hypervisor_vdsm_guest(&stats);
    assert_false(guest->has_memory);
    assert_true(guest->has_balloon);
}

static void
test_missing_memory_usage_does_not_hide_statistics(void **state)
{
    MomVdsmVmStats stats = full_stats();
    g_autoptr(MomGuestData) guest = NULL;

    stats.mem_usage_percent.set = FALSE;
    guest = mom_hypervisor_vdsm_guest(&stats);
    assert_true(guest->has_memory);
}

static void
test_what_is_missing_is_nil_and_costs_only_itself(void **state)
{
    MomVdsmVmStats stats = full_stats();
    g_autoptr(MomGuestData) guest = NULL;

    stats.mem_unused.set = FALSE;
    stats.page_faults.set = FALSE;
    stats.balloon_min.set = FALSE;
    stats.ballooning_enabled.set = FALSE;
    stats.swap_total.set = FALSE;
    guest = mom_hypervisor_vdsm_guest(&stats);
    assert_true(mom_value_is_nil(guest->mem_unused_kib));
    assert_true(mom_value_is_nil(guest->minor_faults));
    assert_true(mom_value_is_nil(guest->balloon_min_kib));
    assert_true(mom_value_is_nil(guest->ballooning_enabled));
    assert_int_value(guest->swap_total_kib, 0);
    assert_int_value(guest->mem_available_kib, 4000);
    assert_int_value(guest->balloon_cur_kib, 4096);
}

static void
test_fault_counters_that_overflow_are_nil(void **state)
{
    MomVdsmVmStats stats = full_stats();
    g_autoptr(MomGuestData) guest = NULL;

    stats.page_faults = NUMBER(G_MININT64);
    guest = mom_hypervisor_vdsm_guest(&stats);
    assert_true(mom_value_is_nil(guest->minor_faults));
}

static void
test_io_limits_keep_absent_null_and_zero_apart(void **state)
{
    MomVdsmIoPolicy policy = {
        .name = (char *)"sda",
        .path = (char *)"/dev/x",
        .maximum = {.read_bytes_sec = NUMBER(1000), .write_iops_sec = NUMBER(0), .nulls = 1},
    };
    MomVdsmIoState now = {.name = (char *)"sda", .io_tune = {.read_bytes_sec = NUMBER(5)}};
    MomVdsmVmIoTune tune = {
        .vm_id = (char *)"5eed",
        .policies = g_array_new(FALSE, TRUE, sizeof(MomVdsmIoPolicy)),
        .states = g_array_new(FALSE, TRUE, sizeof(MomVdsmIoState)),
    };
    g_autoptr(MomGuestData) guest = mom_guest_data_new("5eed", "vm-1");
    const MomTune *read;

    g_array_append_val(tune.policies, policy);
    g_array_append_val(tune.states, now);
    mom_hypervisor_vdsm_add_io_tune(guest, &tune);
    assert_true(guest->has_io_tune);
    assert_int_equal(guest->io_policies->len, 1);
    read = &g_array_index(guest->io_policies, MomTune, 0);
    assert_string_equal(read->path, "/dev/x");
    assert_int_equal(read->maximum.present, 1u << MOM_LIMIT_TOTAL_BYTES |
                                                1u << MOM_LIMIT_READ_BYTES |
                                                1u << MOM_LIMIT_WRITE_IOPS);
    assert_true(mom_value_is_nil(read->maximum.value[MOM_LIMIT_TOTAL_BYTES]));
    assert_int_value(read->maximum.value[MOM_LIMIT_READ_BYTES], 1000);
    assert_int_value(read->maximum.value[MOM_LIMIT_WRITE_IOPS], 0);
    assert_null(g_array_index(guest->io_states, MomTuneState, 0).path);
    g_array_unref(tune.policies);
    g_array_unref(tune.states);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_full_guest_is_read_field_by_field),
        cmocka_unit_test(test_memory_usage_zero_means_no_memory_statistics),
        cmocka_unit_test(test_missing_memory_usage_does_not_hide_statistics),
        cmocka_unit_test(test_what_is_missing_is_nil_and_costs_only_itself),
        cmocka_unit_test(test_fault_counters_that_overflow_are_nil),
        cmocka_unit_test(test_io_limits_keep_absent_null_and_zero_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
