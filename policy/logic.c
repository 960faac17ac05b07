/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The operators that compare and choose: < == min and null, and their kin (SEMANTICS sections 7 and
 * 8).
 *
 * `and` and `or` are here and not among the forms, as all their arguments are evaluated first
 * (Q11).
 */
#include "policy/builtins.h"
#include "policy/run.h"

#include <string.h>

/* ---- order ---- */

static gboolean order_values(
    MomRun *run, const MomNode *head, const char *sign, MomValue a, MomValue b, MomOrder *order);

static MomOrder
order_of_sign(int n)
{
    return n < 0 ? MOM_ORDER_LESS : n > 0 ? MOM_ORDER_GREATER : MOM_ORDER_EQUAL;
}

/* By the first elements that differ; recursion ends, as lists nest no deeper than a limit. */
static gboolean
order_lists(MomRun *run,
            const MomNode *head,
            const char *sign,
            const MomList *a,
            const MomList *b,
            MomOrder *order)
{
    for (gsize i = 0; i < MIN(a->length, b->length); i++)
        if (!mom_value_equal(a->items[i], b->items[i]))
            return order_values(run, head, sign, a->items[i], b->items[i], order);
    *order = a->length < b->length   ? MOM_ORDER_LESS
             : a->length > b->length ? MOM_ORDER_GREATER
                                     : MOM_ORDER_EQUAL;
    return TRUE;
}

static gboolean
order_values(
    MomRun *run, const MomNode *head, const char *sign, MomValue a, MomValue b, MomOrder *order)
{
    if (mom_value_is_number(a) && mom_value_is_number(b)) {
        *order = mom_value_order(a, b);
        return TRUE;
    }
    /* UTF-8 sorts by code point when it is compared byte by byte. */
    if (a.type == MOM_VALUE_STRING && b.type == MOM_VALUE_STRING) {
        *order = order_of_sign(strcmp(a.string, b.string));
        return TRUE;
    }
    if (a.type == MOM_VALUE_LIST && b.type == MOM_VALUE_LIST)
        return order_lists(run, head, sign, a.list, b.list, order);
    return mom_run_fail(run, head, "%s cannot compare %s with %s", sign,
                        mom_value_type_name(a.type), mom_value_type_name(b.type));
}

/* Comparing looks at all of A at the most; that is what it costs. */
gboolean
mom_run_order(
    MomRun *run, const MomNode *head, const char *sign, MomValue a, MomValue b, MomOrder *order)
{
    if (a.type == MOM_VALUE_INT && b.type == MOM_VALUE_INT) {
        *order = (MomOrder)(1 + (a.integer > b.integer) - (a.integer < b.integer));
        return TRUE;
    }
    return mom_run_charge_walk(run, head, a) && order_values(run, head, sign, a, b, order);
}

MOM_OPERATOR(lt)
{
    MomOrder found;

    if (!mom_run_order(run, head, "<", arguments[0], arguments[1], &found))
        return FALSE;
    *out = mom_value_bool(found == MOM_ORDER_LESS);
    return TRUE;
}

MOM_OPERATOR(gt)
{
    MomOrder found;

    if (!mom_run_order(run, head, ">", arguments[0], arguments[1], &found))
        return FALSE;
    *out = mom_value_bool(found == MOM_ORDER_GREATER);
    return TRUE;
}

MOM_OPERATOR(lte)
{
    MomOrder found;

    if (!mom_run_order(run, head, "<=", arguments[0], arguments[1], &found))
        return FALSE;
    *out = mom_value_bool(found == MOM_ORDER_LESS || found == MOM_ORDER_EQUAL);
    return TRUE;
}

MOM_OPERATOR(gte)
{
    MomOrder found;

    if (!mom_run_order(run, head, ">=", arguments[0], arguments[1], &found))
        return FALSE;
    *out = mom_value_bool(found == MOM_ORDER_GREATER || found == MOM_ORDER_EQUAL);
    return TRUE;
}

MOM_OPERATOR(eq)
{
    if (!mom_run_charge_walk(run, head, arguments[0]))
        return FALSE;
    *out = mom_value_bool(mom_value_equal(arguments[0], arguments[1]));
    return TRUE;
}

MOM_OPERATOR(neq)
{
    if (!mom_operator_eq(run, head, arguments, n, out))
        return FALSE;
    out->boolean = !out->boolean;
    return TRUE;
}

/* The first of those that no other beats; the later one is compared with the best so far. */
static gboolean
choose(MomRun *run,
       const MomNode *head,
       const MomValue *arguments,
       gsize n,
       const char *sign,
       MomOrder wanted,
       MomValue *out)
{
    MomValue best = arguments[0];

    for (gsize i = 1; i < n; i++) {
        MomOrder found;

        if (!mom_run_order(run, head, sign, arguments[i], best, &found))
            return FALSE;
        if (found == wanted)
            best = arguments[i];
    }
    *out = best;
    return TRUE;
}

MOM_OPERATOR(min)
{
    return choose(run, head, arguments, n, "min", MOM_ORDER_LESS, out);
}

MOM_OPERATOR(max)
{
    return choose(run, head, arguments, n, "max", MOM_ORDER_GREATER, out);
}

/* ---- truth ---- */

MOM_OPERATOR(and)
{
    for (gsize i = 0; i < n; i++) {
        *out = arguments[i];
        if (!mom_value_truth(*out))
            break;
    }
    return TRUE;
}

MOM_OPERATOR(or)
{
    for (gsize i = 0; i < n; i++) {
        *out = arguments[i];
        if (mom_value_truth(*out))
            break;
    }
    return TRUE;
}

MOM_OPERATOR(not )
{
    *out = mom_value_bool(!mom_value_truth(arguments[0]));
    return TRUE;
}

/* Nil counts as null, and what has a length counts if that is 0; a number has none (Q14). */
static gboolean
is_null(MomValue v)
{
    gboolean has_length =
        v.type == MOM_VALUE_STRING || v.type == MOM_VALUE_LIST || v.type == MOM_VALUE_GUESTS;

    return mom_value_is_nil(v) || (has_length && !mom_value_truth(v));
}

MOM_OPERATOR(null)
{
    *out = mom_value_bool(TRUE);
    for (gsize i = 0; i < n && out->boolean; i++)
        out->boolean = is_null(arguments[i]);
    return TRUE;
}

MOM_OPERATOR(valid)
{
    *out = mom_value_bool(TRUE);
    for (gsize i = 0; i < n; i++)
        if (mom_value_is_nil(arguments[i]))
            out->boolean = FALSE;
    return TRUE;
}
