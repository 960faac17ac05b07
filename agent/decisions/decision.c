/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The record of a decision, see decision.h: what it owns, and its line.
 *
 * The same few names stand in thousands of decisions; they are shared, so that ten thousand of them
 * cost little.
 */
#include "agent/decisions/decision.h"

#include <inttypes.h>
#include <string.h>

#include "policy/print.h"

MomDecision *
mom_decision_new(void)
{
    return g_new0(MomDecision, 1);
}

static void
clear_reads(MomDecision *decision)
{
    for (gsize i = 0; i < mom_decision_n_reads(decision); i++)
        mom_decision_value_clear(&decision->reads[i]);
    g_clear_pointer(&decision->reads, g_free);
    g_clear_pointer(&decision->read_names, mom_read_names_unref);
}

void
mom_decision_free(MomDecision *decision)
{
    if (!decision)
        return;
    g_clear_pointer(&decision->uuid, g_ref_string_release);
    g_clear_pointer(&decision->name, g_ref_string_release);
    g_clear_pointer(&decision->disk, g_ref_string_release);
    g_clear_pointer(&decision->reason, g_ref_string_release);
    g_clear_pointer(&decision->policy, g_ref_string_release);
    mom_decision_value_clear(&decision->from);
    mom_decision_value_clear(&decision->to);
    clear_reads(decision);
    g_free(decision);
}

void
mom_decision_set_text(char **place, const char *text)
{
    char *copy;

    if (g_strcmp0(*place, text) == 0)
        return;
    copy = text ? g_ref_string_new_intern(text) : NULL; /* which may be of what the place holds */
    g_clear_pointer(place, g_ref_string_release);
    *place = copy;
}

void
mom_decision_share_text(char **place, const char *text, char *known)
{
    if (text) {
        *place = known && strcmp(known, text) == 0 ? g_ref_string_acquire(known)
                                                   : g_ref_string_new_intern(text);
    }
}

/* ---- values ---- */

static char *
cut(const char *text)
{
    g_autofree char *head = NULL;

    if (strlen(text) <= MOM_DECISION_TEXT_BYTES)
        return g_strdup(text);
    head = g_strndup(text, MOM_DECISION_TEXT_BYTES);
    /* Not in the middle of a character. */
    *(char *)(g_utf8_find_prev_char(head, head + strlen(head))) = '\0';
    return g_strconcat(head, "...", NULL);
}

static MomValue
copy_limits(const MomLimits *limits)
{
    MomLimits *copy = g_memdup2(limits, sizeof(MomLimits));

    copy->extra = NULL;
    copy->n_extra = 0;
    for (guint i = 0; i < MOM_N_LIMITS; i++)
        if (!mom_value_is_number(copy->value[i]))
            copy->value[i] = MOM_NIL;
    return (MomValue){.type = MOM_VALUE_LIMITS, .object = copy};
}

static MomValue
copy_as_text(MomValue v)
{
    g_autoptr(GString) text = g_string_new(NULL);

    mom_value_print(text, v);
    return (MomValue){.type = MOM_VALUE_STRING, .string = cut(text->str)};
}

MomValue
mom_decision_value_copy(MomValue v)
{
    if (v.type <= MOM_VALUE_FLOAT)
        return v;
    if (v.type == MOM_VALUE_STRING)
        return (MomValue){.type = MOM_VALUE_STRING, .string = cut(v.string)};
    return v.type == MOM_VALUE_LIMITS ? copy_limits(v.object) : copy_as_text(v);
}

void
mom_decision_value_clear(MomValue *v)
{
    if (v->type == MOM_VALUE_STRING)
        g_free((char *)v->string);
    else if (v->type == MOM_VALUE_LIMITS)
        g_free((MomLimits *)v->object);
    *v = MOM_NIL;
}

gboolean
mom_decision_value_equal(MomValue a, MomValue b)
{
    if (a.type == MOM_VALUE_LIMITS && b.type == MOM_VALUE_LIMITS)
        return mom_limits_equal(a.object, b.object);
    return mom_value_equal(a, b);
}

void
mom_decision_set_value(MomValue *place, MomValue v)
{
    MomValue copy = mom_decision_value_copy(v);

    mom_decision_value_clear(place);
    *place = copy;
}

/* ---- reads ---- */

void
mom_decision_set_reads(MomDecision *decision, const MomReads *reads)
{
    gsize n = reads ? reads->names->n : 0;

    clear_reads(decision);
    if (!reads)
        return;
    decision->read_names = mom_read_names_ref(reads->names);
    decision->reads = g_new(MomValue, n);
    for (gsize i = 0; i < n; i++)
        decision->reads[i] = mom_decision_value_copy(reads->values[i]);
}

gsize
mom_decision_n_reads(const MomDecision *decision)
{
    return decision->read_names ? decision->read_names->n : 0;
}

char *
mom_decision_read_name(const MomDecision *decision, gsize index)
{
    const MomRead *read = &decision->read_names->items[index];

    if (!read->argument && !read->is_call)
        return g_strdup(read->name);
    return g_strconcat(read->name, read->is_call ? "()" : " ", read->argument, NULL);
}

const char *
mom_decision_function(const MomDecision *decision)
{
    return decision->read_names ? decision->read_names->function : NULL;
}

/* ---- as text ---- */

static void
append_limits(GString *line, const MomLimits *limits)
{
    const char *separator = "";

    for (guint i = 0; i < MOM_N_LIMITS; i++) {
        if (limits->present & (1u << i)) {
            g_string_append_printf(line, "%s%s=", separator, mom_limit_names[i]);
            mom_decision_append_value(line, limits->value[i]);
            separator = " ";
        }
    }
}

void
mom_decision_append_value(GString *line, MomValue v)
{
    switch (v.type) {
    case MOM_VALUE_INT:
        g_string_append_printf(line, "%" PRId64, v.integer);
        break;
    case MOM_VALUE_FLOAT:
        g_string_append_printf(line, "%g", v.real);
        break;
    case MOM_VALUE_BOOL:
        g_string_append(line, v.boolean ? "true" : "false");
        break;
    case MOM_VALUE_STRING:
        g_string_append_printf(line, "\"%s\"", v.string);
        break;
    case MOM_VALUE_LIMITS:
        append_limits(line, v.object);
        break;
    case MOM_VALUE_NIL:
        g_string_append(line, "unknown");
        break;
    case MOM_VALUE_LIST:
    case MOM_VALUE_ENTITY:
    case MOM_VALUE_GUESTS:
    case MOM_VALUE_CALLABLE:
    case MOM_VALUE_TUNE:
    case MOM_VALUE_TUNE_STATE:
        g_string_append(line, mom_value_type_name(v.type));
        break;
    }
}

/* ---- names ---- */

static const char *const verdict_names[] = {
    [MOM_DECISION_SENT] = "sent",
    [MOM_DECISION_DONE] = "done",
    [MOM_DECISION_FAILED] = "failed",
    [MOM_DECISION_RAILED] = "railed",
    [MOM_DECISION_PASSED_OVER] = "passed-over",
    [MOM_DECISION_DRY] = "dry",
    [MOM_DECISION_STUCK] = "stuck",
    [MOM_DECISION_FOLLOWS] = "follows",
};

const char *
mom_decision_verdict_name(MomDecisionVerdict verdict)
{
    return verdict_names[verdict];
}

gboolean
mom_decision_verdict_parse(const char *name, MomDecisionVerdict *out)
{
    for (gsize i = 0; i < G_N_ELEMENTS(verdict_names); i++) {
        if (strcmp(name, verdict_names[i]) == 0) {
            *out = (MomDecisionVerdict)i;
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- the line ---- */

/* What the line tells besides the two values.  A wish that was sent needs no word. */
static void
append_outcome(GString *line, const MomDecision *decision)
{
    if (decision->verdict != MOM_DECISION_SENT)
        g_string_append_printf(line, ", %s", verdict_names[decision->verdict]);
    else if (decision->repeated)
        g_string_append(line, ", sent again as it is not reached");
    if (decision->rail)
        g_string_append_printf(line, ", rail %s", decision->rail);
    if (decision->reason)
        g_string_append_printf(line, ": %s", decision->reason);
}

char *
mom_decision_line(const MomDecision *decision)
{
    GString *line = g_string_new(decision->knob);

    g_string_append_printf(line, " of %s",
                           decision->name   ? decision->name
                           : decision->uuid ? decision->uuid
                                            : "the host");
    if (decision->disk)
        g_string_append_printf(line, ", disk %s", decision->disk);
    if (decision->verdict == MOM_DECISION_PASSED_OVER) {
        g_string_append_printf(line, " passed over: %s", decision->reason);
    } else {
        g_string_append(line, ": ");
        mom_decision_append_value(line, decision->from);
        g_string_append(line, " -> ");
        mom_decision_append_value(line, decision->to);
        append_outcome(line, decision);
    }
    if (decision->policy)
        g_string_append_printf(line, " (%s:%u)", decision->policy, decision->line);
    return g_string_free(line, FALSE);
}
