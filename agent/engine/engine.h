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
#include "agent/decisions/condition.h"
#include "agent/decisions/decisions.h"
#include "agent/engine/monitor.h"
#include "agent/engine/pulse.h"
#include "agent/hypervisor/source.h"
#include "agent/plot.h"
#include "agent/policies/policies.h"
#include "agent/pollers/pollers.h"
#include "agent/state/history.h"
#include "controllers/controller.h"
#include "controllers/guard.h"

typedef struct MomEngine MomEngine;

/* The shortest time between the starts of two cycles, however many hints come; if nothing else is
 * said. */
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
    const char *tuning_policy; /* see mom_policies_use_tuning; NULL: none */
    gint64 host_interval_us;
    gint64 guest_interval_us;
    gint64 policy_interval_us;
    gint64 min_cycle_us;      /* 0: MOM_ENGINE_MIN_CYCLE_US */
    gint64 watch_interval_us; /* how often guests are looked at while one has less than its maximum;
                                 0: no oftener than usual.  Their averages do not see it. */
    gboolean adapts; /* under pressure the policy interval shrinks, see agent/engine/pace.h */
    const MomGuardOptions *guard; /* copied; NULL: the defaults */
    guint fallback_after;  /* failing cycles until the last set that worked is used; 0: never */
    const MomTrust *trust; /* of policies' files; NULL: whoever may have written them */
    guint decisions_kept;  /* 0: MOM_DECISIONS_KEPT */
    MomPlot *plot;         /* NULL: nothing is plotted */
    MomPollers *pollers;   /* NULL: no guest is asked itself */
} MomEngineOptions;

MomEngine *mom_engine_new(const MomEngineOptions *options);
void mom_engine_free(MomEngine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomEngine, mom_engine_free)

/* What host and guests were before a restart (taken over): they go on with it, guests as far as
 * they come within MAX_AGE_US of its saving. Before the start only. */
void mom_engine_recall(MomEngine *engine, MomHistory *history, gint64 max_age_us);
/* Collects the host once, loads the policies (what does not load is logged) and begins to cycle. */
void mom_engine_start(MomEngine *engine);
/* Ends the cycling, and what is being released; nothing is sent any more. */
void mom_engine_stop(MomEngine *engine);
/* Takes controllers, intervals and fallback_after of OPTIONS, at once; what is known of host and
 * guests stays. A shorter interval begins now, a longer one after what is due. */
void mom_engine_reconfigure(MomEngine *engine, const MomEngineOptions *options);
/* Something happened (a guest came or went, vdsm is back): a cycle follows soon. REASON is for the
 * log. */
void mom_engine_hint(MomEngine *engine, const char *reason);

/* The source is connected, perhaps to a hypervisor that was restarted: what was sent counts for
 * nothing until it is seen.  A cycle follows soon. */
void mom_engine_reconnected(MomEngine *engine, const char *reason);

/* The same of a source that is read another way now, without hastening a cycle. */
void mom_engine_interface_changed(MomEngine *engine);

/* The kernel told of memory pressure on the host: a cycle follows soon, and for a while the pace is
 * fast. */
void mom_engine_pressed(MomEngine *engine);
/* UUID's guest says that it is short of memory: the same, if it can be helped. */
void mom_engine_guest_pressed(MomEngine *engine, const char *uuid);

/* Policies. A change that is taken over is followed by a cycle. */
gboolean
mom_engine_set_policy(MomEngine *engine, const char *name, const char *text, GError **error);
gboolean mom_engine_replace_policies(MomEngine *engine, const char *text, GError **error);
gboolean mom_engine_reset_policies(MomEngine *engine, GError **error);
/* See mom_policies_reread. */
gboolean
mom_engine_reread_policies(MomEngine *engine, const char *file, const char *dir, GError **error);
/* What was pushed, and who is told when it changes: see agent/policies/policies.h. */
MomPushed *mom_engine_pushed(MomEngine *engine);
void mom_engine_watch_pushed(MomEngine *engine, MomPushedWatch watch, gpointer data);
MomPolicyStore *mom_engine_policies(MomEngine *engine);
/* What setting it would say, see mom_policies_check; nothing is set. */
GPtrArray *mom_engine_check_policy(MomEngine *engine, const char *name, const char *text);

/* The host's entity, whether it is ready or not. */
MomEntity *mom_engine_host(MomEngine *engine);
/* The guests that are ready; caller unrefs the array, entities are borrowed. */
GPtrArray *mom_engine_guests(MomEngine *engine);
/* The same of all guests, ready or not. */
GPtrArray *mom_engine_all_guests(MomEngine *engine);
/* Of a guest's data: whose it is, how old, whether it can be used; NULL: there is no such guest. */
const MomCondition *mom_engine_guest_condition(const MomEngine *engine, const char *uuid);
/* By its clock. */
gint64 mom_engine_now_us(const MomEngine *engine);
/* Whose the guests' numbers are at present: "libvirt". */
const char *mom_engine_data_source(const MomEngine *engine);
/* The lines of the tuning policy that are set aside, with place and reason. Caller frees. */
char **mom_engine_set_aside(const MomEngine *engine);
/* What is wrong at present, as it was told in the log; NULL if nothing is. Borrowed. */
const char *mom_engine_policy_fault(const MomEngine *engine);
const char *mom_engine_source_fault(const MomEngine *engine);
/* The same of data that has a gap. */
const char *mom_engine_sight_fault(const MomEngine *engine);
/* TRUE while policies that worked before stand in for the administrator's, which fail. */
gboolean mom_engine_uses_last_good(const MomEngine *engine);
/* What the source is called at present: "vdsm". */
const char *mom_engine_source_name(const MomEngine *engine);
/* What else there is to be told of it, for people; NULL: nothing.  Borrowed, until the next call.
 */
const char *mom_engine_source_note(const MomEngine *engine);
/* Where the host's files are read: "/" or a stand-in's directory. */
const char *mom_engine_host_root(const MomEngine *engine);

/* WATCH is called each time that a question to the source has ended and what followed from it is
 * done. One watcher; NULL: none. */
typedef void (*MomEngineWatch)(gpointer data);
void mom_engine_watch(MomEngine *engine, MomEngineWatch watch, gpointer data);
/* What each knob was before it was first turned, see controllers/found.h; borrowed. Who keeps it
 * is told by WATCH when it has changed. One watcher; NULL: none. */
MomFound *mom_engine_found(MomEngine *engine);
void mom_engine_watch_found(MomEngine *engine, MomEngineWatch watch, gpointer data);
/* The life of the cycle, see pulse.h; borrowed. */
const MomPulse *mom_engine_pulse(const MomEngine *engine);

/* What was done and refused, and why. Borrowed. */
const MomDecisions *mom_engine_decisions(const MomEngine *engine);
/* How many cycles have been decided to their end. */
guint64 mom_engine_cycles(const MomEngine *engine);
/* How long ago the last of them was; -1: there was none yet. */
gint64 mom_engine_cycle_age_us(const MomEngine *engine);
/* How often one is due. */
gint64 mom_engine_interval_us(const MomEngine *engine);
/* Whether the source answered when it was last asked. */
gboolean mom_engine_is_connected(const MomEngine *engine);
