/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * KSM knobs, written into a folder that looks like the kernel's.
 */
#include "agent/ksm-files.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "tests/mom-test.h"

static const char *const files[] = {"run", "pages_to_scan", "sleep_millisecs",
                                    "merge_across_nodes"};

typedef struct {
    char *root;
    char *folder;
} Fixture;

static char *
path_of(Fixture *f, const char *file)
{
    return g_build_filename(f->folder, file, NULL);
}

static void
put(Fixture *f, const char *file, const char *text)
{
    g_autofree char *path = path_of(f, file);

    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
assert_file(Fixture *f, const char *file, const char *expected)
{
    g_autofree char *path = path_of(f, file);
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_string_equal(text, expected);
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->root = g_dir_make_tmp("mom-ksm-XXXXXX", NULL);
    f->folder = g_build_filename(f->root, "sys/kernel/mm/ksm", NULL);
    assert_int_equal(g_mkdir_with_parents(f->folder, 0755), 0);
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
        put(f, files[i], "777777\n");
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;
    static const char *const folders[] = {"sys/kernel/mm/ksm", "sys/kernel/mm", "sys/kernel", "sys",
                                          ""};
    static const char *const all[] = {"run", "pages_to_scan", "sleep_millisecs",
                                      "merge_across_nodes", "advisor_mode"};

    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        g_autofree char *path = path_of(f, all[i]);

        g_remove(path);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *path = g_build_filename(f->root, folders[i], NULL);

        g_rmdir(path);
    }
    g_free(f->root);
    g_free(f->folder);
    g_free(f);
    return 0;
}

static void
keys_that_are_present_are_written_and_no_others(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    MomKsmTune tune = {.present = 1 << MOM_KSM_RUN | 1 << MOM_KSM_PAGES_TO_SCAN};

    tune.value[MOM_KSM_RUN] = 1;
    tune.value[MOM_KSM_PAGES_TO_SCAN] = 64;
    assert_ok(mom_ksm_files_write(f->root, &tune, &error));
    assert_file(f, "run", "1\n");
    assert_file(f, "pages_to_scan", "64\n");
    assert_file(f, "sleep_millisecs", "777777\n");
    assert_file(f, "merge_across_nodes", "777777\n");
}

static void
each_key_has_its_file(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    MomKsmTune tune = {.present = (1 << MOM_N_KSM_KEYS) - 1};

    for (int key = 0; key < MOM_N_KSM_KEYS; key++)
        tune.value[key] = 10 + key;
    assert_ok(mom_ksm_files_write(f->root, &tune, &error));
    for (int key = 0; key < MOM_N_KSM_KEYS; key++) {
        g_autofree char *expected = g_strdup_printf("%d\n", 10 + key);

        assert_file(f, files[key], expected);
    }
}

static void
one_key_that_fails_leaves_the_others_and_names_its_file(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = path_of(f, "pages_to_scan");
    MomKsmTune tune = {.present = 1 << MOM_KSM_RUN | 1 << MOM_KSM_PAGES_TO_SCAN};

    g_remove(path);
    assert_false(mom_ksm_files_write(f->root, &tune, &error));
    assert_true(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND));
    assert_non_null(strstr(error->message, path));
    assert_file(f, "run", "0\n");
}

static void
the_kernel_s_advisor_is_stopped_before_pages_to_scan(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    MomKsmTune run = {.present = 1 << MOM_KSM_RUN};
    MomKsmTune scan = {.present = 1 << MOM_KSM_PAGES_TO_SCAN};

    put(f, "advisor_mode", "none [scan-time]\n");
    assert_ok(mom_ksm_files_write(f->root, &run, &error));
    assert_file(f, "advisor_mode", "none [scan-time]\n");
    assert_ok(mom_ksm_files_write(f->root, &scan, &error));
    assert_file(f, "advisor_mode", "none");
}

static void
a_host_without_ksm_is_an_error(void **state)
{
    g_autoptr(GError) error = NULL;
    MomKsmTune tune = {.present = 1 << MOM_KSM_RUN};

    assert_fails(mom_ksm_files_write("/nonexistent", &tune, &error), G_IO_ERROR,
                 G_IO_ERROR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keys_that_are_present_are_written_and_no_others),
        TEST(each_key_has_its_file),
        TEST(one_key_that_fails_leaves_the_others_and_names_its_file),
        TEST(the_kernel_s_advisor_is_stopped_before_pages_to_scan),
        TEST(a_host_without_ksm_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
