/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The RPC server: HTTP on a unix socket or on a localhost TCP port; XML-RPC for vdsm's momIF and
 * old tools (POST /RPC2), JSON-RPC 2.0 (POST /jsonrpc).
 *
 * Own accept loop in front of libsoup, which can neither check peers nor count connections, and
 * takes unix sockets amiss: peer check, caps on connections, body and time, one answer per
 * connection.  A change is answered when it is on disk.  No input ends the daemon, and ping and
 * getStatistics never answer with a fault.
 */
#pragma once

#include "agent/rpc/listener.h"
#include "agent/rpc/service.h"

/* Served at once; the others wait in the kernel's queue. */
#define MOM_RPC_CONNECTIONS 32
/* From accept to the end of the answer. vdsm itself waits 2 s. */
#define MOM_RPC_CONNECTION_MS 10000
/* The same while others wait for a place, so that sleepers cannot lock vdsm out. */
#define MOM_RPC_CROWDED_MS 1000

typedef struct MomRpcServer MomRpcServer;

/* SERVICE is borrowed and must live longer. */
MomRpcServer *
mom_rpc_server_new(const MomRpcListenerOptions *options, MomRpcService *service, GError **error);
/* Closes everything and removes the socket it made. */
void mom_rpc_server_free(MomRpcServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomRpcServer, mom_rpc_server_free)
