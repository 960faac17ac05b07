/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The lock, see path-lock.h.
 *
 * The file is removed by who holds it. Who waited for it then holds the lock of a file that is not
 * there any more, sees that, and begins anew.
 */
#include "agent/rpc/path-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAUSE_US 10000

struct MomPathLock {
    char *file;
    int fd;
};

static void
set_errno_error(const MomPathLock *lock, int code, GError **error)
{
    g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(code), "cannot lock %s: %s",
                lock->file,
                code == EWOULDBLOCK ? "another momd is starting there" : g_strerror(code));
}

/* Whether the file that FD is can still be found by its name. */
static gboolean
is_there(const MomPathLock *lock)
{
    struct stat by_name, opened;

    return fstat(lock->fd, &opened) == 0 && lstat(lock->file, &by_name) == 0 &&
           opened.st_dev == by_name.st_dev && opened.st_ino == by_name.st_ino;
}

/* 0, or an errno: EWOULDBLOCK if another try is worth it. */
static int
try_to_lock(MomPathLock *lock)
{
    int code = 0;

    lock->fd = open(lock->file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (lock->fd < 0)
        return errno;
    if (flock(lock->fd, LOCK_EX | LOCK_NB) < 0)
        code = errno;
    else if (!is_there(lock))
        code = EWOULDBLOCK;
    if (code != 0) {
        close(lock->fd);
        lock->fd = -1;
    }
    return code;
}

MomPathLock *
mom_path_lock_new(const char *path, GError **error)
{
    MomPathLock *lock = g_new0(MomPathLock, 1);
    gint64 end_us = g_get_monotonic_time() + MOM_PATH_LOCK_MS * (gint64)1000;
    int code;

    lock->file = g_strconcat(path, ".lock", NULL);
    while ((code = try_to_lock(lock)) == EWOULDBLOCK && g_get_monotonic_time() < end_us)
        g_usleep(PAUSE_US);
    if (code != 0) {
        set_errno_error(lock, code, error);
        g_free(lock->file);
        g_free(lock);
        return NULL;
    }
    return lock;
}

void
mom_path_lock_free(MomPathLock *lock)
{
    if (!lock)
        return;
    unlink(lock->file);
    close(lock->fd);
    g_free(lock->file);
    g_free(lock);
}
