/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Durable files, see state-dir.h.
 *
 * All goes by a descriptor of the directory, which also holds the lock; the path is looked at anew
 * each time, as a directory may be made, mounted or replaced while momd runs.
 */
#include "agent/state/state-dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX_NEW ".new"
#define DAMAGED ".damaged-"
#define DIR_MODE 0700
#define FILE_MODE 0600
#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

struct MomStateDir {
    char *path;
    int fd;         /* -1: not open */
    gboolean taken; /* once, and then it was this one: */
    dev_t device;
    ino_t inode;
    guint changes;
    GRecMutex turn; /* of the threads that write files of their own */
};

static gboolean
fail(GError **error, const char *what, const char *path, const char *name)
{
    int code = errno;

    g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(code), "cannot %s %s%s%s: %s", what,
                path, name ? "/" : "", name ? name : "", g_strerror(code));
    return FALSE;
}

MomStateDir *
mom_state_dir_new(const char *path)
{
    MomStateDir *dir = g_new0(MomStateDir, 1);

    dir->path = g_strdup(path);
    dir->fd = -1;
    g_rec_mutex_init(&dir->turn);
    return dir;
}

static void
close_dir(MomStateDir *dir)
{
    if (dir->fd >= 0)
        close(dir->fd);
    dir->fd = -1;
}

void
mom_state_dir_free(MomStateDir *dir)
{
    if (!dir)
        return;
    close_dir(dir);
    g_rec_mutex_clear(&dir->turn);
    g_free(dir->path);
    g_free(dir);
}

const char *
mom_state_dir_path(const MomStateDir *dir)
{
    return dir->path;
}

/* ---- the directory ---- */

/* Nobody but us and root may have made or may change what ST describes. */
static gboolean
is_trusted(const struct stat *st, const char *path, const char *name, GError **error)
{
    const char *slash = name ? "/" : "";

    name = name ? name : "";
    if (st->st_uid != geteuid() && st->st_uid != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                    "%s%s%s belongs to user %u, neither to us nor to root; chown or remove it",
                    path, slash, name, st->st_uid);
        return FALSE;
    }
    if (st->st_mode & OTHERS_WRITE) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                    "%s%s%s may be written by others (mode %04o); chmod go-w it", path, slash, name,
                    st->st_mode & 07777);
        return FALSE;
    }
    return TRUE;
}

/* The entry of a new directory must be durable too. */
static gboolean
make_dir(const char *path, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(path);
    int fd;

    if (mkdir(path, DIR_MODE) < 0)
        return errno == EEXIST || fail(error, "make the directory", path, NULL);
    fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    return TRUE;
}

/* What was being written when a momd was killed; other names are somebody else's. */
static void
remove_leftovers(int fd)
{
    static const char *const names[] = {
        MOM_STATE_PUSHED SUFFIX_NEW,
        MOM_STATE_HISTORY SUFFIX_NEW,
        MOM_STATE_FOUND SUFFIX_NEW,
    };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        unlinkat(fd, names[i], 0);
}

/* One that was away for a while, and was let go of, is no other. */
static void
note_taken(MomStateDir *dir, const struct stat *st)
{
    if (dir->taken && (st->st_dev != dir->device || st->st_ino != dir->inode))
        dir->changes++;
    dir->taken = TRUE;
    dir->device = st->st_dev;
    dir->inode = st->st_ino;
}

static gboolean
take_dir(MomStateDir *dir, int fd, GError **error)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return fail(error, "examine", dir->path, NULL);
    if (!is_trusted(&st, dir->path, NULL, error))
        return FALSE;
    /* A file system without locks is used without. */
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY,
                    "another momd keeps its state in %s; give this one a state-dir of its own",
                    dir->path);
        return FALSE;
    }
    remove_leftovers(fd);
    note_taken(dir, &st);
    return TRUE;
}

/* Whether the path still leads to the directory that we hold. */
static gboolean
still_ours(const MomStateDir *dir)
{
    struct stat held, there;

    return dir->fd >= 0 && fstat(dir->fd, &held) == 0 && stat(dir->path, &there) == 0 &&
           held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

gboolean
mom_state_dir_open(MomStateDir *dir, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GRecMutexLocker) turn = g_rec_mutex_locker_new(&dir->turn);
    int fd;

    if (still_ours(dir))
        return TRUE;
    close_dir(dir);
    fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        if (!make_dir(dir->path, error))
            return FALSE;
        fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (fd < 0)
        return fail(error, "open the directory", dir->path, NULL);
    if (!take_dir(dir, fd, error)) {
        close(fd);
        return FALSE;
    }
    dir->fd = fd;
    return TRUE;
}

guint
mom_state_dir_changes(MomStateDir *dir)
{
    G_GNUC_UNUSED g_autoptr(GRecMutexLocker) turn = g_rec_mutex_locker_new(&dir->turn);

    return dir->changes;
}

/* ---- reading ---- */

static GBytes *
read_all(MomStateDir *dir, const char *name, int fd, gsize size, GError **error)
{
    g_autofree char *text = g_malloc(size + 1);
    gsize length = 0;

    while (length < size) {
        gssize n = read(fd, text + length, size - length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fail(error, "read", dir->path, name);
            return NULL;
        }
        if (n == 0)
            break;
        length += (gsize)n;
    }
    return g_bytes_new_take(g_steal_pointer(&text), length);
}

static GBytes *
read_fd(MomStateDir *dir, const char *name, int fd, GError **error)
{
    struct stat st;

    if (fstat(fd, &st) < 0) {
        fail(error, "examine", dir->path, name);
        return NULL;
    }
    if (!S_ISREG(st.st_mode) || st.st_size > MOM_STATE_DIR_MAX_BYTES) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s/%s is %s", dir->path, name,
                    S_ISREG(st.st_mode) ? "too large" : "no regular file");
        return NULL;
    }
    if (!is_trusted(&st, dir->path, name, error))
        return NULL;
    return read_all(dir, name, fd, (gsize)st.st_size, error);
}

GBytes *
mom_state_dir_read(MomStateDir *dir, const char *name, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GRecMutexLocker) turn = g_rec_mutex_locker_new(&dir->turn);
    GBytes *bytes;
    int fd;

    if (!mom_state_dir_open(dir, error))
        return NULL;
    /* Without O_NONBLOCK a FIFO would hold us for ever. */
    fd = openat(dir->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        fail(error, "read", dir->path, name);
        return NULL;
    }
    bytes = read_fd(dir, name, fd, error);
    close(fd);
    return bytes;
}

/* ---- writing ---- */

static gboolean
write_all(int fd, GPtrArray *chunks)
{
    for (guint i = 0; i < chunks->len; i++) {
        gsize left;
        const char *data = g_bytes_get_data(chunks->pdata[i], &left);

        while (left > 0) {
            gssize n = write(fd, data, left);

            if (n < 0 && errno != EINTR)
                return FALSE;
            data += MAX(n, 0);
            left -= (gsize)MAX(n, 0);
        }
    }
    return TRUE;
}

/* Writes FD whole and to the disk, and closes it; errno says what went wrong. */
static gboolean
finish(int fd, GPtrArray *chunks)
{
    gboolean done = write_all(fd, chunks) && fsync(fd) == 0;
    int code = errno;

    if (close(fd) < 0 && done)
        return FALSE;
    errno = code;
    return done;
}

/* What could not be read again must not take the place of what can. */
static gboolean
is_readable_size(GPtrArray *chunks)
{
    gsize size = 0;

    for (guint i = 0; i < chunks->len; i++)
        size += g_bytes_get_size(chunks->pdata[i]);
    return size <= MOM_STATE_DIR_MAX_BYTES;
}

gboolean
mom_state_dir_replace(MomStateDir *dir, const char *name, GPtrArray *chunks, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GRecMutexLocker) turn = g_rec_mutex_locker_new(&dir->turn);
    g_autofree char *new_name = g_strconcat(name, SUFFIX_NEW, NULL);
    int fd;

    if (!is_readable_size(chunks)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "%s/%s would be larger than %d bytes",
                    dir->path, name, MOM_STATE_DIR_MAX_BYTES);
        return FALSE;
    }
    if (!mom_state_dir_open(dir, error))
        return FALSE;
    unlinkat(dir->fd, new_name, 0);
    fd = openat(dir->fd, new_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return fail(error, "write", dir->path, name);
    if (!finish(fd, chunks) || renameat(dir->fd, new_name, dir->fd, name) < 0) {
        fail(error, "write", dir->path, name);
        unlinkat(dir->fd, new_name, 0);
        return FALSE;
    }
    return fsync(dir->fd) == 0 || fail(error, "sync", dir->path, NULL);
}

gboolean
mom_state_dir_remove(MomStateDir *dir, const char *name, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GRecMutexLocker) turn = g_rec_mutex_locker_new(&dir->turn);

    if (!mom_state_dir_open(dir, error))
        return FALSE;
    if (unlinkat(dir->fd, name, 0) < 0 && errno != ENOENT)
        return fail(error, "remove", dir->path, name);
    return fsync(dir->fd) == 0 || fail(error, "sync", dir->path, NULL);
}

/* ---- what is damaged ---- */

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names end in a time, so their order is that of age. */
static void
remove_oldest(MomStateDir *dir, const char *prefix)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) stream = g_dir_open(dir->path, 0, NULL);
    const char *name;

    while (stream && (name = g_dir_read_name(stream)))
        if (g_str_has_prefix(name, prefix))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i + MOM_STATE_DIR_DAMAGED < names->len; i++)
        unlinkat(dir->fd, names->pdata[i], 0);
}

char *
mom_state_dir_keep_damaged(MomStateDir *dir, const char *name, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GRecMutexLocker) turn = g_rec_mutex_locker_new(&dir->turn);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format(now, "%Y%m%dT%H%M%S");
    g_autofree char *prefix = g_strconcat(name, DAMAGED, NULL);
    g_autofree char *kept =
        g_strdup_printf("%s%s.%06d", prefix, time, g_date_time_get_microsecond(now));

    if (!mom_state_dir_open(dir, error))
        return NULL;
    if (linkat(dir->fd, name, dir->fd, kept, 0) < 0 && renameat(dir->fd, name, dir->fd, kept) < 0) {
        fail(error, "set aside", dir->path, name);
        return NULL;
    }
    remove_oldest(dir, prefix);
    return g_steal_pointer(&kept);
}
