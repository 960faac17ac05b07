/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See condition.h.  Ages are told in whole seconds: no source knows more.
 */
#include "agent/decisions/condition.h"

static const struct {
    const char *state;
    const char *words;
} states[] = {
    {"hangs",
     "Its process does not answer libvirt: nothing is known of it and nothing done to it."},
    {"one-sided", "libvirt does not show it, though vdsm lists it: it is not touched."},
    {"stale", "Its own report has become too old and is not used: it may grow, and is not shrunk."},
};

MomCondition
mom_condition_of(const MomGuestData *data, gint64 now_us, gboolean is_managed)
{
    gint64 data_age_s = 0;

    mom_value_to_int(data->data_age_s, &data_age_s);
    return (MomCondition){
        .source = data->data_source,
        .told_us = now_us,
        .data_age_s = data_age_s,
        .report_age_s = data->report_age_s,
        .state = data->hangs          ? "hangs"
                 : data->is_one_sided ? "one-sided"
                 : data->is_stale     ? "stale"
                                      : NULL,
        .is_managed = is_managed,
    };
}

static gint64
since_told_s(const MomCondition *condition, gint64 now_us)
{
    return MAX(now_us - condition->told_us, 0) / G_USEC_PER_SEC;
}

static gint64
age_s(const MomCondition *condition, gint64 now_us)
{
    return condition->data_age_s + since_told_s(condition, now_us);
}

/* FALSE: the guest does not date its report, or its source does not tell. */
static gboolean
report_age_s(const MomCondition *condition, gint64 now_us, gint64 *out)
{
    gint64 then_s;

    if (!mom_value_to_int(condition->report_age_s, &then_s))
        return FALSE;
    *out = then_s + since_told_s(condition, now_us);
    return TRUE;
}

void
mom_condition_append(GString *text, const MomCondition *condition, gint64 now_us)
{
    gint64 report_s;

    if (!condition->is_managed)
        g_string_append(text, "It is not managed at present: its data is incomplete.\n");
    if (condition->source) {
        g_string_append_printf(text, "Its numbers are of %s, read %" G_GINT64_FORMAT " s ago",
                               condition->source, age_s(condition, now_us));
        if (report_age_s(condition, now_us, &report_s)) {
            g_string_append_printf(text, "; its own report is %" G_GINT64_FORMAT " s old",
                                   report_s);
        }
        g_string_append(text, ".\n");
    }
    for (gsize i = 0; condition->state && i < G_N_ELEMENTS(states); i++)
        if (g_str_equal(states[i].state, condition->state))
            g_string_append_printf(text, "%s\n", states[i].words);
}

static void
add_text(json_object *json, const char *key, const char *text)
{
    json_object_object_add(json, key, text ? json_object_new_string(text) : NULL);
}

void
mom_condition_add(json_object *json, const MomCondition *condition, gint64 now_us)
{
    gint64 report_s;

    json_object_object_add(json, "managed", json_object_new_boolean(condition->is_managed));
    add_text(json, "data_source", condition->source);
    json_object_object_add(json, "data_age",
                           condition->source ? json_object_new_int64(age_s(condition, now_us))
                                             : NULL);
    json_object_object_add(
        json, "report_age",
        report_age_s(condition, now_us, &report_s) ? json_object_new_int64(report_s) : NULL);
    add_text(json, "state", condition->state);
}
