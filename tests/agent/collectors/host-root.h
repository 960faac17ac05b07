/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A directory that plays the host, and one collection over it.
 *
 * Files are really written and read; the directory is removed with all that is in it.
 */
#pragma once

#include "tests/mom-test.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "agent/collectors/collector.h"

static inline char *
host_root_new(void)
{
    char *root = g_dir_make_tmp("mom-test-XXXXXX", NULL);

    assert_non_null(root);
    return root;
}

static inline int
host_root_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    return remove(path);
}

static inline void
host_root_free(char *root)
{
    nftw(root, host_root_remove_one, 8, FTW_DEPTH | FTW_PHYS);
    g_free(root);
}

/* TEXT NULL removes the file. */
static inline void
host_root_write(const char *root, const char *path, const char *text)
{
    g_autofree char *full = g_build_filename(root, path, NULL);
    g_autofree char *directory = g_path_get_dirname(full);

    if (!text) {
        assert_int_equal(g_unlink(full), 0);
        return;
    }
    assert_int_equal(g_mkdir_with_parents(directory, 0700), 0);
    assert_true(g_file_set_contents(full, text, -1, NULL));
}

static inline void
host_root_write_stat(const char *root,
                     int pid,
                     const char *name,
                     int minor,
                     int major,
                     int ticks,
                     gint64 size_kib,
                     int rss_pages)
{
    g_autofree char *stat_path = g_strdup_printf("proc/%d/stat", pid);
    g_autofree char *comm_path = g_strdup_printf("proc/%d/comm", pid);
    g_autofree char *comm = g_strconcat(name, "\n", NULL);
    g_autofree char *text =
        g_strdup_printf("%d (%s) S 1 1 1 0 -1 0 %d 7 %d 8 %d 0 0 0 20 0 1 0 4242 %" G_GINT64_FORMAT
                        " %d 18446744073709551615 1\n",
                        pid, name, minor, major, ticks, size_kib * 1024, rss_pages);

    host_root_write(root, stat_path, text);
    host_root_write(root, comm_path, comm);
}

/* A collector, its instance's state, and a sample with its schema. */
typedef struct {
    const MomCollector *collector;
    gpointer instance;
    MomSchema *schema;
    MomSample *sample;
} Subject;

static inline Subject *
subject_new(const char *name)
{
    Subject *subject = g_new0(Subject, 1);
    const char *names[32];
    gsize n = 0;

    subject->collector = mom_collector_find(name);
    assert_non_null(subject->collector);
    for (gsize i = 0; subject->collector->fields[i]; i++)
        names[n++] = subject->collector->fields[i];
    for (gsize i = 0; subject->collector->optional[i]; i++)
        names[n++] = subject->collector->optional[i];
    subject->schema = mom_schema_new(names, n);
    if (subject->collector->state_new)
        subject->instance = subject->collector->state_new(subject->collector);
    return subject;
}

static inline void
subject_free(Subject *subject)
{
    if (subject->collector->state_free)
        subject->collector->state_free(subject->instance);
    g_clear_pointer(&subject->sample, mom_sample_free);
    mom_schema_unref(subject->schema);
    g_free(subject);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Subject, subject_free)

static inline gboolean
subject_collect(Subject *subject, const MomCollectInput *input, GError **error)
{
    g_clear_pointer(&subject->sample, mom_sample_free);
    subject->sample = mom_sample_new(subject->schema, input->now_us);
    return subject->collector->collect(subject->instance, input, subject->sample, error);
}

static inline gboolean
subject_collect_host(Subject *subject, const char *root, GError **error)
{
    return subject_collect(subject, &(MomCollectInput){.root = root, .interval_s = 10}, error);
}

static inline gboolean
subject_collect_guest(Subject *subject, const char *root, const MomGuestData *guest, GError **error)
{
    return subject_collect(subject, &(MomCollectInput){.root = root, .guest = guest}, error);
}

static inline gboolean
subject_has(const Subject *subject, const char *field)
{
    MomValue v;

    return mom_sample_get(subject->sample, field, &v);
}

static inline gboolean
subject_is_nil(const Subject *subject, const char *field)
{
    MomValue v;

    return mom_sample_get(subject->sample, field, &v) && mom_value_is_nil(v);
}

static inline gint64
subject_int(const Subject *subject, const char *field)
{
    MomValue v = MOM_NIL;

    assert_true(mom_sample_get(subject->sample, field, &v));
    assert_int_equal(v.type, MOM_VALUE_INT);
    return v.integer;
}
