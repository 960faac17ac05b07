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

typedef struct {
    /* A path: a unix socket (a stale one is replaced, one that another process serves is an error).
     * A number: a TCP port on 127.0.0.1, where every local user may call. */
    const char *port;
    /* The rest is for unix sockets. Who may call: see mom_rpc_users_new. */
    const char *const *allowed_users;
    guint mode;        /* of the socket; 0: MOM_RPC_SOCKET_MODE */
    const char *group; /* of the socket, a name or a number.  NULL or "": for root that of its
                        * directory, which lets vdsm in where momd runs as root beside it */
} MomRpcListenerOptions;

#define MOM_RPC_SOCKET_MODE 0660

/* The socket listens and does not block. A group that cannot be given is logged. */
MomRpcListener *mom_rpc_listener_new(const MomRpcListenerOptions *options, GError **error);
/* Closes it, and removes the path if it is still the one it made. */
void mom_rpc_listener_free(MomRpcListener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomRpcListener, mom_rpc_listener_free)

/* Borrowed. */
GSocket *mom_rpc_listener_socket(const MomRpcListener *listener);

/* TRUE: a TCP port. */
gboolean mom_rpc_listener_is_port(const MomRpcListener *listener);

/* FALSE, and in *UID who it is (-1: unknown), if the peer of CLIENT may not call.  On TCP nobody
 * can tell who it is: there every local user may. */
gboolean mom_rpc_listener_allows(const MomRpcListener *listener, GSocket *client, gint64 *uid);
