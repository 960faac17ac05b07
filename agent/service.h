/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The daemon's answers to RPC: the engine and the log behind rpc/service.h.
 *
 * Every answer comes from memory at once.
 */
#pragma once

#include "agent/engine/engine.h"
#include "agent/log.h"
#include "agent/policies/pushes.h"
#include "agent/rpc/service.h"
#include "agent/state/keeper.h"

typedef struct {
    MomRpcService base;
    MomEngine *engine; /* borrowed */
    MomKeeper *keeper; /* borrowed */
    MomLog *log;       /* borrowed; may be NULL: then setVerbosity changes nothing */
    guint64 changes;   /* how often the policies were changed */
    gint64 since_us;   /* monotonic */
    MomPushes *pushes;
} MomService;

void mom_service_init(MomService *service, MomEngine *engine, MomKeeper *keeper, MomLog *log);
/* Frees what SERVICE owns; one that is all zero owns nothing. */
void mom_service_clear(MomService *service);
