/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a run may use, and how it says that it failed.
 *
 * One expression can cause far more work than its own evaluation: a list may hold the same list a
 * million times.  Such work is paid for in steps, so that the limit on steps bounds the time of a
 * run.
 */
#include "policy/error.h"
#include "policy/run.h"

#include <string.h>

#define BYTES_PER_STEP 64
#define STEPS_PER_FLOAT_TEXT 32

MomPlace
mom_run_place(const MomRun *run, const MomNode *node)
{
    return (MomPlace){.policy = run->program ? run->program->name : NULL,
                      .line = node->line,
                      .column = node->column};
}

gboolean
mom_run_fail(MomRun *run, const MomNode *node, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    mom_policy_set_error_va(run->error, MOM_POLICY_ERROR_EVAL, mom_run_place(run, node), format,
                            arguments);
    va_end(arguments);
    return FALSE;
}

gboolean
mom_run_fail_limit(MomRun *run, const MomNode *node, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    mom_policy_set_error_va(run->error, MOM_POLICY_ERROR_LIMIT, mom_run_place(run, node), format,
                            arguments);
    va_end(arguments);
    return FALSE;
}

gboolean
mom_run_charge(MomRun *run, const MomNode *node, guint64 n)
{
    if (run->steps < n) {
        run->steps = 0;
        return mom_run_fail_limit(run, node, "the policies took too many steps; is there a loop?");
    }
    run->steps -= n;
    return TRUE;
}

gpointer
mom_run_alloc(MomRun *run, const MomNode *node, gsize bytes)
{
    if (bytes > MOM_POLICY_MAX_MEMORY_BYTES ||
        mom_arena_used(run->arena) > MOM_POLICY_MAX_MEMORY_BYTES - bytes) {
        mom_run_fail_limit(run, node, "the policies need more than %d bytes of memory",
                           MOM_POLICY_MAX_MEMORY_BYTES);
        return NULL;
    }
    return mom_arena_alloc(run->arena, bytes);
}

gboolean
mom_run_check_string(MomRun *run, const MomNode *node, gsize length)
{
    if (length <= MOM_POLICY_MAX_STRING_BYTES)
        return TRUE;
    return mom_run_fail_limit(run, node, "a string of more than %d bytes",
                              MOM_POLICY_MAX_STRING_BYTES);
}

char *
mom_run_string(MomRun *run, const MomNode *node, gsize length)
{
    if (!mom_run_check_string(run, node, length) ||
        !mom_run_charge(run, node, length / BYTES_PER_STEP))
        return NULL;
    return mom_run_alloc(run, node, length + 1);
}

MomValue *
mom_run_list(MomRun *run, const MomNode *node, gsize n, MomValue *out)
{
    MomList *list;
    MomValue *items;

    if (n > MOM_POLICY_MAX_LIST) {
        mom_run_fail_limit(run, node, "a list of more than %d elements", MOM_POLICY_MAX_LIST);
        return NULL;
    }
    list = mom_run_alloc(run, node, sizeof(MomList) + n * sizeof(MomValue));
    if (!list)
        return NULL;
    items = (MomValue *)(list + 1);
    *list = (MomList){.length = n, .items = items};
    *out = (MomValue){.type = MOM_VALUE_LIST, .list = list};
    return items;
}

gboolean
mom_run_nest(MomRun *run, const MomNode *node, MomValue list, guint depth)
{
    if (depth >= MOM_POLICY_MAX_NESTING)
        return mom_run_fail_limit(run, node, "lists nested more than %d deep",
                                  MOM_POLICY_MAX_NESTING);
    ((MomList *)list.list)->depth = depth;
    return TRUE;
}

/* How many steps it takes to look at all of V; stops counting beyond LIMIT. */
static guint64
walk_cost(MomValue v, guint64 limit)
{
    guint64 cost = 1;

    if (v.type == MOM_VALUE_STRING)
        return 1 + strlen(v.string) / BYTES_PER_STEP;
    if (v.type != MOM_VALUE_LIST)
        return 1;
    for (gsize i = 0; i < v.list->length && cost <= limit; i++)
        cost += walk_cost(v.list->items[i], limit - cost);
    return cost;
}

gboolean
mom_run_charge_sequence(MomRun *run, const MomNode *node, MomValue v)
{
    return mom_run_charge(run, node, walk_cost(v, run->steps));
}

gboolean
mom_run_charge_text(MomRun *run, const MomNode *node, MomValue v)
{
    return v.type != MOM_VALUE_FLOAT || mom_run_charge(run, node, STEPS_PER_FLOAT_TEXT);
}

/* Bytes that a deep copy of V takes; stops counting beyond LIMIT. */
static gsize
copy_size(MomValue v, gsize limit)
{
    gsize size = sizeof(MomList) + sizeof(MomValue);

    if (v.type == MOM_VALUE_STRING)
        return strlen(v.string) + sizeof(MomValue);
    if (v.type != MOM_VALUE_LIST)
        return sizeof(MomValue);
    for (gsize i = 0; i < v.list->length && size <= limit; i++)
        size += copy_size(v.list->items[i], limit - size);
    return size;
}

gboolean
mom_run_charge_copy(MomRun *run, const MomNode *node, MomValue v)
{
    gsize left = MOM_POLICY_MAX_MEMORY_BYTES - run->copied;
    gsize size = copy_size(v, left);

    if (size > left)
        return mom_run_fail_limit(run, node, "controls and variables of more than %d bytes",
                                  MOM_POLICY_MAX_MEMORY_BYTES);
    run->copied += size;
    return mom_run_charge(run, node, size / BYTES_PER_STEP);
}
