/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The engine's state, for its own files: engine.c is the cycle, engine-access.c what others ask of it
 * and change. Nobody else may look inside.
 */
#pragma once

#include "agent/engine.h"
#include "agent/fault.h"
#include "agent/guests.h"
#include "agent/silence.h"

struct MomEngine {
    MomSource *source;
    MomClock *clock;
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
    gint64 host_due_us, guests_due_us, policy_due_us;
    gint64 last_decision_us;
    gboolean sampling; /* the source has been asked and has not answered */
    gboolean trace;    /* the last decision had something to tell, so may the next */
    gboolean decide;   /* when it answers, a decision is due */
    guint64 cycles;
    gint64 last_cycle_us; /* when the last of them was decided */
    gboolean connected;   /* the source's last answer was one */
    MomPulse pulse;
    MomEngineWatch watch; /* may be NULL */
    gpointer watch_data;

    MomSilence silence;
    MomFault policy_fault;
};
