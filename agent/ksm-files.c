/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ksm-files.h.  sysfs wants one write per value into the file itself, so no temporary file and
 * no rename.
 */
#include "agent/ksm-files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

/* In the order in which they are written: scanning starts only with all its parameters in place. */
static const struct {
    MomKsmKey key;
    const char *file;
} knobs[MOM_N_KSM_KEYS] = {
    {MOM_KSM_PAGES_TO_SCAN, "pages_to_scan"},
    {MOM_KSM_SLEEP_MILLISECS, "sleep_millisecs"},
    {MOM_KSM_MERGE_ACROSS_NODES, "merge_across_nodes"},
    {MOM_KSM_RUN, "run"},
};

static gboolean
write_text(const char *path, const char *text, GError **error)
{
    gsize length = strlen(text);
    int fd = g_open(path, O_WRONLY | O_TRUNC | O_CLOEXEC, 0);
    gboolean ok = fd >= 0 && write(fd, text, length) == (gssize)length;
    int code = errno;

    if (!ok)
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "cannot write %s: %s%s", path,
                    g_strerror(code),
                    code == EBUSY ? " (pages are merged; unmerge them first with run = 2)" : "");
    if (fd >= 0)
        g_close(fd, NULL);
    return ok;
}

static void
stop_advisor(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "advisor_mode", NULL);
    g_autofree char *text = NULL;

    /* Kernels before 6.8 have none.  If it cannot be stopped, writing pages_to_scan tells. */
    if (g_file_get_contents(path, &text, NULL, NULL) && strstr(text, "[none]") == NULL)
        write_text(path, "none", NULL);
}

static gboolean
write_knob(const char *folder, const char *file, gint64 value, GError **error)
{
    g_autofree char *path = g_build_filename(folder, file, NULL);
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT "\n", value);

    return write_text(path, text, error);
}

gboolean
mom_ksm_files_write(const char *root, const MomKsmTune *tune, GError **error)
{
    g_autofree char *folder = g_build_filename(root, "sys/kernel/mm/ksm", NULL);
    gboolean ok = TRUE;

    if (tune->present & 1u << MOM_KSM_PAGES_TO_SCAN)
        stop_advisor(folder);
    for (gsize i = 0; i < G_N_ELEMENTS(knobs); i++)
        if (tune->present & 1u << knobs[i].key)
            ok &= write_knob(folder, knobs[i].file, tune->value[knobs[i].key], ok ? error : NULL);
    return ok;
}
