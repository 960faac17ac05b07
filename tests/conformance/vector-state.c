/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Entities from and to the vectors' notation.
 *
 * Samples get times one second apart, oldest first; no vector knows of time.
 */
#include "tests/conformance/vector-state.h"

#include "tests/conformance/vector-value.h"

#define SECOND_US G_GINT64_CONSTANT(1000000)
#define BLOCK_BYTES 1024

/* ---- reading ---- */

static gboolean
is_array(json_object *json)
{
    return json_object_is_type(json, json_type_array);
}

static json_object *
member(json_object *json, const char *name)
{
    return json_object_is_type(json, json_type_object) ? json_object_object_get(json, name) : NULL;
}

/* The declared fields: those given, else all keys of all samples. */
static MomSchema *
read_schema(json_object *json)
{
    json_object *fields = member(json, "fields");
    json_object *stats = member(json, "stats");
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    if (is_array(fields)) {
        for (gsize i = 0; i < json_object_array_length(fields); i++)
            g_ptr_array_add(names,
                            (char *)json_object_get_string(json_object_array_get_idx(fields, i)));
    } else if (is_array(stats)) {
        for (gsize i = 0; i < json_object_array_length(stats); i++) {
            json_object *sample = json_object_array_get_idx(stats, i);

            if (!json_object_is_type(sample, json_type_object))
                continue;
            json_object_object_foreach(sample, key, value)
            {
                (void)value;
                g_ptr_array_add(names, key);
            }
        }
    }
    return mom_schema_new((const char *const *)names->pdata, names->len);
}

static MomSample *
read_sample(MomSchema *schema, json_object *json, gsize index)
{
    g_autoptr(MomArena) arena = mom_arena_new(BLOCK_BYTES);
    MomSample *sample = mom_sample_new(schema, (gint64)index * SECOND_US);

    if (!json_object_is_type(json, json_type_object))
        return sample;
    json_object_object_foreach(json, key, value)
        mom_sample_set(sample, key, mom_vector_value(arena, key, value));
    return sample;
}

static void
read_properties(MomEntity *entity, json_object *json)
{
    g_autoptr(MomArena) arena = mom_arena_new(BLOCK_BYTES);

    if (!json_object_is_type(json, json_type_object))
        return;
    json_object_object_foreach(json, key, value)
        mom_entity_set_property(entity, key, mom_vector_value(arena, NULL, value));
}

static void
read_variables(MomEntity *entity, json_object *json)
{
    g_autoptr(MomArena) arena = mom_arena_new(BLOCK_BYTES);

    if (!json_object_is_type(json, json_type_object))
        return;
    mom_entity_begin_run(entity);
    json_object_object_foreach(json, key, value)
        mom_entity_set_variable(entity, key, mom_vector_value(arena, NULL, value));
    mom_entity_commit_run(entity);
}

static MomEntity *
read_entity(json_object *json)
{
    g_autoptr(MomSchema) schema = read_schema(json);
    MomEntity *entity = mom_entity_new(schema);
    json_object *stats = member(json, "stats");

    read_properties(entity, member(json, "properties"));
    for (gsize i = 0; is_array(stats) && i < json_object_array_length(stats); i++)
        mom_entity_add_sample(entity, read_sample(schema, json_object_array_get_idx(stats, i), i),
                              G_MAXUINT);
    read_variables(entity, member(json, "variables"));
    return entity;
}

MomVectorState *
mom_vector_state_new(json_object *vector)
{
    MomVectorState *state = g_new0(MomVectorState, 1);
    json_object *guests = member(vector, "guests");

    state->host = read_entity(member(vector, "host"));
    state->guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_entity_free);
    for (gsize i = 0; is_array(guests) && i < json_object_array_length(guests); i++)
        g_ptr_array_add(state->guests, read_entity(json_object_array_get_idx(guests, i)));
    return state;
}

void
mom_vector_state_free(MomVectorState *state)
{
    if (!state)
        return;
    g_ptr_array_unref(state->guests);
    mom_entity_free(state->host);
    g_free(state);
}

static void
set_controls(MomEntity *entity, json_object *json)
{
    g_autoptr(MomArena) arena = mom_arena_new(BLOCK_BYTES);
    json_object *controls = member(json, "controls");

    mom_entity_begin_run(entity);
    if (!controls)
        return;
    json_object_object_foreach(controls, key, value)
        mom_entity_set_control(entity, key, mom_vector_value(arena, NULL, value), (MomPlace){0});
}

void
mom_vector_state_set_controls(MomVectorState *state, json_object *vector)
{
    json_object *guests = member(vector, "guests");

    set_controls(state->host, member(vector, "host"));
    for (guint i = 0; i < state->guests->len; i++)
        set_controls(state->guests->pdata[i], json_object_array_get_idx(guests, i));
}

/* ---- writing ---- */

static json_object *
controls_json(MomEntity *entity)
{
    json_object *json = json_object_new_object();

    for (gsize i = 0; i < mom_entity_n_controls(entity); i++) {
        const MomControl *control = mom_entity_control(entity, i);

        json_object_object_add(json, control->name, mom_vector_json(control->value));
    }
    return json;
}

static void
add_variable(const char *name, MomValue v, gpointer data)
{
    json_object_object_add(data, name, mom_vector_json(v));
}

static json_object *
variables_json(MomEntity *entity)
{
    json_object *json = json_object_new_object();

    mom_entity_foreach_variable(entity, add_variable, json);
    return json;
}

static json_object *
tunes_json(MomEntity *entity)
{
    json_object *json = json_object_new_array();
    gsize n;
    const MomTune *tunes = mom_entity_tunes(entity, &n);

    for (gsize i = 0; i < n; i++)
        json_object_array_add(
            json, mom_vector_tune_json(tunes[i].name, tunes[i].path, &tunes[i].current));
    return json;
}

static gsize
length(json_object *json)
{
    return is_array(json) ? json_object_array_length(json) : (gsize)json_object_object_length(json);
}

/* What MAKE tells of each guest, by uuid; guests of whom it tells nothing are left out. */
static json_object *
by_guest(const MomVectorState *state, json_object *(*make)(MomEntity *))
{
    json_object *json = json_object_new_object();

    for (guint i = 0; i < state->guests->len; i++) {
        MomEntity *guest = state->guests->pdata[i];
        const char *uuid = mom_entity_get_string_property(guest, "uuid");
        json_object *one = make(guest);

        if (length(one) > 0)
            json_object_object_add(json, uuid ? uuid : "", one);
        else
            json_object_put(one);
    }
    return json;
}

static void
add_if_any(json_object *answer, const char *name, json_object *json)
{
    if (length(json) > 0)
        json_object_object_add(answer, name, json);
    else
        json_object_put(json);
}

void
mom_vector_state_answer(MomVectorState *state, json_object *answer)
{
    json_object_object_add(answer, "host_controls", controls_json(state->host));
    json_object_object_add(answer, "guest_controls", by_guest(state, controls_json));
    add_if_any(answer, "host_variables", variables_json(state->host));
    add_if_any(answer, "guest_variables", by_guest(state, variables_json));
    add_if_any(answer, "io_tune", by_guest(state, tunes_json));
}
