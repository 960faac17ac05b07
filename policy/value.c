/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Questions that can be asked of a value: is it true, are two equal, which integer is it.
 *
 * Pure functions of their arguments; nothing here allocates or keeps anything.
 */
#include "policy/value.h"

#include "policy/compare.h"
#include "policy/entity.h"
#include "policy/unicode.h"

#include <math.h>
#include <string.h>

/* The first double beyond int64; its negative is the smallest int64. */
#define INT64_BOUND 9223372036854775808.0

gboolean
mom_value_truth(MomValue v)
{
    switch (v.type) {
    case MOM_VALUE_NIL:
        return FALSE;
    case MOM_VALUE_BOOL:
        return v.boolean;
    case MOM_VALUE_INT:
        return v.integer != 0;
    case MOM_VALUE_FLOAT:
        return v.real != 0;
    case MOM_VALUE_STRING:
        return v.string[0] != '\0';
    case MOM_VALUE_LIST:
        return v.list->length > 0;
    case MOM_VALUE_GUESTS:
        return v.object && ((const GPtrArray *)v.object)->len > 0;
    case MOM_VALUE_ENTITY:
    case MOM_VALUE_CALLABLE:
    case MOM_VALUE_TUNE:
    case MOM_VALUE_LIMITS:
    case MOM_VALUE_TUNE_STATE:
    default:
        return TRUE;
    }
}

static gint64
integer_of(MomValue v)
{
    return v.type == MOM_VALUE_BOOL ? v.boolean : v.integer;
}

static MomOrder
order_floats(double a, double b)
{
    if (isnan(a) || isnan(b))
        return MOM_ORDER_NONE;
    return a < b ? MOM_ORDER_LESS : a > b ? MOM_ORDER_GREATER : MOM_ORDER_EQUAL;
}

static MomOrder
order_integers(gint64 a, gint64 b)
{
    return a < b ? MOM_ORDER_LESS : a > b ? MOM_ORDER_GREATER : MOM_ORDER_EQUAL;
}

static MomOrder
order_integer_float(gint64 a, double b)
{
    double whole = trunc(b);

    if (isnan(b))
        return MOM_ORDER_NONE;
    if (b >= INT64_BOUND)
        return MOM_ORDER_LESS;
    if (b < -INT64_BOUND)
        return MOM_ORDER_GREATER;
    if (a != (gint64)whole)
        return order_integers(a, (gint64)whole);
    return order_floats(0, b - whole);
}

static MomOrder
reversed(MomOrder order)
{
    switch (order) {
    case MOM_ORDER_LESS:
        return MOM_ORDER_GREATER;
    case MOM_ORDER_GREATER:
        return MOM_ORDER_LESS;
    case MOM_ORDER_EQUAL:
    case MOM_ORDER_NONE:
    default:
        return order;
    }
}

MomOrder
mom_value_order(MomValue a, MomValue b)
{
    gboolean a_float = a.type == MOM_VALUE_FLOAT;
    gboolean b_float = b.type == MOM_VALUE_FLOAT;

    if (a_float && b_float)
        return order_floats(a.real, b.real);
    if (b_float)
        return order_integer_float(integer_of(a), b.real);
    if (a_float)
        return reversed(order_integer_float(integer_of(b), a.real));
    return order_integers(integer_of(a), integer_of(b));
}

static gboolean
lists_equal(const MomList *a, const MomList *b)
{
    if (a->length != b->length)
        return FALSE;
    for (gsize i = 0; i < a->length; i++)
        if (!mom_value_equal(a->items[i], b->items[i]))
            return FALSE;
    return TRUE;
}

gboolean
mom_value_equal(MomValue a, MomValue b)
{
    if (mom_value_is_number(a) && mom_value_is_number(b))
        return mom_value_order(a, b) == MOM_ORDER_EQUAL;
    if (a.type != b.type)
        return FALSE;
    switch (a.type) {
    case MOM_VALUE_NIL:
        return TRUE;
    case MOM_VALUE_STRING:
        return strcmp(a.string, b.string) == 0;
    case MOM_VALUE_LIST:
        return lists_equal(a.list, b.list);
    case MOM_VALUE_ENTITY:
        return a.entity == b.entity;
    case MOM_VALUE_BOOL:
    case MOM_VALUE_INT:
    case MOM_VALUE_FLOAT:
    case MOM_VALUE_GUESTS:
    case MOM_VALUE_CALLABLE:
    case MOM_VALUE_TUNE:
    case MOM_VALUE_LIMITS:
    case MOM_VALUE_TUNE_STATE:
    default:
        return a.object == b.object;
    }
}

static const char *
skip_blanks(const char *s)
{
    while (*s && mom_is_blank(g_utf8_get_char(s)))
        s = g_utf8_next_char(s);
    return s;
}

static gboolean
string_to_int(const char *s, gint64 *out)
{
    gboolean negative;
    gint64 n = 0;

    s = skip_blanks(s);
    negative = *s == '-';
    if (*s == '-' || *s == '+')
        s++;
    if (!g_ascii_isdigit(*s))
        return FALSE;
    for (; g_ascii_isdigit(*s); s++) {
        gint64 digit = *s - '0';

        if (__builtin_mul_overflow(n, (gint64)10, &n) ||
            __builtin_add_overflow(n, negative ? -digit : digit, &n))
            return FALSE;
    }
    if (*skip_blanks(s))
        return FALSE;
    *out = n;
    return TRUE;
}

gboolean
mom_value_to_int(MomValue v, gint64 *out)
{
    if (v.type == MOM_VALUE_STRING)
        return string_to_int(v.string, out);
    if (v.type == MOM_VALUE_FLOAT) {
        /* Written so that NaN fails too. */
        if (!(v.real >= -INT64_BOUND && v.real < INT64_BOUND))
            return FALSE;
        *out = (gint64)v.real;
        return TRUE;
    }
    if (!mom_value_is_number(v))
        return FALSE;
    *out = integer_of(v);
    return TRUE;
}

const char *
mom_value_type_name(MomValueType type)
{
    static const char *const names[] = {
        [MOM_VALUE_NIL] = "nil",           [MOM_VALUE_BOOL] = "boolean",
        [MOM_VALUE_INT] = "integer",       [MOM_VALUE_FLOAT] = "float",
        [MOM_VALUE_STRING] = "string",     [MOM_VALUE_LIST] = "list",
        [MOM_VALUE_ENTITY] = "entity",     [MOM_VALUE_GUESTS] = "collection of guests",
        [MOM_VALUE_CALLABLE] = "callable", [MOM_VALUE_TUNE] = "I/O tune",
        [MOM_VALUE_LIMITS] = "I/O limits", [MOM_VALUE_TUNE_STATE] = "I/O state",
    };

    return names[type];
}
