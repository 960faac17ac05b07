/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A decision as a structured log message, see decision-log.h.
 *
 * The line is whole without the fields: a file or a terminal shows only it.
 */
#include "agent/decisions/decision-log.h"

#include "agent/log.h"

#define MAX_FIELDS 24
#define MAX_COUNTS 4
#define COUNT_BYTES 24

/* The reference's names, its spelling too. */
static const struct {
    const char *prefix;
    const char *domain;
} domains[] = {
    {"balloon", "mom.Controllers.Balloon"},
    {"ksm", "mom.Controllers.KSM"},
    {"vcpu", "mom.Controllers.Cputune"},
    {"io_tune", "mom.Controllers.IoTune"},
};

typedef struct {
    GLogField fields[MAX_FIELDS];
    gsize n;
    char counts[MAX_COUNTS][COUNT_BYTES];
    gsize n_counts;
    GString *from, *to;
} Message;

static const char *
domain_of(const char *knob)
{
    for (gsize i = 0; i < G_N_ELEMENTS(domains); i++)
        if (g_str_has_prefix(knob, domains[i].prefix))
            return domains[i].domain;
    return "mom.Controllers";
}

/* What is unknown is no field. */
static void
add(Message *message, const char *key, const char *value)
{
    if (value) {
        g_assert(message->n < MAX_FIELDS);
        message->fields[message->n++] = (GLogField){key, value, -1};
    }
}

static void
add_count(Message *message, const char *key, guint64 count)
{
    char *text = message->counts[message->n_counts++];

    g_assert(message->n_counts <= MAX_COUNTS);
    g_snprintf(text, COUNT_BYTES, "%" G_GUINT64_FORMAT, count);
    add(message, key, text);
}

/* TEXT lives as long as the message. */
static void
add_value(Message *message, const char *key, MomValue v, GString *text)
{
    if (v.type == MOM_VALUE_STRING)
        g_string_append(text, v.string);
    else if (!mom_value_is_nil(v))
        mom_decision_append_value(text, v);
    if (text->len)
        add(message, key, text->str);
}

static void
add_parts(Message *message, const MomDecision *decision)
{
    add(message, "MOM_VM", decision->name);
    add(message, "MOM_VM_UUID", decision->uuid);
    add(message, "MOM_KNOB", decision->knob);
    add(message, "MOM_DISK", decision->disk);
    add_value(message, "MOM_FROM", decision->from, message->from);
    add_value(message, "MOM_TO", decision->to, message->to);
    add(message, "MOM_VERDICT", mom_decision_verdict_name(decision->verdict));
    add(message, "MOM_RAIL", decision->rail);
    add(message, "MOM_REASON", decision->reason ? decision->reason : "the policy wishes it");
    add(message, "MOM_POLICY", decision->policy);
    if (decision->policy)
        add_count(message, "MOM_POLICY_LINE", decision->line);
    add_count(message, "MOM_CYCLE", decision->cycle);
    add_count(message, "MOM_DECISION", decision->number);
}

void
mom_decision_log(const MomDecision *decision, GLogLevelFlags level)
{
    g_autofree char *line = NULL;
    g_autoptr(GString) from = NULL;
    g_autoptr(GString) to = NULL;
    Message message = {.n = 0};

    if (!mom_log_heeds(level))
        return;
    line = mom_decision_line(decision);
    message.from = from = g_string_new(NULL);
    message.to = to = g_string_new(NULL);
    add(&message, "MESSAGE", line);
    add(&message, "MESSAGE_ID", MOM_DECISION_MESSAGE_ID);
    add(&message, "PRIORITY", level & G_LOG_LEVEL_WARNING ? "4" : "6");
    add(&message, "GLIB_DOMAIN", domain_of(decision->knob));
    add_parts(&message, decision);
    g_log_structured_array(level, message.fields, message.n);
}
