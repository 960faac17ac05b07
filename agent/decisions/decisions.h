/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Decisions: what was done to whom, from which value to which, and by which line of which policy.
 *
 * Takes the guard's reports and the controllers' complaints, keeps the last of them in a ring, and
 * tells them in the log, one line each: what was sent every time, what was refused or failed once,
 * until it changes or works (then the attempt that worked is told).  Decides nothing itself.
 */
#pragma once

#include "agent/clock.h"
#include "agent/decisions/decision-ring.h"
#include "agent/decisions/knobs.h"

typedef struct MomDecisions MomDecisions;

/* How many are kept unless the configuration says otherwise. */
#define MOM_DECISIONS_KEPT 10000

/* CLOCK (borrowed) gives decisions their time of day; the last KEPT of them are kept. */
MomDecisions *mom_decisions_new(MomClock *clock, guint kept);
void mom_decisions_free(MomDecisions *decisions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomDecisions, mom_decisions_free)

/* What comes now belongs to cycle CYCLE. */
void mom_decisions_begin_cycle(MomDecisions *decisions, guint64 cycle);
/* Copies what the run, which was traced, noted with the controls and tunes of the entities in this
 * cycle's reports. */
void mom_decisions_take_reads(MomDecisions *decisions);
/* All that the cycle wishes has been reported. Answers may come later. */
void mom_decisions_end_cycle(MomDecisions *decisions);
/* A MomGuardFunc; DATA is the MomDecisions. */
void mom_decisions_report(const MomGuardReport *report, gpointer data);
/* A MomComplaint; DATA is the MomDecisions. */
void mom_decisions_complain(MomEntity *entity, const char *control, const char *why, gpointer data);
/* The guest of that UUID is gone: what was told of it no longer counts. Its decisions stay. */
void mom_decisions_forget(MomDecisions *decisions, const char *uuid);

/* For those who ask. Borrowed. */
const MomDecisionRing *mom_decisions_ring(const MomDecisions *decisions);
const MomKnobs *mom_decisions_knobs(const MomDecisions *decisions);
/* The cycle that was begun last. */
guint64 mom_decisions_cycle(const MomDecisions *decisions);
