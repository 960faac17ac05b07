/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HostKSM over files of a stand-in host: counters, qemu's sizes, ksmd's time, missing files.
 */
#include "tests/agent/collectors/host-root.h"

static const char *const names[] = {
    "full_scans",         "pages_sharing", "pages_unshared", "run",
    "pages_shared",       "pages_to_scan", "pages_volatile", "sleep_millisecs",
    "merge_across_nodes",
};

static int
setup(void **state)
{
    *state = host_root_new();
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_strconcat("sys/kernel/mm/ksm/", names[i], NULL);
        g_autofree char *text = g_strdup_printf("%u\n", (guint)i + 10);

        host_root_write(*state, path, text);
    }
    host_root_write_stat(*state, 1, "systemd", 1, 2, 3, 170000, 5);
    return 0;
}

static int
teardown(void **state)
{
    host_root_free(*state);
    return 0;
}

static void
counters_are_those_of_sysfs(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostKSM");

    assert_ok(subject_collect_host(subject, *state, &error));
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *field = g_strconcat("ksm_", names[i], NULL);

        assert_int_equal(subject_int(subject, field), i + 10);
    }
    assert_int_equal(subject_int(subject, "ksm_shareable"), 0);
    assert_int_equal(subject_int(subject, "ksmd_cpu_usage"), 0);
}

/* Files of newer kernels, and what they are as fields. */
static const struct {
    const char *file;
    const char *text;
    const char *field;
    MomValue value;
} newer[] = {
    {"use_zero_pages", "1\n", "ksm_use_zero_pages", {.type = MOM_VALUE_INT, .integer = 1}},
    {"max_page_sharing", "256\n", "ksm_max_page_sharing", {.type = MOM_VALUE_INT, .integer = 256}},
    {"general_profit", "-4096\n", "ksm_general_profit", {.type = MOM_VALUE_INT, .integer = -4096}},
    {"ksm_zero_pages", "7\n", "ksm_zero_pages", {.type = MOM_VALUE_INT, .integer = 7}},
    {"pages_skipped", "8\n", "ksm_pages_skipped", {.type = MOM_VALUE_INT, .integer = 8}},
    {"smart_scan", "0\n", "ksm_smart_scan", {.type = MOM_VALUE_INT}},
    {"advisor_mode",
     "none [scan-time]\n",
     "ksm_advisor_mode",
     {.type = MOM_VALUE_STRING, .string = "scan-time"}},
    {"advisor_max_cpu", "70\n", "ksm_advisor_max_cpu", {.type = MOM_VALUE_INT, .integer = 70}},
    {"advisor_target_scan_time",
     "200\n",
     "ksm_advisor_target_scan_time",
     {.type = MOM_VALUE_INT, .integer = 200}},
    {"advisor_min_pages_to_scan",
     "500\n",
     "ksm_advisor_min_pages_to_scan",
     {.type = MOM_VALUE_INT, .integer = 500}},
    {"advisor_max_pages_to_scan",
     "30000\n",
     "ksm_advisor_max_pages_to_scan",
     {.type = MOM_VALUE_INT, .integer = 30000}},
};

static void
write_newer(const char *root, gsize index, const char *text)
{
    g_autofree char *path = g_strconcat("sys/kernel/mm/ksm/", newer[index].file, NULL);

    host_root_write(root, path, text);
}

static void
what_newer_kernels_have_is_read_where_it_is(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostKSM");

    for (gsize i = 0; i < G_N_ELEMENTS(newer); i++)
        write_newer(*state, i, newer[i].text);
    assert_ok(subject_collect_host(subject, *state, &error));
    for (gsize i = 0; i < G_N_ELEMENTS(newer); i++) {
        MomValue value = MOM_NIL;

        assert_true(mom_sample_get(subject->sample, newer[i].field, &value));
        assert_true(mom_value_equal(value, newer[i].value));
    }
    assert_int_equal(G_N_ELEMENTS(newer),
                     g_strv_length((char **)(gpointer)subject->collector->optional));
}

static void
what_an_older_kernel_lacks_or_garbles_costs_nothing_else(void **state)
{
    static const char *const odd[] = {NULL, "", "many\n", "none [scan-time\n"};
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostKSM");

    for (gsize i = 0; i < G_N_ELEMENTS(newer); i++)
        if (odd[i % G_N_ELEMENTS(odd)])
            write_newer(*state, i, odd[i % G_N_ELEMENTS(odd)]);
    assert_ok(subject_collect_host(subject, *state, &error));
    for (gsize i = 0; i < G_N_ELEMENTS(newer); i++)
        assert_false(subject_has(subject, newer[i].field));
    assert_int_equal(subject_int(subject, "ksm_run"), 13);
}

static void
a_mode_is_the_word_in_brackets(void **state)
{
    static const struct {
        const char *text;
        const char *word;
    } cases[] = {
        {"[none] scan-time\n", "none"},
        {"none [scan-time]\n", "scan-time"},
        {"none scan-time [of-later-kernels]\n", "of-later-kernels"},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostKSM");

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        MomValue value = MOM_NIL;

        host_root_write(*state, "sys/kernel/mm/ksm/advisor_mode", cases[i].text);
        assert_ok(subject_collect_host(subject, *state, &error));
        assert_true(mom_sample_get(subject->sample, "ksm_advisor_mode", &value));
        assert_true(mom_value_equal(value, mom_value_string(cases[i].word)));
    }
}

static void
what_qemu_processes_map_may_be_shared(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostKSM");

    host_root_write_stat(*state, 100, "qemu-kvm", 0, 0, 0, 5000000, 5);
    host_root_write_stat(*state, 101, "qemu-system-x86", 0, 0, 0, 6000000, 5);
    host_root_write_stat(*state, 102, "qemus (odd)", 0, 0, 0, 1, 5);
    host_root_write_stat(*state, 103, "bash", 0, 0, 0, 7777777, 5);
    host_root_write(*state, "proc/104/comm", "qemu-gone\n");
    host_root_write(*state, "proc/105/comm", "qemu-odd\n");
    host_root_write(*state, "proc/105/stat", "nonsense");
    host_root_write(*state, "proc/qemu/comm", "qemu\n");
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_int_equal(subject_int(subject, "ksm_shareable"), 11000001);
}

static void
ksmd_time_is_percent_of_the_interval(void **state)
{
    gint64 ticks = sysconf(_SC_CLK_TCK);
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostKSM");

    host_root_write_stat(*state, 50, "ksmd", 0, 0, 1000, 0, 0);
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_int_equal(subject_int(subject, "ksmd_cpu_usage"), 0);
    host_root_write_stat(*state, 50, "ksmd", 0, 0, (int)(1000 + 4 * ticks), 0, 0);
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_int_equal(subject_int(subject, "ksmd_cpu_usage"), 40);
    assert_ok(subject_collect(subject, &(MomCollectInput){.root = *state}, &error));
    assert_int_equal(subject_int(subject, "ksmd_cpu_usage"), 0);
}

static void
a_kernel_without_ksm_is_fatal_at_first(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostKSM");

    host_root_write(*state, "sys/kernel/mm/ksm/run", NULL);
    assert_false(subject_collect_host(subject, *state, &error));
    assert_true(g_error_matches(error, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_FATAL));
    assert_non_null(strstr(error->message, "sys/kernel/mm/ksm/run"));
}

static void
a_kernel_without_numa_merges_across_all_it_has(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostKSM");

    host_root_write(*state, "sys/kernel/mm/ksm/merge_across_nodes", NULL);
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_int_equal(subject_int(subject, "ksm_merge_across_nodes"), 1);
    host_root_write(*state, "sys/kernel/mm/ksm/merge_across_nodes", "odd\n");
    assert_fails(subject_collect_host(subject, *state, &error), MOM_COLLECTOR_ERROR,
                 MOM_COLLECTOR_ERROR_COLLECTION);
}

static void
a_file_that_goes_later_costs_one_sample(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostKSM");

    assert_ok(subject_collect_host(subject, *state, &error));
    host_root_write(*state, "sys/kernel/mm/ksm/run", NULL);
    assert_fails(subject_collect_host(subject, *state, &error), MOM_COLLECTOR_ERROR,
                 MOM_COLLECTOR_ERROR_COLLECTION);
    host_root_write(*state, "sys/kernel/mm/ksm/run", "1\n");
    assert_ok(subject_collect_host(subject, *state, &error));
}

static void
garbage_is_never_fatal(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostKSM");

    host_root_write(*state, "sys/kernel/mm/ksm/run", "on\n");
    assert_fails(subject_collect_host(subject, *state, &error), MOM_COLLECTOR_ERROR,
                 MOM_COLLECTOR_ERROR_COLLECTION);
}

static void
ksmd_time_of_an_interim_collection_is_percent_of_the_time_that_passed(void **state)
{
    gint64 ticks = sysconf(_SC_CLK_TCK);
    const struct {
        gint64 second;
        gboolean interim;
        gint64 ticks; /* in all */
        gint64 percent;
    } steps[] = {
        {0, FALSE, 0, 0},
        {2, TRUE, ticks, 50},
        {4, TRUE, ticks, 25},
        {10, FALSE, 4 * ticks, 40},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostKSM");

    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        MomCollectInput input = {.root = *state,
                                 .interval_s = 10,
                                 .now_us = steps[i].second * G_USEC_PER_SEC,
                                 .interim = steps[i].interim};

        host_root_write_stat(*state, 50, "ksmd", 0, 0, (int)(1000 + steps[i].ticks), 0, 0);
        assert_ok(subject_collect(subject, &input, &error));
        assert_int_equal(subject_int(subject, "ksmd_cpu_usage"), steps[i].percent);
    }
}

#define with_root(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_root(counters_are_those_of_sysfs),
        with_root(what_newer_kernels_have_is_read_where_it_is),
        with_root(what_an_older_kernel_lacks_or_garbles_costs_nothing_else),
        with_root(a_mode_is_the_word_in_brackets),
        with_root(what_qemu_processes_map_may_be_shared),
        with_root(ksmd_time_is_percent_of_the_interval),
        with_root(a_kernel_without_ksm_is_fatal_at_first),
        with_root(a_kernel_without_numa_merges_across_all_it_has),
        with_root(a_file_that_goes_later_costs_one_sample),
        with_root(garbage_is_never_fatal),
        with_root(ksmd_time_of_an_interim_collection_is_percent_of_the_time_that_passed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
