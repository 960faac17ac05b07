/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A probe: how one guest is asked, over whatever leads into it.
 *
 * A vtable that begins a question and calls back; when to ask whom, how many at once, and what to
 * do with those who do not answer is the poller's (poller.h).  A probe never waits: all it does
 * happens in the main loop, or in a worker that reports to it.  What comes from a guest is hostile.
 */
#pragma once

#include "agent/pollers/answers.h"

/* Who is asked. Borrowed from the poller until the question ends and the guest is left. */
typedef struct {
    char *uuid;
    char *name;
    gint64 pid;               /* of its QEMU; 0: not known */
    gint64 vsock_cid;         /* 0: not known */
    MomValue agent_connected; /* boolean: QEMU's agent is at its channel; nil: not known */
} MomProbeGuest;

/* ANSWER is borrowed for the call, or NULL with ERROR. */
typedef void (*MomProbeDone)(const MomAnswer *answer, const GError *error, gpointer data);

typedef struct MomProbe MomProbe;

typedef struct {
    const char *name; /* for the log: "mom-guestd" */
    MomSlowSource source;
    /* Begins a question; DONE is called once, later, from the main loop, unless the guest is left
     * before.  At most one question about a guest at a time. */
    void (*ask)(MomProbe *self, const MomProbeGuest *guest, MomProbeDone done, gpointer data);
    /* Ends the question about GUEST, if one is under way, without calling DONE, and closes what was
     * kept open for it.  It took too long, or the guest is gone. */
    void (*leave)(MomProbe *self, const MomProbeGuest *guest);
    /* Leaves all guests; no DONE is called any more. */
    void (*free)(MomProbe *self);
} MomProbeClass;

/* A guest says by itself that it is short of memory, with what an ANSWER would say. */
typedef void (*MomProbeTold)(const MomProbeGuest *guest, const MomAnswer *answer, gpointer data);

struct MomProbe {
    const MomProbeClass *klass;
    MomProbeTold told; /* set by the poller; to be called from the main loop */
    gpointer told_data;
};
