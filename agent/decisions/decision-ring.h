/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The last so many decisions, found again by their numbers.
 *
 * What is older than the ring is long is forgotten, and asking for it is no error.  Memory is
 * bounded by the length, whatever happens on the host.
 */
#pragma once

#include "agent/decisions/decision.h"

typedef struct MomDecisionRing MomDecisionRing;

/* LENGTH is 1 or more. */
MomDecisionRing *mom_decision_ring_new(guint length);
void mom_decision_ring_free(MomDecisionRing *ring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomDecisionRing, mom_decision_ring_free)

/* A new, empty decision with the next number, in place of the oldest if the ring is full. It is
 * the ring's. */
MomDecision *mom_decision_ring_add(MomDecisionRing *ring);
/* The decision of that NUMBER, or NULL if it is forgotten or was never made. */
MomDecision *mom_decision_ring_get(const MomDecisionRing *ring, guint64 number);
/* The number of the oldest that is kept and of the newest; 0 if there is none yet. */
guint64 mom_decision_ring_oldest(const MomDecisionRing *ring);
guint64 mom_decision_ring_newest(const MomDecisionRing *ring);
