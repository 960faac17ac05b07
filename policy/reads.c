/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names of reads, see reads.h.
 *
 * Shared by counting, on one thread; must hold no pointer into a policy, which decisions outlive.
 */
#include "policy/reads.h"

#include <string.h>

static gsize
size_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

/* Copies TEXT to *END, and moves that behind it. */
static const char *
put(char **end, const char *text)
{
    gsize size = size_of(text);
    char *copy = *end;

    if (!text)
        return NULL;
    memcpy(copy, text, size);
    *end += size;
    return copy;
}

/* One block with its texts behind it: some are made anew in every cycle. */
MomReadNames *
mom_read_names_new(const char *function, const MomRead *items, gsize n)
{
    gsize bytes = sizeof(MomReadNames) + size_of(function);
    MomReadNames *names;
    char *end;

    g_assert(n <= MOM_MAX_READS);
    for (gsize i = 0; i < n; i++)
        bytes += size_of(items[i].name) + size_of(items[i].argument);
    names = g_malloc(bytes);
    end = (char *)(names + 1);
    names->references = 1;
    names->function = put(&end, function);
    names->n = n;
    for (gsize i = 0; i < n; i++)
        names->items[i] = (MomRead){.name = put(&end, items[i].name),
                                    .argument = put(&end, items[i].argument),
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
    if (names && --names->references == 0)
        g_free(names);
}
