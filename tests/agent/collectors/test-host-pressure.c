/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HostPressure over files of a stand-in host, and over the real one.
 */
#include "tests/agent/collectors/host-root.h"

#include "agent/collectors/hostfile.h"

#define LINE(kind, number)                                                                         \
    kind " avg10=" number ".50 avg60=" number ".25 avg300=" number ".00 total=" number "000\n"

static int
setup(void **state)
{
    *state = host_root_new();
    host_root_write(*state, "proc/pressure/memory", LINE("some", "3") LINE("full", "2"));
    host_root_write(*state, "proc/pressure/io", LINE("some", "5") LINE("full", "4"));
    host_root_write(*state, "proc/pressure/cpu", LINE("some", "6") LINE("full", "0"));
    return 0;
}

static int
teardown(void **state)
{
    host_root_free(*state);
    return 0;
}

static void
assert_float(const Subject *subject, const char *prefix, const char *end, double expected)
{
    g_autofree char *field = g_strconcat(prefix, end, NULL);
    MomValue v = MOM_NIL;

    assert_true(mom_sample_get(subject->sample, field, &v));
    assert_int_equal(v.type, MOM_VALUE_FLOAT);
    assert_true(mom_value_equal(v, mom_value_float(expected)));
}

static void
shares_and_sums_are_those_of_the_kernel(void **state)
{
    static const struct {
        const char *prefix;
        int number;
    } cases[] = {
        {"psi_memory_some", 3}, {"psi_memory_full", 2}, {"psi_io_some", 5},
        {"psi_io_full", 4},     {"psi_cpu_some", 6},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostPressure");

    assert_ok(subject_collect_host(subject, *state, &error));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *total = g_strconcat(cases[i].prefix, "_total", NULL);

        assert_float(subject, cases[i].prefix, "_avg10", cases[i].number + 0.5);
        assert_float(subject, cases[i].prefix, "_avg60", cases[i].number + 0.25);
        assert_float(subject, cases[i].prefix, "_avg300", cases[i].number);
        assert_int_equal(subject_int(subject, total), 1000 * cases[i].number);
    }
    assert_int_equal(mom_schema_size(subject->schema), 4 * G_N_ELEMENTS(cases));
}

static void
what_one_file_lacks_costs_its_fields_only(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostPressure");

    host_root_write(*state, "proc/pressure/io", NULL);
    host_root_write(*state, "proc/pressure/cpu", "some avg10=nan avg60=0 avg300=0 total=0\n");
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_int_equal(subject_int(subject, "psi_memory_some_total"), 3000);
    assert_false(subject_has(subject, "psi_io_some_avg10"));
    assert_false(subject_has(subject, "psi_cpu_some_avg10"));
    host_root_write(*state, "proc/pressure/memory", LINE("some", "3"));
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_int_equal(subject_int(subject, "psi_memory_some_total"), 3000);
    assert_false(subject_has(subject, "psi_memory_full_total"));
}

static void
a_kernel_that_tells_nothing_is_told_of(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostPressure");

    host_root_write(*state, "proc/pressure/io", NULL);
    host_root_write(*state, "proc/pressure/cpu", NULL);
    host_root_write(*state, "proc/pressure/memory", NULL);
    assert_false(subject_collect_host(subject, *state, &error));
    assert_true(g_error_matches(error, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_COLLECTION));
    assert_non_null(strstr(error->message, "proc/pressure/memory"));
    assert_non_null(strstr(error->message, "psi=1"));
    g_clear_error(&error);
    host_root_write(*state, "proc/pressure/memory", "");
    assert_fails(subject_collect_host(subject, *state, &error), MOM_COLLECTOR_ERROR,
                 MOM_COLLECTOR_ERROR_COLLECTION);
}

static void
the_real_host_is_read_too(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostPressure");
    g_autofree char *text = mom_hostfile_read("/", "proc/pressure/memory", 4096, NULL);

    if (!text) {
        print_message("skipped: this kernel tells of no pressure\n");
        skip();
    }
    assert_ok(subject_collect_host(subject, "/", &error));
    for (gsize i = 0; subject->collector->optional[i]; i++)
        assert_true(subject_has(subject, subject->collector->optional[i]));
    assert_true(subject_int(subject, "psi_memory_some_total") >=
                subject_int(subject, "psi_memory_full_total"));
}

#define with_root(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_root(shares_and_sums_are_those_of_the_kernel),
        with_root(what_one_file_lacks_costs_its_fields_only),
        with_root(a_kernel_that_tells_nothing_is_told_of),
        cmocka_unit_test(the_real_host_is_read_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
