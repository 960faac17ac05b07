/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Decisions: what was done to whom, from which value to which, and by which line of which policy.
 *
 * Takes the guard's reports and the controllers' complaints and tells them in the log, one line
 * each: what was sent every time, what was refused or failed once, until it changes or works (then
 * the attempt that worked is told).  Decides nothing itself.
 */
#pragma once

#include "controllers/guard.h"

typedef struct MomDecisions MomDecisions;

MomDecisions *mom_decisions_new(void);
void mom_decisions_free(MomDecisions *decisions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomDecisions, mom_decisions_free)

/* A MomGuardFunc; DATA is the MomDecisions. */
void mom_decisions_report(const MomGuardReport *report, gpointer data);
/* A MomComplaint; DATA is the MomDecisions. */
void mom_decisions_complain(MomEntity *entity, const char *control, const char *why, gpointer data);
/* The guest of that UUID is gone: what was told of it no longer counts. */
void mom_decisions_forget(MomDecisions *decisions, const char *uuid);

/* One line for people: "balloon_target of vm-3: 4194304 -> 3984588 (02-balloon:31)". Caller frees.
 */
char *mom_decisions_format(const MomGuardReport *report);
