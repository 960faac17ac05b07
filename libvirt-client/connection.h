/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A connection to libvirt that is always there or always coming back, as the main loop sees it.
 *
 * It opens by itself, reopens with back-off when it is lost, and never blocks.  A call that gets no
 * answer poisons it: nothing more is asked over this connection.  The worker in it (one hung guest
 * can hold a call for ever) is left behind, and a new one with a connection of its own takes over;
 * only a few may be left behind at a time.  A call that comes back late is a host that is slow:
 * those after it get more time, until they no longer need it.
 */
#pragma once

#include "libvirt-client/session.h"
#include "libvirt-client/worker.h"

typedef enum {
    MOM_VIRT_WAITING, /* no connection; the next attempt comes after a pause */
    MOM_VIRT_OPENING,
    MOM_VIRT_OPEN,
    MOM_VIRT_STUCK, /* a call has not come back */
} MomVirtState;

/* Milliseconds; 0 takes the default in brackets. */
typedef struct {
    guint open_timeout_ms;     /* [10000] */
    guint call_timeout_ms;     /* [5000] */
    guint call_timeout_max_ms; /* what it may grow to where answers come late [15000] */
    guint replace_ms;    /* how long a stuck worker is waited for before a new one takes over [0] */
    guint reopen_min_ms; /* the first pause; it doubles, with some jitter [500] */
    guint reopen_max_ms; /* [30000] */
    guint keepalive_s;   /* how often a silent daemon is asked whether it lives [5] */
    guint keepalive_count; /* and so many times before it is given up [3] */
} MomVirtTimes;

/* Calls that hang at the same time, each in a thread of ours and in one of the twenty that libvirtd
 * has for all its clients.  Each guest that hangs, without anybody having known (MomVirtSilence),
 * holds one, so with one more than these nothing is known of any guest until the first of them
 * returns. */
#define MOM_VIRT_MAX_LEFT_BEHIND 4

typedef struct MomVirtConnection MomVirtConnection;

typedef struct {
    /* The state changed; ERROR is the reason for WAITING and STUCK, else NULL. May be NULL. */
    void (*changed)(MomVirtState state, const GError *error, gpointer data);
    /* May be NULL. MOM_VIRT_EVENT_LOST never comes here: see `changed`. */
    MomVirtEventFunc event;
    gpointer data;
} MomVirtListener;

/* What a call does in the worker, with CONNECTION for just that long. */
typedef gboolean (*MomVirtCall)(virConnectPtr connection, gpointer call, GError **error);

/* Starts opening at once; TIMES may be NULL.  libvirt's event loop (mom_virt_init) must be there.
 * To be used in the thread of the main context that is the thread's default now. */
MomVirtConnection *mom_virt_connection_new(const MomVirtAddress *address,
                                           const MomVirtTimes *times,
                                           const MomVirtListener *listener);
/* Answers pending calls with MOM_VIRT_ERROR_CLOSED and frees SELF.  Its thread closes what is open,
 * which can hang; `end` waits WAIT_MS at most for that, and for no call, `free` MOM_VIRT_END_MS.
 * Not from inside one of its own callbacks. */
#define MOM_VIRT_END_MS 200
void mom_virt_connection_free(MomVirtConnection *self);
void mom_virt_connection_end(MomVirtConnection *self, guint wait_ms);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomVirtConnection, mom_virt_connection_free)

/* Queues RUN on CALL; as mom_virt_worker_push.  While it is still opening, calls wait for that,
 * within their own time; otherwise without a connection they fail with an mom_virt_err_connection
 * error. */
void mom_virt_connection_call(MomVirtConnection *self,
                              const char *what,
                              MomVirtCall run,
                              gpointer call,
                              GDestroyNotify free_call,
                              MomVirtJobDone done,
                              gpointer data);

MomVirtState mom_virt_connection_state(const MomVirtConnection *self);
/* Why the present connection may only read, NULL if it may change things or is not open. */
const char *mom_virt_connection_read_only(const MomVirtConnection *self);
const char *mom_virt_state_name(MomVirtState state);
