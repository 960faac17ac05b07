/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libvirt as the rest of a program sees it: typed calls that return at once and answer later.
 *
 * Nothing here blocks.  Every call is answered exactly once, from the main loop; freeing the client
 * answers what is pending with MOM_VIRT_ERROR_CLOSED.  Guests are named by UUID.  One client is one
 * connection at a time: who does not want a change that hangs to hold up the reading makes two.
 */
#pragma once

#include "libvirt-client/connection.h"
#include "libvirt-client/guest.h"

/* Readies libvirt for this process and its default main context.  Once, from main, before any
 * client; SIGPIPE should be ignored, since libvirt's sockets may raise it. */
gboolean mom_virt_init(GError **error);

typedef struct MomVirt MomVirt;

/* Somebody who knows guests that will not answer, so that no call need hang in them. */
typedef struct {
    /* A set as MomVirtReading.silent, which is unreffed; NULL: nobody is known.  Called in the
     * worker, before each reading.  May be NULL. */
    GHashTable *(*find)(gpointer data);
    gpointer (*ref)(gpointer data); /* DATA lives as long as a call does */
    GDestroyNotify unref;
    gpointer data;
} MomVirtSilence;

typedef struct {
    MomVirtAddress address;
    MomVirtTimes times;
    /* How often guests report their memory, set once for each run of a guest; 0: left as it is. */
    guint stats_period_s;
    MomVirtSilence silence;
} MomVirtOptions;

/* OPTIONS are copied; LISTENER may be NULL. */
MomVirt *mom_virt_new(const MomVirtOptions *options, const MomVirtListener *listener);
/* As mom_virt_connection_free and mom_virt_connection_end. */
void mom_virt_free(MomVirt *self);
void mom_virt_end(MomVirt *self, guint wait_ms);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomVirt, mom_virt_free)

MomVirtState mom_virt_state(const MomVirt *self);
/* As mom_virt_connection_read_only. */
const char *mom_virt_read_only(const MomVirt *self);

/* GUESTS (of MomVirtGuest, borrowed for the call) are all that run, or NULL with ERROR. */
typedef void (*MomVirtGuestsDone)(GPtrArray *guests, const GError *error, gpointer data);
/* LIMITS (borrowed) or NULL with ERROR. */
typedef void (*MomVirtLimitsDone)(const MomVirtLimits *limits, const GError *error, gpointer data);
/* ERROR is NULL if libvirt accepted the change. */
typedef void (*MomVirtDone)(const GError *error, gpointer data);

/* In all of these DONE may be NULL, and strings are copied.  For what a change means see tune.h.
 *
 * A reading that hangs in a guest is made anew over the connection that takes over: the guest is
 * passed over then, as the call that hangs is in it.  So are changes that had to wait behind one
 * that hangs. */
void mom_virt_read_guests(MomVirt *self, MomVirtGuestsDone done, gpointer data);
void mom_virt_read_disk(
    MomVirt *self, const char *uuid, const char *disk, MomVirtLimitsDone done, gpointer data);
void mom_virt_set_balloon(
    MomVirt *self, const char *uuid, guint64 target_kib, MomVirtDone done, gpointer data);
void mom_virt_set_cpu(MomVirt *self,
                      const char *uuid,
                      gint64 quota_us,
                      guint64 period_us,
                      MomVirtDone done,
                      gpointer data);
void mom_virt_set_disk(MomVirt *self,
                       const char *uuid,
                       const char *disk,
                       const MomVirtLimits *limits,
                       MomVirtDone done,
                       gpointer data);

/* REPLY (JSON, borrowed, written by the guest) or NULL with ERROR. */
typedef void (*MomVirtReplyDone)(const char *reply, const GError *error, gpointer data);

/* COMMAND (JSON) to the agent in the guest, see agent.h.  It may take TIMEOUT_S and
 * MOM_VIRT_AGENT_SYNC_S together: the connection's call_timeout_ms must be longer, or an agent that
 * hangs is taken for a connection that does. */
void mom_virt_agent_command(MomVirt *self,
                            const char *uuid,
                            const char *command,
                            guint timeout_s,
                            MomVirtReplyDone done,
                            gpointer data);

/* What is cached of guest UUID (NULL: of all) is stale, as when another client changed it. */
void mom_virt_forget(MomVirt *self, const char *uuid);
