/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * momctl why: the story of a guest or of a knob, from a running momd.
 *
 * momd tells the story; here is only which one is wanted.
 */
#include "agent/momctl/output.h"
#include "agent/momctl/reach.h"

static MomCtlResult
tell(const MomCtlReach *reach, const char *what, gboolean as_json)
{
    json_object *story = NULL;

    if (!mom_ctl_reach_call(reach, "explain", json_object_new_string(what), &story))
        return MOM_CTL_FAILED;
    if (as_json) {
        mom_ctl_print_json(story);
    } else {
        const char *text = json_object_get_string(json_object_object_get(story, "text"));

        mom_ctl_print_text(text ? text : "");
    }
    json_object_put(story);
    return MOM_CTL_OK;
}

MomCtlResult
mom_ctl_why(int argc, char **argv)
{
    static const MomCtlUsage usage = {
        .arguments = "GUEST",
        .description = "Tells why a guest (its name or uuid) has the memory, CPU and I/O limits it "
                       "has:\nwhat policies wish, what became of it, and by which line of which "
                       "policy."};
    g_auto(MomCtlReach) reach = {0};
    g_autofree char *knob = NULL;
    g_autofree char *what = NULL;
    gboolean as_json = FALSE;
    const GOptionEntry entries[] = {
        {"knob", 'k', 0, G_OPTION_ARG_STRING, &knob,
         "The story of a knob: ksm, ksm_run, balloon, vcpu, io_tune", "KNOB"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print it as JSON, with the decisions", NULL},
        MOM_CTL_REACH_ENTRIES(&reach),
        {0},
    };

    if (!mom_ctl_parse(&usage, entries, &argc, &argv))
        return MOM_CTL_USAGE;
    if (argc != (knob ? 1 : 2)) {
        return mom_ctl_usage(knob ? "a guest or --knob, not both"
                                  : "the name or uuid of one guest is needed, or --knob KNOB");
    }
    what = knob ? g_strconcat("knob:", knob, NULL) : g_strdup(argv[1]);
    return tell(&reach, what, as_json);
}
