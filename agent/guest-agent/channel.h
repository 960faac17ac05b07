/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A channel to the agent in one guest: commands there, replies back, one at a time.
 *
 * What carries them is the channel's: a unix socket (socket-channel.h) or libvirt
 * (libvirt-channel.h). It sees to it that a reply is one to the command that was sent; what it says
 * is the caller's to doubt.
 */
#pragma once

#include "agent/guest-agent/message.h"

/* TEXT (not ended by a NUL, borrowed for the call) or NULL with ERROR, after which the channel is
 * of no more use. */
typedef void (*MomAgentReplyFunc)(const char *text,
                                  gsize length,
                                  const GError *error,
                                  gpointer data);

typedef struct MomAgentChannel MomAgentChannel;

typedef struct {
    /* DONE is called once, later, from the main loop, unless the channel is closed before; it may
     * send the next command, and close the channel. */
    void (*send)(MomAgentChannel *self, const char *command, MomAgentReplyFunc done, gpointer data);
    /* The awaited reply goes to DONE instead. */
    void (*redirect)(MomAgentChannel *self, MomAgentReplyFunc done, gpointer data);
    /* Frees it.  FAREWELL (may be NULL) is still sent if that is possible, and nobody waits for the
     * reply. */
    void (*close)(MomAgentChannel *self, const char *farewell);
} MomAgentChannelClass;

struct MomAgentChannel {
    const MomAgentChannelClass *klass;
};
