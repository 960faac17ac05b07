/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The trigger where the kernel has one, and what is said where it has not.
 *
 * That it rings under pressure is shown where pressure can be made (tests on real guests).
 */
#include "tests/mom-test.h"

#include <glib/gstdio.h>

#include "agent/engine/psi.h"

static void
pressed(gpointer data)
{
    ++*(guint *)data;
}

static void
the_kernels_trigger_is_taken_or_said_not_to_be_there(void **state)
{
    g_autoptr(GError) error = NULL;
    guint calls = 0;
    g_autoptr(MomPsi) psi = mom_psi_new("/", pressed, &calls, &error);

    if (g_access("/proc/pressure/memory", W_OK) == 0 && psi)
        assert_null(error);
    else
        assert_true(error && error->domain == G_FILE_ERROR);
    g_main_context_iteration(NULL, FALSE);
}

static void
a_stand_ins_file_is_no_trigger_and_is_left_as_it_is(void **state)
{
    g_autofree char *root = g_dir_make_tmp("mom-psi-XXXXXX", NULL);
    g_autofree char *dir = g_build_filename(root, "proc", "pressure", NULL);
    g_autofree char *parent = g_build_filename(root, "proc", NULL);
    g_autofree char *file = g_build_filename(dir, "memory", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    assert_fails(mom_psi_new(root, pressed, NULL, &error), G_FILE_ERROR, G_FILE_ERROR_NOENT);
    assert_int_equal(g_mkdir_with_parents(dir, 0700), 0);
    assert_true(g_file_set_contents(file, "some avg10=0.00\n", -1, NULL));
    assert_fails(mom_psi_new(root, pressed, NULL, &error), G_FILE_ERROR, G_FILE_ERROR_NODEV);
    assert_true(g_file_get_contents(file, &text, NULL, NULL));
    assert_string_equal(text, "some avg10=0.00\n");
    g_remove(file);
    g_rmdir(dir);
    g_rmdir(parent);
    g_rmdir(root);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernels_trigger_is_taken_or_said_not_to_be_there),
        cmocka_unit_test(a_stand_ins_file_is_no_trigger_and_is_left_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
