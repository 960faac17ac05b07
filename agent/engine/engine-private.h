/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The engine's state, for its own files: engine.c is the cycle, engine-pace.c what hastens it,
 * engine-access.c what others ask of it and change. Nobody else may look inside.
 */
#pragma once

#include "agent/engine/engine.h"
#include "agent/engine/guests.h"
#include "agent/engine/pace.h"
#include "agent/engine/sight.h"
#include "agent/engine/silence.h"
#include "agent/fault.h"

typedef struct MomRelease MomRelease;

struct MomEngine {
    MomSource *source;
    MomClock *clock;
    MomPollers *pollers; /* NULL: no guest is asked itself */
    const MomController *const *controllers;
    GPtrArray *controls; /* the names that they read, ended by NULL */
    MomMonitorPlan *guest_plan;
    char *host_root;
    char *tuning_policy;
    gint64 host_interval_us, guest_interval_us, policy_interval_us;
    guint fallback_after;
    MomRailLimits rails;

    MomMonitor *host;
    MomPlotFile *host_plot; /* NULL: nothing is plotted */
    MomGuests *guests;
    MomGuard *guard;
    MomPolicies *policies;
    MomDecisions *decisions;

    gboolean running;
    guint timer;
    guint deciding; /* guests have been collected, a turn later it is decided */
    gint64 host_due_us, guests_due_us, policy_due_us;
    gint64 last_decision_us;
    gint64 min_cycle_us;
    MomPace pace;
    gboolean pressed; /* the kernel told of pressure at `pressed_us` */
    gint64 pressed_us;
    gboolean guest_pressed; /* a guest told of it at `guest_pressed_us` */
    gint64 guest_pressed_us;
    guint distressed; /* guests, when they were last looked at */
    gboolean watched; /* some guest could come to be */
    gint64 watch_interval_us;
    gboolean sampling; /* the source has been asked and has not answered */
    gboolean decide;   /* when it answers, a decision is due */
    guint64 cycles;
    gint64 last_cycle_us; /* when the last of them was decided */
    gboolean connected;   /* the source's last answer was one */
    MomPulse pulse;
    MomEngineWatch watch; /* may be NULL */
    gpointer watch_data;

    MomEngineWatch found_watch; /* may be NULL */
    gpointer found_data;
    guint found_notes;   /* that the watcher knows */
    MomRelease *release; /* NULL: nothing is released yet */

    MomSight sight;
    gboolean was_silent; /* the source was, which is told, and there is too little data since */
    MomSilence silence;
    MomFault policy_fault;
};

/* Guest data has come, of GUESTS (ready ones): what is in distress anew hastens the next decision.
 */
void mom_engine_look_for_distress(MomEngine *engine, GPtrArray *guests);

/* A decision over GUESTS has been carried out; ACTED: something was sent.  The next one is due as
 * the pace says. */
void mom_engine_set_pace(MomEngine *engine, GPtrArray *guests, gboolean acted);

/* How often guests are looked at, for the present. */
gint64 mom_engine_guests_interval_us(const MomEngine *engine);

/* The next turn is at the earliest of the due times. */
void mom_engine_schedule(MomEngine *engine);

/* A sample of the host, now. */
void mom_engine_collect_host(MomEngine *engine);

/* Asks the source for guests, unless it has been asked and has not answered. */
void mom_engine_sample(MomEngine *engine);

/* Entities without the controls and tunes of the last cycle. */
void mom_engine_begin_run(MomEntity *host, GPtrArray *guests);

/* What is being released: guests are looked at, or (ERROR) cannot be. */
void mom_engine_release_sampled(MomEngine *engine, const GError *error);
/* Answers that come from now on, as hypervisors let go of their questions, release nothing any
 * more; nobody is called. */
void mom_engine_release_abandon(MomEngine *engine);
void mom_engine_release_free(MomEngine *engine);

/* What was found may have changed: its watcher is told, if it has. */
void mom_engine_tell_found(MomEngine *engine);
