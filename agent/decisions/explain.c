/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stories of guests and knobs, see explain.h.
 *
 * First how things are, then what each policy wishes at present and what became of the wish, then
 * what was done before.
 */
#include "agent/decisions/explain.h"

#include <string.h>

#include "agent/decisions/decision-query.h"
#include "agent/decisions/words.h"
#include "agent/statistics.h"

#define KNOB_MARK "knob:"
/* Decisions in a story. */
#define LAST 10

/* ---- how things are ---- */

typedef struct {
    gboolean has_cur, has_unused;
    gint64 cur_kib, min_kib, max_kib, unused_kib;
    gboolean has_bounds;
} Memory;

static Memory
memory_of(MomEntity *guest)
{
    Memory memory = {0};

    memory.has_cur = mom_entity_get_int(guest, "balloon_cur", &memory.cur_kib);
    memory.has_bounds = mom_entity_get_int(guest, "balloon_min", &memory.min_kib) &&
                        mom_entity_get_int(guest, "balloon_max", &memory.max_kib);
    memory.has_unused = mom_entity_get_int(guest, "mem_unused", &memory.unused_kib);
    return memory;
}

static void
append_memory(GString *text, MomEntity *guest)
{
    Memory memory = memory_of(guest);

    if (!memory.has_cur) {
        g_string_append(text, "Its memory is not known at present.\n");
        return;
    }
    g_string_append(text, "It has ");
    mom_words_append_size(text, memory.cur_kib);
    if (memory.has_bounds) {
        g_string_append(text, "; at least ");
        mom_words_append_size(text, memory.min_kib);
        g_string_append(text, " are guaranteed, at most it may have ");
        mom_words_append_size(text, memory.max_kib);
    }
    if (memory.has_unused) {
        g_string_append(text, "; it uses ");
        mom_words_append_size(text, memory.cur_kib - memory.unused_kib);
    }
    g_string_append(text, ".\n");
}

/* ---- wishes ---- */

static const char *
fate_of(const MomDecisions *decisions, const MomKnob *knob)
{
    const MomDecision *last = mom_decision_ring_get(mom_decisions_ring(decisions), knob->decision);

    if (knob->held)
        return knob->held;
    if (!last)
        return "it was sent";
    switch (last->verdict) {
    case MOM_DECISION_SENT:
        return "it was sent and is not answered yet";
    case MOM_DECISION_DONE:
    case MOM_DECISION_FOLLOWS:
        return "it was sent";
    case MOM_DECISION_FAILED:
        return "it was sent and failed";
    case MOM_DECISION_RAILED:
        return "a rail refuses it";
    case MOM_DECISION_DRY:
        return "it would be sent, but this is a dry run";
    case MOM_DECISION_STUCK:
        return "it was sent and the guest does not follow";
    case MOM_DECISION_PASSED_OVER:
        break;
    }
    return "it makes no sense to the controller";
}

static void
append_wish(GString *text, const MomDecisions *decisions, const MomKnob *knob)
{
    g_string_append_printf(text, "%s%s%s: ", knob->name, knob->disk ? " of disk " : "",
                           knob->disk ? knob->disk : "");
    if (knob->wish_cycle != mom_decisions_cycle(decisions)) {
        g_string_append(text, "no policy wishes a change now.\n");
        return;
    }
    g_string_append(text, "the policy wishes ");
    mom_words_append_value(text, knob->name, knob->wish);
    g_string_append_printf(text, "; %s.\n", fate_of(decisions, knob));
}

/* FAMILY NULL: all knobs. TRUE if there was any. */
static gboolean
append_wishes(GString *text, const MomDecisions *decisions, const char *uuid, const char *family)
{
    g_autoptr(GPtrArray) knobs = mom_knobs_of(mom_decisions_knobs(decisions), uuid);
    gboolean any = FALSE;

    for (guint i = 0; i < knobs->len; i++) {
        const MomKnob *knob = g_ptr_array_index(knobs, i);

        if (!family || mom_knob_matches(knob->name, family)) {
            append_wish(text, decisions, knob);
            any = TRUE;
        }
    }
    return any;
}

/* ---- what was done ---- */

static void
append_decisions(GString *text,
                 const MomDecisions *decisions,
                 const MomDecisionQuery *query,
                 gboolean with_guest)
{
    const MomDecisionRing *ring = mom_decisions_ring(decisions);
    g_autoptr(GArray) numbers = mom_decision_query_run(query, ring);

    if (numbers->len == 0) {
        g_string_append(text, "Nothing was done or refused, as far as momd remembers.\n");
        return;
    }
    g_string_append(text, "What was done or refused, the latest at the end:\n");
    for (guint i = 0; i < numbers->len; i++) {
        mom_words_append_decision(
            text, mom_decision_ring_get(ring, g_array_index(numbers, guint64, i)), with_guest);
    }
}

static json_object *
answer(const char *about,
       const char *name,
       const char *uuid,
       const GString *text,
       const MomDecisions *decisions,
       const MomDecisionQuery *query)
{
    json_object *json = json_object_new_object();

    json_object_object_add(json, "about", json_object_new_string(about));
    json_object_object_add(json, "name", name ? json_object_new_string(name) : NULL);
    json_object_object_add(json, "uuid", uuid ? json_object_new_string(uuid) : NULL);
    json_object_object_add(json, "decisions",
                           mom_decision_query_json(query, mom_decisions_ring(decisions)));
    json_object_object_add(json, "text", json_object_new_string(text->str));
    return json;
}

/* ---- guests ---- */

static MomEntity *
find_guest(GPtrArray *guests, const char *what)
{
    for (guint i = 0; i < guests->len; i++) {
        MomEntity *guest = g_ptr_array_index(guests, i);

        if (g_strcmp0(mom_entity_get_string_property(guest, "name"), what) == 0 ||
            g_strcmp0(mom_entity_get_string_property(guest, "uuid"), what) == 0)
            return guest;
    }
    return NULL;
}

static const MomCondition *
condition_of(const MomExplainGuests *guests, MomEntity *guest)
{
    const char *uuid = mom_entity_get_string_property(guest, "uuid");

    return guests->condition && uuid ? guests->condition(uuid, guests->data) : NULL;
}

static json_object *
explain_guest(const MomDecisions *decisions, MomEntity *guest, const MomExplainGuests *guests)
{
    const MomCondition *condition = condition_of(guests, guest);
    const char *name = mom_entity_get_string_property(guest, "name");
    const char *uuid = mom_entity_get_string_property(guest, "uuid");
    MomDecisionQuery query = {.guest = uuid, .last = LAST};
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text, "%s (%s)\n", name, uuid);
    if (!condition || condition->is_managed)
        append_memory(text, guest);
    if (condition)
        mom_condition_append(text, condition, guests->now_us);
    if (!append_wishes(text, decisions, uuid, NULL))
        g_string_append(text, "No policy has wished anything for it.\n");
    append_decisions(text, decisions, &query, FALSE);
    return answer("guest", name, uuid, text, decisions, &query);
}

/* A guest that is gone, or not ready, and of which something is remembered; else NULL. */
static json_object *
explain_past_guest(const MomDecisions *decisions, const char *what)
{
    const MomDecisionRing *ring = mom_decisions_ring(decisions);
    MomDecisionQuery query = {.guest = what, .last = LAST};
    g_autoptr(GArray) numbers = mom_decision_query_run(&query, ring);
    g_autoptr(GString) text = g_string_new(NULL);
    const MomDecision *last;

    if (numbers->len == 0)
        return NULL;
    last = mom_decision_ring_get(ring, g_array_index(numbers, guint64, numbers->len - 1));
    g_string_append_printf(text,
                           "%s (%s)\nIt is not managed at present: it does not run, or its data "
                           "is incomplete.\n",
                           last->name ? last->name : "?", last->uuid);
    append_decisions(text, decisions, &query, FALSE);
    return answer("guest", last->name, last->uuid, text, decisions, &query);
}

/* ---- knobs ---- */

static gboolean
append_host_value(GString *text, MomEntity *host, const char *name)
{
    MomValue v;

    if (!mom_entity_get_attribute(host, name, &v))
        return FALSE;
    g_string_append_printf(text, "%s is ", name);
    mom_words_append_value(text, name, v);
    g_string_append(text, ".\n");
    return TRUE;
}

/* What the host shows of the knobs of FAMILY. */
static gboolean
append_host(GString *text, MomEntity *host, const char *family)
{
    static const char *const knobs[] = {"ksm_run", "ksm_pages_to_scan", "ksm_sleep_millisecs",
                                        "ksm_merge_across_nodes"};
    gboolean any = FALSE;

    for (gsize i = 0; i < G_N_ELEMENTS(knobs); i++)
        any |= mom_knob_matches(knobs[i], family) && append_host_value(text, host, knobs[i]);
    return any;
}

/* NULL: no knob is known by that name. */
static json_object *
explain_knob(const MomDecisions *decisions, MomEntity *host, GPtrArray *guests, const char *family)
{
    MomDecisionQuery query = {.knob = family, .last = LAST};
    g_autoptr(GArray) numbers = mom_decision_query_run(&query, mom_decisions_ring(decisions));
    g_autoptr(GString) text = g_string_new(NULL);
    gboolean any = numbers->len > 0;

    any |= append_host(text, host, family);
    any |= append_wishes(text, decisions, NULL, family);
    for (guint i = 0; i < guests->len; i++) {
        MomEntity *guest = g_ptr_array_index(guests, i);
        g_autoptr(GString) wishes = g_string_new(NULL);

        if (append_wishes(wishes, decisions, mom_entity_get_string_property(guest, "uuid"),
                          family)) {
            g_string_append_printf(text, "%s, %s", mom_entity_get_string_property(guest, "name"),
                                   wishes->str);
            any = TRUE;
        }
    }
    if (!any)
        return NULL;
    append_decisions(text, decisions, &query, TRUE);
    return answer("knob", family, NULL, text, decisions, &query);
}

json_object *
mom_explain(const MomDecisions *decisions,
            MomEntity *host,
            const MomExplainGuests *guests,
            const char *what,
            GError **error)
{
    gboolean is_knob = g_str_has_prefix(what, KNOB_MARK);
    const char *family = is_knob ? what + strlen(KNOB_MARK) : what;
    MomEntity *guest = is_knob ? NULL : find_guest(guests->guests, what);
    json_object *json = NULL;

    if (guest)
        return explain_guest(decisions, guest, guests);
    if (!is_knob)
        json = explain_past_guest(decisions, what);
    if (!json)
        json = explain_knob(decisions, host, guests->guests, family);
    if (!json) {
        g_set_error(
            error, MOM_DECISION_QUERY_ERROR, MOM_DECISION_QUERY_ERROR_SUBJECT,
            "nothing is known of \"%.80s\": neither a guest's name or uuid nor a knob that a "
            "policy has set or the host shows; getActiveGuests lists the guests",
            family);
    }
    return json;
}

/* ---- the table of guests ---- */

static void
add_kib(json_object *json, const char *key, gboolean known, gint64 kib)
{
    json_object_object_add(json, key, known ? json_object_new_int64(kib) : NULL);
}

static void
add_text(json_object *json, const char *key, const char *text)
{
    json_object_object_add(json, key, text ? json_object_new_string(text) : NULL);
}

static void
add_wish(json_object *json, const MomDecisions *decisions, const char *uuid)
{
    const MomKnob *knob = mom_knobs_find(mom_decisions_knobs(decisions), uuid, "balloon_target");
    gboolean wished = knob && knob->wish_cycle == mom_decisions_cycle(decisions);

    json_object_object_add(json, "target", wished ? mom_statistics_value_json(knob->wish) : NULL);
    add_text(json, "held", wished ? knob->held : NULL);
}

static const MomDecision *
newest_of(const MomDecisions *decisions, const char *uuid)
{
    g_autoptr(GPtrArray) knobs = mom_knobs_of(mom_decisions_knobs(decisions), uuid);
    const MomDecision *newest = NULL;

    for (guint i = 0; i < knobs->len; i++) {
        const MomKnob *knob = g_ptr_array_index(knobs, i);
        const MomDecision *decision =
            mom_decision_ring_get(mom_decisions_ring(decisions), knob->decision);

        if (decision && (!newest || decision->last_us >= newest->last_us))
            newest = decision;
    }
    return newest;
}

static json_object *
guest_json(const MomDecisions *decisions, MomEntity *guest, const MomExplainGuests *guests)
{
    const MomCondition *condition = condition_of(guests, guest);
    json_object *json = json_object_new_object();
    const char *uuid = mom_entity_get_string_property(guest, "uuid");
    const MomDecision *last = newest_of(decisions, uuid);
    g_autofree char *line = last ? mom_decision_line(last) : NULL;
    Memory memory = {0};

    if (!condition || condition->is_managed)
        memory = memory_of(guest);
    add_text(json, "name", mom_entity_get_string_property(guest, "name"));
    add_text(json, "uuid", uuid);
    add_kib(json, "balloon_cur", memory.has_cur, memory.cur_kib);
    add_kib(json, "balloon_min", memory.has_bounds, memory.min_kib);
    add_kib(json, "balloon_max", memory.has_bounds, memory.max_kib);
    add_kib(json, "mem_unused", memory.has_unused, memory.unused_kib);
    add_kib(json, "used", memory.has_cur && memory.has_unused, memory.cur_kib - memory.unused_kib);
    add_wish(json, decisions, uuid);
    add_text(json, "last_decision", line);
    json_object_object_add(
        json, "last_decision_time",
        last ? json_object_new_double((double)last->last_us / (double)G_USEC_PER_SEC) : NULL);
    if (condition)
        mom_condition_add(json, condition, guests->now_us);
    return json;
}

json_object *
mom_explain_guests(const MomDecisions *decisions, const MomExplainGuests *guests)
{
    json_object *json = json_object_new_array();

    for (guint i = 0; i < guests->guests->len; i++) {
        json_object_array_add(json,
                              guest_json(decisions, g_ptr_array_index(guests->guests, i), guests));
    }
    return json;
}
