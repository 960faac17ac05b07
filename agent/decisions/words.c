/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words for knobs, see words.h.
 *
 * A sentence is made of what is known; parts that are unknown leave no gap.
 */
#include "agent/decisions/words.h"

#include <inttypes.h>
#include <string.h>

#include "controllers/rails.h"

#define MIB_KIB 1024
#define GIB_KIB (1024 * 1024)
#define LINE_BYTES 100

void
mom_words_append_size(GString *text, gint64 kib)
{
    if (ABS(kib) >= GIB_KIB)
        g_string_append_printf(text, "%.2f GiB", (double)kib / GIB_KIB);
    else if (ABS(kib) >= MIB_KIB)
        g_string_append_printf(text, "%.0f MiB", (double)kib / MIB_KIB);
    else
        g_string_append_printf(text, "%" PRId64 " KiB", kib);
}

void
mom_words_append_value(GString *text, const char *knob, MomValue v)
{
    if (v.type != MOM_VALUE_INT)
        mom_decision_append_value(text, v);
    else if (g_str_has_prefix(knob, "balloon"))
        mom_words_append_size(text, v.integer);
    else if (strcmp(knob, "vcpu_quota") == 0 && mom_cpu_quota_is_unlimited(v.integer))
        g_string_append(text, "no limit");
    else if (g_str_has_prefix(knob, "vcpu"))
        g_string_append_printf(text, "%" PRId64 " us", v.integer);
    else
        g_string_append_printf(text, "%" PRId64, v.integer);
}

void
mom_words_append_time(GString *text, gint64 time_us)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(time_us / G_USEC_PER_SEC);
    g_autofree char *written = time ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S") : NULL;

    g_string_append(text, written ? written : "at some time");
}

/* What became of it, as an end of "KNOB [from A] to B, ...". */
static const char *const ends[] = {
    [MOM_DECISION_SENT] = "sent, not answered yet",
    [MOM_DECISION_DONE] = "done",
    [MOM_DECISION_FAILED] = "failed",
    [MOM_DECISION_RAILED] = "refused",
    [MOM_DECISION_PASSED_OVER] = "passed over",
    [MOM_DECISION_DRY] = "not sent, as this is a dry run",
    [MOM_DECISION_STUCK] = "the guest does not follow",
    [MOM_DECISION_FOLLOWS] = "the guest follows again",
};

static void
append_change(GString *text, const MomDecision *decision)
{
    if (!mom_value_is_nil(decision->from)) {
        g_string_append(text, " from ");
        mom_words_append_value(text, decision->knob, decision->from);
    }
    if (!mom_value_is_nil(decision->to)) {
        g_string_append(text, " to ");
        mom_words_append_value(text, decision->knob, decision->to);
    }
}

static void
append_end(GString *text, const MomDecision *decision)
{
    g_string_append_printf(text, ": %s", ends[decision->verdict]);
    if (decision->rail)
        g_string_append_printf(text, " (rail %s)", decision->rail);
    if (decision->reason)
        g_string_append_printf(text, ", %s", decision->reason);
    if (decision->times > 1) {
        g_string_append_printf(text, "; %" G_GUINT64_FORMAT " times, last at ", decision->times);
        mom_words_append_time(text, decision->last_us);
    }
}

static void
append_origin(GString *text, const MomDecision *decision)
{
    if (decision->policy) {
        g_string_append_printf(text, "      set by line %u of %s", decision->line,
                               decision->policy);
        if (mom_decision_function(decision))
            g_string_append_printf(text, ", in %s", mom_decision_function(decision));
        g_string_append_c(text, '\n');
    }
}

/* Filled into lines of a width that fits a terminal. */
static void
append_reads(GString *text, const MomDecision *decision)
{
    gsize line = text->len;
    gsize n = mom_decision_n_reads(decision);

    if (n == 0)
        return;
    g_string_append(text, "      having read");
    for (gsize i = 0; i < n; i++) {
        g_autofree char *name = mom_decision_read_name(decision, i);
        g_autoptr(GString) one = g_string_new(NULL);

        g_string_append_printf(one, " %s = ", name);
        mom_decision_append_value(one, decision->reads[i]);
        g_string_append(one, i + 1 < n ? "," : "");
        if (text->len - line + one->len > LINE_BYTES) {
            g_string_append(text, "\n       ");
            line = text->len - strlen("       ");
        }
        g_string_append(text, one->str);
    }
    g_string_append_c(text, '\n');
}

void
mom_words_append_decision(GString *text, const MomDecision *decision, gboolean with_guest)
{
    g_string_append(text, "  ");
    mom_words_append_time(text, decision->first_us);
    g_string_append_printf(text, "  %s", decision->knob);
    if (with_guest && decision->uuid)
        g_string_append_printf(text, " of %s", decision->name ? decision->name : decision->uuid);
    if (decision->disk)
        g_string_append_printf(text, ", disk %s,", decision->disk);
    append_change(text, decision);
    append_end(text, decision);
    g_string_append_c(text, '\n');
    append_origin(text, decision);
    append_reads(text, decision);
}
