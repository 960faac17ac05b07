/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Agents' channels that libvirt keeps, and the few connections to libvirt that lead to them.
 *
 * A command holds its connection until the agent answers or libvirt gives it up.  These connections
 * are for agents alone, so that one that hangs holds up neither the reading of guests nor a change;
 * there are a few of them, so that it does not hold up the other agents either.  They are opened
 * when they are first needed.  Never blocks.
 */
#pragma once

#include "agent/guest-agent/channel.h"
#include "libvirt-client/virt.h"

/* Each may hold one of the twenty threads that libvirtd has for all its clients. */
#define MOM_AGENT_CONNECTIONS 4
/* For an agent that is in step. */
#define MOM_AGENT_LIBVIRT_TIMEOUT_S 2

typedef struct MomAgentPool MomAgentPool;

/* mom_virt_init must have succeeded.  ADDRESS is copied; its `vet` must be good for as long as the
 * pool. TIMES may be NULL: what suits agents. */
MomAgentPool *mom_agent_pool_new(const MomVirtAddress *address, const MomVirtTimes *times);
/* After all its channels. */
void mom_agent_pool_free(MomAgentPool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomAgentPool, mom_agent_pool_free)

/* To the agent in guest UUID. */
MomAgentChannel *mom_agent_pool_channel(MomAgentPool *pool, const char *uuid);
