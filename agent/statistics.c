/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Samples as JSON, see statistics.h.
 *
 * Integers stay integers: the XML-RPC codec makes i8 of those beyond 32 bits.
 */
#include "agent/statistics.h"

static json_object *
limits_json(const MomLimits *limits)
{
    json_object *out = json_object_new_object();

    for (guint i = 0; i < MOM_N_LIMITS; i++) {
        if (limits->present & (1u << i)) {
            json_object_object_add(out, mom_limit_names[i],
                                   mom_statistics_value_json(limits->value[i]));
        }
    }
    return out;
}

static json_object *
string_json(const char *text)
{
    return text ? json_object_new_string(text) : NULL;
}

static void
add_limits(json_object *to, const char *key, const MomLimits *limits)
{
    json_object *wrapped = json_object_new_object();

    json_object_object_add(wrapped, "vals", limits_json(limits));
    json_object_object_add(to, key, wrapped);
}

static json_object *
tune_json(const MomTune *tune)
{
    json_object *out = json_object_new_object();

    json_object_object_add(out, "name", string_json(tune->name));
    json_object_object_add(out, "path", string_json(tune->path));
    add_limits(out, "guaranteed", &tune->guaranteed);
    add_limits(out, "maximum", &tune->maximum);
    add_limits(out, "current", &tune->current);
    return out;
}

static json_object *
tune_state_json(const MomTuneState *state)
{
    json_object *out = json_object_new_object();

    json_object_object_add(out, "name", string_json(state->name));
    json_object_object_add(out, "path", string_json(state->path));
    json_object_object_add(out, "ioTune", limits_json(&state->io_tune));
    return out;
}

static json_object *
list_json(const MomList *list)
{
    json_object *out = json_object_new_array();

    for (gsize i = 0; i < list->length; i++) {
        json_object_array_add(out, mom_statistics_value_json(list->items[i]));
    }
    return out;
}

json_object *
mom_statistics_value_json(MomValue value)
{
    switch (value.type) {
    case MOM_VALUE_BOOL:
        return json_object_new_boolean(value.boolean);
    case MOM_VALUE_INT:
        return json_object_new_int64(value.integer);
    case MOM_VALUE_FLOAT:
        return json_object_new_double(value.real);
    case MOM_VALUE_STRING:
        return json_object_new_string(value.string);
    case MOM_VALUE_LIST:
        return list_json(value.list);
    case MOM_VALUE_TUNE:
        return tune_json(value.object);
    case MOM_VALUE_LIMITS:
        return limits_json(value.object);
    case MOM_VALUE_TUNE_STATE:
        return tune_state_json(value.object);
    case MOM_VALUE_NIL:
    case MOM_VALUE_ENTITY:
    case MOM_VALUE_GUESTS:
    case MOM_VALUE_CALLABLE:
        break;
    }
    return NULL;
}

static void
add_value(const char *name, MomValue value, gpointer data)
{
    /* A sample has no name twice, and json-c need not look. */
    json_object_object_add_ex(data, name, mom_statistics_value_json(value), JSON_C_OBJECT_ADD_KEY_IS_NEW);
}

static json_object *
sample_json(const MomSample *sample)
{
    json_object *out = json_object_new_object();

    if (sample) {
        mom_sample_foreach(sample, add_value, out);
    }
    return out;
}

json_object *
mom_statistics_json(const MomEntity *host, GPtrArray *guests)
{
    json_object *by_name = json_object_new_object();
    json_object *out = json_object_new_object();

    for (guint i = 0; i < guests->len; i++) {
        MomEntity *guest = g_ptr_array_index(guests, i);
        const char *name = mom_entity_get_string_property(guest, "name");

        if (name) {
            json_object_object_add(by_name, name, sample_json(mom_entity_latest(guest)));
        }
    }
    json_object_object_add(out, "host", sample_json(mom_entity_latest(host)));
    json_object_object_add(out, "guests", by_name);
    return out;
}
