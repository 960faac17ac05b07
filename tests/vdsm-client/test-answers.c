/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * vdsm's answers with every odd type that a key may have.
 *
 * One odd guest or limit must cost only itself.
 */
#include "tests/mom-test.h"

#include <json.h>
#include <string.h>

#include "vdsm-client/answers.h"

static struct json_object *
json(const char *text)
{
    struct json_object *value = json_tokener_parse(text);
    if (!value && strcmp(text, "null") != 0)
        fail_msg("bad test data: %s", text);
    return value;
}

static const struct {
    const char *text;
    gboolean set;
    gint64 value;
} integers[] = {
    {"12", TRUE, 12},
    {"-1", TRUE, -1},
    {"12.0", TRUE, 12},
    {"\"12\"", TRUE, 12},
    {"\"-12\"", TRUE, -12},
    {"\"0\"", TRUE, 0},
    {"true", TRUE, 1},
    {"false", TRUE, 0},
    {"17592186044415", TRUE, 17592186044415},
    {"9223372036854775807", TRUE, G_MAXINT64},
    {"\"9223372036854775807\"", TRUE, G_MAXINT64},
    {"-9223372036854775808", TRUE, G_MININT64},
    {"1e3", TRUE, 1000},
    {"-9223372036854775808.0", TRUE, G_MININT64},
    {"9223372036854775808", FALSE, 0},
    {"18446744073709551615", FALSE, 0},
    {"9223372036854775808.0", FALSE, 0},
    {"1e300", FALSE, 0},
    {"NaN", FALSE, 0},
    {"Infinity", FALSE, 0},
    {"12.5", FALSE, 0},
    {"\"12.0\"", FALSE, 0},
    {"\"9223372036854775808\"", FALSE, 0},
    {"\"\"", FALSE, 0},
    {"\" 12\"", FALSE, 0},
    {"\"12 \"", FALSE, 0},
    {"\"0x12\"", FALSE, 0},
    {"\"12\\u0000\"", FALSE, 0},
    {"\"twelve\"", FALSE, 0},
    {"null", FALSE, 0},
    {"[12]", FALSE, 0},
    {"{\"a\": 12}", FALSE, 0},
};

static void
an_integer_is_taken_from_whatever_holds_one(void **state)
{
    for (gsize i = 0; i < G_N_ELEMENTS(integers); i++) {
        struct json_object *value = json(integers[i].text);
        MomVdsmInt number = mom_vdsm_int(value);
        if (number.set != integers[i].set || number.value != integers[i].value)
            fail_msg("%s gave %d, %" G_GINT64_FORMAT, integers[i].text, number.set, number.value);
        json_object_put(value);
    }
}

static GPtrArray *
stats_of(const char *text)
{
    g_autoptr(GError) error = NULL;
    struct json_object *value = json(text);
    GPtrArray *stats = mom_vdsm_parse_stats(value, &error);
    json_object_put(value);
    assert_null(error);
    return stats;
}

/* As vdsm sends a guest. */
static const char usual[] =
    "[{\"vmId\": \"u-1\", \"vmName\": \"one\", \"status\": \"Up\", \"pid\": \"4711\", "
    "\"memUsage\": \"41\","
    "\"memoryStats\": {\"mem_total\": \"1966080\", \"mem_unused\": \"1022361\", \"mem_free\": "
    "\"1100000\","
    "\"majflt\": 2, \"minflt\": 8, \"pageflt\": 10, \"swap_in\": 3, \"swap_out\": 4},"
    "\"balloonInfo\": {\"balloon_max\": \"2097152\", \"balloon_min\": \"1048576\", "
    "\"balloon_cur\": \"2000000\","
    "\"balloon_target\": \"2097151\", \"ballooning_enabled\": true},"
    "\"vcpuCount\": 2, \"vcpuUserLimit\": \"50\", \"vcpuQuota\": \"-1\", \"vcpuPeriod\": 100000}]";

static void
a_usual_guest_is_read_in_full(void **state)
{
    g_autoptr(GPtrArray) stats = stats_of(usual);
    assert_int_equal(stats->len, 1);
    const MomVdsmVmStats *vm = stats->pdata[0];
    assert_string_equal(vm->vm_id, "u-1");
    assert_string_equal(vm->name, "one");
    assert_string_equal(vm->status, "Up");
    assert_true(vm->has_memory_stats && vm->has_balloon_info);
    const struct {
        MomVdsmInt got;
        gint64 wanted;
    } values[] = {
        {vm->pid, 4711},
        {vm->mem_usage_percent, 41},
        {vm->mem_total, 1966080},
        {vm->mem_unused, 1022361},
        {vm->mem_free, 1100000},
        {vm->major_faults, 2},
        {vm->page_faults, 10},
        {vm->swap_in, 3},
        {vm->swap_out, 4},
        {vm->balloon_cur, 2000000},
        {vm->balloon_max, 2097152},
        {vm->balloon_min, 1048576},
        {vm->balloon_target, 2097151},
        {vm->ballooning_enabled, 1},
        {vm->vcpu_count, 2},
        {vm->vcpu_user_limit, 50},
        {vm->vcpu_quota, -1},
        {vm->vcpu_period, 100000},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        assert_true(values[i].got.set);
        assert_int_equal(values[i].got.value, values[i].wanted);
    }
    assert_false(vm->mem_available.set);
    assert_false(vm->swap_total.set || vm->swap_usage.set);
}

static void
a_guest_that_tells_nothing_is_still_a_guest(void **state)
{
    g_autoptr(GPtrArray) stats = stats_of("[{\"vmId\": \"bare\"}]");
    const MomVdsmVmStats *vm = stats->pdata[0];
    assert_null(vm->name);
    assert_null(vm->status);
    assert_false(vm->has_memory_stats || vm->has_balloon_info);
    assert_false(vm->pid.set || vm->mem_total.set || vm->balloon_cur.set || vm->vcpu_quota.set);
}

static void
sections_of_a_wrong_type_are_no_sections(void **state)
{
    const char *const sections[] = {"null", "{}", "[]", "[1]", "\"text\"", "5", "true"};
    for (gsize i = 0; i < G_N_ELEMENTS(sections); i++) {
        g_autofree char *text = g_strdup_printf("[{\"vmId\": \"x\", \"vmName\": 5, \"status\": "
                                                "null, \"memoryStats\": %s, \"balloonInfo\": %s}]",
                                                sections[i], sections[i]);
        g_autoptr(GPtrArray) stats = stats_of(text);
        const MomVdsmVmStats *vm = stats->pdata[0];
        assert_null(vm->name);
        assert_null(vm->status);
        assert_false(vm->has_memory_stats || vm->has_balloon_info);
        assert_false(vm->mem_total.set || vm->balloon_cur.set);
    }
}

static void
an_odd_field_costs_only_itself(void **state)
{
    g_autoptr(GPtrArray) stats =
        stats_of("[{\"vmId\": \"x\", \"memoryStats\": {\"mem_total\": \"lots\", \"mem_unused\": "
                 "{}, \"mem_free\": \"7\"},"
                 "\"balloonInfo\": {\"balloon_max\": null, \"balloon_cur\": 5.0, "
                 "\"ballooning_enabled\": \"yes\"}}]");
    const MomVdsmVmStats *vm = stats->pdata[0];
    assert_true(vm->has_memory_stats && vm->has_balloon_info);
    assert_false(vm->mem_total.set || vm->mem_unused.set || vm->balloon_max.set);
    assert_false(vm->ballooning_enabled.set);
    assert_int_equal(vm->mem_free.value, 7);
    assert_int_equal(vm->balloon_cur.value, 5);
}

static void
entries_that_name_no_guest_are_left_out(void **state)
{
    g_autoptr(GPtrArray) stats =
        stats_of("[null, 5, \"x\", [], {}, {\"vmId\": null}, {\"vmId\": 7}, {\"vmId\": \"\"},"
                 "{\"vmId\": \"a\"}, {\"vmId\": \"b\"}]");
    assert_int_equal(stats->len, 2);
    assert_string_equal(((MomVdsmVmStats *)stats->pdata[0])->vm_id, "a");
    assert_string_equal(((MomVdsmVmStats *)stats->pdata[1])->vm_id, "b");
}

static void
an_answer_of_another_kind_is_refused(void **state)
{
    const char *const odd[] = {"null", "{\"vmId\": \"x\"}", "true", "\"[]\""};
    for (gsize i = 0; i < G_N_ELEMENTS(odd); i++) {
        g_autoptr(GError) error = NULL;
        struct json_object *value = json(odd[i]);
        assert_fails(mom_vdsm_parse_stats(value, &error) != NULL, MOM_VDSM_ERROR,
                     MOM_VDSM_ERROR_PROTOCOL);
        json_object_put(value);
    }
    g_autoptr(GError) error = NULL;
    struct json_object *list = json("[]");
    assert_fails(mom_vdsm_parse_io_tunes(list, &error) != NULL, MOM_VDSM_ERROR,
                 MOM_VDSM_ERROR_PROTOCOL);
    assert_fails(mom_vdsm_parse_io_tunes(NULL, &error) != NULL, MOM_VDSM_ERROR,
                 MOM_VDSM_ERROR_PROTOCOL);
    json_object_put(list);
}

static GPtrArray *
tunes_of(const char *text)
{
    g_autoptr(GError) error = NULL;
    struct json_object *value = json(text);
    GPtrArray *tunes = mom_vdsm_parse_io_tunes(value, &error);
    json_object_put(value);
    assert_null(error);
    return tunes;
}

static void
io_tune_policies_and_states_are_read(void **state)
{
    g_autoptr(GPtrArray) tunes = tunes_of("{\"u-9\": {\"policy\": [{\"name\": null, \"path\": "
                                          "\"/dev/x\", \"guaranteed\": {\"total_iops_sec\": 100},"
                                          "\"maximum\": {\"total_bytes_sec\": \"2000\", "
                                          "\"read_iops_sec\": null, \"write_iops_sec\": null}}],"
                                          "\"current_values\": [{\"name\": \"vda\", \"path\": "
                                          "\"/dev/x\", \"ioTune\": {\"total_bytes_sec\": 0,"
                                          "\"write_bytes_sec\": 5}}]}}");
    assert_int_equal(tunes->len, 1);
    const MomVdsmVmIoTune *tune = tunes->pdata[0];
    assert_string_equal(tune->vm_id, "u-9");
    assert_int_equal(tune->policies->len, 1);
    const MomVdsmIoPolicy *policy = &g_array_index(tune->policies, MomVdsmIoPolicy, 0);
    assert_null(policy->name);
    assert_string_equal(policy->path, "/dev/x");
    assert_int_equal(policy->guaranteed.total_iops_sec.value, 100);
    assert_int_equal(policy->guaranteed.nulls, 0);
    assert_int_equal(policy->maximum.total_bytes_sec.value, 2000);
    assert_int_equal(policy->maximum.nulls, 1u << 4 | 1u << 5);
    assert_false(policy->maximum.read_iops_sec.set);
    const MomVdsmIoState *now = &g_array_index(tune->states, MomVdsmIoState, 0);
    assert_string_equal(now->name, "vda");
    assert_true(now->io_tune.total_bytes_sec.set);
    assert_int_equal(now->io_tune.write_bytes_sec.value, 5);
    assert_false(now->io_tune.read_bytes_sec.set);
}

static void
odd_io_tunes_cost_only_themselves(void **state)
{
    g_autoptr(GPtrArray) tunes = tunes_of(
        "{\"a\": null, \"b\": [], \"c\": {}, \"d\": {\"policy\": {}, \"current_values\": 5},"
        "\"e\": {\"policy\": [null, 5, {\"maximum\": []}], \"current_values\": [{}]}}");
    assert_int_equal(tunes->len, 3);
    const MomVdsmVmIoTune *last = tunes->pdata[2];
    assert_int_equal(last->policies->len, 1);
    assert_int_equal(last->states->len, 1);
    assert_int_equal(g_array_index(last->policies, MomVdsmIoPolicy, 0).maximum.nulls, 0);
}

static const struct {
    const char *method, *params, *vm_id, *status;
} events[] = {
    {"|virt|VM_status|u-1", "{\"u-1\": {\"status\": \"Paused\"}, \"notify_time\": 2148906670}",
     "u-1", "Paused"},
    {"|virt|VM_status|u-1", "{\"u-1\": {\"status\": 5}}", "u-1", NULL},
    {"|virt|VM_status|u-1", "{\"u-1\": \"Down\"}", "u-1", NULL},
    {"|virt|VM_status|u-1", "{\"u-2\": {\"status\": \"Up\"}}", "u-1", NULL},
    {"|virt|VM_status|u-1", "[1]", "u-1", NULL},
    {"|virt|VM_status|u-1", "null", "u-1", NULL},
    {"|virt|VM_status|", "null", NULL, NULL},
    {"|virt|VM_status", "null", NULL, NULL},
    {"|virt|", "null", NULL, NULL},
    {"|net|host_conn|no_id", "null", NULL, NULL},
    {"", "null", NULL, NULL},
    {"plain", "null", NULL, NULL},
};

static void
an_event_names_its_guest_and_status_if_it_does(void **state)
{
    for (gsize i = 0; i < G_N_ELEMENTS(events); i++) {
        struct json_object *params = json(events[i].params);
        MomVdsmEvent event;
        g_autofree char *memory = NULL;
        mom_vdsm_parse_event(events[i].method, params, &event, &memory);
        json_object_put(params);
        assert_string_equal(event.method, events[i].method);
        if (g_strcmp0(event.vm_id, events[i].vm_id) != 0 ||
            g_strcmp0(event.status, events[i].status) != 0)
            fail_msg("case %zu: %s, %s", i, event.vm_id, event.status);
    }
}

static void
limits_go_back_as_they_came(void **state)
{
    const MomVdsmLimits limits = {
        .total_bytes_sec = {TRUE, 7}, .write_iops_sec = {TRUE, 0}, .nulls = 1u << 1};
    struct json_object *object = mom_vdsm_limits_to_json(&limits);
    assert_string_equal(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN),
                        "{\"total_bytes_sec\":7,\"read_bytes_sec\":null,\"write_iops_sec\":0}");
    json_object_put(object);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_integer_is_taken_from_whatever_holds_one),
        cmocka_unit_test(a_usual_guest_is_read_in_full),
        cmocka_unit_test(a_guest_that_tells_nothing_is_still_a_guest),
        cmocka_unit_test(sections_of_a_wrong_type_are_no_sections),
        cmocka_unit_test(an_odd_field_costs_only_itself),
        cmocka_unit_test(entries_that_name_no_guest_are_left_out),
        cmocka_unit_test(an_answer_of_another_kind_is_refused),
        cmocka_unit_test(io_tune_policies_and_states_are_read),
        cmocka_unit_test(odd_io_tunes_cost_only_themselves),
        cmocka_unit_test(an_event_names_its_guest_and_status_if_it_does),
        cmocka_unit_test(limits_go_back_as_they_came),
    };
    return cmocka_run_group_tests_name("answers", tests, NULL, NULL);
}
