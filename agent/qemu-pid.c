/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See qemu-pid.h.
 */
#include "agent/qemu-pid.h"

#include <string.h>

static gboolean
read_pid_file(const char *root, const char *name, gint64 *pid)
{
    g_autofree char *file = g_strconcat(name, ".pid", NULL);
    g_autofree char *path = g_build_filename(root, "run/libvirt/qemu", file, NULL);
    g_autofree char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) &&
           g_ascii_string_to_signed(g_strstrip(text), 10, 1, G_MAXINT, pid, NULL);
}

static gboolean
process_names(const char *root, gint64 pid, const char *uuid)
{
    g_autofree char *folder = g_strdup_printf("%" G_GINT64_FORMAT, pid);
    g_autofree char *path = g_build_filename(root, "proc", folder, "cmdline", NULL);
    g_autofree char *text = NULL;
    gsize length;

    return g_file_get_contents(path, &text, &length, NULL) &&
           memmem(text, length, uuid, strlen(uuid)) != NULL;
}

gboolean
mom_qemu_pid_find(const char *root, const char *name, const char *uuid, gint64 *pid)
{
    gint64 found;

    if (strchr(name, '/') != NULL || !read_pid_file(root, name, &found) ||
        !process_names(root, found, uuid))
        return FALSE;
    *pid = found;
    return TRUE;
}
