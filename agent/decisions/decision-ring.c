/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The ring, see decision-ring.h: a decision's place follows from its number.
 *
 * Places are filled as they are needed; a host where little happens keeps little.
 */
#include "agent/decisions/decision-ring.h"

struct MomDecisionRing {
    guint length;
    guint64 newest;
    GPtrArray *places; /* of MomDecision, at (number - 1) modulo length */
};

MomDecisionRing *
mom_decision_ring_new(guint length)
{
    MomDecisionRing *ring = g_new0(MomDecisionRing, 1);

    ring->length = MAX(length, 1);
    ring->places = g_ptr_array_new_with_free_func((GDestroyNotify)mom_decision_free);
    return ring;
}

void
mom_decision_ring_free(MomDecisionRing *ring)
{
    if (!ring)
        return;
    g_ptr_array_unref(ring->places);
    g_free(ring);
}

static guint
place_of(const MomDecisionRing *ring, guint64 number)
{
    return (guint)((number - 1) % ring->length);
}

MomDecision *
mom_decision_ring_add(MomDecisionRing *ring)
{
    MomDecision *decision = mom_decision_new();
    guint place;

    decision->number = ++ring->newest;
    place = place_of(ring, decision->number);
    if (place == ring->places->len) {
        g_ptr_array_add(ring->places, decision);
    } else {
        mom_decision_free(ring->places->pdata[place]);
        ring->places->pdata[place] = decision;
    }
    return decision;
}

MomDecision *
mom_decision_ring_get(const MomDecisionRing *ring, guint64 number)
{
    if (number == 0 || number > ring->newest || number < mom_decision_ring_oldest(ring))
        return NULL;
    return ring->places->pdata[place_of(ring, number)];
}

guint64
mom_decision_ring_oldest(const MomDecisionRing *ring)
{
    return ring->newest - ring->places->len + (ring->places->len > 0);
}

guint64
mom_decision_ring_newest(const MomDecisionRing *ring)
{
    return ring->newest;
}
