/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * QEMU's guest agent as a slow source: a question over the channel that leads to a guest's agent.
 *
 * Which one that is, libvirt's or a socket's, the configuration says, or what answers first: as in
 * the reference libvirt's comes first.  When to ask is the poller's.
 */
#pragma once

#include "agent/config/config.h"
#include "agent/guest-agent/libvirt-channel.h"
#include "agent/hypervisor/hypervisors.h"
#include "agent/pollers/probe.h"

/* What leads to an agent, in the order in which it is tried. */
typedef enum {
    MOM_AGENT_LIBVIRT,
    MOM_AGENT_SOCKET,
    MOM_AGENT_N_ROUTES,
} MomAgentRoute;

typedef struct {
    MomAgentPool *pool;          /* taken over; NULL: not through libvirt */
    const char *socket_path;     /* copied; NULL: not through a socket */
    const char *socket_template; /* a good one; copied */
    guint socket_timeout_ms;     /* 0: MOM_AGENT_SOCKET_TIMEOUT_MS */
} MomAgentProbeOptions;

MomProbe *mom_agent_probe_new(const MomAgentProbeOptions *options);
/* As [Collector: GuestQemuAgent] of CONFIG says.  HYPERVISORS, which say how libvirt is reached,
 * may be NULL: not through libvirt. */
MomProbe *mom_agent_probe_configured(const MomConfig *config, MomHypervisors *hypervisors);

/* A question over: a guest that does not answer is given up by whatever carries the question before
 * the poller gives it up, so that a connection that is asked is free. */
#define MOM_AGENT_PATIENCE_US (15 * (gint64)G_USEC_PER_SEC)
