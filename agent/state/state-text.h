/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A state as the text of state-json.h, written in pieces.
 *
 * With a thousand guests the whole takes longer than a caller of ping should wait, so the server
 * lets other events come between two pieces.  What is told is what was there at the beginning.
 */
#pragma once

#include "agent/rpc/service.h"
#include "policy/entity.h"

/* How many guests a piece holds: a millisecond or two. */
#define MOM_STATE_TEXT_GUESTS 16

/* HOST and GUESTS (MomEntity*) as they are now; they may change or go afterwards. Caller frees. */
MomRpcPieces *mom_state_text_new(const MomEntity *host, GPtrArray *guests);
