/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `sort-by`: the elements of a list, or the guests, in ascending order of a key.
 *
 * All keys are made and checked before anything is sorted, so that no comparison can fail and the
 * order in which elements are compared never shows.
 */
#include "policy/builtins.h"
#include "policy/run.h"

#include <string.h>

#define BYTES_PER_STEP 64
#define COMPARISONS_PER_STEP 4

typedef struct {
    MomValue element;
    MomValue key;
} Item;

static gboolean
count(MomRun *run, const MomNode *list, MomValue over, gsize *n)
{
    if (over.type == MOM_VALUE_LIST)
        *n = over.list->length;
    else if (over.type == MOM_VALUE_GUESTS)
        *n = ((const GPtrArray *)over.object)->len;
    else
        return mom_run_fail(run, list->items, "sort-by takes a list or the guests, not %s",
                            mom_value_type_name(over.type));
    return TRUE;
}

static MomValue
element(MomValue over, gsize i)
{
    if (over.type == MOM_VALUE_LIST)
        return over.list->items[i];
    return (MomValue){.type = MOM_VALUE_ENTITY,
                      .entity = ((const GPtrArray *)over.object)->pdata[i]};
}

/* NaN has no place in any order. */
static gboolean
check_key(MomRun *run, const MomNode *head, MomValue key, MomValue first)
{
    gboolean is_string = key.type == MOM_VALUE_STRING;

    if (!is_string && !mom_value_is_number(key))
        return mom_run_fail(run, head, "a key of sort-by is a number or a string, not %s",
                            mom_value_type_name(key.type));
    if (is_string != (first.type == MOM_VALUE_STRING))
        return mom_run_fail(run, head, "sort-by cannot compare %s with %s",
                            mom_value_type_name(key.type), mom_value_type_name(first.type));
    if (!is_string && mom_value_order(key, key) == MOM_ORDER_NONE)
        return mom_run_fail(run, head, "a key of sort-by is not a number (nan)");
    return TRUE;
}

/* Each key is compared about as often as N has bits. */
static gboolean
charge(MomRun *run, const MomNode *head, MomValue key, gsize n)
{
    gsize cost = 1 + (key.type == MOM_VALUE_STRING ? strlen(key.string) / BYTES_PER_STEP : 0);

    return mom_run_charge(run, head, cost * g_bit_storage(n) / COMPARISONS_PER_STEP);
}

static gboolean
make_item(MomRun *run, const MomNode *list, Item *items, gsize i, gsize n)
{
    guint mark = mom_scope_enter(run);

    mom_scope_bind(run, list->items[2].symbol, items[i].element);
    if (!mom_run_eval(run, &list->items[3], &items[i].key))
        return FALSE;
    mom_scope_leave(run, mark);
    return check_key(run, list->items, items[i].key, items[0].key) &&
           charge(run, list->items, items[i].key, n);
}

static int
compare(gconstpointer a, gconstpointer b, gpointer unused)
{
    MomValue x = ((const Item *)a)->key, y = ((const Item *)b)->key;

    if (x.type == MOM_VALUE_STRING)
        return strcmp(x.string, y.string);
    switch (mom_value_order(x, y)) {
    case MOM_ORDER_LESS:
        return -1;
    case MOM_ORDER_GREATER:
        return 1;
    case MOM_ORDER_EQUAL:
    case MOM_ORDER_NONE:
    default:
        return 0;
    }
}

static gboolean
give_elements(MomRun *run, const MomNode *list, const Item *items, gsize n, MomValue *out)
{
    MomValue *elements = mom_run_list(run, list->items, n, out);
    guint depth = 0;

    if (!elements)
        return FALSE;
    for (gsize i = 0; i < n; i++) {
        elements[i] = items[i].element;
        if (elements[i].type == MOM_VALUE_LIST)
            depth = MAX(depth, elements[i].list->depth + 1);
    }
    return mom_run_nest(run, list->items, *out, depth);
}

gboolean
mom_form_sort_by(MomRun *run, const MomNode *list, MomValue *out)
{
    MomValue over;
    Item *items;
    gsize n = 0;

    if (!mom_run_eval(run, &list->items[1], &over) || !count(run, list, over, &n))
        return FALSE;
    if (list->items[2].kind != MOM_NODE_SYMBOL)
        return mom_run_fail(run, list->items, "argument 2 must be a name");
    items = mom_run_alloc(run, list->items, n * sizeof(Item));
    if (!items)
        return FALSE;
    for (gsize i = 0; i < n; i++) {
        items[i].element = element(over, i);
        if (!make_item(run, list, items, i, n))
            return FALSE;
    }
    g_qsort_with_data(items, (int)n, sizeof(Item), compare, NULL); /* stable, says GLib */
    return give_elements(run, list, items, n, out);
}
