/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The RPC server: HTTP on a unix socket or on a localhost TCP port, XML-RPC for vdsm's momIF and old tools.
 *
 * Own accept loop in front of libsoup (libraries.md b says why): peer check, caps on
 * connections, body and idle time, one answer per connection.  No input ends the daemon, and ping and
 * getStatistics never answer with a fault.
 */
#pragma once

#include "agent/rpc/service.h"

typedef struct MomRpcServer MomRpcServer;

/* Listens on PORT: a path (unix socket, mode 0660; a stale one is replaced, one that another
 * process serves is an error), or a TCP port number on 127.0.0.1.  SERVICE is borrowed and must live longer. */
MomRpcServer *mom_rpc_server_new(const char *port, MomRpcService *service, GError **error);
/* Closes everything and removes the socket it made. */
void mom_rpc_server_free(MomRpcServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomRpcServer, mom_rpc_server_free)
