/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libvirt as a source and an actuator: managing a host without vdsm.
 *
 * Guests are read through one connection and changed through another, opened at the first change: a
 * guest that hangs in a change then cannot blind us for the others.  One that hangs in a reading
 * costs its own data.  Where libvirt lets us only read, guests are watched.  KSM is set through
 * /sys by a worker.  Host memory never comes from libvirt, whose virNodeGetInfo may be wrong by
 * far.  Nothing here blocks or decides.
 */
#pragma once

#include "agent/config/guarantees.h"
#include "agent/hypervisor/source.h"
#include "controllers/actuator.h"
#include "libvirt-client/virt.h"

typedef struct MomHypervisorLibvirt MomHypervisorLibvirt;

typedef struct {
    MomVirtAddress address; /* all zero: qemu:///system; read-only: every change is refused */
    MomVirtTimes times;
    const char *host_root; /* NULL: "/" */
    guint stats_period_s;  /* how often guests are to report their memory; 0: left as it is */
    gboolean stands_by;    /* it is connected when it is first asked, and that it cannot be is told
                              to who asks, and not in the log */
    gboolean is_second;    /* another source stands beside it: whether this one is there, and what
                            * it may, is told by who joins them */

    /* A guest came, went, paused or resumed: a cycle is due soon.  May be NULL. */
    void (*guests_changed)(gpointer data);
    /* libvirt is there, for the first time or after it was away: what was set may hold no more.
     * May be NULL. */
    void (*connected)(gpointer data);
    gpointer data;
} MomHypervisorLibvirtOptions;

/* mom_virt_init must have succeeded.  OPTIONS are copied. */
MomHypervisorLibvirt *mom_hypervisor_libvirt_new(const MomHypervisorLibvirtOptions *options);
/* Drops a pending sample; answers pending changes with an error. */
void mom_hypervisor_libvirt_free(MomHypervisorLibvirt *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomHypervisorLibvirt, mom_hypervisor_libvirt_free)

/* Nothing will be asked for some time: connections are closed, and opened again at the next
 * question.  Waits for nothing.  Of one that stands by, and not while a question is open. */
void mom_hypervisor_libvirt_rest(MomHypervisorLibvirt *self);

/* For guests of whom libvirt knows no guarantee, from the next sample on.  GUARANTEES are taken
 * over; NULL: there are none. */
void mom_hypervisor_libvirt_guarantee(MomHypervisorLibvirt *self, MomGuarantees *guarantees);

/* Borrowed; they live as long as SELF. */
MomSource *mom_hypervisor_libvirt_source(MomHypervisorLibvirt *self);
MomActuator *mom_hypervisor_libvirt_actuator(MomHypervisorLibvirt *self);
