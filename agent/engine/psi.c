/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See psi.h.
 *
 * Two oddities of the kernel: without CAP_SYS_RESOURCE a window must be a multiple of two seconds,
 * and the last byte of what is written is overwritten, so that the terminating NUL must be written
 * too.
 */
#include "agent/engine/psi.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

struct MomPsi {
    int fd;
    guint source;
    MomPsiFunc pressed;
    gpointer data;
};

/* The first that the kernel takes. */
static const guint windows_us[] = {1000000, 2000000};

static gboolean
on_event(int fd, GIOCondition condition, gpointer data)
{
    MomPsi *psi = data;

    if (condition & G_IO_ERR) { /* PSI was switched off: this trigger is gone */
        psi->source = 0;
        return G_SOURCE_REMOVE;
    }
    psi->pressed(psi->data);
    return G_SOURCE_CONTINUE;
}

static gboolean
set_error(GError **error, const char *path)
{
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s", path,
                g_strerror(errno));
    return FALSE;
}

static gboolean
is_kernels(int fd)
{
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

static gboolean
set_trigger(int fd)
{
    for (gsize i = 0; i < G_N_ELEMENTS(windows_us); i++) {
        g_autofree char *trigger = g_strdup_printf("some %d %u", MOM_PSI_STALL_US, windows_us[i]);

        if (write(fd, trigger, strlen(trigger) + 1) > 0)
            return TRUE;
        if (errno != EINVAL)
            return FALSE;
    }
    return FALSE;
}

static gboolean
open_trigger(MomPsi *psi, const char *path, GError **error)
{
    psi->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (psi->fd < 0)
        return set_error(error, path);
    if (!is_kernels(psi->fd)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NODEV, "%s is not the kernel's", path);
        return FALSE;
    }
    return set_trigger(psi->fd) || set_error(error, path);
}

MomPsi *
mom_psi_new(const char *root, MomPsiFunc pressed, gpointer data, GError **error)
{
    g_autofree char *path = g_build_filename(root, "proc/pressure/memory", NULL);
    g_autoptr(MomPsi) psi = g_new0(MomPsi, 1);

    psi->fd = -1;
    psi->pressed = pressed;
    psi->data = data;
    if (!open_trigger(psi, path, error))
        return NULL;
    psi->source = g_unix_fd_add(psi->fd, G_IO_PRI | G_IO_ERR, on_event, psi);
    return g_steal_pointer(&psi);
}

void
mom_psi_free(MomPsi *psi)
{
    if (!psi)
        return;
    if (psi->source)
        g_source_remove(psi->source);
    if (psi->fd >= 0)
        close(psi->fd);
    g_free(psi);
}
