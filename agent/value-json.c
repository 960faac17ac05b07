/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The notation of values in states, read and written.
 *
 * Floats are written with 17 digits and always look like floats, so that nothing is lost on the
 * way.
 */
#include "agent/value-json.h"

#include <math.h>
#include <string.h>

#define MAX_PLAIN_INTEGER (G_GINT64_CONSTANT(1) << 53)

/* ---- reading ---- */

static MomLimits
read_limits(MomArena *arena, json_object *json)
{
    gsize n = (gsize)json_object_object_length(json);
    MomExtraLimit *extra = mom_arena_alloc(arena, n * sizeof(MomExtraLimit));
    MomLimits limits = {.extra = extra};

    json_object_object_foreach(json, key, member)
    {
        MomValue v = mom_value_from_json(arena, NULL, member);
        int limit = mom_limit_by_name(key);

        if (limit >= 0)
            mom_limits_set(&limits, (MomLimit)limit, v);
        else
            extra[limits.n_extra++] =
                (MomExtraLimit){.name = mom_arena_strdup(arena, key), .value = v};
    }
    return limits;
}

static MomLimits
read_limits_of(MomArena *arena, json_object *json, const char *member)
{
    json_object *limits = json_object_object_get(json, member);

    return json_object_is_type(limits, json_type_object) ? read_limits(arena, limits)
                                                         : (MomLimits){0};
}

static const char *
read_string(MomArena *arena, json_object *json, const char *member)
{
    json_object *text = json_object_object_get(json, member);

    if (!json_object_is_type(text, json_type_string))
        return NULL;
    return mom_arena_strdup(arena, json_object_get_string(text));
}

static MomValue
read_tune(MomArena *arena, json_object *json)
{
    MomTune *tune = mom_arena_alloc(arena, sizeof(MomTune));

    *tune = (MomTune){.name = read_string(arena, json, "name"),
                      .path = read_string(arena, json, "path"),
                      .guaranteed = read_limits_of(arena, json, "guaranteed"),
                      .maximum = read_limits_of(arena, json, "maximum"),
                      .current = read_limits_of(arena, json, "current")};
    return (MomValue){.type = MOM_VALUE_TUNE, .object = tune};
}

static MomValue
read_state(MomArena *arena, json_object *json)
{
    MomTuneState *state = mom_arena_alloc(arena, sizeof(MomTuneState));

    *state = (MomTuneState){.name = read_string(arena, json, "name"),
                            .path = read_string(arena, json, "path"),
                            .io_tune = read_limits_of(arena, json, "ioTune")};
    return (MomValue){.type = MOM_VALUE_TUNE_STATE, .object = state};
}

/* {"t":"int"|"float", "v":text}, or something of a sample. */
static MomValue
read_object(MomArena *arena, const char *field, json_object *json)
{
    const char *type = json_object_get_string(json_object_object_get(json, "t"));
    const char *text = json_object_get_string(json_object_object_get(json, "v"));

    if (type && text && strcmp(type, "int") == 0)
        return mom_value_int(g_ascii_strtoll(text, NULL, 10));
    if (type && text && strcmp(type, "float") == 0)
        return mom_value_float(g_ascii_strtod(text, NULL));
    if (g_strcmp0(field, "io_tune") == 0)
        return read_tune(arena, json);
    if (g_strcmp0(field, "io_tune_current") == 0)
        return read_state(arena, json);
    return MOM_NIL;
}

static MomValue
read_list(MomArena *arena, const char *field, json_object *json)
{
    gsize n = json_object_array_length(json);
    MomList *list = mom_arena_alloc(arena, sizeof(MomList));
    MomValue *items = mom_arena_alloc(arena, n * sizeof(MomValue));
    guint depth = 0;

    for (gsize i = 0; i < n; i++) {
        items[i] = mom_value_from_json(arena, field, json_object_array_get_idx(json, i));
        if (items[i].type == MOM_VALUE_LIST)
            depth = MAX(depth, items[i].list->depth + 1);
    }
    *list = (MomList){.length = n, .items = items, .depth = depth};
    return (MomValue){.type = MOM_VALUE_LIST, .list = list};
}

MomValue
mom_value_from_json(MomArena *arena, const char *field, json_object *json)
{
    switch (json_object_get_type(json)) {
    case json_type_boolean:
        return mom_value_bool(json_object_get_boolean(json));
    case json_type_int:
        return mom_value_int(json_object_get_int64(json));
    case json_type_double:
        return mom_value_float(json_object_get_double(json));
    case json_type_string:
        return mom_value_string(mom_arena_strdup(arena, json_object_get_string(json)));
    case json_type_array:
        return read_list(arena, field, json);
    case json_type_object:
        return read_object(arena, field, json);
    case json_type_null:
    default:
        return MOM_NIL;
    }
}

/* ---- writing ---- */

static json_object *
tagged(const char *type, const char *text)
{
    json_object *json = json_object_new_object();

    json_object_object_add(json, "t", json_object_new_string(type));
    if (text)
        json_object_object_add(json, "v", json_object_new_string(text));
    return json;
}

static json_object *
integer_json(gint64 n)
{
    g_autofree char *text = NULL;

    if (n <= MAX_PLAIN_INTEGER && n >= -MAX_PLAIN_INTEGER)
        return json_object_new_int64(n);
    text = g_strdup_printf("%" G_GINT64_FORMAT, n);
    return tagged("int", text);
}

static json_object *
float_json(double f)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE + 2];

    if (isnan(f))
        return tagged("float", "nan");
    if (isinf(f))
        return tagged("float", f < 0 ? "-inf" : "inf");
    g_ascii_dtostr(text, G_ASCII_DTOSTR_BUF_SIZE, f);
    if (!strpbrk(text, ".e"))
        strcat(text, ".0");
    return json_object_new_double_s(f, text);
}

static json_object *
list_json(const MomList *list, json_object *(*item_json)(MomValue))
{
    json_object *json = json_object_new_array_ext((int)list->length);

    for (gsize i = 0; i < list->length; i++)
        json_object_array_add(json, item_json(list->items[i]));
    return json;
}

json_object *
mom_value_to_json(MomValue v)
{
    switch (v.type) {
    case MOM_VALUE_NIL:
        return NULL;
    case MOM_VALUE_BOOL:
        return json_object_new_boolean(v.boolean);
    case MOM_VALUE_INT:
        return integer_json(v.integer);
    case MOM_VALUE_FLOAT:
        return float_json(v.real);
    case MOM_VALUE_STRING:
        return json_object_new_string(v.string);
    case MOM_VALUE_LIST:
        return list_json(v.list, mom_value_to_json);
    case MOM_VALUE_ENTITY:
    case MOM_VALUE_GUESTS:
    case MOM_VALUE_CALLABLE:
    case MOM_VALUE_TUNE:
    case MOM_VALUE_LIMITS:
    case MOM_VALUE_TUNE_STATE:
    default:
        return tagged("opaque", NULL);
    }
}

json_object *
mom_limits_to_json(const MomLimits *limits)
{
    json_object *json = json_object_new_object();

    for (int i = 0; i < MOM_N_LIMITS; i++)
        if (limits->present & 1u << i)
            json_object_object_add(json, mom_limit_names[i], mom_value_to_json(limits->value[i]));
    for (guint i = 0; i < limits->n_extra; i++)
        json_object_object_add(json, limits->extra[i].name,
                               mom_value_to_json(limits->extra[i].value));
    return json;
}

/* {name, path} */
static json_object *
disk_json(const char *name, const char *path)
{
    json_object *json = json_object_new_object();

    json_object_object_add(json, "name", mom_value_to_json(mom_value_string(name)));
    json_object_object_add(json, "path", mom_value_to_json(mom_value_string(path)));
    return json;
}

json_object *
mom_tune_state_to_json(const char *name, const char *path, const MomLimits *limits)
{
    json_object *json = disk_json(name, path);

    json_object_object_add(json, "ioTune", mom_limits_to_json(limits));
    return json;
}

static json_object *
tune_json(const MomTune *tune)
{
    json_object *json = disk_json(tune->name, tune->path);

    json_object_object_add(json, "guaranteed", mom_limits_to_json(&tune->guaranteed));
    json_object_object_add(json, "maximum", mom_limits_to_json(&tune->maximum));
    json_object_object_add(json, "current", mom_limits_to_json(&tune->current));
    return json;
}

json_object *
mom_field_to_json(MomValue v)
{
    const MomTuneState *state;

    if (v.type == MOM_VALUE_LIST)
        return list_json(v.list, mom_field_to_json);
    if (v.type == MOM_VALUE_TUNE)
        return tune_json(v.object);
    if (v.type == MOM_VALUE_TUNE_STATE) {
        state = v.object;
        return mom_tune_state_to_json(state->name, state->path, &state->io_tune);
    }
    return mom_value_to_json(v);
}
