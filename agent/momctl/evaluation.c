/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * States from files, see evaluation.h.
 */
#include "agent/momctl/evaluation.h"

#include <stdio.h>

#include "agent/momctl/sources.h"

MomState *
mom_ctl_read_state(const char *path, GError **error)
{
    gsize length;
    g_autofree char *text = mom_ctl_read(path, &length, error);
    MomState *state;

    if (!text)
        return NULL;
    state = mom_state_parse(text, length, error);
    if (!state)
        g_prefix_error(error, "%s: ", path);
    return state;
}

MomState *
mom_ctl_empty_state(void)
{
    return mom_state_from_json(NULL);
}

void
mom_ctl_print_debug(const MomPlace *place, const char *text, gpointer unused)
{
    fprintf(stderr, "%s:%u:%u: debug: %s\n", place->policy, place->line, place->column, text);
}
