/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A poller: asks all guests through one probe, again and again, and puts what they say into the
 * table of answers.
 *
 * It is the frame of every slow source: the cycle only tells it which guests there are and reads
 * the table; nothing ever waits for a guest.  So many questions are under way at once; a guest that
 * does not answer in time is left and asked ever less often, quietly (what lacks is told by the
 * collector that misses it, once).
 */
#pragma once

#include "agent/clock.h"
#include "agent/pollers/probe.h"

/* Questions under way at once, if nothing else is said. */
#define MOM_POLLER_AT_ONCE 64
/* How long a guest may take to answer: the reference's time-out. */
#define MOM_POLLER_PATIENCE_US (5 * (gint64)G_USEC_PER_SEC)
/* A guest that failed is asked again after an interval, two, four ... but at most this. */
#define MOM_POLLER_MAX_PAUSE_US (300 * (gint64)G_USEC_PER_SEC)

typedef struct MomPoller MomPoller;

/* UUID's guest said by itself that it is short of memory; its answer is in the table. */
typedef void (*MomPollerDistress)(const char *uuid, gpointer data);

typedef struct {
    MomProbe *probe;            /* taken over */
    MomAnswers *answers;        /* borrowed */
    MomClock *clock;            /* borrowed */
    gint64 interval_us;         /* between two questions to a guest */
    gint64 patience_us;         /* 0: MOM_POLLER_PATIENCE_US */
    guint at_once;              /* 0: MOM_POLLER_AT_ONCE */
    MomPollerDistress distress; /* NULL: nobody wants to know */
    gpointer distress_data;
} MomPollerOptions;

MomPoller *mom_poller_new(const MomPollerOptions *options);
void mom_poller_free(MomPoller *poller);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomPoller, mom_poller_free)

void mom_poller_set_interval(MomPoller *poller, gint64 interval_us);

/* GUESTS (of MomGuestData*, borrowed for the call) are all that run now: those whose time has come
 * are asked, what is known of others is forgotten.  To be called after each sample. */
void mom_poller_tend(MomPoller *poller, GPtrArray *guests);

/* How many guests there are, are being asked, and did not answer when they were last asked. */
typedef struct {
    guint guests;
    guint under_way;
    guint silent;
} MomPollerCount;
MomPollerCount mom_poller_count(const MomPoller *poller);
