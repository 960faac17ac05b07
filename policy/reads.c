/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names of reads, see reads.h.
 *
 * Shared by counting, on one thread; must hold no pointer into a policy, which decisions outlive.
 */
#include "policy/reads.h"

MomReadNames *
mom_read_names_new(const char *function, const MomRead *items, gsize n)
{
    MomReadNames *names = g_new0(MomReadNames, 1);

    g_assert(n <= MOM_MAX_READS);
    names->references = 1;
    names->function = g_strdup(function);
    names->n = n;
    for (gsize i = 0; i < n; i++)
        names->items[i] = (MomRead){.name = g_strdup(items[i].name),
                                    .argument = g_strdup(items[i].argument),
                                    .is_call = items[i].is_call};
    return names;
}

MomReadNames *
mom_read_names_ref(MomReadNames *names)
{
    names->references++;
    return names;
}

void
mom_read_names_unref(MomReadNames *names)
{
    if (!names || --names->references > 0)
        return;
    for (gsize i = 0; i < names->n; i++) {
        g_free((char *)names->items[i].name);
        g_free((char *)names->items[i].argument);
    }
    g_free((char *)names->function);
    g_free(names);
}
