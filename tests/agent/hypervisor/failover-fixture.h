/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A failover in virtual time between two interfaces made by hand, and what can be asked of it.
 *
 * For its tests only.  Peers answer at once unless they are told otherwise; no log, no libvirt.
 */
#pragma once

#include "agent/hypervisor/hypervisor-failover.h"

#include "tests/agent/virtual-clock.h"

#define SECOND G_GINT64_CONSTANT(1000000)
#define AFTER_S 30
#define STEP_S 5

/* One interface. */
typedef struct {
    MomSource source;
    MomActuator actuator;
    const char *guests; /* one letter each, "ab"; NULL: it fails */
    int code;           /* with this G_IO_ERROR */
    gboolean silent;    /* a question stays open */
    gboolean lazy;      /* a change stays open */
    MomSourceDone done;
    gpointer done_data;
    MomActuatorDone changed; /* of the last change */
    gpointer changed_data;
    guint asked, sent;
    guint dropped; /* how often it was told to send no more of what waits */
} Peer;

typedef struct {
    Peer vdsm, libvirt;
    VirtualClock *clock;
    MomHypervisorFailover *failover;
    MomSource *source;
    GString *told; /* of the last question: its guests, or "!why" */
    gboolean open; /* it is not answered */
    guint rests, changes;
} Fixture;

int failover_setup(void **state);
int failover_teardown(void **state);

/* Answers the question that PEER left open. */
void peer_answer(Peer *peer);

/* One question; its answer is in `told`, unless it stays open. */
void ask(Fixture *f);
/* Asks every STEP_S for so many seconds. */
void pass(Fixture *f, guint seconds);
/* Makes a change; OUTCOME gets what comes of it, once that is known. */
void change(Fixture *f, GString *outcome);
/* Changes go to NAME, and only there. */
void assert_in_force(Fixture *f, const char *name);
/* vdsm goes, and libvirt stands in. */
void fail_over(Fixture *f);
