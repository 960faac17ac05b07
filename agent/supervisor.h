/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the service manager is told of the daemon, and when: ready, reloading, stopping, one line of
 * status, and that it is alive.
 *
 * READY is told when the first question to the hypervisor has ended, with an answer or without, and
 * at the latest MOM_SUPERVISOR_READY_US after the start: by then the socket listens and the
 * policies are loaded. So a start neither hangs while vdsm is down nor counts as done before momd
 * has looked.
 *
 * The watchdog is fed from the main loop, twice in its time, and only while the cycle is alive
 * (pulse.h). A hypervisor that is away is no reason to stop: momd waits for it, and a restart would
 * wait as well. Nor is a call that hangs in libvirt: the client gives it up in its time and takes a
 * new worker, within the same process. What remains is a fault of ours, and then the manager's
 * restart is the cure.
 */
#pragma once

#include "agent/engine/engine.h"
#include "agent/notify.h"

typedef struct MomSupervisor MomSupervisor;

#define MOM_SUPERVISOR_READY_US (5 * G_USEC_PER_SEC)
/* The shortest time between two changes of the status line; the last one is always told. */
#define MOM_SUPERVISOR_STATUS_US (5 * G_USEC_PER_SEC)
/* How soon what could not be delivered is sent again. */
#define MOM_SUPERVISOR_RETRY_US (1 * G_USEC_PER_SEC)

typedef struct {
    MomEngine *engine; /* borrowed, as the clock */
    MomClock *clock;
    MomNotify *notify;  /* taken over */
    gint64 watchdog_us; /* 0: there is none */
    gint64 patience_us; /* see mom_pulse_trouble */
} MomSupervisorOptions;

/* Becomes the engine's watcher, if anybody is to be told. */
MomSupervisor *mom_supervisor_new(const MomSupervisorOptions *options);
void mom_supervisor_free(MomSupervisor *supervisor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomSupervisor, mom_supervisor_free)

/* The engine has been started. */
void mom_supervisor_start(MomSupervisor *supervisor);

/* Questions may take PATIENCE_US from now on; no less than before, as one may be under way. NULL:
 * nobody waits. */
void mom_supervisor_allow(MomSupervisor *supervisor, gint64 patience_us);

/* All of these take NULL: nobody is told. A reload is told as two: it begins, it has ended. */
void mom_supervisor_reloading(MomSupervisor *supervisor);
void mom_supervisor_reloaded(MomSupervisor *supervisor);
void mom_supervisor_stopping(MomSupervisor *supervisor);
