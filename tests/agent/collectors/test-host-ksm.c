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
        with_root(what_qemu_processes_map_may_be_shared),
        with_root(ksmd_time_is_percent_of_the_interval),
        with_root(a_kernel_without_ksm_is_fatal_at_first),
        with_root(a_file_that_goes_later_costs_one_sample),
        with_root(garbage_is_never_fatal),
        with_root(ksmd_time_of_an_interim_collection_is_percent_of_the_time_that_passed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
