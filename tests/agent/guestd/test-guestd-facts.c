/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's files in the guest: as they are, odd, missing, and longer than what is read.
 */
#include "tests/mom-test.h"

#include <string.h>

#include "agent/guestd/facts.h"
#include "tests/agent/guestd/proc-files.h"

static void
a_number_is_found_behind_its_key(void **state)
{
    static const struct {
        const char *text;
        gint64 expected; /* -7: there is none */
    } rows[] = {
        {"MemTotal:        16384 kB\n", 16384},
        {"Before: 1\nMemTotal: 5\n", 5},
        {"MemTotal:\t0", 0},
        {"MemTotal: 9223372036854775807 kB", G_MAXINT64},
        {"MemTotal: 9223372036854775808 kB", -7},
        {"MemTotal: -1 kB", -7},
        {"MemTotal: 12x", -7},
        {"MemTotal: ", -7},
        {"MemTotal:", -7},
        {"MemTotal:5", -7},
        {"XMemTotal: 5", -7},
        {"MemTotals: 5", -7},
        {"\n\n", -7},
        {"", -7},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        int64_t number = -7;
        bool found = mom_facts_parse_key(rows[i].text, "MemTotal:", &number);

        assert_int_equal(found, rows[i].expected != -7);
        assert_int_equal(number, rows[i].expected);
    }
}

static void
pressure_is_read_in_hundredths(void **state)
{
    static const struct {
        const char *some, *full;
        gint64 some_avg10, total; /* -1: the whole is refused */
    } rows[] = {
        {"avg10=3.07 avg60=0.00 avg300=0.00 total=12", "avg10=0.00 avg60=0.00 avg300=0.00 total=9",
         307, 12},
        {"avg10=100.00 total=1", "avg10=0.50 total=2", 10000, 1},
        {"avg10=101.00 total=1", "avg10=0.50 total=2", -1, 0},
        {"avg10=1.5 total=1", "avg10=0.50 total=2", -1, 0},
        {"avg10=1.500 total=1", "avg10=0.50 total=2", -1, 0},
        {"avg10=nan total=1", "avg10=0.50 total=2", -1, 0},
        {"avg10=-1.00 total=1", "avg10=0.50 total=2", -1, 0},
        {"avg10=1.00 total=x", "avg10=0.50 total=2", -1, 0},
        {"avg10=1.00", "avg10=0.50 total=2", -1, 0},
        {"avg10=1.00 total=1", "", -1, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf("some %s\nfull %s\n", rows[i].some, rows[i].full);
        MomNumbers numbers = {.some_avg10 = -1};

        assert_int_equal(mom_facts_parse_pressure(text, &numbers), rows[i].some_avg10 >= 0);
        assert_int_equal(numbers.has_pressure, rows[i].some_avg10 >= 0);
        assert_int_equal(numbers.some_avg10, rows[i].some_avg10);
        assert_int_equal(numbers.some_total_us, rows[i].total);
    }
}

static void
all_files_make_one_reading(void **state)
{
    g_autofree char *root = proc_files_new(PROC_PRESSURE);
    MomFacts *facts = g_new0(MomFacts, 1);
    MomNumbers numbers;

    assert_true(mom_facts_open(facts, root));
    for (int i = 0; i < 2; i++) {
        assert_true(mom_facts_read(facts, &numbers));
        assert_int_equal(numbers.total, 1000000);
        assert_int_equal(numbers.free, 100000);
        assert_int_equal(numbers.buffers, 20000);
        assert_int_equal(numbers.cached, 300000);
        assert_int_equal(numbers.usable, 400000);
        assert_int_equal(numbers.swap_total, 50000);
        assert_int_equal(numbers.swap_free, 40000);
        assert_int_equal(numbers.pages_in, 11);
        assert_int_equal(numbers.pages_out, 22);
        assert_int_equal(numbers.minor_faults, 3333);
        assert_int_equal(numbers.major_faults, 44);
        assert_true(numbers.has_pressure);
        assert_int_equal(numbers.full_avg10, 50);
    }
    mom_facts_close(facts);
    g_free(facts);
    proc_files_remove(root);
}

static void
a_kernel_without_pressure_is_none_without_memory_is_a_fault(void **state)
{
    g_autofree char *root = proc_files_new(NULL);
    MomFacts *facts = g_new0(MomFacts, 1);
    MomNumbers numbers;

    assert_true(mom_facts_open(facts, root));
    assert_true(mom_facts_read(facts, &numbers));
    assert_false(numbers.has_pressure);
    assert_false(mom_facts_read_pressure(facts, &numbers));
    mom_facts_close(facts);
    proc_files_write(root, "meminfo", "MemTotal: 1 kB\n");
    assert_true(mom_facts_open(facts, root));
    assert_false(mom_facts_read(facts, &numbers));
    mom_facts_close(facts);
    assert_false(mom_facts_open(facts, "/nowhere"));
    g_free(facts);
    proc_files_remove(root);
}

static void
a_file_that_is_too_long_is_cut(void **state)
{
    g_autofree char *root = proc_files_new(NULL);
    g_autofree char *filler = g_strnfill(2 * MOM_FACTS_BYTES, 'x');
    g_autofree char *text = g_strconcat(filler, "\nMemTotal: 1 kB\n", NULL);
    MomFacts *facts = g_new0(MomFacts, 1);
    MomNumbers numbers;

    proc_files_write(root, "meminfo", text);
    assert_true(mom_facts_open(facts, root));
    assert_false(mom_facts_read(facts, &numbers));
    assert_int_equal(strlen(facts->text), MOM_FACTS_BYTES - 1);
    mom_facts_close(facts);
    g_free(facts);
    proc_files_remove(root);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_found_behind_its_key),
        cmocka_unit_test(pressure_is_read_in_hundredths),
        cmocka_unit_test(all_files_make_one_reading),
        cmocka_unit_test(a_kernel_without_pressure_is_none_without_memory_is_a_fault),
        cmocka_unit_test(a_file_that_is_too_long_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
