/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * StatMin, StatMax and StatRate: what the samples of an entity tell together.
 *
 * Extensions of ours; the reference knows StatAvg only.  Only plain values are looked at: a list
 * would be the sample's own, and setters could reach the tunes in it.
 */
#include "policy/entity-private.h"
#include "policy/methods.h"
#include "policy/quotient.h"

static gboolean
choose(MomRun *run,
       const MomNode *head,
       MomEntity *entity,
       MomValue field,
       const char *method,
       MomOrder wanted,
       MomValue *out)
{
    gsize index;

    if (!mom_method_field(run, head, entity, field, &index))
        return FALSE;
    *out = MOM_NIL;
    for (gsize i = 0; i < mom_entity_n_samples(entity); i++) {
        MomOrder found = wanted;
        MomValue v;

        if (!mom_sample_get_field(mom_entity_sample(entity, i), index, &v) || mom_value_is_nil(v))
            continue;
        if (v.type > MOM_VALUE_STRING)
            return mom_run_fail(run, head, "%s cannot take values of type %s", method,
                                mom_value_type_name(v.type));
        if (!mom_value_is_nil(*out) && !mom_run_order(run, head, method, v, *out, &found))
            return FALSE;
        if (found == wanted)
            *out = v;
    }
    return TRUE;
}

MOM_METHOD(stat_min)
{
    return choose(run, head, self.entity, arguments[0], "StatMin", MOM_ORDER_LESS, out);
}

MOM_METHOD(stat_max)
{
    return choose(run, head, self.entity, arguments[0], "StatMax", MOM_ORDER_GREATER, out);
}

/* One number and the time of its sample. */
typedef struct {
    MomValue value;
    gint64 time_us;
} Point;

/* Sample I's number in field INDEX, if it has one. */
static gboolean
get_point(const MomEntity *entity, gsize i, gsize index, Point *point)
{
    const MomSample *sample = mom_entity_sample(entity, i);

    point->time_us = mom_sample_time_us(sample);
    return mom_sample_get_field(sample, index, &point->value) && mom_value_is_number(point->value);
}

static double
float_of(MomValue v)
{
    if (v.type == MOM_VALUE_FLOAT)
        return v.real;
    return v.type == MOM_VALUE_BOOL ? (double)v.boolean : (double)v.integer;
}

/* Per second.  Counters are large and differences small, so integers are subtracted exactly. */
static double
rate(const Point *from, const Point *to)
{
    gint64 time_us = to->time_us - from->time_us;

    if (from->value.type == MOM_VALUE_INT && to->value.type == MOM_VALUE_INT)
        return mom_quotient(((__int128)to->value.integer - from->value.integer) * G_USEC_PER_SEC,
                            time_us);
    return (float_of(to->value) - float_of(from->value)) /
           ((double)time_us / (double)G_USEC_PER_SEC);
}

MOM_METHOD(stat_rate)
{
    gsize left = mom_entity_n_samples(self.entity);
    gsize first = 0;
    Point from, to;
    gsize index;

    if (!mom_method_field(run, head, self.entity, arguments[0], &index))
        return FALSE;
    *out = MOM_NIL;
    while (first < left && !get_point(self.entity, first, index, &from))
        first++;
    while (left > first && !get_point(self.entity, left - 1, index, &to))
        left--;
    /* If there is one number only, it is both ends, without time between. */
    if (left > first && to.time_us > from.time_us)
        *out = mom_value_float(rate(&from, &to));
    return TRUE;
}
