/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A stand-in's /proc for mom-guestd, in a directory of its own.
 *
 * For tests only.
 */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>

#include "tests/mom-test.h"

#define PROC_PRESSURE                                                                              \
    "some avg10=1.25 avg60=0.00 avg300=0.00 total=700\n"                                           \
    "full avg10=0.50 avg60=0.00 avg300=0.00 total=600\n"

static inline void
proc_files_write(const char *root, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(root, "proc", name, NULL);

    assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* The same file with another text, as who has it open sees it too. */
static inline void
proc_files_rewrite(const char *root, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(root, "proc", name, NULL);
    FILE *file = g_fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* PRESSURE: the text of pressure/memory, NULL for none.  Caller frees the path. */
static inline char *
proc_files_new(const char *pressure)
{
    char *root = g_dir_make_tmp("mom-guestd-XXXXXX", NULL);
    g_autofree char *folder = g_build_filename(root, "proc", "pressure", NULL);

    assert_int_equal(g_mkdir_with_parents(folder, 0700), 0);
    proc_files_write(root, "meminfo",
                     "MemTotal:        1000000 kB\nMemFree:          100000 kB\n"
                     "MemAvailable:     400000 kB\nBuffers:           20000 kB\n"
                     "Cached:           300000 kB\nSwapCached:            7 kB\n"
                     "SwapTotal:         50000 kB\nSwapFree:          40000 kB\n");
    proc_files_write(root, "vmstat", "pswpin 11\npswpout 22\npgfault 3333\npgmajfault 44\n");
    if (pressure)
        proc_files_write(root, "pressure/memory", pressure);
    return root;
}

static inline void
proc_files_remove(const char *root)
{
    static const char *const names[] = {"meminfo", "vmstat", "pressure/memory", "pressure", ""};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(root, "proc", names[i], NULL);

        g_remove(path);
    }
    g_remove(root);
}
