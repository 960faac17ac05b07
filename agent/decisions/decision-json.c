/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A decision as RPC gives it, see decision.h.
 *
 * Every member is always there, nil if it is unknown, so that callers need not ask twice.
 */
#include "agent/decisions/decision.h"

#include "agent/statistics.h"

static void
add_text(json_object *json, const char *key, const char *text)
{
    json_object_object_add(json, key, text ? json_object_new_string(text) : NULL);
}

static void
add_time(json_object *json, const char *key, gint64 time_us)
{
    json_object_object_add(json, key,
                           json_object_new_double((double)time_us / (double)G_USEC_PER_SEC));
}

static void
add_count(json_object *json, const char *key, guint64 count)
{
    json_object_object_add(json, key, json_object_new_int64((gint64)count));
}

/* A list, as the order says what is near. */
static json_object *
reads_json(const MomDecision *decision)
{
    json_object *list;

    if (!decision->read_names)
        return NULL;
    list = json_object_new_array();
    for (gsize i = 0; i < mom_decision_n_reads(decision); i++) {
        g_autofree char *name = mom_decision_read_name(decision, i);
        json_object *one = json_object_new_object();

        add_text(one, "name", name);
        json_object_object_add(one, "value", mom_statistics_value_json(decision->reads[i]));
        json_object_array_add(list, one);
    }
    return list;
}

json_object *
mom_decision_json(const MomDecision *decision)
{
    json_object *json = json_object_new_object();
    g_autofree char *line = mom_decision_line(decision);

    add_count(json, "number", decision->number);
    add_time(json, "time", decision->first_us);
    add_time(json, "last_time", decision->last_us);
    add_count(json, "cycle", decision->cycle);
    add_count(json, "times", decision->times);
    add_text(json, "guest", decision->name);
    add_text(json, "uuid", decision->uuid);
    add_text(json, "knob", decision->knob);
    add_text(json, "disk", decision->disk);
    json_object_object_add(json, "from", mom_statistics_value_json(decision->from));
    json_object_object_add(json, "to", mom_statistics_value_json(decision->to));
    add_text(json, "verdict", mom_decision_verdict_name(decision->verdict));
    add_text(json, "rail", decision->rail);
    add_text(json, "reason", decision->reason);
    add_text(json, "policy", decision->policy);
    add_count(json, "line", decision->line);
    add_count(json, "column", decision->column);
    add_text(json, "function", mom_decision_function(decision));
    json_object_object_add(json, "reads", reads_json(decision));
    add_text(json, "text", line);
    return json;
}
