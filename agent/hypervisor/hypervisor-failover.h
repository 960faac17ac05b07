/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two hypervisor interfaces as one: while the first (vdsm) is away the second (libvirt) stands in.
 *
 * A source and an actuator over two pairs of them, of which one is in force at any time: only it
 * tells guests, and only it is sent changes.  The first counts as away while it gives no guest
 * data, for whatever reason.  It is taken back when it answers, lists all guests in full, and has
 * not come and gone before (return-hold.h); the first decision after that changes nothing.  Knows
 * neither vdsm nor libvirt, and never sends a change to both.
 */
#pragma once

#include "agent/clock.h"
#include "agent/hypervisor/source.h"
#include "controllers/actuator.h"

typedef struct MomHypervisorFailover MomHypervisorFailover;

typedef struct {
    MomSource *source;
    MomActuator *actuator;
} MomHypervisorPair;

/* All is borrowed and must outlive what is made of it. */
typedef struct {
    MomHypervisorPair primary;
    MomHypervisorPair secondary; /* asked nothing while the primary is there */
    MomClock *clock;
    gint64 fallback_after_us; /* without guest data of the primary; 0: it never falls back */
    /* The secondary is not needed for the present: it may close what it has open.  NULL: nothing is
     * to be done. */
    void (*rest)(gpointer data);
    /* Another interface is in force: what was sent over the former may hold no more.  May be NULL.
     */
    void (*changed)(gpointer data);
    gpointer data;
} MomHypervisorFailoverOptions;

/* A primary that answers again without some of its guests, or with less than before, is given so
 * much time to find them. */
#define MOM_FAILOVER_RECOVERY_US (120 * (gint64)G_USEC_PER_SEC)

MomHypervisorFailover *mom_hypervisor_failover_new(const MomHypervisorFailoverOptions *options);
/* Answers pending changes with G_IO_ERROR_CANCELLED, drops a pending sample, and asks nothing any
 * more.  To be called before the interfaces are freed, which may answer once more. */
void mom_hypervisor_failover_close(MomHypervisorFailover *self);
/* After the interfaces. */
void mom_hypervisor_failover_free(MomHypervisorFailover *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomHypervisorFailover, mom_hypervisor_failover_free)

/* From the next question on; 0: it goes back to the primary, whether that answers or not. */
void mom_hypervisor_failover_set_after(MomHypervisorFailover *self, gint64 fallback_after_us);

/* The last questions come: a primary that fails, or does not answer within MOM_FAILOVER_HURRY_US,
 * is not waited for any longer, also not one that is being asked.  Nothing if it never falls back.
 */
#define MOM_FAILOVER_HURRY_US (1 * (gint64)G_USEC_PER_SEC)
void mom_hypervisor_failover_hurry(MomHypervisorFailover *self);

/* TRUE while the secondary is in force. */
gboolean mom_hypervisor_failover_stands_in(const MomHypervisorFailover *self);

/* Borrowed; they live as long as SELF. */
MomSource *mom_hypervisor_failover_source(MomHypervisorFailover *self);
MomActuator *mom_hypervisor_failover_actuator(MomHypervisorFailover *self);
