/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HostMemory over files of a stand-in host.
 */
#include "tests/agent/collectors/host-root.h"

#define MEMINFO                                                                                    \
    "MemTotal:       16000 kB\nMemFree:         1000 kB\nMemAvailable:    9000 kB\n"               \
    "Buffers:          200 kB\nCached:           300 kB\nSwapCached:        77 kB\n"               \
    "AnonPages:        555 kB\nSwapTotal:       4000 kB\nSwapFree:        3000 kB\n"
#define VMSTAT "nr_free_pages 5\npswpin 100\npswpout 200\n"

static int
setup(void **state)
{
    *state = host_root_new();
    host_root_write(*state, "proc/meminfo", MEMINFO);
    host_root_write(*state, "proc/vmstat", VMSTAT);
    return 0;
}

static int
teardown(void **state)
{
    host_root_free(*state);
    return 0;
}

static void
sizes_are_those_of_meminfo(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostMemory");

    assert_ok(subject_collect_host(subject, *state, &error));
    assert_int_equal(subject_int(subject, "mem_available"), 16000);
    assert_int_equal(subject_int(subject, "mem_unused"), 1000);
    assert_int_equal(subject_int(subject, "mem_free"), 1500);
    assert_int_equal(subject_int(subject, "anon_pages"), 555);
    assert_int_equal(subject_int(subject, "swap_total"), 4000);
    assert_int_equal(subject_int(subject, "swap_usage"), 1000);
}

static void
swapping_is_growth_since_the_last_collection(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostMemory");

    assert_ok(subject_collect_host(subject, *state, &error));
    assert_int_equal(subject_int(subject, "swap_in"), 0);
    assert_int_equal(subject_int(subject, "swap_out"), 0);
    host_root_write(*state, "proc/vmstat", "pswpin 150\npswpout 201\n");
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_int_equal(subject_int(subject, "swap_in"), 50);
    assert_int_equal(subject_int(subject, "swap_out"), 1);
}

static void
an_interim_collection_lets_growth_go_on_growing(void **state)
{
    const struct {
        const char *vmstat;
        gboolean interim;
        gint64 swap_in;
    } steps[] = {
        {"pswpin 10\npswpout 0\n", FALSE, 0}, {"pswpin 15\npswpout 0\n", TRUE, 5},
        {"pswpin 17\npswpout 0\n", TRUE, 7},  {"pswpin 30\npswpout 0\n", FALSE, 20},
        {"pswpin 31\npswpout 0\n", FALSE, 1},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostMemory");

    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        MomCollectInput input = {.root = *state, .interval_s = 10, .interim = steps[i].interim};

        host_root_write(*state, "proc/vmstat", steps[i].vmstat);
        assert_ok(subject_collect(subject, &input, &error));
        assert_int_equal(subject_int(subject, "swap_in"), steps[i].swap_in);
    }
}

static void
a_kernel_without_swap_is_no_error(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostMemory");

    host_root_write(*state, "proc/meminfo",
                    "MemTotal: 9 kB\nMemFree: 3 kB\nBuffers: 1 kB\nCached: 1 kB\n");
    host_root_write(*state, "proc/vmstat", "nr_free_pages 5\n");
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_int_equal(subject_int(subject, "mem_free"), 5);
    assert_true(subject_is_nil(subject, "swap_in"));
    assert_true(subject_is_nil(subject, "swap_total"));
    assert_true(subject_is_nil(subject, "swap_usage"));
    assert_true(subject_is_nil(subject, "anon_pages"));
}

static void
a_half_read_host_is_no_sample(void **state)
{
    static const char *const texts[] = {
        "",
        "garbage",
        "MemFree: 1 kB\nBuffers: 1 kB\nCached: 1 kB\n",
        "MemTotal: 9 kB\nMemFree: 1 kB\nBuffers: 1 kB\nSwapCached: 1 kB\n",
        "MemTotal: 0 kB\nMemFree: 1 kB\nBuffers: 1 kB\nCached: 1 kB\n",
        "MemTotal: 9 kB\nMemFree: -1 kB\nBuffers: 1 kB\nCached: 1 kB\n",
        "MemTotal: 9 kB\nMemFree: 9223372036854775807 kB\nBuffers: 1 kB\nCached: 1 kB\n",
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostMemory");

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        host_root_write(*state, "proc/meminfo", texts[i]);
        assert_fails(subject_collect_host(subject, *state, &error), MOM_COLLECTOR_ERROR,
                     MOM_COLLECTOR_ERROR_COLLECTION);
    }
}

static void
a_missing_file_is_named(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostMemory");

    host_root_write(*state, "proc/vmstat", NULL);
    assert_false(subject_collect_host(subject, *state, &error));
    assert_non_null(strstr(error->message, "proc/vmstat"));
    g_clear_error(&error);
    host_root_write(*state, "proc/vmstat", VMSTAT);
    assert_ok(subject_collect_host(subject, *state, &error));
}

/* A host whose memory is mostly huge pages, and whose guests lie in shared memory. */
#define HUGE_MEMINFO                                                                               \
    "MemTotal:      100000 kB\nMemFree:         2000 kB\nMemAvailable:    3000 kB\n"               \
    "Buffers:            0 kB\nCached:          9000 kB\nShmem:           8000 kB\n"

static void
huge_pages_and_shared_memory_are_not_free(void **state)
{
    static const struct {
        const char *more;
        gint64 total_kib; /* 0: nil */
    } cases[] = {
        {"", 100000},
        {"Hugetlb:       80000 kB\n", 20000},
        {"HugePages_Total:      10\nHugepagesize:     2048 kB\nHugetlb:       80000 kB\n", 20000},
        {"HugePages_Total:      10\nHugepagesize:     2048 kB\n", 100000 - 20480},
        {"HugePages_Total:      10\n", 100000},
        {"HugePages_Total: 9000000000000000000\nHugepagesize:     2048 kB\n", 100000},
        {"Hugetlb:      100000 kB\n", 0},
        {"Hugetlb:          -1 kB\n", 0},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostMemory");

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat(HUGE_MEMINFO, cases[i].more, NULL);

        host_root_write(*state, "proc/meminfo", text);
        assert_ok(subject_collect_host(subject, *state, &error));
        assert_int_equal(subject_int(subject, "mem_free"), 11000);
        assert_int_equal(subject_int(subject, "mem_available"), 100000);
        assert_int_equal(subject_int(subject, "mem_free_real"), 3000);
        assert_int_equal(subject_has(subject, "mem_total_managed"), cases[i].total_kib != 0);
        if (cases[i].total_kib)
            assert_int_equal(subject_int(subject, "mem_total_managed"), cases[i].total_kib);
    }
}

static void
a_kernel_that_does_not_estimate_has_no_real_figure(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostMemory");

    host_root_write(*state, "proc/meminfo",
                    "MemTotal: 9 kB\nMemFree: 3 kB\nBuffers: 1 kB\nCached: 1 kB\n");
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_false(subject_has(subject, "mem_free_real"));
    assert_int_equal(subject_int(subject, "mem_total_managed"), 9);
    host_root_write(*state, "proc/meminfo",
                    "MemTotal: 9 kB\nMemFree: 3 kB\nMemAvailable: -4 kB\nBuffers: 1 kB\n"
                    "Cached: 1 kB\n");
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_false(subject_has(subject, "mem_free_real"));
}

static void
the_real_host_is_read_too(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostMemory");

    assert_ok(subject_collect_host(subject, "/", &error));
    assert_true(subject_int(subject, "mem_available") > 0);
    assert_in_range(subject_int(subject, "mem_total_managed"), 1,
                    subject_int(subject, "mem_available"));
    assert_in_range(subject_int(subject, "mem_free_real"), 1,
                    subject_int(subject, "mem_available"));
}

#define with_root(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_root(sizes_are_those_of_meminfo),
        with_root(swapping_is_growth_since_the_last_collection),
        with_root(an_interim_collection_lets_growth_go_on_growing),
        with_root(a_kernel_without_swap_is_no_error),
        with_root(a_half_read_host_is_no_sample),
        with_root(a_missing_file_is_named),
        with_root(huge_pages_and_shared_memory_are_not_free),
        with_root(a_kernel_that_does_not_estimate_has_no_real_figure),
        cmocka_unit_test(the_real_host_is_read_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
