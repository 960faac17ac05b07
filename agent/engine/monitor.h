/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A monitor: the collectors of the host or of one guest, and the entity they fill (SEMANTICS 13).
 *
 * It runs its collectors in order, merges what they answer (the first value that is not nil wins),
 * and adds a sample to the entity's history if every mandatory field has come.  Ready is
 * three-valued.  It never asks a hypervisor and never sees another guest.
 */
#pragma once

#include "agent/collectors/collector.h"
#include "policy/entity.h"

typedef struct MomMonitor MomMonitor;

typedef enum {
    MOM_READY_UNKNOWN, /* before the first collection, and while a guest's first answer is awaited
                        */
    MOM_READY_NO,
    MOM_READY_YES,
} MomReady;

/* A plan is what all monitors of one kind share: collectors in order, and their schema. */
typedef struct MomMonitorPlan MomMonitorPlan;

/* COLLECTORS: N vtables, borrowed (static). A HISTORY_LENGTH of 0 keeps no sample. */
MomMonitorPlan *
mom_monitor_plan_new(const MomCollector *const *collectors, gsize n, gsize history_length);
MomMonitorPlan *mom_monitor_plan_ref(MomMonitorPlan *plan);
void mom_monitor_plan_unref(MomMonitorPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomMonitorPlan, mom_monitor_plan_unref)
/* For all monitors of the plan; longer histories lose their oldest samples with the next one. */
void mom_monitor_plan_set_history_length(MomMonitorPlan *plan, gsize history_length);
MomSchema *mom_monitor_plan_schema(const MomMonitorPlan *plan);
/* Whose answers its collectors read: bit 1 << MomSlowSource. */
guint mom_monitor_plan_slow_sources(const MomMonitorPlan *plan);

/* Trouble is over when so many samples in a row were good; till then it is not told again. */
#define MOM_MONITOR_WELL_AFTER 12

/* NAME is for messages: "Host", or the guest's name. */
MomMonitor *mom_monitor_new(MomMonitorPlan *plan, const char *name);
void mom_monitor_free(MomMonitor *monitor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomMonitor, mom_monitor_free)

/* One collection. TRUE if there was a complete sample. One that comes well before GIVEN->spacing_us
 * has passed since the last takes part until the next collection only (GIVEN->interim is set here).
 * Logs its own complaints: as warnings, once, but not those that come on top of a lack of data that
 * is told already; as information when what was told is over; all else as debug. */
gboolean mom_monitor_collect(MomMonitor *monitor, const MomCollectInput *given);

/* In the first PATIENCE_US after the first collection all trouble but a fatal error is told as
 * debug, and what lasts longer as a warning then. */
void mom_monitor_be_patient(MomMonitor *monitor, gint64 patience_us);

/* WATCH (NULL: nobody) is called with each complete sample just before it joins the history; it is
 * borrowed for the call. */
typedef void (*MomSampleWatch)(const MomSample *sample, gpointer data);
void mom_monitor_watch(MomMonitor *monitor, MomSampleWatch watch, gpointer data);

MomReady mom_monitor_ready(const MomMonitor *monitor);
/* TRUE once a collector failed for good. */
gboolean mom_monitor_terminated(const MomMonitor *monitor);
/* ENTITY (taken over, of the plan's schema) in place of the monitor's own: what it was before a
 * restart. */
void mom_monitor_adopt(MomMonitor *monitor, MomEntity *entity);
/* The entity; its properties may be set by the owner of the monitor. Borrowed. */
MomEntity *mom_monitor_entity(MomMonitor *monitor);
const char *mom_monitor_name(const MomMonitor *monitor);
