/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * momctl decisions: what a running momd did and refused, one line each.
 *
 * Conditions are checked by momd, so that they mean the same over RPC.
 */
#include "agent/momctl/output.h"
#include "agent/momctl/reach.h"

#include <stdio.h>

#include "agent/decisions/decision-query.h"
#include "agent/decisions/words.h"

typedef struct {
    char *guest;
    char *knob;
    char *verdict;
    char *since;
    gint64 before; /* 0: not given */
    int last;
} Conditions;

static void
conditions_clear(Conditions *conditions)
{
    g_free(conditions->guest);
    g_free(conditions->knob);
    g_free(conditions->verdict);
    g_free(conditions->since);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Conditions, conditions_clear)

static const struct {
    const char *suffix;
    double seconds;
} units[] = {{"", 1}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};

/* "90", "5min", "2h": so long ago; "@1790000000": that time. As seconds since the epoch. */
static gboolean
parse_since(const char *text, double *since_s)
{
    gboolean absolute = *text == '@';
    char *end;
    double number = g_ascii_strtod(text + absolute, &end);

    if (end == text + absolute || !(number >= 0 && number <= 1e11))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        if (g_str_equal(end, units[i].suffix) && (!absolute || *end == '\0')) {
            *since_s = absolute ? number
                                : (double)g_get_real_time() / (double)G_USEC_PER_SEC -
                                      number * units[i].seconds;
            return TRUE;
        }
    }
    return FALSE;
}

static void
add_text(json_object *filter, const char *name, const char *text)
{
    if (text)
        json_object_object_add(filter, name, json_object_new_string(text));
}

/* FALSE: the user was told what is wrong. */
static gboolean
make_filter(const Conditions *conditions, json_object *filter)
{
    double since_s;

    add_text(filter, "guest", conditions->guest);
    add_text(filter, "knob", conditions->knob);
    add_text(filter, "verdict", conditions->verdict);
    json_object_object_add(filter, "last", json_object_new_int(conditions->last));
    if (conditions->before)
        json_object_object_add(filter, "before", json_object_new_int64(conditions->before));
    if (!conditions->since)
        return TRUE;
    if (!parse_since(conditions->since, &since_s)) {
        mom_ctl_usage("--since is 90, 90s, 5min, 2h or 3d (so long ago) or @SECONDS, not \"%s\"",
                      conditions->since);
        return FALSE;
    }
    json_object_object_add(filter, "since", json_object_new_double(since_s));
    return TRUE;
}

static void
print_line(json_object *decision)
{
    double time_s = mom_ctl_member_number(decision, "last_time");
    double times = mom_ctl_member_number(decision, "times");
    g_autofree char *text = mom_ctl_member_text(decision, "text");
    g_autoptr(GString) line = g_string_new(NULL);

    mom_words_append_time(line, (gint64)(time_s * G_USEC_PER_SEC));
    g_string_append_printf(line, "  %s", text ? text : "?");
    if (times > 1)
        g_string_append_printf(line, ", %.0f times", times);
    mom_ctl_print_text(line->str);
}

static MomCtlResult
list(const MomCtlReach *reach, json_object *filter, gboolean as_json)
{
    json_object *argument = json_object_new_string(json_object_to_json_string(filter));
    json_object *decisions = NULL;

    if (!mom_ctl_reach_call(reach, "getDecisions", argument, &decisions))
        return MOM_CTL_FAILED;
    if (as_json)
        mom_ctl_print_json(decisions);
    else if (json_object_is_type(decisions, json_type_array))
        for (gsize i = 0; i < json_object_array_length(decisions); i++)
            print_line(json_object_array_get_idx(decisions, i));
    json_object_put(decisions);
    return MOM_CTL_OK;
}

MomCtlResult
mom_ctl_decisions(int argc, char **argv)
{
    static const MomCtlUsage usage = {
        .description = "Lists what momd did and what it refused, the latest at the end.",
        .no_arguments = TRUE};
    g_auto(MomCtlReach) reach = {0};
    g_auto(Conditions) conditions = {.last = MOM_DECISION_QUERY_LAST};
    gboolean as_json = FALSE;
    const GOptionEntry entries[] = {
        {"guest", 'g', 0, G_OPTION_ARG_STRING, &conditions.guest, "Only of this guest", "GUEST"},
        {"knob", 'k', 0, G_OPTION_ARG_STRING, &conditions.knob,
         "Only of this knob, or all that begin with this word (ksm, balloon)", "KNOB"},
        {"verdict", 0, 0, G_OPTION_ARG_STRING, &conditions.verdict,
         "Only these: sent, done, failed, railed, passed-over, dry, stuck, follows", "VERDICT"},
        {"since", 0, 0, G_OPTION_ARG_STRING, &conditions.since,
         "Only of the last 90s, 5min, 2h, 3d, or since @SECONDS", "AGE"},
        {"before", 0, 0, G_OPTION_ARG_INT64, &conditions.before,
         "Only those before decision NUMBER (see --json), to go on backwards", "NUMBER"},
        {"last", 'n', 0, G_OPTION_ARG_INT, &conditions.last,
         "The last N (default: 100, at most 500)", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print them as JSON", NULL},
        MOM_CTL_REACH_ENTRIES(&reach),
        {0},
    };
    json_object *filter = json_object_new_object();
    MomCtlResult result = MOM_CTL_USAGE;

    if (mom_ctl_parse(&usage, entries, &argc, &argv) && make_filter(&conditions, filter))
        result = list(&reach, filter, as_json);
    json_object_put(filter);
    return result;
}
