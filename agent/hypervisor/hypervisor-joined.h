/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two sources as one: vdsm says which guests there are and what was promised to them, libvirt how
 * they are now.
 *
 * vdsm reads its guests every 15 seconds; who reads through it alone reacts in minutes.  libvirt is
 * asked each time, vdsm only when its list has lasted, or may be wrong.  While libvirt gives no
 * numbers in time vdsm's are used, and vdsm is asked as if it were alone: nobody waits for libvirt
 * then, and nothing is lost but freshness.  Reads only; changes go to vdsm, past this.
 */
#pragma once

#include "agent/clock.h"
#include "agent/hypervisor/source.h"

typedef struct MomHypervisorJoined MomHypervisorJoined;

/* So long libvirt is waited for, once: time enough for it to find one guest that hangs. */
#define MOM_JOINED_PATIENCE_US (5 * (gint64)G_USEC_PER_SEC)
/* The shortest time that a list lasts, however often guests are to be looked at. */
#define MOM_JOINED_LIST_LEAST_US (5 * (gint64)G_USEC_PER_SEC)
/* A guest that only libvirt knows is told of after so long: all begin like that. */
#define MOM_JOINED_STRANGER_US (60 * (gint64)G_USEC_PER_SEC)

/* Everything is borrowed and must outlive what is made of it. */
typedef struct {
    MomSource *list;    /* vdsm's */
    MomSource *numbers; /* libvirt's, who may only read */
    MomClock *clock;
    gint64 list_lasts_us; /* at least MOM_JOINED_LIST_LEAST_US is made of it */
    gboolean is_wanted;   /* the administrator asks for libvirt's numbers: that there are none is a
                           * fault, and not one way to be among two */
    /* libvirt's numbers are there again: a cycle is due soon.  May be NULL. */
    void (*live)(gpointer data);
    gpointer data;
} MomHypervisorJoinedOptions;

MomHypervisorJoined *mom_hypervisor_joined_new(const MomHypervisorJoinedOptions *options);
/* After the two sources, which may still answer. */
void mom_hypervisor_joined_free(MomHypervisorJoined *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomHypervisorJoined, mom_hypervisor_joined_free)

/* Borrowed; its name is the list's. */
MomSource *mom_hypervisor_joined_source(MomHypervisorJoined *self);
/* The list may be wrong by now: it is asked for with the next sample. */
void mom_hypervisor_joined_renew_list(MomHypervisorJoined *self);
void mom_hypervisor_joined_set_list_lasts(MomHypervisorJoined *self, gint64 us);
