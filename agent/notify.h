/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Telling the service manager how we are: systemd's notification protocol, sd_notify(3), in our own
 * few lines.
 *
 * One datagram a message, of lines NAME=VALUE. Nothing here ever waits: a message that the manager
 * cannot take at once is not delivered, and the caller is told so. What is told, and when, is
 * supervisor.h's affair.
 */
#pragma once

#include <glib.h>

typedef struct MomNotify MomNotify;

/* ADDRESS is $NOTIFY_SOCKET: a path, or a name in the abstract space with '@' before it. NULL,
 * empty, or of another kind: a notify that has nobody to tell. Never NULL. */
MomNotify *mom_notify_new(const char *address);
void mom_notify_free(MomNotify *notify);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomNotify, mom_notify_free)

/* Whether there is anybody to tell. */
gboolean mom_notify_is_heard(const MomNotify *notify);

/* Sends MESSAGE, one or more lines without an end of line at the end. FALSE if it could not be
 * delivered now and may be sent again; TRUE if it was, or if nobody is there to be told. */
gboolean mom_notify_send(MomNotify *notify, const char *message);

/* The watchdog's time in microseconds from $WATCHDOG_USEC and $WATCHDOG_PID (NULL if not set), for
 * process PID; 0 if none is wished, it is for another process, or it is no number. */
gint64 mom_notify_watchdog_us(const char *usec, const char *watchdog_pid, gint64 pid);
