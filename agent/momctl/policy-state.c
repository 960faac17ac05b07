/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * momctl policy state: what a running momd knows of host and guests, to standard output.
 *
 * Meant for a file that eval and repl read, here or elsewhere.
 */
#include <stdio.h>

#include "agent/momctl/reach.h"

MomCtlResult
mom_ctl_policy_state(int argc, char **argv)
{
    static const MomCtlUsage usage = {
        .arguments = "> STATE.json",
        .description = "Prints the present state of a running momd: host and guests with all "
                       "samples and\nvariables, as JSON for momctl policy eval and repl.",
        .no_arguments = TRUE};
    g_auto(MomCtlReach) reach = {0};
    const GOptionEntry entries[] = {MOM_CTL_REACH_ENTRIES(&reach), {0}};
    json_object *state = NULL;
    gboolean is_text;

    if (!mom_ctl_parse(&usage, entries, &argc, &argv))
        return MOM_CTL_USAGE;
    if (!mom_ctl_reach_call(&reach, "getState", NULL, &state))
        return MOM_CTL_FAILED;
    is_text = json_object_is_type(state, json_type_string);
    if (is_text)
        puts(json_object_get_string(state));
    else
        fprintf(stderr, "%s: momd answered no text\n", g_get_prgname());
    json_object_put(state);
    return is_text ? MOM_CTL_OK : MOM_CTL_FAILED;
}
