/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Entities from and to JSON.
 *
 * Samples whose times are not told get times one second apart, oldest first; no vector knows of
 * time.
 */
#include "agent/state/state-json.h"

#include "agent/value-json.h"

#define SECOND_US G_GINT64_CONSTANT(1000000)
#define BLOCK_BYTES 1024
#define JSON_DEPTH 300 /* lists in variables nest up to 256 deep */

G_DEFINE_QUARK(mom - state - error - quark, mom_state_error)

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

static gint64
read_time_us(json_object *entity, gsize index)
{
    json_object *times = member(entity, "times_us");
    json_object *time = is_array(times) && index < json_object_array_length(times)
                            ? json_object_array_get_idx(times, index)
                            : NULL;

    return json_object_is_type(time, json_type_int) ? json_object_get_int64(time)
                                                    : (gint64)index * SECOND_US;
}

static MomSample *
read_sample(MomSchema *schema, json_object *json, gint64 time_us)
{
    g_autoptr(MomArena) arena = mom_arena_new(BLOCK_BYTES);
    MomSample *sample = mom_sample_new(schema, time_us);

    if (!json_object_is_type(json, json_type_object))
        return sample;
    json_object_object_foreach(json, key, value)
        mom_sample_set(sample, key, mom_value_from_json(arena, key, value));
    return sample;
}

static void
read_properties(MomEntity *entity, json_object *json)
{
    g_autoptr(MomArena) arena = mom_arena_new(BLOCK_BYTES);

    if (!json_object_is_type(json, json_type_object))
        return;
    json_object_object_foreach(json, key, value)
        mom_entity_set_property(entity, key, mom_value_from_json(arena, NULL, value));
}

/* The time of the newest sample, as if the variable had been set just now. */
static gint64
newest_us(const MomEntity *entity)
{
    const MomSample *latest = mom_entity_latest(entity);

    return latest ? mom_sample_time_us(latest) : MOM_ENTITY_NO_TIME;
}

static void
read_variables(MomEntity *entity, json_object *json, json_object *times)
{
    g_autoptr(MomArena) arena = mom_arena_new(BLOCK_BYTES);

    if (!json_object_is_type(json, json_type_object))
        return;
    json_object_object_foreach(json, key, value)
    {
        json_object *time = member(times, key);

        mom_entity_restore_variable(entity, key, mom_value_from_json(arena, NULL, value),
                                    json_object_is_type(time, json_type_int)
                                        ? json_object_get_int64(time)
                                        : newest_us(entity));
    }
}

static MomEntity *
read_entity(json_object *json, MomSchema *schema, gsize history_length)
{
    MomEntity *entity = mom_entity_new(schema);
    json_object *stats = member(json, "stats");

    read_properties(entity, member(json, "properties"));
    for (gsize i = 0; is_array(stats) && i < json_object_array_length(stats); i++)
        mom_entity_add_sample(
            entity, read_sample(schema, json_object_array_get_idx(stats, i), read_time_us(json, i)),
            history_length);
    read_variables(entity, member(json, "variables"), member(json, "variable_times_us"));
    return entity;
}

static MomEntity *
read_any_entity(json_object *json)
{
    g_autoptr(MomSchema) schema = read_schema(json);

    return read_entity(json, schema, G_MAXUINT);
}

static gboolean
has_fields(json_object *fields, const MomSchema *schema)
{
    if (!is_array(fields) || json_object_array_length(fields) != mom_schema_size(schema))
        return FALSE;
    for (gsize i = 0; i < mom_schema_size(schema); i++)
        if (g_strcmp0(json_object_get_string(json_object_array_get_idx(fields, i)),
                      mom_schema_name(schema, i)) != 0)
            return FALSE;
    return TRUE;
}

MomEntity *
mom_state_entity_from_json(json_object *json, MomSchema *schema, gsize history_length)
{
    return has_fields(member(json, "fields"), schema) ? read_entity(json, schema, history_length)
                                                      : NULL;
}

MomState *
mom_state_from_json(json_object *json)
{
    MomState *state = g_new0(MomState, 1);
    json_object *guests = member(json, "guests");

    state->host = read_any_entity(member(json, "host"));
    state->guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_entity_free);
    for (gsize i = 0; is_array(guests) && i < json_object_array_length(guests); i++)
        g_ptr_array_add(state->guests, read_any_entity(json_object_array_get_idx(guests, i)));
    return state;
}

/* What is no state in JSON, or NULL. */
static const char *
find_fault(json_object *json)
{
    json_object *guests = member(json, "guests");

    if (!json_object_is_type(json, json_type_object))
        return "an object with the members host and guests is needed";
    if (!json_object_is_type(member(json, "host"), json_type_object))
        return "the member host must be an object";
    if (guests && !is_array(guests))
        return "the member guests must be an array";
    for (gsize i = 0; guests && i < json_object_array_length(guests); i++)
        if (!json_object_is_type(json_object_array_get_idx(guests, i), json_type_object))
            return "the items of guests must be objects";
    return NULL;
}

static json_object *
parse_text(const char *text, gsize length, GError **error)
{
    json_tokener *tokener;
    json_object *json;

    if (length > MOM_STATE_MAX_BYTES) {
        g_set_error(error, MOM_STATE_ERROR, MOM_STATE_ERROR_SYNTAX, "more than %d bytes",
                    MOM_STATE_MAX_BYTES);
        return NULL;
    }
    tokener = json_tokener_new_ex(JSON_DEPTH);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    /* With the NUL behind the text, an end in the middle is an error and not a wish for more. */
    json = json_tokener_parse_ex(tokener, text, (int)length + 1);
    if (!json)
        g_set_error(error, MOM_STATE_ERROR, MOM_STATE_ERROR_SYNTAX, "not JSON: %s at byte %zu",
                    json_tokener_error_desc(json_tokener_get_error(tokener)),
                    json_tokener_get_parse_end(tokener));
    json_tokener_free(tokener);
    return json;
}

MomState *
mom_state_parse(const char *text, gsize length, GError **error)
{
    json_object *json = parse_text(text, length, error);
    MomState *state = NULL;
    const char *fault;

    if (!json)
        return NULL;
    fault = find_fault(json);
    if (fault)
        g_set_error(error, MOM_STATE_ERROR, MOM_STATE_ERROR_SHAPE, "not a state: %s", fault);
    else
        state = mom_state_from_json(json);
    json_object_put(json);
    return state;
}

void
mom_state_free(MomState *state)
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
        mom_entity_set_control(entity, key, mom_value_from_json(arena, NULL, value), (MomPlace){0});
}

void
mom_state_set_controls(MomState *state, json_object *json)
{
    json_object *guests = member(json, "guests");

    set_controls(state->host, member(json, "host"));
    for (guint i = 0; i < state->guests->len; i++)
        set_controls(state->guests->pdata[i], json_object_array_get_idx(guests, i));
}

/* ---- what a run left ---- */

static json_object *
controls_json(MomEntity *entity)
{
    json_object *json = json_object_new_object();

    for (gsize i = 0; i < mom_entity_n_controls(entity); i++) {
        const MomControl *control = mom_entity_control(entity, i);

        json_object_object_add(json, control->name, mom_value_to_json(control->value));
    }
    return json;
}

static void
add_variable(const char *name, MomValue v, gpointer data)
{
    json_object_object_add(data, name, mom_value_to_json(v));
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
            json, mom_tune_state_to_json(tunes[i].name, tunes[i].path, &tunes[i].current));
    return json;
}

static gsize
length(json_object *json)
{
    return is_array(json) ? json_object_array_length(json) : (gsize)json_object_object_length(json);
}

/* What MAKE tells of each guest, by uuid; guests of whom it tells nothing are left out. */
static json_object *
by_guest(const MomState *state, json_object *(*make)(MomEntity *))
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
mom_state_answer(MomState *state, json_object *answer)
{
    json_object_object_add(answer, "host_controls", controls_json(state->host));
    json_object_object_add(answer, "guest_controls", by_guest(state, controls_json));
    add_if_any(answer, "host_variables", variables_json(state->host));
    add_if_any(answer, "guest_variables", by_guest(state, variables_json));
    add_if_any(answer, "io_tune", by_guest(state, tunes_json));
}

/* ---- a state ---- */

static void
add_field(const char *name, MomValue v, gpointer data)
{
    json_object_object_add(data, name, mom_field_to_json(v));
}

static json_object *
properties_json(const MomEntity *entity)
{
    json_object *json = json_object_new_object();

    mom_entity_foreach_property(entity, add_variable, json);
    return json;
}

static json_object *
fields_json(const MomSchema *schema)
{
    json_object *json = json_object_new_array();

    for (gsize i = 0; i < mom_schema_size(schema); i++)
        json_object_array_add(json, json_object_new_string(mom_schema_name(schema, i)));
    return json;
}

typedef struct {
    MomEntity *entity;
    json_object *json;
} VariableTimes;

static void
add_variable_time(const char *name, MomValue v, gpointer data)
{
    const VariableTimes *times = data;
    gint64 time_us;

    if (mom_entity_get_variable_time(times->entity, name, &time_us))
        json_object_object_add(times->json, name, json_object_new_int64(time_us));
}

static json_object *
variable_times_json(MomEntity *entity)
{
    VariableTimes times = {entity, json_object_new_object()};

    mom_entity_foreach_variable(entity, add_variable_time, &times);
    return times.json;
}

json_object *
mom_state_entity_to_json(MomEntity *entity)
{
    json_object *json = json_object_new_object();
    json_object *stats = json_object_new_array();
    json_object *times = json_object_new_array();

    for (gsize i = 0; i < mom_entity_n_samples(entity); i++) {
        const MomSample *sample = mom_entity_sample(entity, i);
        json_object *fields = json_object_new_object();

        mom_sample_foreach(sample, add_field, fields);
        json_object_array_add(stats, fields);
        json_object_array_add(times, json_object_new_int64(mom_sample_time_us(sample)));
    }
    json_object_object_add(json, "properties", properties_json(entity));
    json_object_object_add(json, "fields", fields_json(mom_entity_schema(entity)));
    json_object_object_add(json, "variables", variables_json(entity));
    add_if_any(json, "variable_times_us", variable_times_json(entity));
    json_object_object_add(json, "times_us", times);
    json_object_object_add(json, "stats", stats);
    return json;
}

json_object *
mom_state_to_json(MomEntity *host, GPtrArray *guests)
{
    json_object *json = json_object_new_object();
    json_object *list = json_object_new_array();

    for (guint i = 0; i < guests->len; i++)
        json_object_array_add(list, mom_state_entity_to_json(guests->pdata[i]));
    json_object_object_add(json, "host", mom_state_entity_to_json(host));
    json_object_object_add(json, "guests", list);
    return json;
}
