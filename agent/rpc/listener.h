/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The socket that RPC comes in by: a unix path or a port on 127.0.0.1, and who may come.
 *
 * A path that another process serves is left alone; one that a dead process left is replaced.
 */
#pragma once

#include <gio/gio.h>

/* vdsm makes a new connection for every call, and the kernel refuses at once what finds no room
 * here. */
#define MOM_RPC_BACKLOG 128

typedef struct MomRpcListener MomRpcListener;

/* PORT as in mom_rpc_server_new(). The socket listens and does not block. */
MomRpcListener *mom_rpc_listener_new(const char *port, GError **error);
/* Closes it, and removes the path if it is still the one it made. */
void mom_rpc_listener_free(MomRpcListener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomRpcListener, mom_rpc_listener_free)

/* Borrowed. */
GSocket *mom_rpc_listener_socket(const MomRpcListener *listener);

/* FALSE, and in *UID who it is (-1: unknown), if the peer of CLIENT is neither root nor our own
 * user nor vdsm.  On TCP nobody can tell: there every local user may come. */
gboolean mom_rpc_listener_allows(const MomRpcListener *listener, GSocket *client, gint64 *uid);
