/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A sample: one value per declared field, or none, and the extras that nobody declared.
 *
 * One block, as averages go over all samples of a guest.  Most fields are numbers and need no more;
 * strings, lists and tunes go to an arena that is only made when the first of them comes.
 */
#include "policy/entity-private.h"

#include <string.h>

#define BLOCK_BYTES 512

typedef struct {
    char *name;
    MomValue value;
} Extra;

MomSample *
mom_sample_new(MomSchema *schema, gint64 time_us)
{
    gsize n = mom_schema_size(schema);
    MomSample *sample = g_malloc(sizeof(MomSample) + n * sizeof(MomValue));

    *sample = (MomSample){.references = 1, .schema = mom_schema_ref(schema), .time_us = time_us};
    for (gsize i = 0; i < n; i++)
        sample->values[i] = (MomValue){.type = MOM_VALUE_ABSENT};
    return sample;
}

MomSample *
mom_sample_ref(MomSample *sample)
{
    sample->references++;
    return sample;
}

void
mom_sample_free(MomSample *sample)
{
    if (!sample || --sample->references > 0)
        return;
    if (sample->extras)
        g_array_unref(sample->extras);
    mom_arena_free(sample->arena);
    mom_schema_unref(sample->schema);
    g_free(sample);
}

static MomArena *
arena_of(MomSample *sample)
{
    if (!sample->arena)
        sample->arena = mom_arena_new(BLOCK_BYTES);
    return sample->arena;
}

/* What a sample may hold: entities and their like would outlive what they point to. */
static MomValue
owned(MomSample *sample, MomValue v)
{
    if (v.type == MOM_VALUE_ENTITY || v.type == MOM_VALUE_GUESTS || v.type == MOM_VALUE_CALLABLE)
        return MOM_NIL;
    if (v.type <= MOM_VALUE_FLOAT)
        return v;
    return mom_arena_copy_value(arena_of(sample), v);
}

static Extra *
find_extra(const MomSample *sample, const char *name)
{
    for (guint i = 0; sample->extras && i < sample->extras->len; i++) {
        Extra *extra = &g_array_index(sample->extras, Extra, i);

        if (strcmp(extra->name, name) == 0)
            return extra;
    }
    return NULL;
}

static void
set_extra(MomSample *sample, const char *name, MomValue v)
{
    Extra *found = find_extra(sample, name);
    Extra extra = {.value = v};

    if (found) {
        found->value = v;
        return;
    }
    extra.name = mom_arena_strdup(arena_of(sample), name);
    if (!sample->extras)
        sample->extras = g_array_new(FALSE, FALSE, sizeof(Extra));
    g_array_append_val(sample->extras, extra);
}

void
mom_sample_set(MomSample *sample, const char *name, MomValue v)
{
    int index = mom_schema_index(sample->schema, name);

    v = owned(sample, v);
    if (index < 0) {
        set_extra(sample, name, v);
        return;
    }
    sample->values[index] = v;
}

gboolean
mom_sample_get(const MomSample *sample, const char *name, MomValue *out)
{
    int index = mom_schema_index(sample->schema, name);
    const Extra *extra;

    if (index >= 0)
        return mom_sample_get_field(sample, (gsize)index, out);
    extra = find_extra(sample, name);
    if (!extra)
        return FALSE;
    *out = extra->value;
    return TRUE;
}

gboolean
mom_sample_get_field(const MomSample *sample, gsize index, MomValue *out)
{
    if (sample->values[index].type == MOM_VALUE_ABSENT)
        return FALSE;
    *out = sample->values[index];
    return TRUE;
}

void
mom_sample_merge(MomSample *into, const MomSample *from)
{
    for (gsize i = 0; i < into->schema->n; i++)
        if (into->values[i].type == MOM_VALUE_ABSENT || mom_value_is_nil(into->values[i]))
            if (from->values[i].type != MOM_VALUE_ABSENT)
                into->values[i] = owned(into, from->values[i]);
    for (guint i = 0; from->extras && i < from->extras->len; i++) {
        const Extra *extra = &g_array_index(from->extras, Extra, i);
        const Extra *held = find_extra(into, extra->name);

        if (!held || mom_value_is_nil(held->value))
            set_extra(into, extra->name, owned(into, extra->value));
    }
}

gint64
mom_sample_time_us(const MomSample *sample)
{
    return sample->time_us;
}

void
mom_sample_foreach(const MomSample *sample, MomSampleFunc func, gpointer data)
{
    for (gsize i = 0; i < mom_schema_size(sample->schema); i++)
        if (sample->values[i].type != MOM_VALUE_ABSENT)
            func(mom_schema_name(sample->schema, i), sample->values[i], data);
    for (guint i = 0; sample->extras && i < sample->extras->len; i++) {
        const Extra *extra = &g_array_index(sample->extras, Extra, i);

        func(extra->name, extra->value, data);
    }
}
