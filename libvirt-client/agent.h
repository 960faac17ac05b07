/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A command to the agent of QEMU in a guest, through the channel that libvirt keeps to it.
 *
 * libvirt wraps the agent's protocol: it synchronises with the agent, waits for the answer, and
 * turns an error of the agent into one of its own.  What comes back was written by the guest and is
 * hostile.  A guest whose QEMU hangs is not asked.  Runs in the worker, and blocks it: a connection
 * that is used for anything else must not be used for this.
 */
#pragma once

#include "libvirt-client/autoptr.h"
#include "libvirt-client/error.h"

/* libvirt passes on up to 10 MiB; nobody here asks for so much. */
#define MOM_VIRT_AGENT_REPLY_BYTES (256 * 1024)
/* libvirt gives the agent so long to synchronise, before the time-out of the command itself. */
#define MOM_VIRT_AGENT_SYNC_S 5

/* The agent's answer to COMMAND, both JSON, into *REPLY, which the caller frees with g_free.
 * TIMEOUT_S counts from when the agent is in step.  Errors of our own: MOM_VIRT_ERROR_LEFT_ALONE if
 * the guest hangs, MOM_VIRT_ERROR_DATA if the answer is longer than MOM_VIRT_AGENT_REPLY_BYTES. */
gboolean mom_virt_agent_ask(virConnectPtr connection,
                            const char *uuid,
                            const char *command,
                            int timeout_s,
                            char **reply,
                            GError **error);
