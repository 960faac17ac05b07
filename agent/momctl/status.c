/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * momctl status: how a running momd does.
 *
 * Prints whatever momd tells of itself, so that what a newer one tells is seen too.
 */
#include "agent/momctl/output.h"
#include "agent/momctl/reach.h"

#include <stdio.h>
#include <string.h>

/* What is told in words of its own; the rest by its name. */
static const struct {
    const char *member;
    const char *title;
} titles[] = {
    {"version", "momd"},
    {"hypervisor", "guests are read from"},
    {"hypervisor_note", "which stands"},
    {"guest_data", "guests' numbers from"},
    {"guests", "guests managed"},
    {"cycles", "cycles decided"},
    {"policies", "policies"},
    {"policy_fault", "wrong with the policies"},
    {"source_fault", "wrong with the guests' data"},
    {"sight_fault", "not enough data"},
    {"last_decision", "last decision"},
    {"last_decision_time", "that was"},
};

static const char *
title_of(const char *member)
{
    for (gsize i = 0; i < G_N_ELEMENTS(titles); i++)
        if (strcmp(titles[i].member, member) == 0)
            return titles[i].title;
    return member;
}

static char *
value_of(json_object *status, const char *member)
{
    if (strcmp(member, "last_decision_time") == 0) {
        g_autofree char *age = mom_ctl_member_age(status, member);

        return g_strconcat(age, " ago", NULL);
    }
    return mom_ctl_member_text(status, member);
}

/* Nil is nothing to tell. */
static void
print_status(json_object *status)
{
    if (!json_object_is_type(status, json_type_object))
        return;
    json_object_object_foreach(status, member, value)
    {
        if (value) {
            g_autofree char *text = value_of(status, member);
            g_autofree char *line = g_strdup_printf("%s: %s", title_of(member), text);

            mom_ctl_print_text(line);
        }
    }
}

MomCtlResult
mom_ctl_status(int argc, char **argv)
{
    static const MomCtlUsage usage = {
        .description = "Tells how momd does: its version, guests, cycles, policies, and what is "
                       "wrong at present.",
        .no_arguments = TRUE};
    g_auto(MomCtlReach) reach = {0};
    gboolean as_json = FALSE;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print it as JSON", NULL},
        MOM_CTL_REACH_ENTRIES(&reach),
        {0},
    };
    json_object *status = NULL;

    if (!mom_ctl_parse(&usage, entries, &argc, &argv))
        return MOM_CTL_USAGE;
    if (!mom_ctl_reach_call(&reach, "getStatus", NULL, &status))
        return MOM_CTL_FAILED;
    if (as_json)
        mom_ctl_print_json(status);
    else
        print_status(status);
    json_object_put(status);
    return MOM_CTL_OK;
}
