/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What was found, over a restart: all of it comes back, in the same boot, however the file was
 * hurt, and however late the disk takes it.
 *
 * On a real directory, in virtual time; the thread is waited for, never slept for.
 */
#include "agent/state/found-file.h"

#include <glib/gstdio.h>
#include <string.h>

#include "agent/state/boot-id.h"
#include "agent/state/state-writer.h"
#include "tests/agent/kept-log.h"
#include "tests/agent/virtual-clock.h"
#include "tests/mom-test.h"

static char *
text_of(MomFound *found)
{
    g_autoptr(GPtrArray) records = mom_found_to_records(found);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < records->len; i++) {
        gsize length;
        const char *data = g_bytes_get_data(records->pdata[i], &length);

        g_string_append_len(text, data, (gssize)length);
    }
    return g_string_free(text, FALSE);
}

static MomFound *
found_much(void)
{
    MomFound *found = mom_found_new();
    MomFoundGuest *guest = mom_found_guest(found, "a", 4711);
    MomLimits limits = {0};

    guest->has_balloon = guest->has_cpu = TRUE;
    guest->balloon_kib = 4194304;
    guest->quota_us = -1;
    guest->period_us = 100000;
    mom_limits_set(&limits, MOM_LIMIT_TOTAL_BYTES, mom_value_int(0));
    mom_limits_set(&limits, MOM_LIMIT_WRITE_IOPS, mom_value_int(250));
    g_hash_table_insert(guest->disks, g_strdup("/disks/\"a\""), g_memdup2(&limits, sizeof limits));
    mom_found_guest(found, "b", 0);
    mom_found_ksm(found, MOM_KSM_RUN, 0);
    mom_found_ksm(found, MOM_KSM_ADVISOR_MODE, 1);
    return found;
}

static void
assert_much(MomFound *found)
{
    const MomFoundGuest *a = g_hash_table_lookup(found->guests, "a");
    const MomFoundGuest *b = g_hash_table_lookup(found->guests, "b");
    const MomLimits *limits;

    assert_true(a && a->has_balloon && a->has_cpu);
    assert_int_equal(a->pid, 4711);
    assert_int_equal(a->balloon_kib, 4194304);
    assert_int_equal(a->quota_us, -1);
    assert_int_equal(a->period_us, 100000);
    limits = g_hash_table_lookup(a->disks, "/disks/\"a\"");
    assert_non_null(limits);
    assert_int_equal(limits->present, 1u << MOM_LIMIT_TOTAL_BYTES | 1u << MOM_LIMIT_WRITE_IOPS);
    assert_int_equal(limits->value[MOM_LIMIT_WRITE_IOPS].integer, 250);
    assert_true(b && !b->has_balloon && !b->has_cpu);
    assert_int_equal(g_hash_table_size(b->disks), 0);
    assert_int_equal(found->ksm, MOM_KSM_BIT(MOM_KSM_RUN) | MOM_KSM_BIT(MOM_KSM_ADVISOR_MODE));
    assert_int_equal(found->ksm_value[MOM_KSM_ADVISOR_MODE], 1);
}

static void
test_all_comes_back(void **state)
{
    g_autofree char *root = g_dir_make_tmp("mom-found-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(root, "state", NULL);
    g_autofree char *name = g_build_filename(path, "found", NULL);
    g_autoptr(MomStateDir) dir = mom_state_dir_new(path);
    g_autoptr(MomFound) found = mom_found_new();
    g_autoptr(MomFound) much = found_much();
    g_autoptr(MomFound) again = mom_found_new();
    VirtualClock *clock = virtual_clock_new();
    MomFoundFile *file = mom_found_file_new(dir, found, virtual_clock_base(clock));

    mom_found_file_load(file);
    mom_found_file_update(file);
    mom_found_file_free(file);
    assert_false(g_file_test(name, G_FILE_TEST_EXISTS)); /* nothing was found */
    file = mom_found_file_new(dir, much, virtual_clock_base(clock));
    mom_found_ksm(much, MOM_KSM_SMART_SCAN, 1);
    mom_found_forget(much, NULL);
    mom_found_ksm(much, MOM_KSM_RUN, 0);
    mom_found_ksm(much, MOM_KSM_ADVISOR_MODE, 1);
    mom_found_file_update(file);
    mom_found_file_free(file);
    file = mom_found_file_new(dir, again, virtual_clock_base(clock));
    mom_found_file_load(file);
    assert_much(again);
    mom_found_file_free(file);
    virtual_clock_free(clock);
    g_remove(name);
    g_clear_pointer(&dir, mom_state_dir_free);
    g_remove(path);
    g_remove(root);
}

/* A file that could not be written: its directory is not trusted. */
typedef struct {
    char *root, *path;
    MomStateDir *dir;
    MomFound *found;
    VirtualClock *clock;
    MomFoundFile *file;
} Failed;

static Failed
failed_new(void)
{
    Failed f = {.root = g_dir_make_tmp("mom-found-XXXXXX", NULL), .clock = virtual_clock_new()};

    f.path = g_build_filename(f.root, "state", NULL);
    f.dir = mom_state_dir_new(f.path);
    f.found = mom_found_new();
    f.file = mom_found_file_new(f.dir, f.found, virtual_clock_base(f.clock));
    assert_int_equal(g_mkdir(f.path, 0700), 0);
    assert_int_equal(g_chmod(f.path, 0777), 0);
    g_string_truncate(told, 0);
    mom_found_ksm(f.found, MOM_KSM_RUN, 1);
    mom_found_file_update(f.file);
    while (!*told->str)
        g_main_context_iteration(NULL, TRUE);
    assert_non_null(strstr(told->str, "I:What was found at the start is not kept"));
    return f;
}

/* Its FILE is freed by the test. */
static void
failed_clear(Failed *f)
{
    virtual_clock_free(f->clock);
    mom_found_free(f->found);
    mom_state_dir_free(f->dir);
    g_remove(f->path);
    g_remove(f->root);
    g_free(f->path);
    g_free(f->root);
}

/* Nothing else is turned for the first time afterwards, and still it comes to the disk. */
static void
test_what_could_not_be_written_is_tried_again(void **state)
{
    Failed f = failed_new();
    g_autofree char *name = g_build_filename(f.path, "found", NULL);
    g_autoptr(MomFound) again = mom_found_new();
    MomFoundFile *file;

    assert_int_equal(g_chmod(f.path, 0700), 0);
    virtual_clock_advance(f.clock, MOM_STATE_RETRY_US - 1);
    mom_found_file_update(f.file);
    assert_false(g_file_test(name, G_FILE_TEST_EXISTS));
    virtual_clock_advance(f.clock, 1);
    mom_found_file_free(f.file);
    virtual_clock_advance(f.clock, MOM_STATE_RETRY_US);
    file = mom_found_file_new(f.dir, again, virtual_clock_base(f.clock));
    mom_found_file_load(file);
    mom_found_file_free(file);
    assert_int_equal(again->ksm, MOM_KSM_BIT(MOM_KSM_RUN));
    assert_int_equal(again->ksm_value[MOM_KSM_RUN], 1);
    g_remove(name);
    failed_clear(&f);
}

/* One whose end comes before the next try leaves no try behind. */
static void
test_the_end_comes_before_the_next_try(void **state)
{
    Failed f = failed_new();

    mom_found_file_free(f.file);
    virtual_clock_advance(f.clock, 2 * MOM_STATE_RETRY_US);
    failed_clear(&f);
}

static void
test_without_a_directory_nothing_is_kept(void **state)
{
    g_autoptr(MomFound) found = mom_found_new();
    g_autoptr(MomFoundFile) file = mom_found_file_new(NULL, found, NULL);

    mom_found_ksm(found, MOM_KSM_RUN, 1);
    mom_found_file_load(file);
    mom_found_file_update(file);
    assert_int_equal(found->ksm_value[MOM_KSM_RUN], 1);
}

static void
test_another_boot_has_found_nothing(void **state)
{
    g_autoptr(MomFound) much = found_much();
    g_autoptr(MomFound) again = mom_found_new();
    g_autofree char *wrong = NULL;
    g_autofree char *boot = mom_boot_id();
    g_autofree char *text = text_of(much);
    char *at;

    assert_true(strlen(boot) > 10);
    /* Both headers; their checksums no longer fit, and so nothing may be used either. */
    while ((at = strstr(text, boot)))
        *at = *at == '0' ? '1' : '0';
    wrong = mom_found_from_text(again, text, strlen(text));
    assert_non_null(wrong);
    assert_int_equal(g_hash_table_size(again->guests), 0);
    assert_int_equal(again->ksm, 0);
}

/* A text cut anywhere gives what is whole of it, and never more. */
static void
test_a_text_that_is_cut(void **state)
{
    g_autoptr(MomFound) much = found_much();
    g_autofree char *text = text_of(much);
    gsize length = strlen(text);

    for (gsize cut = 0; cut <= length; cut++) {
        g_autoptr(MomFound) again = mom_found_new();
        g_autofree char *wrong = mom_found_from_text(again, text, cut);

        assert_int_equal(wrong == NULL, cut == length);
        assert_true(g_hash_table_size(again->guests) <= 2);
        if (cut == length)
            assert_much(again);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_comes_back),
        cmocka_unit_test(test_what_could_not_be_written_is_tried_again),
        cmocka_unit_test(test_the_end_comes_before_the_next_try),
        cmocka_unit_test(test_without_a_directory_nothing_is_kept),
        cmocka_unit_test(test_another_boot_has_found_nothing),
        cmocka_unit_test(test_a_text_that_is_cut),
    };

    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests_name("found-file", tests, NULL, NULL);
    kept_log_end();
    return failed;
}
