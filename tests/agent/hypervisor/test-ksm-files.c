/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * KSM knobs, written into a folder that looks like the kernel's.
 *
 * inotify tells in which order its files were written.
 */
#include "agent/hypervisor/ksm-files.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "tests/mom-test.h"

typedef struct {
    char *root;
    char *folder;
    int watch;
} Fixture;

static char *
path_of(Fixture *f, MomKsmKey key)
{
    return g_build_filename(f->folder, mom_ksm_key_name(key), NULL);
}

static void
assert_file(Fixture *f, MomKsmKey key, const char *expected)
{
    g_autofree char *path = path_of(f, key);
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
    for (int key = 0; key < MOM_N_KSM_KEYS; key++) {
        g_autofree char *path = path_of(f, key);

        assert_true(g_file_set_contents(path, "777777\n", -1, NULL));
    }
    f->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    assert_true(inotify_add_watch(f->watch, f->folder, IN_CLOSE_WRITE) >= 0);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;
    static const char *const folders[] = {"sys/kernel/mm/ksm", "sys/kernel/mm", "sys/kernel", "sys",
                                          ""};

    close(f->watch);
    for (int key = 0; key < MOM_N_KSM_KEYS; key++) {
        g_autofree char *path = path_of(f, key);

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

/* The files written since the last look: "run smart_scan ". */
static char *
written(Fixture *f)
{
    char buffer[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
    GString *names = g_string_new(NULL);
    gssize n = read(f->watch, buffer, sizeof buffer);

    for (gssize at = 0; at < n;) {
        const struct inotify_event *event = (const struct inotify_event *)(gpointer)(buffer + at);

        g_string_append_printf(names, "%s ", event->name);
        at += (gssize)(sizeof *event + event->len);
    }
    return g_string_free(names, FALSE);
}

static void
assert_written(Fixture *f, const char *expected)
{
    g_autofree char *names = written(f);

    assert_string_equal(names, expected);
}

static void
keys_that_are_present_are_written_and_no_others(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    MomKsmTune tune = {.present = MOM_KSM_BIT(MOM_KSM_RUN) | MOM_KSM_BIT(MOM_KSM_PAGES_TO_SCAN)};

    tune.value[MOM_KSM_RUN] = 1;
    tune.value[MOM_KSM_PAGES_TO_SCAN] = 64;
    assert_ok(mom_ksm_files_write(f->root, &tune, &error));
    assert_file(f, MOM_KSM_RUN, "1\n");
    assert_file(f, MOM_KSM_PAGES_TO_SCAN, "64\n");
    assert_written(f, "pages_to_scan run ");
    tune.present = 0;
    assert_ok(mom_ksm_files_write(f->root, &tune, &error));
    assert_written(f, "");
}

static void
each_key_has_its_file(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    MomKsmTune tune = {.present = MOM_KSM_ALL_KEYS};

    for (int key = 0; key < MOM_N_KSM_KEYS; key++)
        tune.value[key] = 10 + key;
    tune.value[MOM_KSM_ADVISOR_MODE] = 1;
    assert_ok(mom_ksm_files_write(f->root, &tune, &error));
    for (int key = 0; key < MOM_N_KSM_KEYS; key++) {
        g_autofree char *expected = g_strdup_printf("%d\n", 10 + key);

        assert_file(f, key, key == MOM_KSM_ADVISOR_MODE ? "scan-time\n" : expected);
    }
}

static void
scanning_and_the_advisor_start_with_their_parameters_in_place(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    MomKsmTune tune = {.present = MOM_KSM_ALL_KEYS};

    tune.value[MOM_KSM_RUN] = 1;
    tune.value[MOM_KSM_ADVISOR_MODE] = 1;
    assert_ok(mom_ksm_files_write(f->root, &tune, &error));
    assert_written(f, "max_page_sharing merge_across_nodes use_zero_pages smart_scan pages_to_scan "
                      "sleep_millisecs advisor_max_cpu advisor_target_scan_time "
                      "advisor_min_pages_to_scan advisor_max_pages_to_scan advisor_mode run ");
}

static void
what_stands_in_the_way_of_others_goes_first(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    MomKsmTune tune = {.present = MOM_KSM_ALL_KEYS};

    tune.value[MOM_KSM_RUN] = MOM_KSM_RUN_UNMERGE;
    tune.value[MOM_KSM_ADVISOR_MODE] = MOM_KSM_ADVISOR_NONE;
    assert_ok(mom_ksm_files_write(f->root, &tune, &error));
    assert_file(f, MOM_KSM_ADVISOR_MODE, "none\n");
    assert_written(f, "run advisor_mode max_page_sharing merge_across_nodes use_zero_pages "
                      "smart_scan pages_to_scan sleep_millisecs advisor_max_cpu "
                      "advisor_target_scan_time advisor_min_pages_to_scan "
                      "advisor_max_pages_to_scan ");
    tune.value[MOM_KSM_RUN] = 0;
    tune.present = MOM_KSM_BIT(MOM_KSM_RUN) | MOM_KSM_BIT(MOM_KSM_ADVISOR_MODE) |
                   MOM_KSM_BIT(MOM_KSM_SMART_SCAN);
    assert_ok(mom_ksm_files_write(f->root, &tune, &error));
    assert_written(f, "advisor_mode smart_scan run ");
}

static void
the_advisor_is_left_alone_by_whoever_does_not_name_it(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    MomKsmTune tune = {.present = MOM_KSM_BIT(MOM_KSM_PAGES_TO_SCAN)};

    assert_ok(mom_ksm_files_write(f->root, &tune, &error));
    assert_written(f, "pages_to_scan ");
}

static void
one_key_that_fails_leaves_the_others_and_names_its_file(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = path_of(f, MOM_KSM_SMART_SCAN);
    MomKsmTune tune = {.present = MOM_KSM_BIT(MOM_KSM_RUN) | MOM_KSM_BIT(MOM_KSM_SMART_SCAN) |
                                  MOM_KSM_BIT(MOM_KSM_USE_ZERO_PAGES)};

    g_remove(path);
    assert_false(mom_ksm_files_write(f->root, &tune, &error));
    assert_true(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND));
    assert_non_null(strstr(error->message, path));
    assert_non_null(strstr(error->message, "this kernel does not have it"));
    assert_written(f, "use_zero_pages run ");
}

static void
a_host_without_ksm_is_an_error(void **state)
{
    g_autoptr(GError) error = NULL;
    MomKsmTune tune = {.present = MOM_KSM_ALL_KEYS};

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
        TEST(scanning_and_the_advisor_start_with_their_parameters_in_place),
        TEST(what_stands_in_the_way_of_others_goes_first),
        TEST(the_advisor_is_left_alone_by_whoever_does_not_name_it),
        TEST(one_key_that_fails_leaves_the_others_and_names_its_file),
        TEST(a_host_without_ksm_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
