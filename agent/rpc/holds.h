/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers that are ready and wait until what they acknowledge is on disk.
 *
 * Knows no method and no protocol: a message is held, and let go when the service says that all
 * changes so far are kept.  A client may go away meanwhile, and so may the server.
 */
#pragma once

#include <libsoup/soup.h>

#include "agent/rpc/service.h"

typedef struct MomRpcHolds MomRpcHolds;

/* SERVICE is borrowed. */
MomRpcHolds *mom_rpc_holds_new(MomRpcService *service);
/* Forgets the messages that are held; the service may call back later. */
void mom_rpc_holds_free(MomRpcHolds *holds);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomRpcHolds, mom_rpc_holds_free)

/* Does not let MESSAGE, whose response is set, be sent before all changes so far are kept. From
 * within its handler, or while it is paused.  FALSE if they are kept already: nothing is done. */
gboolean mom_rpc_hold(MomRpcHolds *holds, SoupServerMessage *message);
/* Lets go of what has been held since before SINCE_US, monotonic: its connection was cut, and only
 * a message that is not paused notices that. */
void mom_rpc_holds_drop(MomRpcHolds *holds, gint64 since_us);
