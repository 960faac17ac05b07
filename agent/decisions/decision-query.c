/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Filters for decisions, see decision-query.h.
 *
 * The ring is walked from its newest end, as most ask for the last few.
 */
#include "agent/decisions/decision-query.h"

#include <math.h>
#include <string.h>

G_DEFINE_QUARK(mom - decision - query - error - quark, mom_decision_query_error)

#define MAX_SINCE_S 1e11

typedef gboolean (*Reader)(json_object *value, MomDecisionQuery *query);

static gboolean
read_guest(json_object *value, MomDecisionQuery *query)
{
    query->guest = json_object_get_string(value);
    return json_object_is_type(value, json_type_string);
}

static gboolean
read_knob(json_object *value, MomDecisionQuery *query)
{
    query->knob = json_object_get_string(value);
    return json_object_is_type(value, json_type_string);
}

static gboolean
read_verdict(json_object *value, MomDecisionQuery *query)
{
    query->by_verdict = TRUE;
    return json_object_is_type(value, json_type_string) &&
           mom_decision_verdict_parse(json_object_get_string(value), &query->verdict);
}

static gboolean
read_since(json_object *value, MomDecisionQuery *query)
{
    double seconds = json_object_get_double(value);

    if ((!json_object_is_type(value, json_type_int) &&
         !json_object_is_type(value, json_type_double)) ||
        !(fabs(seconds) <= MAX_SINCE_S))
        return FALSE;
    query->since_us = (gint64)(seconds * G_USEC_PER_SEC);
    return TRUE;
}

static gboolean
read_before(json_object *value, MomDecisionQuery *query)
{
    gint64 before = json_object_get_int64(value);

    query->before = (guint64)before;
    return json_object_is_type(value, json_type_int) && before >= 1;
}

static gboolean
read_last(json_object *value, MomDecisionQuery *query)
{
    gint64 last = json_object_get_int64(value);

    query->last = (guint)last;
    return json_object_is_type(value, json_type_int) && last >= 1 && last <= MOM_DECISION_QUERY_MAX;
}

static const struct {
    const char *name;
    Reader read;
    const char *wanted;
} members[] = {
    {"guest", read_guest, "a guest's name or uuid"},
    {"knob", read_knob, "a knob's name, or its first word: ksm, balloon"},
    {"verdict", read_verdict,
     "one of sent, done, failed, railed, passed-over, dry, stuck, follows"},
    {"since", read_since, "a number of seconds since 1970"},
    {"before", read_before, "a decision's number"},
    {"last", read_last, "an integer from 1 to " G_STRINGIFY(MOM_DECISION_QUERY_MAX)},
};

static gboolean
read_member(const char *name, json_object *value, MomDecisionQuery *query, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
        if (strcmp(members[i].name, name) != 0)
            continue;
        /* Nil is as good as not there. */
        if (!value || members[i].read(value, query))
            return TRUE;
        g_set_error(error, MOM_DECISION_QUERY_ERROR, MOM_DECISION_QUERY_ERROR_FILTER,
                    "filter: %s must be %s", name, members[i].wanted);
        return FALSE;
    }
    g_set_error(error, MOM_DECISION_QUERY_ERROR, MOM_DECISION_QUERY_ERROR_FILTER,
                "filter: there is no \"%.40s\"; use guest, knob, verdict, since, before, last",
                name);
    return FALSE;
}

gboolean
mom_decision_query_parse(json_object *filter, MomDecisionQuery *out, GError **error)
{
    MomDecisionQuery query = MOM_DECISION_QUERY_INIT;

    if (filter && !json_object_is_type(filter, json_type_object)) {
        g_set_error(error, MOM_DECISION_QUERY_ERROR, MOM_DECISION_QUERY_ERROR_FILTER,
                    "a filter is an object such as {\"guest\": \"NAME\", \"last\": 10}");
        return FALSE;
    }
    if (filter) {
        json_object_object_foreach(filter, name, value)
        {
            if (!read_member(name, value, &query, error))
                return FALSE;
        }
    }
    *out = query;
    return TRUE;
}

gboolean
mom_knob_matches(const char *knob, const char *name)
{
    gsize length = strlen(name);

    return length > 0 && strncmp(knob, name, length) == 0 &&
           (knob[length] == '\0' || knob[length] == '_');
}

static gboolean
passes(const MomDecisionQuery *query, const MomDecision *decision)
{
    if (query->guest && g_strcmp0(query->guest, decision->name) != 0 &&
        g_strcmp0(query->guest, decision->uuid) != 0)
        return FALSE;
    return (!query->knob || mom_knob_matches(decision->knob, query->knob)) &&
           (!query->by_verdict || query->verdict == decision->verdict) &&
           decision->last_us >= query->since_us;
}

GArray *
mom_decision_query_run(const MomDecisionQuery *query, const MomDecisionRing *ring)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint64));
    guint64 oldest = mom_decision_ring_oldest(ring);
    guint64 newest = mom_decision_ring_newest(ring);
    guint64 number = query->before ? MIN(newest, query->before - 1) : newest;

    for (; number > 0 && number >= oldest && numbers->len < query->last; number--)
        if (passes(query, mom_decision_ring_get(ring, number)))
            g_array_append_val(numbers, number);
    for (guint i = 0; i < numbers->len / 2; i++) {
        guint64 *a = &g_array_index(numbers, guint64, i);
        guint64 *b = &g_array_index(numbers, guint64, numbers->len - 1 - i);
        guint64 kept = *a;

        *a = *b;
        *b = kept;
    }
    return numbers;
}

json_object *
mom_decision_query_json(const MomDecisionQuery *query, const MomDecisionRing *ring)
{
    g_autoptr(GArray) numbers = mom_decision_query_run(query, ring);
    json_object *json = json_object_new_array();

    for (guint i = 0; i < numbers->len; i++) {
        json_object_array_add(json, mom_decision_json(mom_decision_ring_get(
                                        ring, g_array_index(numbers, guint64, i))));
    }
    return json;
}
