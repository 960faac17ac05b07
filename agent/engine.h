/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The engine: samples the host and its guests, evaluates the policies, lets the controllers act.
 *
 * All it works with is given to it (source, actuator, clock), so that the daemon, the simulator and
 * the tests run the same engine.  It never waits: a cycle asks the source and goes on when the
 * answer comes. A cycle that still waits for data when the next is due is not doubled.  Without
 * fresh guest data nothing is decided.
 */
#pragma once

#include "agent/clock.h"
#include "agent/decisions.h"
#include "agent/monitor.h"
#include "agent/plot.h"
#include "agent/policies.h"
#include "agent/source.h"
#include "controllers/controller.h"
#include "controllers/guard.h"

typedef struct MomEngine MomEngine;

/* The shortest time between the starts of two cycles, however many hints come. */
#define MOM_ENGINE_MIN_CYCLE_US (1 * G_USEC_PER_SEC)

/* Everything is borrowed and must outlive the engine, but the plans, which are referenced. */
typedef struct {
    MomSource *source;
    MomActuator *actuator;
    MomClock *clock;
    MomMonitorPlan *host_plan;
    MomMonitorPlan *guest_plan;
    const MomController *const *controllers; /* in order, ended by NULL */
    const char *host_root;                   /* "/" or a stand-in's directory */
    const char *policy_file;                 /* see mom_policies_new */
    const char *policy_dir;
    gint64 host_interval_us;
    gint64 guest_interval_us;
    gint64 policy_interval_us;
    guint fallback_after; /* failing cycles until the last set that worked is used; 0: never */
    guint decisions_kept; /* 0: MOM_DECISIONS_KEPT */
    MomPlot *plot;        /* NULL: nothing is plotted */
} MomEngineOptions;

MomEngine *mom_engine_new(const MomEngineOptions *options);
void mom_engine_free(MomEngine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomEngine, mom_engine_free)

/* Collects the host once, loads the policies (what does not load is logged) and begins to cycle. */
void mom_engine_start(MomEngine *engine);
/* Ends the cycling; nothing is sent any more. */
void mom_engine_stop(MomEngine *engine);
/* Something happened (a guest came or went, vdsm is back): a cycle follows soon. REASON is for the
 * log. */
void mom_engine_hint(MomEngine *engine, const char *reason);

/* Policies. A change that is taken over is followed by a cycle. */
gboolean
mom_engine_set_policy(MomEngine *engine, const char *name, const char *text, GError **error);
gboolean mom_engine_replace_policies(MomEngine *engine, const char *text, GError **error);
gboolean mom_engine_reset_policies(MomEngine *engine, GError **error);
MomPolicyStore *mom_engine_policies(MomEngine *engine);

/* The host's entity, whether it is ready or not. */
MomEntity *mom_engine_host(MomEngine *engine);
/* The guests that are ready; caller unrefs the array, entities are borrowed. */
GPtrArray *mom_engine_guests(MomEngine *engine);
/* What is wrong at present, as it was told in the log; NULL if nothing is. Borrowed. */
const char *mom_engine_policy_fault(const MomEngine *engine);
const char *mom_engine_source_fault(const MomEngine *engine);
/* TRUE while policies that worked before stand in for the administrator's, which fail. */
gboolean mom_engine_uses_last_good(const MomEngine *engine);
/* What the source is called: "vdsm". */
const char *mom_engine_source_name(const MomEngine *engine);
/* What was done and refused, and why. Borrowed. */
const MomDecisions *mom_engine_decisions(const MomEngine *engine);
/* How many cycles have been decided to their end. */
guint64 mom_engine_cycles(const MomEngine *engine);
