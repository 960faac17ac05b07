/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Decisions told in the log, see decisions.h.
 *
 * What was refused or failed is remembered by guest and knob, so that a policy that wishes the same
 * impossible thing every cycle is told once.
 */
#define G_LOG_DOMAIN "mom.Controllers"

#include "agent/decisions.h"

#include <inttypes.h>

#include "vdsm-client/error.h"

/* The host's key among the guests' uuids. */
#define HOST_KEY ""
/* What the gist of a failure begins with. */
#define FAILED_MARK "failed: "

struct MomDecisions {
    GHashTable *told; /* uuid -> (knob and disk -> the gist of what was last told) */
};

MomDecisions *
mom_decisions_new(void)
{
    MomDecisions *decisions = g_new0(MomDecisions, 1);

    decisions->told =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
    return decisions;
}

void
mom_decisions_free(MomDecisions *decisions)
{
    if (!decisions) {
        return;
    }
    g_hash_table_unref(decisions->told);
    g_free(decisions);
}

/* ---- lines ---- */

static void
append_value(GString *line, MomValue value)
{
    const MomLimits *limits = value.object;
    const char *separator = "";

    switch (value.type) {
    case MOM_VALUE_INT:
        g_string_append_printf(line, "%" PRId64, value.integer);
        break;
    case MOM_VALUE_FLOAT:
        g_string_append_printf(line, "%g", value.real);
        break;
    case MOM_VALUE_BOOL:
        g_string_append(line, value.boolean ? "true" : "false");
        break;
    case MOM_VALUE_STRING:
        g_string_append_printf(line, "\"%s\"", value.string);
        break;
    case MOM_VALUE_LIMITS:
        for (guint i = 0; i < MOM_N_LIMITS; i++) {
            if (limits->present & (1u << i)) {
                g_string_append_printf(line, "%s%s=", separator, mom_limit_names[i]);
                append_value(line, limits->value[i]);
                separator = " ";
            }
        }
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
        g_string_append(line, mom_value_type_name(value.type));
        break;
    }
}

static void
append_place(GString *line, MomPlace place)
{
    if (place.policy) {
        g_string_append_printf(line, " (%s:%u)", place.policy, place.line);
    }
}

char *
mom_decisions_format(const MomGuardReport *report)
{
    GString *line = g_string_new(report->knob);

    g_string_append_printf(line, " of %s", report->name ? report->name : "the host");
    if (report->disk) {
        g_string_append_printf(line, ", disk %s", report->disk);
    }
    g_string_append(line, ": ");
    append_value(line, report->from);
    g_string_append(line, " -> ");
    append_value(line, report->to);
    if (report->verdict != MOM_GUARD_SENT) {
        g_string_append_printf(line, ", %s", mom_guard_verdict_name(report->verdict));
    }
    if (report->rail) {
        g_string_append_printf(line, ", rail %s", report->rail);
    }
    if (report->why) {
        g_string_append_printf(line, ": %s", report->why);
    }
    append_place(line, report->place);
    return g_string_free(line, FALSE);
}

/* ---- once ---- */

static GHashTable *
told_of(MomDecisions *decisions, const char *uuid)
{
    const char *key = uuid ? uuid : HOST_KEY;
    GHashTable *knobs = g_hash_table_lookup(decisions->told, key);

    if (!knobs) {
        knobs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_hash_table_insert(decisions->told, g_strdup(key), knobs);
    }
    return knobs;
}

/* TRUE if MARK, the gist of what is to be told of UUID's KNOB, is news. */
static gboolean
is_news(MomDecisions *decisions, const char *uuid, const char *knob, const char *mark)
{
    GHashTable *knobs = told_of(decisions, uuid);

    if (g_strcmp0(g_hash_table_lookup(knobs, knob), mark) == 0) {
        return FALSE;
    }
    g_hash_table_replace(knobs, g_strdup(knob), g_strdup(mark));
    return TRUE;
}

static gboolean
is_failing(MomDecisions *decisions, const char *uuid, const char *knob)
{
    const char *mark = g_hash_table_lookup(told_of(decisions, uuid), knob);

    return mark && g_str_has_prefix(mark, FAILED_MARK);
}

static char *
mark_of(const MomGuardReport *report)
{
    const char *gist = report->rail ? report->rail : report->why ? report->why : "";

    return g_strconcat(report->verdict == MOM_GUARD_FAILED ? FAILED_MARK : "", gist, NULL);
}

/* What is sent along with a knob that turns, and stays (a CPU period with its quota). */
static gboolean
stays(const MomGuardReport *report)
{
    return report->from.type == MOM_VALUE_INT && mom_value_equal(report->from, report->to);
}

/* What failed before is tried again and again: told when it works, not at each attempt. */
static void
report_attempt(MomDecisions *decisions,
               const MomGuardReport *report,
               const char *knob,
               const char *line)
{
    gboolean failing = is_failing(decisions, report->uuid, knob);
    gboolean done = report->verdict == MOM_GUARD_DONE;
    gboolean loud = failing == done && !stays(report);

    g_log(G_LOG_DOMAIN, loud ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_DEBUG, "%s", line);
    if (done) {
        g_hash_table_remove(told_of(decisions, report->uuid), knob);
    }
}

/* A lost connection fails every call under way and is told once by who keeps it; a line for each
 * knob would only bury that one. */
static gboolean
is_told_elsewhere(const GError *error)
{
    return g_error_matches(error, MOM_VDSM_ERROR, MOM_VDSM_ERROR_NOT_CONNECTED);
}

void
mom_decisions_report(const MomGuardReport *report, gpointer data)
{
    MomDecisions *decisions = data;
    g_autofree char *line = mom_decisions_format(report);
    g_autofree char *mark = mark_of(report);
    g_autofree char *knob =
        report->disk ? g_strconcat(report->knob, " ", report->disk, NULL) : g_strdup(report->knob);

    switch (report->verdict) {
    case MOM_GUARD_SENT:
    case MOM_GUARD_DONE:
        report_attempt(decisions, report, knob, line);
        break;
    case MOM_GUARD_FAILED:
        if (is_told_elsewhere(report->error)) {
            g_debug("%s", line);
        } else if (is_news(decisions, report->uuid, knob, mark)) {
            g_warning("%s", line);
        }
        break;
    case MOM_GUARD_RAILED:
        if (is_news(decisions, report->uuid, knob, mark)) {
            g_info("%s", line);
        }
        break;
    case MOM_GUARD_DRY:
    case MOM_GUARD_FOLLOWS:
        g_info("%s", line);
        break;
    case MOM_GUARD_STUCK:
        g_warning("%s", line);
        break;
    case MOM_GUARD_UNCHANGED:
        g_debug("%s", line);
        break;
    }
}

void
mom_decisions_complain(MomEntity *entity, const char *control, const char *why, gpointer data)
{
    MomDecisions *decisions = data;
    const char *uuid = mom_entity_get_string_property(entity, "uuid");
    const char *name = mom_entity_get_string_property(entity, "name");
    const MomControl *set = mom_entity_get_control(entity, control);
    GString *line = g_string_new(NULL);

    g_string_append_printf(line, "%s of %s passed over: %s", control, name ? name : "a guest", why);
    if (set) {
        append_place(line, set->place);
    }
    if (is_news(decisions, uuid, control, line->str)) {
        g_warning("%s", line->str);
    }
    g_string_free(line, TRUE);
}

void
mom_decisions_forget(MomDecisions *decisions, const char *uuid)
{
    g_hash_table_remove(decisions->told, uuid);
}
