/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HostCpu over a stand-in's cpuinfo.
 */
#include "tests/agent/collectors/host-root.h"

static int
setup(void **state)
{
    *state = host_root_new();
    return 0;
}

static int
teardown(void **state)
{
    host_root_free(*state);
    return 0;
}

static void
processors_are_counted(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostCpu");

    host_root_write(*state, "proc/cpuinfo", "processor\t: 0\n\nprocessor\t: 1\n");
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_int_equal(subject_int(subject, "cpu_count"), 2);
}

static void
a_list_without_processors_is_nil(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostCpu");

    host_root_write(*state, "proc/cpuinfo", "nothing known here\n");
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_true(subject_is_nil(subject, "cpu_count"));
}

static void
a_missing_file_is_an_error(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostCpu");

    assert_fails(subject_collect_host(subject, *state, &error), MOM_COLLECTOR_ERROR,
                 MOM_COLLECTOR_ERROR_COLLECTION);
}

static void
the_real_host_is_read_too(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostCpu");

    assert_ok(subject_collect_host(subject, "/", &error));
    assert_true(subject_int(subject, "cpu_count") > 0);
}

#define with_root(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_root(processors_are_counted),
        with_root(a_list_without_processors_is_nil),
        with_root(a_missing_file_is_an_error),
        cmocka_unit_test(the_real_host_is_read_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
