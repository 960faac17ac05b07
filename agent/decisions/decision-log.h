/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A decision in the log: one line for people, and for the journal its parts as fields.
 *
 * The fields' names are an interface: scripts of administrators match them, momd(8) lists them.
 */
#pragma once

#include "agent/decisions/decision.h"

/* What `journalctl MESSAGE_ID=...` finds all decisions by. Never to be changed. */
#define MOM_DECISION_MESSAGE_ID "61659bbaa3fb4bd196005275e14ba943"

/* Logs under the name of the reference's controller for the knob. */
void mom_decision_log(const MomDecision *decision, GLogLevelFlags level);
