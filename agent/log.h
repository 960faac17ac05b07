/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The log: the reference's line format, "2026-11-23 20:41:51,123 - mom.Balloon - INFO - text", to
 * stderr or to a file that rotates itself.
 *
 * Under systemd, "stdio" is the journal, and messages keep their fields there.  GLib's structured
 * log is the interface everywhere; this file is its one writer.  Library code logs at debug only;
 * who handles an error logs it, once.  A log that cannot be written never ends the daemon: what was
 * lost is counted, and told when writing works again.
 */
#pragma once

#include <glib.h>

typedef struct MomLog MomLog;

/* 1 critical, 2 error, 3 warn, 4 info, 5 debug, by number or name in any case; FALSE if unknown.
 * GLib's error, critical, warning, info and debug are these five, in this order; its message counts
 * as info. */
gboolean mom_log_parse_verbosity(const char *text, int *level);

/* Opens TARGET ("stdio" or a file) and becomes GLib's log writer.  Never NULL: with a file that
 * cannot be opened *ERROR says why and the log goes to stderr, until mom_log_reopen() succeeds.
 * A file that would come to MAX_BYTES or more is put aside first, as FILE.1, and what was FILE.1 as
 * FILE.2, up to BACKUP_COUNT.  MAX_BYTES <= 0 or BACKUP_COUNT <= 0: no rotation; what is no regular
 * file is never rotated.  One at a time: GLib has one writer a process. */
MomLog *
mom_log_new(const char *target, int level, gint64 max_bytes, gint64 backup_count, GError **error);
void mom_log_free(MomLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomLog, mom_log_free)

/* Changes all that mom_log_new was given, from the next line on.  FALSE: the new target cannot be
 * opened; then nothing has changed. */
gboolean mom_log_configure(MomLog *log,
                           const char *target,
                           int level,
                           gint64 max_bytes,
                           gint64 backup_count,
                           GError **error);
void mom_log_set_level(MomLog *log, int level);
int mom_log_level(const MomLog *log);
/* Whether a message of LEVEL would be written by the log there is; TRUE if there is none.  For
 * messages that are many and dear to make. */
gboolean mom_log_heeds(GLogLevelFlags level);
/* Opens the file anew if it was moved away; called now and then, and on SIGHUP. */
void mom_log_reopen(MomLog *log);
