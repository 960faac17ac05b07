/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Values: what an expression of the policy language yields and what a sample holds.
 *
 * A value is a tag and a union, 16 bytes, passed by value.  Nothing in it is owned: strings, lists
 * and objects are borrowed from whoever made them (the program's arena, the run's arena, a sample,
 * an entity), and live as long as that does.  Whoever wants to keep one copies it.
 * This file must never grow a value that owns memory or counts references.
 */
#pragma once

#include <glib.h>

typedef struct MomEntity MomEntity;
typedef struct MomTune MomTune;

typedef enum {
    MOM_VALUE_NIL,
    MOM_VALUE_BOOL,
    MOM_VALUE_INT,
    MOM_VALUE_FLOAT,
    MOM_VALUE_STRING,     /* NUL-terminated UTF-8 */
    MOM_VALUE_LIST,       /* a list made by `with`, or a sample's list of tunes */
    MOM_VALUE_ENTITY,     /* the host or a guest */
    MOM_VALUE_GUESTS,     /* the collection of all guests */
    MOM_VALUE_CALLABLE,   /* abs, debug, a method of an entity or a tune */
    MOM_VALUE_TUNE,       /* one disk's I/O limits, see iotune.h */
    MOM_VALUE_LIMITS,     /* one of a tune's three maps of limits */
    MOM_VALUE_TUNE_STATE, /* one disk's limits as they are set now: opaque to policies */
} MomValueType;

typedef struct MomList MomList;

typedef struct {
    MomValueType type;
    union {
        gboolean boolean;
        gint64 integer;
        double real;
        const char *string;
        const MomList *list;
        MomEntity *entity;
        gconstpointer object; /* GUESTS, CALLABLE, TUNE, LIMITS, TUNE_STATE */
    };
} MomValue;

struct MomList {
    gsize length;
    const MomValue *items;
    guint depth; /* how many levels of lists nest inside; 0 if no item is a list */
};

#define MOM_NIL ((MomValue){.type = MOM_VALUE_NIL})

static inline MomValue
mom_value_bool(gboolean b)
{
    return (MomValue){.type = MOM_VALUE_BOOL, .boolean = !!b};
}

static inline MomValue
mom_value_int(gint64 i)
{
    return (MomValue){.type = MOM_VALUE_INT, .integer = i};
}

static inline MomValue
mom_value_float(double f)
{
    return (MomValue){.type = MOM_VALUE_FLOAT, .real = f};
}

/* S is borrowed; NULL makes nil. */
static inline MomValue
mom_value_string(const char *s)
{
    return s ? (MomValue){.type = MOM_VALUE_STRING, .string = s} : MOM_NIL;
}

static inline gboolean
mom_value_is_nil(MomValue v)
{
    return v.type == MOM_VALUE_NIL;
}

/* TRUE if V is a boolean, an integer or a float: what arithmetic takes. */
static inline gboolean
mom_value_is_number(MomValue v)
{
    return v.type == MOM_VALUE_BOOL || v.type == MOM_VALUE_INT || v.type == MOM_VALUE_FLOAT;
}

/* The language's truth (SEMANTICS section 5): nil, false, 0, 0.0, "", an empty list and an empty
 * collection of guests are false, all else is true, NaN too. */
gboolean mom_value_truth(MomValue v);

/* Whether A == B as the language sees it: numbers by exact value across boolean, integer and float,
 * entities by identity, lists element by element; different kinds are unequal. */
gboolean mom_value_equal(MomValue a, MomValue b);

/* V as an integer, truncated toward zero: numbers, and strings of decimal digits with blanks and
 * sign around them.  FALSE, *OUT untouched, for anything else, NaN, infinity, or beyond int64. */
gboolean mom_value_to_int(MomValue v, gint64 *out);

/* The name of V's type for messages: "nil", "integer", "string" ... */
const char *mom_value_type_name(MomValueType type);
