/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's pressure file: as it is, odd, and missing.
 */
#include "agent/engine/pressure.h"

#include <glib/gstdio.h>

#include "tests/mom-test.h"

#define FULL_LINE "full avg10=7.00 avg60=0.00 avg300=0.00 total=0\n"

static void
test_texts(void **state)
{
    static const struct {
        const char *text;
        double expected; /* -1: the kernel does not tell */
    } rows[] = {
        {"some avg10=3.25 avg60=0.40 avg300=0.00 total=123\n" FULL_LINE, 3.25},
        {"some avg10=0.00 avg60=0.40 avg300=0.00 total=123\n" FULL_LINE, 0},
        {FULL_LINE "some avg10=100.00 avg60=1.00 avg300=0.00 total=123\n", 100},
        {"", -1},
        {FULL_LINE, -1},
        {"some avg60=0.40 avg10=3.25\n", -1},
        {"some avg10=\n", -1},
        {"some avg10=x\n", -1},
        {"some avg10=nan \n", -1},
        {"some avg10=-1.00 avg60=0.00\n", -1},
        {"some avg10=101.00 avg60=0.00\n", -1},
        {"some avg10=3.25", -1},
        {"awesome avg10=3.25 \n", -1},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        double percent = -1;
        gboolean told = mom_pressure_parse(rows[i].text, &percent);

        assert_int_equal(told, rows[i].expected >= 0);
        assert_true(percent >= rows[i].expected && percent <= rows[i].expected);
    }
}

static void
test_a_root_with_and_without_the_file(void **state)
{
    g_autofree char *root = g_dir_make_tmp("mom-pressure-XXXXXX", NULL);
    g_autofree char *proc = g_build_filename(root, "proc", NULL);
    g_autofree char *folder = g_build_filename(proc, "pressure", NULL);
    g_autofree char *file = g_build_filename(folder, "memory", NULL);
    double percent = -1;

    assert_false(mom_pressure_read(root, &percent));
    assert_int_equal(g_mkdir_with_parents(folder, 0700), 0);
    assert_true(
        g_file_set_contents(file, "some avg10=1.50 avg60=0.00 avg300=0.00 total=9\n", -1, NULL));
    assert_true(mom_pressure_read(root, &percent));
    assert_true(percent >= 1.5 && percent <= 1.5);
    g_remove(file);
    g_remove(folder);
    g_remove(proc);
    g_remove(root);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_a_root_with_and_without_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
