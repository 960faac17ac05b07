/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The operators that compute: + - * / << >> and `abs` (SEMANTICS section 8).
 *
 * Integers are int64 and exact; a result outside is an error, never a wrap or a float.
 */
#include "policy/builtins.h"
#include "policy/quotient.h"
#include "policy/run.h"

#include <math.h>
#include <string.h>

static gboolean
is_integer(MomValue v)
{
    return v.type == MOM_VALUE_INT || v.type == MOM_VALUE_BOOL;
}

static gint64
integer_of(MomValue v)
{
    return v.type == MOM_VALUE_BOOL ? v.boolean : v.integer;
}

static double
float_of(MomValue v)
{
    return v.type == MOM_VALUE_FLOAT ? v.real : (double)integer_of(v);
}

static gboolean
are_integers(const MomValue *arguments)
{
    return is_integer(arguments[0]) && is_integer(arguments[1]);
}

static gboolean
are_numbers(const MomValue *arguments)
{
    return mom_value_is_number(arguments[0]) && mom_value_is_number(arguments[1]);
}

static gboolean
are(const MomValue *arguments, MomValueType type)
{
    return arguments[0].type == type && arguments[1].type == type;
}

static gboolean
fail_types(MomRun *run, const MomNode *head, const char *sign, const MomValue *arguments)
{
    return mom_run_fail(run, head, "%s cannot take %s and %s", sign,
                        mom_value_type_name(arguments[0].type),
                        mom_value_type_name(arguments[1].type));
}

static gboolean
fail_overflow(MomRun *run, const MomNode *head, const char *sign)
{
    return mom_run_fail(run, head, "integer overflow in %s: the result is beyond 64 bits", sign);
}

static gboolean
give_integer(
    MomRun *run, const MomNode *head, const char *sign, gboolean overflow, gint64 n, MomValue *out)
{
    if (overflow)
        return fail_overflow(run, head, sign);
    *out = mom_value_int(n);
    return TRUE;
}

static gboolean
give_float(double f, MomValue *out)
{
    *out = mom_value_float(f);
    return TRUE;
}

/* ---- strings and lists ---- */

static gboolean
join_strings(MomRun *run, const MomNode *head, const char *a, const char *b, MomValue *out)
{
    gsize length = strlen(a);
    char *joined = mom_run_string(run, head, length + strlen(b));

    if (!joined)
        return FALSE;
    strcpy(joined, a);
    strcpy(joined + length, b);
    *out = mom_value_string(joined);
    return TRUE;
}

static gboolean
repeat_string(MomRun *run, const MomNode *head, const char *s, gint64 times, MomValue *out)
{
    gsize length = strlen(s);
    gsize total;
    char *repeated;

    if (times <= 0 || length == 0) {
        *out = mom_value_string("");
        return TRUE;
    }
    if (__builtin_mul_overflow(length, (guint64)times, &total))
        total = G_MAXSIZE;
    repeated = mom_run_string(run, head, total);
    if (!repeated)
        return FALSE;
    for (gsize at = 0; at < total; at += length)
        memcpy(repeated + at, s, length);
    repeated[total] = '\0';
    *out = mom_value_string(repeated);
    return TRUE;
}

static gboolean
join_lists(MomRun *run, const MomNode *head, const MomList *a, const MomList *b, MomValue *out)
{
    gsize total = a->length + b->length;
    MomValue *items;

    if (!mom_run_charge(run, head, total / 16))
        return FALSE;
    items = mom_run_list(run, head, total, out);
    if (!items)
        return FALSE;
    if (a->length)
        memcpy(items, a->items, a->length * sizeof(MomValue));
    if (b->length)
        memcpy(items + a->length, b->items, b->length * sizeof(MomValue));
    return mom_run_nest(run, head, *out, MAX(a->depth, b->depth));
}

static gboolean
repeat_list(MomRun *run, const MomNode *head, const MomList *list, gint64 times, MomValue *out)
{
    gsize total;
    MomValue *items;

    if (times < 0 || list->length == 0)
        times = 0;
    if (__builtin_mul_overflow(list->length, (guint64)times, &total))
        total = G_MAXSIZE;
    items = mom_run_list(run, head, total, out);
    if (!items || !mom_run_charge(run, head, total / 16))
        return FALSE;
    for (gsize at = 0; at < total; at += list->length)
        memcpy(items + at, list->items, list->length * sizeof(MomValue));
    return mom_run_nest(run, head, *out, total ? list->depth : 0);
}

static gboolean
repeat(MomRun *run, const MomNode *head, MomValue sequence, MomValue times, MomValue *out)
{
    if (sequence.type == MOM_VALUE_STRING)
        return repeat_string(run, head, sequence.string, integer_of(times), out);
    return repeat_list(run, head, sequence.list, integer_of(times), out);
}

static gboolean
is_sequence(MomValue v)
{
    return v.type == MOM_VALUE_STRING || v.type == MOM_VALUE_LIST;
}

/* ---- operators ---- */

MOM_OPERATOR(add)
{
    gint64 sum;

    if (are_integers(arguments)) {
        gboolean overflow =
            __builtin_add_overflow(integer_of(arguments[0]), integer_of(arguments[1]), &sum);

        return give_integer(run, head, "+", overflow, sum, out);
    }
    if (are_numbers(arguments))
        return give_float(float_of(arguments[0]) + float_of(arguments[1]), out);
    if (are(arguments, MOM_VALUE_STRING))
        return join_strings(run, head, arguments[0].string, arguments[1].string, out);
    if (are(arguments, MOM_VALUE_LIST))
        return join_lists(run, head, arguments[0].list, arguments[1].list, out);
    return fail_types(run, head, "+", arguments);
}

MOM_OPERATOR(sub)
{
    gint64 difference;

    if (are_integers(arguments)) {
        gboolean overflow =
            __builtin_sub_overflow(integer_of(arguments[0]), integer_of(arguments[1]), &difference);

        return give_integer(run, head, "-", overflow, difference, out);
    }
    if (are_numbers(arguments))
        return give_float(float_of(arguments[0]) - float_of(arguments[1]), out);
    return fail_types(run, head, "-", arguments);
}

MOM_OPERATOR(mul)
{
    gint64 product;

    if (are_integers(arguments)) {
        gboolean overflow =
            __builtin_mul_overflow(integer_of(arguments[0]), integer_of(arguments[1]), &product);

        return give_integer(run, head, "*", overflow, product, out);
    }
    if (are_numbers(arguments))
        return give_float(float_of(arguments[0]) * float_of(arguments[1]), out);
    if (is_sequence(arguments[0]) && is_integer(arguments[1]))
        return repeat(run, head, arguments[0], arguments[1], out);
    if (is_integer(arguments[0]) && is_sequence(arguments[1]))
        return repeat(run, head, arguments[1], arguments[0], out);
    return fail_types(run, head, "*", arguments);
}

MOM_OPERATOR(div)
{
    if (!are_numbers(arguments))
        return fail_types(run, head, "/", arguments);
    if (float_of(arguments[1]) == 0)
        return mom_run_fail(run, head, "division by zero");
    if (are_integers(arguments))
        return give_float(mom_quotient(integer_of(arguments[0]), integer_of(arguments[1])), out);
    return give_float(float_of(arguments[0]) / float_of(arguments[1]), out);
}

static gboolean
check_shift(MomRun *run, const MomNode *head, const char *sign, const MomValue *arguments)
{
    if (!are_integers(arguments))
        return fail_types(run, head, sign, arguments);
    if (integer_of(arguments[1]) < 0)
        return mom_run_fail(run, head, "%s by a negative count", sign);
    return TRUE;
}

MOM_OPERATOR(shl)
{
    gint64 a, count, shifted;

    if (!check_shift(run, head, "<<", arguments))
        return FALSE;
    a = integer_of(arguments[0]);
    count = integer_of(arguments[1]);
    if (a == 0)
        return give_integer(run, head, "<<", FALSE, 0, out);
    if (count > 63)
        return fail_overflow(run, head, "<<");
    shifted = (gint64)((guint64)a << count);
    return give_integer(run, head, "<<", shifted >> count != a, shifted, out);
}

MOM_OPERATOR(shr)
{
    if (!check_shift(run, head, ">>", arguments))
        return FALSE;
    *out = mom_value_int(integer_of(arguments[0]) >> MIN(integer_of(arguments[1]), 63));
    return TRUE;
}

static gboolean
call_abs(MomRun *run,
         const MomNode *head,
         MomValue self,
         const MomValue *arguments,
         gsize n,
         MomValue *out)
{
    MomValue v = arguments[0];

    if (v.type == MOM_VALUE_FLOAT)
        return give_float(fabs(v.real), out);
    if (!is_integer(v))
        return mom_run_fail(run, head, "abs cannot take %s", mom_value_type_name(v.type));
    if (integer_of(v) == G_MININT64)
        return fail_overflow(run, head, "abs");
    *out = mom_value_int(ABS(integer_of(v)));
    return TRUE;
}

const MomMethod mom_function_abs = {"abs", 1, 1, call_abs};
