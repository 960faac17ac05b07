/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Literal texts of /proc: good, with trailing words, garbage, cut off.
 */
#include "tests/mom-test.h"

#include "agent/collectors/parse.h"

static void
keys_are_found_at_the_start_of_lines(void **state)
{
    const struct {
        const char *text;
        const char *key;
        gint64 value; /* -1: none */
    } cases[] = {
        {"MemTotal:       16384 kB\n", "MemTotal:", 16384},
        {"MemTotal: 1 kB\nMemFree: 2 kB", "MemFree:", 2},
        {"SwapCached: 7 kB\nCached: 8 kB\n", "Cached:", 8},
        {"pswpin 42\npswpout 43\n", "pswpin", 42},
        {"pswpin\t42\n", "pswpin", 42},
        {"pswpinned 42\n", "pswpin", -1},
        {"MemTotal: many kB\n", "MemTotal:", -1},
        {"MemTotal: 12x kB\n", "MemTotal:", -1},
        {"MemTotal:\n12\n", "MemTotal:", -1},
        {"MemTotal: 99999999999999999999 kB\n", "MemTotal:", -1},
        {" MemTotal: 5 kB\n", "MemTotal:", -1},
        {"MemTotal: 5", "MemTotal:", 5},
        {"", "MemTotal:", -1},
        {"\n\n\n", "MemTotal:", -1},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 value = -1;

        assert_int_equal(mom_parse_key(cases[i].text, cases[i].key, &value), cases[i].value != -1);
        assert_int_equal(value, cases[i].value);
        assert_int_equal(mom_value_is_nil(mom_parse_key_value(cases[i].text, cases[i].key)),
                         cases[i].value == -1);
    }
}

#define HEAD "42 (qemu-kvm) S 1 42 42 0 -1 4194304 "
#define TAIL "20 0 3 0 4242 1048576 77 18446744073709551615 1 1 0\n"

static void
a_process_is_read_by_field_number(void **state)
{
    MomProcStat stat = {0};

    assert_true(mom_parse_proc_stat(HEAD "100 101 102 103 104 105 106 107 " TAIL, &stat));
    assert_string_equal(stat.name, "qemu-kvm");
    assert_int_equal(stat.state, 'S');
    assert_int_equal(stat.minor_faults, 100);
    assert_int_equal(stat.major_faults, 102);
    assert_int_equal(stat.cpu_ticks, 104 + 105);
    assert_int_equal(stat.size_bytes, 1048576);
    assert_int_equal(stat.rss_pages, 77);
}

static void
names_may_hold_anything(void **state)
{
    MomProcStat stat = {0};

    assert_true(mom_parse_proc_stat(
        "7 (a) S (b c)) R 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 9 10 11", &stat));
    assert_string_equal(stat.name, "a) S (b c)");
    assert_int_equal(stat.state, 'R');
    assert_int_equal(stat.rss_pages, 11);
    assert_true(mom_parse_proc_stat(
        "7 (a name longer than any kernel has) R 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 9 10 11",
        &stat));
    assert_string_equal(stat.name, "a name longer th");
}

static void
broken_processes_are_refused_whole(void **state)
{
    static const char *const texts[] = {
        "",
        "42",
        "42 (qemu",
        ")(",
        "42 (qemu)",
        "42 (qemu) S",
        HEAD "100 101 102",
        HEAD "100 101 102 103 104 105 106 107 20 0 3 0 4242 1048576",
        HEAD "x 101 102 103 104 105 106 107 " TAIL,
        HEAD "100 101 102 103 9223372036854775807 9223372036854775807 106 107 " TAIL,
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        MomProcStat stat = {.rss_pages = 5};

        assert_false(mom_parse_proc_stat(texts[i], &stat));
        assert_int_equal(stat.rss_pages, 5);
    }
}

static void
processors_are_counted_by_line(void **state)
{
    assert_int_equal(mom_parse_cpu_count("processor\t: 0\nmodel : processor\n\nprocessor\t: 1\n"),
                     2);
    assert_int_equal(mom_parse_cpu_count("processor 0: version = FF\nprocessor 1: version = FF"),
                     2);
    assert_int_equal(mom_parse_cpu_count("processors without a colon\nvendor: x\n"), 0);
    assert_int_equal(mom_parse_cpu_count(""), 0);
}

static void
a_line_of_pressure_is_whole_or_nothing(void **state)
{
    static const struct {
        const char *text;
        const char *kind;
        gint64 total_us; /* -1: none */
    } cases[] = {
        {"some avg10=1.25 avg60=2.50 avg300=100.00 total=77\n", "some", 77},
        {"full avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"
         "some avg10=1.25 avg60=2.50 avg300=100.00 total=9223372036854775807",
         "some", G_MAXINT64},
        {"full avg10=1.25 avg60=2.50 avg300=100.00 total=5 later=6\n", "full", 5},
        {"some avg10=1.25 avg60=2.50 avg300=100.00 total=77\n", "full", -1},
        {"some avg10=1.25 avg60=2.50 avg300=100.00 total=9223372036854775808\n", "some", -1},
        {"some avg10=1.25 avg60=2.50 avg300=100.01 total=77\n", "some", -1},
        {"some avg10=-1.25 avg60=2.50 avg300=100.00 total=77\n", "some", -1},
        {"some avg10=1.25 avg60=2.50 avg300=100.00 total=-77\n", "some", -1},
        {"some avg10=1.25 avg60=inf avg300=100.00 total=77\n", "some", -1},
        {"some avg10=1.25 avg60=2.50 avg300=100.00 total=77x\n", "some", -1},
        {"some avg10=1.25 avg60=2.50 avg300=100.00 total=\n77", "some", -1},
        {"some avg10=1.25 avg60=2.50 avg300=100.00", "some", -1},
        {"some avg60=2.50 avg10=1.25 avg300=100.00 total=77\n", "some", -1},
        {"some avg10=1.25\navg60=2.50 avg300=100.00 total=77\n", "some", -1},
        {"awesome avg10=1.25 avg60=2.50 avg300=100.00 total=77\n", "some", -1},
        {"some", "some", -1},
        {"", "some", -1},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        MomPressureLine line = {.total_us = -1};

        assert_int_equal(mom_parse_pressure(cases[i].text, cases[i].kind, &line),
                         cases[i].total_us != -1);
        assert_int_equal(line.total_us, cases[i].total_us);
        if (cases[i].total_us == -1)
            continue;
        assert_true(mom_value_equal(mom_value_float(line.avg10), mom_value_float(1.25)));
        assert_true(mom_value_equal(mom_value_float(line.avg60), mom_value_float(2.5)));
        assert_true(mom_value_equal(mom_value_float(line.avg300), mom_value_float(100)));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_found_at_the_start_of_lines),
        cmocka_unit_test(a_process_is_read_by_field_number),
        cmocka_unit_test(names_may_hold_anything),
        cmocka_unit_test(broken_processes_are_refused_whole),
        cmocka_unit_test(processors_are_counted_by_line),
        cmocka_unit_test(a_line_of_pressure_is_whole_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
