/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The service manager's end of the notification protocol: a real datagram socket of the test's own.
 *
 * For tests only. Never waits: what has not come is not there.
 */
#pragma once

#include <glib.h>

#include "agent/notify.h"

typedef struct NotifySocket NotifySocket;

/* In a directory of its own, or in the abstract space. Listens. */
NotifySocket *notify_socket_new(gboolean abstract);
void notify_socket_free(NotifySocket *socket);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NotifySocket, notify_socket_free)

/* As $NOTIFY_SOCKET has it. */
const char *notify_socket_address(const NotifySocket *socket);
/* Goes away, and listens again at the same place. */
void notify_socket_close(NotifySocket *socket);
void notify_socket_open(NotifySocket *socket);

/* The next message, or NULL. Caller frees. */
char *notify_socket_take(NotifySocket *socket);
void notify_socket_drop_all(NotifySocket *socket);
/* All that came since the last call, " | " between messages. Caller frees. */
char *notify_socket_take_all(NotifySocket *socket);
/* Sends with NOTIFY until no more is taken. */
void notify_socket_fill(NotifySocket *socket, MomNotify *notify);
