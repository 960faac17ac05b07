/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See qemu-pid.h.
 */
#include "agent/hypervisor/qemu-pid.h"

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

/* The uuid in TEXT, arguments ended by NUL, if it is QEMU's with a guest; borrowed. */
static const char *
guest_in(const char *text, gsize length)
{
    g_autofree char *program = g_path_get_basename(text);
    const char *end = text + length;
    gboolean next = FALSE;

    if (!g_str_has_prefix(program, "qemu"))
        return NULL;
    for (const char *argument = text; argument < end; argument += strlen(argument) + 1) {
        if (next)
            return argument;
        next = strcmp(argument, "-uuid") == 0;
    }
    return NULL;
}

/* What is read of /proc ends in a NUL that GLib adds. */
static void
scan_process(const char *root, const char *name, GHashTable *found)
{
    g_autofree char *path = g_build_filename(root, "proc", name, "cmdline", NULL);
    g_autofree char *text = NULL;
    const char *uuid;
    gint64 pid;
    gsize length;

    if (!g_ascii_string_to_signed(name, 10, 1, G_MAXINT, &pid, NULL) ||
        !g_file_get_contents(path, &text, &length, NULL) || length == 0)
        return;
    uuid = guest_in(text, length);
    if (uuid != NULL)
        g_hash_table_replace(found, g_strdup(uuid), GINT_TO_POINTER((int)pid));
}

GHashTable *
mom_qemu_pid_scan(const char *root)
{
    GHashTable *found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *folder = g_build_filename(root, "proc", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        scan_process(root, name, found);
    return found;
}
