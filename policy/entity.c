/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An entity: what lasts (properties, samples, kept variables) and what belongs to one run.
 *
 * All of a run's part lives in one arena, so that beginning the next run is a reset and a failed
 * run leaves nothing.  Nothing here interprets a value: that is for the language and the
 * controllers.
 */
#include "policy/entity.h"

#include "policy/arena.h"
#include "policy/entity-private.h"

#include <string.h>

#define BLOCK_BYTES 512
#define TUNES "io_tune"
#define TUNE_STATES "io_tune_current"

typedef struct {
    char *name;
    MomValue value;
    gint64 changed_us; /* of a variable: when its value last changed, or MOM_ENTITY_NO_TIME */
} Pair;

/* The tunes of a run: a copy that setters may write to, and the list that policies see. */
typedef struct {
    gboolean made;
    gboolean states_made;
    gsize n;
    gsize n_states;
    MomTune *tunes;
    const MomTuneState **states;
    MomValue value;
} RunTunes;

struct MomEntity {
    MomSchema *schema;
    GPtrArray *samples; /* of MomSample, oldest first */

    MomArena *lasting;  /* properties */
    GArray *properties; /* of Pair */

    MomArena *kept_arena;
    GArray *kept; /* of Pair: variables of committed runs */

    MomArena *run;
    GArray *variables; /* of Pair: this run's */
    gsize n_new;       /* of them, those that are not among the kept ones */
    GArray *controls;  /* of MomControl */
    RunTunes tunes;
};

MomEntity *
mom_entity_new(MomSchema *schema)
{
    MomEntity *entity = g_new0(MomEntity, 1);

    entity->schema = mom_schema_ref(schema);
    entity->samples = g_ptr_array_new_with_free_func((GDestroyNotify)mom_sample_free);
    entity->lasting = mom_arena_new(BLOCK_BYTES);
    entity->properties = g_array_new(FALSE, FALSE, sizeof(Pair));
    entity->kept_arena = mom_arena_new(BLOCK_BYTES);
    entity->kept = g_array_new(FALSE, FALSE, sizeof(Pair));
    entity->run = mom_arena_new(BLOCK_BYTES);
    entity->variables = g_array_new(FALSE, FALSE, sizeof(Pair));
    entity->controls = g_array_new(FALSE, FALSE, sizeof(MomControl));
    return entity;
}

void
mom_entity_free(MomEntity *entity)
{
    if (!entity)
        return;
    g_array_unref(entity->controls);
    g_array_unref(entity->variables);
    mom_arena_free(entity->run);
    g_array_unref(entity->kept);
    mom_arena_free(entity->kept_arena);
    g_array_unref(entity->properties);
    mom_arena_free(entity->lasting);
    g_ptr_array_unref(entity->samples);
    mom_schema_unref(entity->schema);
    g_free(entity);
}

const MomSchema *
mom_entity_schema(const MomEntity *entity)
{
    return entity->schema;
}

/* ---- pairs ---- */

static Pair *
find_pair(const GArray *pairs, const char *name)
{
    for (guint i = 0; i < pairs->len; i++) {
        Pair *pair = &g_array_index(pairs, Pair, i);

        if (strcmp(pair->name, name) == 0)
            return pair;
    }
    return NULL;
}

static void
set_pair(GArray *pairs, MomArena *arena, const char *name, MomValue v, gint64 changed_us)
{
    Pair *found = find_pair(pairs, name);
    Pair pair = {.value = mom_arena_copy_plain(arena, v), .changed_us = changed_us};

    if (found) {
        found->value = pair.value;
        found->changed_us = changed_us;
        return;
    }
    pair.name = mom_arena_strdup(arena, name);
    g_array_append_val(pairs, pair);
}

static gboolean
get_pair(const GArray *pairs, const char *name, MomValue *out)
{
    const Pair *pair = find_pair(pairs, name);

    if (!pair)
        return FALSE;
    *out = pair->value;
    return TRUE;
}

/* ---- properties ---- */

void
mom_entity_set_property(MomEntity *entity, const char *name, MomValue v)
{
    const Pair *present = find_pair(entity->properties, name);

    /* A property that is set again and again to the same value must not grow the arena. */
    if (present && present->value.type == v.type && mom_value_equal(present->value, v))
        return;
    set_pair(entity->properties, entity->lasting, name, v, MOM_ENTITY_NO_TIME);
}

gboolean
mom_entity_get_property(const MomEntity *entity, const char *name, MomValue *out)
{
    return get_pair(entity->properties, name, out);
}

const char *
mom_entity_get_string_property(const MomEntity *entity, const char *name)
{
    MomValue v;

    if (!get_pair(entity->properties, name, &v) || v.type != MOM_VALUE_STRING)
        return NULL;
    return v.string;
}

void
mom_entity_foreach_property(const MomEntity *entity, MomVariableFunc func, gpointer data)
{
    for (guint i = 0; i < entity->properties->len; i++) {
        const Pair *pair = &g_array_index(entity->properties, Pair, i);

        func(pair->name, pair->value, data);
    }
}

/* ---- samples ---- */

void
mom_entity_add_sample(MomEntity *entity, MomSample *sample, gsize history_length)
{
    g_ptr_array_add(entity->samples, sample);
    if (entity->samples->len > history_length)
        g_ptr_array_remove_range(entity->samples, 0, entity->samples->len - (guint)history_length);
    entity->tunes = (RunTunes){0};
}

void
mom_entity_drop_newest_sample(MomEntity *entity)
{
    if (entity->samples->len == 0)
        return;
    g_ptr_array_set_size(entity->samples, (int)entity->samples->len - 1);
    entity->tunes = (RunTunes){0};
}

gsize
mom_entity_n_samples(const MomEntity *entity)
{
    return entity->samples->len;
}

const MomSample *
mom_entity_sample(const MomEntity *entity, gsize index)
{
    return entity->samples->pdata[index];
}

const MomSample *
mom_entity_latest(const MomEntity *entity)
{
    guint n = entity->samples->len;

    return n ? entity->samples->pdata[n - 1] : NULL;
}

/* ---- tunes ---- */

/* Makes the run's copy of the tunes out of V, the newest sample's list.  One contiguous array, as
 * setters and controllers go by position; what is no tune is nil in the list and zeroed here. */
static void
copy_tunes(MomEntity *entity, const MomList *from)
{
    RunTunes *tunes = &entity->tunes;
    MomList *list = mom_arena_alloc0(entity->run, sizeof(MomList));
    MomValue *items = mom_arena_alloc0(entity->run, from->length * sizeof(MomValue));

    tunes->n = from->length;
    tunes->tunes = mom_arena_alloc0(entity->run, from->length * sizeof(MomTune));
    for (gsize i = 0; i < from->length; i++) {
        items[i] = mom_arena_copy_value(entity->run, from->items[i]);
        if (items[i].type != MOM_VALUE_TUNE)
            continue;
        tunes->tunes[i] = *(const MomTune *)items[i].object;
        items[i].object = &tunes->tunes[i];
    }
    *list = (MomList){.length = from->length, .items = items, .depth = from->depth};
    tunes->value = (MomValue){.type = MOM_VALUE_LIST, .list = list};
}

static void
make_tunes(MomEntity *entity)
{
    const MomSample *latest = mom_entity_latest(entity);
    MomValue v;

    if (entity->tunes.made || !latest)
        return;
    entity->tunes.made = TRUE;
    if (mom_sample_get(latest, TUNES, &v) && v.type == MOM_VALUE_LIST)
        copy_tunes(entity, v.list);
}

MomTune *
mom_entity_tunes(MomEntity *entity, gsize *n)
{
    make_tunes(entity);
    *n = entity->tunes.n;
    return entity->tunes.n ? entity->tunes.tunes : NULL;
}

static void
make_states(MomEntity *entity, const MomList *from)
{
    RunTunes *tunes = &entity->tunes;

    tunes->n_states = from->length;
    tunes->states = mom_arena_alloc0(entity->run, from->length * sizeof(MomTuneState *));
    for (gsize i = 0; i < from->length; i++)
        if (from->items[i].type == MOM_VALUE_TUNE_STATE)
            tunes->states[i] = from->items[i].object;
}

const MomTuneState *const *
mom_entity_tune_states(MomEntity *entity, gsize *n)
{
    const MomSample *latest = mom_entity_latest(entity);
    RunTunes *tunes = &entity->tunes;
    MomValue v;

    if (!tunes->states_made && latest) {
        tunes->states_made = TRUE;
        if (mom_sample_get(latest, TUNE_STATES, &v) && v.type == MOM_VALUE_LIST)
            make_states(entity, v.list);
    }
    *n = tunes->n_states;
    return tunes->n_states ? tunes->states : NULL;
}

/* ---- attributes ---- */

gboolean
mom_entity_get_field(MomEntity *entity, gsize index, MomValue *out)
{
    guint n = entity->samples->len;
    const MomSample *latest;

    if (n == 0)
        return FALSE;
    latest = entity->samples->pdata[n - 1];
    if (latest->values[index].type == MOM_VALUE_ABSENT)
        return FALSE;
    *out = latest->values[index];
    if (out->type == MOM_VALUE_LIST && strcmp(mom_schema_name(entity->schema, index), TUNES) == 0) {
        make_tunes(entity);
        *out = entity->tunes.value;
    }
    return TRUE;
}

gboolean
mom_entity_get_attribute(MomEntity *entity, const char *name, MomValue *out)
{
    int index = mom_schema_index(entity->schema, name);

    return index >= 0 && mom_entity_get_field(entity, (gsize)index, out);
}

gboolean
mom_entity_get_int(MomEntity *entity, const char *name, gint64 *out)
{
    MomValue v;

    return mom_entity_get_attribute(entity, name, &v) && mom_value_to_int(v, out);
}

/* ---- variables ---- */

static const Pair *
find_variable(const MomEntity *entity, const char *name)
{
    const Pair *pair = find_pair(entity->variables, name);

    return pair ? pair : find_pair(entity->kept, name);
}

void
mom_entity_set_variable(MomEntity *entity, const char *name, MomValue v)
{
    const Pair *present = find_variable(entity, name);
    const MomSample *latest = mom_entity_latest(entity);
    gint64 changed_us = latest ? mom_sample_time_us(latest) : MOM_ENTITY_NO_TIME;

    if (!present)
        entity->n_new++;
    else if (mom_value_equal(present->value, v))
        changed_us = present->changed_us;
    set_pair(entity->variables, entity->run, name, v, changed_us);
}

gboolean
mom_entity_get_variable(MomEntity *entity, const char *name, MomValue *out)
{
    return get_pair(entity->variables, name, out) || get_pair(entity->kept, name, out);
}

gboolean
mom_entity_get_variable_time(MomEntity *entity, const char *name, gint64 *out_us)
{
    const Pair *pair = find_variable(entity, name);

    if (!pair || pair->changed_us == MOM_ENTITY_NO_TIME)
        return FALSE;
    *out_us = pair->changed_us;
    return TRUE;
}

void
mom_entity_restore_variable(MomEntity *entity, const char *name, MomValue v, gint64 changed_us)
{
    set_pair(entity->kept, entity->kept_arena, name, v, changed_us);
}

gsize
mom_entity_n_variables(const MomEntity *entity)
{
    return entity->kept->len + entity->n_new;
}

typedef void (*PairFunc)(const Pair *pair, gpointer data);

static void
foreach_variable(const MomEntity *entity, PairFunc func, gpointer data)
{
    for (guint i = 0; i < entity->kept->len; i++) {
        const Pair *pair = &g_array_index(entity->kept, Pair, i);

        if (!find_pair(entity->variables, pair->name))
            func(pair, data);
    }
    for (guint i = 0; i < entity->variables->len; i++)
        func(&g_array_index(entity->variables, Pair, i), data);
}

typedef struct {
    MomVariableFunc func;
    gpointer data;
} Telling;

static void
tell_variable(const Pair *pair, gpointer data)
{
    const Telling *telling = data;

    telling->func(pair->name, pair->value, telling->data);
}

void
mom_entity_foreach_variable(MomEntity *entity, MomVariableFunc func, gpointer data)
{
    Telling telling = {func, data};

    foreach_variable(entity, tell_variable, &telling);
}

/* ---- controls ---- */

/* Most controls of a guest come from the same policy; its name is copied once. */
static const char *
keep_policy_name(MomEntity *entity, const char *name)
{
    guint n = entity->controls->len;
    const char *last = n ? g_array_index(entity->controls, MomControl, n - 1).place.policy : NULL;

    return g_strcmp0(last, name) == 0 ? last : mom_arena_strdup(entity->run, name);
}

void
mom_entity_set_control(MomEntity *entity, const char *name, MomValue v, MomPlace place)
{
    MomControl *found = (MomControl *)mom_entity_get_control(entity, name);
    MomControl control = {.name = found ? found->name : mom_arena_strdup(entity->run, name),
                          .value = mom_arena_copy_plain(entity->run, v),
                          .place = place};

    control.place.policy = keep_policy_name(entity, place.policy);
    if (found)
        *found = control;
    else
        g_array_append_val(entity->controls, control);
}

void
mom_entity_set_reads(MomEntity *entity, const char *name, const MomReads *reads)
{
    ((MomControl *)mom_entity_get_control(entity, name))->reads = reads;
}

const MomControl *
mom_entity_get_control(const MomEntity *entity, const char *name)
{
    for (guint i = 0; i < entity->controls->len; i++) {
        const MomControl *control = &g_array_index(entity->controls, MomControl, i);

        if (strcmp(control->name, name) == 0)
            return control;
    }
    return NULL;
}

gsize
mom_entity_n_controls(const MomEntity *entity)
{
    return entity->controls->len;
}

const MomControl *
mom_entity_control(const MomEntity *entity, gsize index)
{
    return &g_array_index(entity->controls, MomControl, index);
}

/* ---- runs ---- */

void
mom_entity_begin_run(MomEntity *entity)
{
    g_array_set_size(entity->controls, 0);
    g_array_set_size(entity->variables, 0);
    entity->n_new = 0;
    entity->tunes = (RunTunes){0};
    mom_arena_reset(entity->run);
}

static gboolean
is_plain(MomValue v)
{
    if (v.type <= MOM_VALUE_STRING)
        return TRUE;
    if (v.type != MOM_VALUE_LIST)
        return FALSE;
    for (gsize i = 0; i < v.list->length; i++)
        if (!is_plain(v.list->items[i]))
            return FALSE;
    return TRUE;
}

/* The kept variables are copied to a new arena each time, as values that were overwritten would
 * otherwise stay in the old one for ever. */
typedef struct {
    MomArena *arena;
    GArray *pairs;
} Keeping;

static void
keep_variable(const Pair *variable, gpointer data)
{
    Keeping *keeping = data;
    Pair pair = *variable;

    if (!is_plain(pair.value))
        return;
    pair.name = mom_arena_strdup(keeping->arena, pair.name);
    pair.value = mom_arena_copy_value(keeping->arena, pair.value);
    g_array_append_val(keeping->pairs, pair);
}

void
mom_entity_commit_run(MomEntity *entity)
{
    Keeping keeping;

    if (entity->variables->len == 0)
        return;
    keeping = (Keeping){.arena = mom_arena_new(BLOCK_BYTES),
                        .pairs = g_array_new(FALSE, FALSE, sizeof(Pair))};
    foreach_variable(entity, keep_variable, &keeping);
    g_array_unref(entity->kept);
    mom_arena_free(entity->kept_arena);
    entity->kept = keeping.pairs;
    entity->kept_arena = keeping.arena;
    entity->n_new = 0;
}

MomEntity *
mom_entity_snapshot(const MomEntity *entity)
{
    MomEntity *copy = mom_entity_new(entity->schema);
    Keeping keeping = {copy->kept_arena, copy->kept};

    for (guint i = 0; i < entity->samples->len; i++)
        g_ptr_array_add(copy->samples, mom_sample_ref(entity->samples->pdata[i]));
    for (guint i = 0; i < entity->properties->len; i++) {
        const Pair *pair = &g_array_index(entity->properties, Pair, i);

        set_pair(copy->properties, copy->lasting, pair->name, pair->value, pair->changed_us);
    }
    foreach_variable(entity, keep_variable, &keeping);
    return copy;
}
