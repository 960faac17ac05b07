/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What we add to the language of the reference: cond, sum, floor, round and clamp.
 *
 * Their names count only where no variable and no user function has them (see evaluator.c), so that
 * no policy written for the reference changes its meaning.
 */
#include "policy/builtins.h"
#include "policy/run.h"
#include "policy/sum.h"

#include <math.h>

#define ITEMS_PER_STEP 16
/* The first double beyond int64; its negative is the smallest int64. */
#define INT64_BOUND 9223372036854775808.0

/* `{TEST VALUE}` has a hidden `eval` in front and is one expression, no clause. */
gboolean
mom_form_cond(MomRun *run, const MomNode *list, MomValue *out)
{
    for (guint32 i = 1; i < list->n; i++) {
        const MomNode *clause = &list->items[i];

        if (clause->kind != MOM_NODE_LIST || clause->bracket == '{' || clause->n != 2)
            return mom_run_fail(run, list->items, "clause %u of cond must be (TEST VALUE)", i);
        if (!mom_run_eval(run, &clause->items[0], out))
            return FALSE;
        if (mom_value_truth(*out))
            return mom_run_eval(run, &clause->items[1], out);
    }
    *out = MOM_NIL;
    return TRUE;
}

/* ---- numbers ---- */

MOM_OPERATOR(sum)
{
    MomSum sum = {0};

    if (arguments[0].type != MOM_VALUE_LIST)
        return mom_run_fail(run, head, "sum takes a list of numbers, not %s",
                            mom_value_type_name(arguments[0].type));
    if (!mom_run_charge(run, head, arguments[0].list->length / ITEMS_PER_STEP))
        return FALSE;
    for (gsize i = 0; i < arguments[0].list->length; i++) {
        MomValue v = arguments[0].list->items[i];

        if (!mom_sum_add(&sum, v))
            return mom_run_fail(run, head,
                                "sum takes a list of numbers, but item %" G_GSIZE_FORMAT " is %s",
                                i + 1, mom_value_type_name(v.type));
    }
    if (!sum.is_real && (sum.whole < G_MININT64 || sum.whole > G_MAXINT64))
        return mom_run_fail(run, head, "integer overflow in sum: the result is beyond 64 bits");
    *out = sum.is_real ? mom_value_float(sum.real) : mom_value_int((gint64)sum.whole);
    return TRUE;
}

static gboolean
to_integer(MomRun *run,
           const MomNode *head,
           const char *name,
           MomValue v,
           double (*whole)(double),
           MomValue *out)
{
    double f;

    if (!mom_value_is_number(v))
        return mom_run_fail(run, head, "%s takes a number, not %s", name,
                            mom_value_type_name(v.type));
    if (v.type != MOM_VALUE_FLOAT) {
        *out = mom_value_int(v.type == MOM_VALUE_BOOL ? v.boolean : v.integer);
        return TRUE;
    }
    f = whole(v.real);
    /* Written so that NaN fails too. */
    if (!(f >= -INT64_BOUND && f < INT64_BOUND))
        return mom_run_fail(run, head, "%s cannot make an integer of 64 bits of %g", name, v.real);
    *out = mom_value_int((gint64)f);
    return TRUE;
}

MOM_OPERATOR(floor)
{
    return to_integer(run, head, "floor", arguments[0], floor, out);
}

/* Half to even, which is how rint rounds unless told otherwise; nobody tells it. */
MOM_OPERATOR(round)
{
    return to_integer(run, head, "round", arguments[0], rint, out);
}

MOM_OPERATOR(clamp)
{
    MomValue v = arguments[0], low = arguments[1], high = arguments[2];
    MomOrder of_bounds, to_low, to_high;

    if (!mom_run_order(run, head, "clamp", low, high, &of_bounds))
        return FALSE;
    if (of_bounds == MOM_ORDER_GREATER)
        return mom_run_fail(run, head, "clamp has a lower bound above the upper one");
    if (!mom_run_order(run, head, "clamp", v, low, &to_low) ||
        !mom_run_order(run, head, "clamp", v, high, &to_high))
        return FALSE;
    *out = to_low == MOM_ORDER_LESS ? low : to_high == MOM_ORDER_GREATER ? high : v;
    return TRUE;
}
