/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GLib's writer function and the file behind it, see log.h.
 *
 * Called from any thread, so all of it stands under one lock.  It must never log itself, and must
 * never fail its caller.  The one global of the project is here because GLib's writer is one too.
 */
#include "agent/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define FILE_MODE 0644
/* "2026-11-23 20:41:51", also in the year 9999. */
#define TIME_BYTES 20

struct MomLog {
    GMutex lock;
    char *path; /* NULL: stderr */
    int fd;     /* of PATH, or -1 */
    gint level; /* read without the lock */
    gint64 max_bytes;
    gint64 backup_count;
    guint64 lost; /* lines since writing last worked */
    int lost_errno;
    gint64 second; /* of the last line, and how it is written */
    char time[TIME_BYTES];
};

/* The present writer; GLib takes a writer once and keeps it. */
static MomLog *current;
static GRWLock current_lock;

static const struct {
    GLogLevelFlags glib;
    int level;
    const char *label;
} levels[] = {
    {G_LOG_LEVEL_ERROR, 1, "CRITICAL"},  {G_LOG_LEVEL_CRITICAL, 2, "ERROR"},
    {G_LOG_LEVEL_WARNING, 3, "WARNING"}, {G_LOG_LEVEL_MESSAGE, 4, "INFO"},
    {G_LOG_LEVEL_INFO, 4, "INFO"},       {G_LOG_LEVEL_DEBUG, 5, "DEBUG"},
};

/* Also the names that the log itself writes. */
static const struct {
    const char *name;
    int level;
} verbosities[] = {
    {"1", 1},       {"critical", 1}, {"2", 2},    {"error", 2}, {"3", 3},     {"warn", 3},
    {"warning", 3}, {"4", 4},        {"info", 4}, {"5", 5},     {"debug", 5},
};

gboolean
mom_log_parse_verbosity(const char *text, int *level)
{
    for (gsize i = 0; i < G_N_ELEMENTS(verbosities); i++) {
        if (g_ascii_strcasecmp(text, verbosities[i].name) == 0) {
            *level = verbosities[i].level;
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- the file ---- */

static int
open_file(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, FILE_MODE);
}

static void
close_file(MomLog *log)
{
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}

static char *
backup_path(const MomLog *log, gint64 number)
{
    return g_strdup_printf("%s.%" G_GINT64_FORMAT, log->path, number);
}

/* FILE.1 is the youngest.  A step that fails leaves the lines where they are. */
static void
rotate(MomLog *log)
{
    g_autofree char *first = backup_path(log, 1);

    for (gint64 i = log->backup_count - 1; i >= 1; i--) {
        g_autofree char *from = backup_path(log, i);
        g_autofree char *to = backup_path(log, i + 1);

        g_rename(from, to);
    }
    g_rename(log->path, first);
    close_file(log);
    log->fd = open_file(log->path);
}

/* The size is asked each time: others may write to the file, or cut it (logrotate's
 * copytruncate). */
static gboolean
is_full(const MomLog *log, gsize more)
{
    struct stat st;

    return log->max_bytes > 0 && log->backup_count > 0 && fstat(log->fd, &st) == 0 &&
           S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size + (gint64)more >= log->max_bytes;
}

static gboolean
write_all(int fd, const char *text, gsize length)
{
    while (length > 0) {
        gssize n = write(fd, text, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FALSE;
        text += n;
        length -= (gsize)n;
    }
    return TRUE;
}

/* ---- lines ---- */

/* Text from guests and peers may hold anything; a terminal must not obey it. Newlines and tabs
 * stay. */
static char *
printable(const char *text, gssize length)
{
    char *valid = g_utf8_make_valid(text, length);

    for (char *p = valid; *p; p++)
        if ((guchar)*p < 0x20 && *p != '\n' && *p != '\t')
            *p = '?';
    return valid;
}

/* Under the lock.  Decisions come by the thousand within a second, whose text would be more than a
 * quarter of what their lines cost. */
static const char *
time_of(MomLog *log, gint64 second)
{
    if (second != log->second || log->time[0] == '\0') {
        g_autoptr(GDateTime) now = g_date_time_new_from_unix_local(second);
        g_autofree char *text = g_date_time_format(now, "%Y-%m-%d %H:%M:%S");

        g_strlcpy(log->time, text, sizeof(log->time));
        log->second = second;
    }
    return log->time;
}

/* Under the lock. */
static GString *
format_line(MomLog *log, const char *domain, const char *label, const char *message, gssize length)
{
    gint64 now_us = g_get_real_time();
    g_autofree char *text = printable(message, length);
    GString *line = g_string_new(NULL);

    g_string_printf(line, "%s,%03d - %s - %s - %s\n", time_of(log, now_us / G_USEC_PER_SEC),
                    (int)(now_us % G_USEC_PER_SEC / 1000), domain ? domain : "mom", label, text);
    return line;
}

/* Under the lock. */
static void
put(MomLog *log, const GString *line)
{
    if (log->fd >= 0 && is_full(log, line->len))
        rotate(log);
    if (log->path && log->fd < 0)
        log->fd = open_file(log->path);
    /* A file that cannot be opened is worth a look at stderr; a full disk is not worth blocking it.
     */
    if (!write_all(log->fd >= 0 ? log->fd : STDERR_FILENO, line->str, line->len)) {
        log->lost_errno = errno;
        log->lost++;
    }
}

static void
tell_lost(MomLog *log)
{
    guint64 lost = log->lost;
    g_autofree char *text = NULL;
    GString *line;

    if (lost == 0)
        return;
    text = g_strdup_printf("%" G_GUINT64_FORMAT " lines of this log could not be written: %s", lost,
                           g_strerror(log->lost_errno));
    line = format_line(log, "mom", "WARNING", text, -1);
    log->lost = 0;
    put(log, line);
    log->lost += log->lost ? lost - 1 : 0;
    g_string_free(line, TRUE);
}

/* ---- GLib's side ---- */

static const GLogField *
find_field(const GLogField *fields, gsize n, const char *key)
{
    for (gsize i = 0; i < n; i++)
        if (strcmp(fields[i].key, key) == 0)
            return &fields[i];
    return NULL;
}

/* With all its fields, so that they can be searched. FALSE: there is no journal behind stderr, or
 * it does not take the message. */
static gboolean
write_journal(GLogLevelFlags level, const GLogField *fields, gsize n)
{
    g_autofree GLogField *all = NULL;
    g_autofree char *text = NULL;

    if (!g_log_writer_is_journald(STDERR_FILENO))
        return FALSE;
    all = g_new(GLogField, n + 1);
    for (gsize i = 0; i < n; i++) {
        all[i] = fields[i];
        if (strcmp(fields[i].key, "MESSAGE") == 0 && !text) {
            text = printable(fields[i].value, fields[i].length);
            all[i] = (GLogField){"MESSAGE", text, -1};
        }
    }
    all[n] = (GLogField){"SYSLOG_IDENTIFIER", "momd", -1};
    return g_log_writer_journald(level, all, n + 1, NULL) == G_LOG_WRITER_HANDLED;
}

/* Libraries are heard when they complain; their debugging is not ours. */
static gboolean
is_ours(const char *domain)
{
    return !domain || strcmp(domain, "mom") == 0 || g_str_has_prefix(domain, "mom.");
}

static void
write_fields(MomLog *log, gsize level_index, const GLogField *fields, gsize n)
{
    const GLogField *message = find_field(fields, n, "MESSAGE");
    const GLogField *domain = find_field(fields, n, "GLIB_DOMAIN");
    const char *name = domain ? domain->value : NULL;

    if (levels[level_index].level > g_atomic_int_get(&log->level) ||
        (levels[level_index].level > 3 && !is_ours(name)))
        return;
    g_mutex_lock(&log->lock);
    if (log->path || !write_journal(levels[level_index].glib, fields, n)) {
        GString *line;

        tell_lost(log);
        line = format_line(log, name, levels[level_index].label, message ? message->value : "",
                           message ? message->length : 0);
        put(log, line);
        g_string_free(line, TRUE);
    }
    g_mutex_unlock(&log->lock);
}

static GLogWriterOutput
writer(GLogLevelFlags flags, const GLogField *fields, gsize n, gpointer unused)
{
    GLogWriterOutput output = G_LOG_WRITER_HANDLED;
    int saved_errno = errno;

    g_rw_lock_reader_lock(&current_lock);
    if (!current) {
        output = g_log_writer_default(flags, fields, n, NULL);
    } else {
        for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
            if (flags & levels[i].glib) {
                write_fields(current, i, fields, n);
                break;
            }
        }
    }
    g_rw_lock_reader_unlock(&current_lock);
    errno = saved_errno;
    return output;
}

static void
become_current(MomLog *log)
{
    static gsize once;

    g_rw_lock_writer_lock(&current_lock);
    current = log;
    g_rw_lock_writer_unlock(&current_lock);
    if (g_once_init_enter(&once)) {
        signal(SIGPIPE, SIG_IGN); /* a reader of stderr that went away must not end us */
        g_log_set_writer_func(writer, NULL, NULL);
        g_once_init_leave(&once, 1);
    }
}

/* ---- lifecycle ---- */

/* The path that TARGET names and its descriptor, -1 if it cannot be opened; NULL and -1: stderr. */
static char *
open_target(const char *target, int *fd, GError **error)
{
    *fd = -1;
    if (g_ascii_strcasecmp(target, "stdio") == 0)
        return NULL;
    *fd = open_file(target);
    if (*fd < 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                    "cannot open the log %s: %s", target, g_strerror(errno));
    }
    return g_strdup(target);
}

MomLog *
mom_log_new(const char *target, int level, gint64 max_bytes, gint64 backup_count, GError **error)
{
    MomLog *log = g_new0(MomLog, 1);

    g_mutex_init(&log->lock);
    log->path = open_target(target, &log->fd, error);
    log->level = level;
    log->max_bytes = max_bytes;
    log->backup_count = backup_count;
    become_current(log);
    return log;
}

gboolean
mom_log_configure(MomLog *log,
                  const char *target,
                  int level,
                  gint64 max_bytes,
                  gint64 backup_count,
                  GError **error)
{
    int fd;
    g_autofree char *path = open_target(target, &fd, error);

    if (path && fd < 0)
        return FALSE;
    g_mutex_lock(&log->lock);
    close_file(log);
    log->fd = fd;
    g_free(log->path);
    log->path = g_steal_pointer(&path);
    log->max_bytes = max_bytes;
    log->backup_count = backup_count;
    g_mutex_unlock(&log->lock);
    mom_log_set_level(log, level);
    return TRUE;
}

void
mom_log_free(MomLog *log)
{
    if (!log)
        return;
    g_rw_lock_writer_lock(&current_lock);
    current = current == log ? NULL : current;
    g_rw_lock_writer_unlock(&current_lock);
    close_file(log);
    g_mutex_clear(&log->lock);
    g_free(log->path);
    g_free(log);
}

void
mom_log_set_level(MomLog *log, int level)
{
    g_atomic_int_set(&log->level, level);
}

int
mom_log_level(const MomLog *log)
{
    return g_atomic_int_get(&log->level);
}

gboolean
mom_log_heeds(GLogLevelFlags level)
{
    gboolean heeds = TRUE;

    g_rw_lock_reader_lock(&current_lock);
    for (gsize i = 0; current && i < G_N_ELEMENTS(levels); i++) {
        if (level & levels[i].glib) {
            heeds = levels[i].level <= g_atomic_int_get(&current->level);
            break;
        }
    }
    g_rw_lock_reader_unlock(&current_lock);
    return heeds;
}

static gboolean
is_moved(const MomLog *log)
{
    struct stat there;
    struct stat here;

    return log->fd < 0 || fstat(log->fd, &here) < 0 || stat(log->path, &there) < 0 ||
           here.st_dev != there.st_dev || here.st_ino != there.st_ino;
}

void
mom_log_reopen(MomLog *log)
{
    g_mutex_lock(&log->lock);
    if (log->path && is_moved(log)) {
        int fd = open_file(log->path);

        /* Better lines in a file that was moved than none. */
        if (fd >= 0) {
            close_file(log);
            log->fd = fd;
        }
    }
    g_mutex_unlock(&log->lock);
}
