/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Decisions for RPC, see service-decisions.h.
 *
 * Only brings together what the engine has and who puts it into words.
 */
#include "agent/service-decisions.h"

#include "agent/decisions/decision-query.h"
#include "agent/decisions/explain.h"

json_object *
mom_service_get_decisions(MomEngine *engine, json_object *filter, GError **error)
{
    MomDecisionQuery query;

    if (!mom_decision_query_parse(filter, &query, error))
        return NULL;
    return mom_decision_query_json(&query, mom_decisions_ring(mom_engine_decisions(engine)));
}

static const MomCondition *
condition_of(const char *uuid, gpointer engine)
{
    return mom_engine_guest_condition(engine, uuid);
}

static MomExplainGuests
explain_guests(MomEngine *engine, GPtrArray *guests)
{
    return (MomExplainGuests){guests, condition_of, engine, mom_engine_now_us(engine)};
}

json_object *
mom_service_explain(MomEngine *engine, const char *what, GError **error)
{
    g_autoptr(GPtrArray) all = mom_engine_all_guests(engine);
    const MomExplainGuests guests = explain_guests(engine, all);

    return mom_explain(mom_engine_decisions(engine), mom_engine_host(engine), &guests, what, error);
}

json_object *
mom_service_get_guests(MomEngine *engine)
{
    g_autoptr(GPtrArray) all = mom_engine_all_guests(engine);
    const MomExplainGuests guests = explain_guests(engine, all);

    return mom_explain_guests(mom_engine_decisions(engine), &guests);
}

void
mom_service_add_last_decision(MomEngine *engine, json_object *status)
{
    const MomDecisionRing *ring = mom_decisions_ring(mom_engine_decisions(engine));
    const MomDecision *last = mom_decision_ring_get(ring, mom_decision_ring_newest(ring));
    g_autofree char *line = last ? mom_decision_line(last) : NULL;

    json_object_object_add(status, "last_decision", line ? json_object_new_string(line) : NULL);
    json_object_object_add(
        status, "last_decision_time",
        last ? json_object_new_double((double)last->last_us / (double)G_USEC_PER_SEC) : NULL);
}
