/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An agent's channel that is a unix socket on the host: of QEMU's own, which nobody else must have
 * open, or of an agent that listens itself.
 *
 * Connects with the first command, gets in step with the agent (guest-sync-delimited), and then
 * sends; each of these has its time-out.  Never blocks.
 */
#pragma once

#include "agent/guest-agent/channel.h"

/* How long an agent may take for one reply: the reference's time-out. */
#define MOM_AGENT_SOCKET_TIMEOUT_MS 2000

/* TIMEOUT_MS 0: MOM_AGENT_SOCKET_TIMEOUT_MS. */
MomAgentChannel *mom_agent_socket_channel_new(const char *path, guint timeout_ms);
