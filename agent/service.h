/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The daemon's answers to RPC: the engine and the log behind rpc/service.h.
 *
 * Every answer comes from memory at once.
 */
#pragma once

#include "agent/engine.h"
#include "agent/log.h"
#include "agent/pushes.h"
#include "agent/rpc/service.h"

typedef struct {
    MomRpcService base;
    MomEngine *engine; /* borrowed */
    MomLog *log;       /* borrowed; may be NULL: then setVerbosity changes nothing */
    MomPushes *pushes;
} MomService;

void mom_service_init(MomService *service, MomEngine *engine, MomLog *log);
/* Frees what SERVICE owns; one that is all zero owns nothing. */
void mom_service_clear(MomService *service);
