/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Samples as JSON and as text, see statistics.h.
 *
 * Integers stay integers: the XML-RPC codec makes i8 of those beyond 32 bits.  A thousand guests
 * are written from their samples as they lie: a tree of JSON in between would cost ten times as
 * much.
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

    for (gsize i = 0; i < list->length; i++)
        json_object_array_add(out, mom_statistics_value_json(list->items[i]));
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
    json_object_object_add_ex(data, name, mom_statistics_value_json(value),
                              JSON_C_OBJECT_ADD_KEY_IS_NEW);
}

json_object *
mom_statistics_host(const MomEntity *host)
{
    const MomSample *latest = mom_entity_latest(host);
    json_object *out = json_object_new_object();

    if (latest)
        mom_sample_foreach(latest, add_value, out);
    return out;
}

/* ---- guests ---- */

typedef struct {
    char *name;
    MomSample *sample; /* shared; NULL: there is none */
} Guest;

typedef struct {
    MomRpcParts base;
    GArray *guests; /* of Guest */
    guint next;
} Guests;

/* How the member of a name begins. */
typedef struct {
    const char *name;
    char *text;
    gsize length;
} Head;

/* Guests have the same fields in the same order: how each begins is written once and copied. */
typedef struct {
    const MomRpcNotation *notation;
    GString *out;
    GArray *heads; /* of Head */
    guint field;   /* of the present guest */
} Writer;

static void
write_value(const Writer *to, MomValue value)
{
    json_object *tree;

    switch (value.type) {
    case MOM_VALUE_BOOL:
        to->notation->boolean(to->out, value.boolean);
        return;
    case MOM_VALUE_INT:
        to->notation->integer(to->out, value.integer);
        return;
    case MOM_VALUE_FLOAT:
        to->notation->real(to->out, value.real);
        return;
    case MOM_VALUE_STRING:
        to->notation->text(to->out, value.string);
        return;
    case MOM_VALUE_LIST:
    case MOM_VALUE_TUNE:
    case MOM_VALUE_LIMITS:
    case MOM_VALUE_TUNE_STATE:
        tree = mom_statistics_value_json(value);
        to->notation->tree(to->out, tree);
        json_object_put(tree);
        return;
    case MOM_VALUE_NIL:
    case MOM_VALUE_ENTITY:
    case MOM_VALUE_GUESTS:
    case MOM_VALUE_CALLABLE:
        break;
    }
    to->notation->nil(to->out);
}

static void
clear_head(gpointer data)
{
    g_free(((Head *)data)->text);
}

/* The same as begin_member. */
static void
begin_field(Writer *to, const char *name)
{
    guint field = to->field++;
    const Head *known = field < to->heads->len ? &g_array_index(to->heads, Head, field) : NULL;
    gsize begin = to->out->len;

    if (known && known->name == name) {
        g_string_append_len(to->out, known->text, (gssize)known->length);
        return;
    }
    to->notation->begin_member(to->out, name);
    if (!known) {
        gsize length = to->out->len - begin;
        Head head = {name, g_memdup2(to->out->str + begin, length), length};

        g_array_append_val(to->heads, head);
    }
}

static void
write_field(const char *name, MomValue value, gpointer data)
{
    Writer *to = data;

    begin_field(to, name);
    write_value(to, value);
    to->notation->end_member(to->out);
}

static void
write_guest(const Guest *guest, Writer *to)
{
    to->notation->begin_member(to->out, guest->name);
    to->notation->begin_struct(to->out);
    to->field = 0;
    if (guest->sample)
        mom_sample_foreach(guest->sample, write_field, to);
    to->notation->end_struct(to->out);
    to->notation->end_member(to->out);
}

static gboolean
next_guests(MomRpcParts *parts, const MomRpcNotation *notation, GString *out)
{
    Guests *self = (Guests *)parts;
    g_autoptr(GArray) heads = g_array_new(FALSE, FALSE, sizeof(Head));
    Writer to = {notation, out, heads, 0};
    guint end = MIN(self->next + MOM_STATISTICS_GUESTS, self->guests->len);

    g_array_set_clear_func(heads, clear_head);
    if (self->next == 0)
        notation->begin_struct(out);
    while (self->next < end)
        write_guest(&g_array_index(self->guests, Guest, self->next++), &to);
    if (self->next < self->guests->len)
        return TRUE;
    notation->end_struct(out);
    return FALSE;
}

static void
clear_guest(gpointer data)
{
    Guest *guest = data;

    g_free(guest->name);
    mom_sample_free(guest->sample);
}

static void
free_guests(MomRpcParts *parts)
{
    Guests *self = (Guests *)parts;

    g_array_unref(self->guests);
    g_free(self);
}

/* Two guests may have one name for a while; a struct has a name once, and the later guest's values.
 */
static void
add_guest(Guests *self, GHashTable *places, const MomEntity *entity)
{
    const char *name = mom_entity_get_string_property(entity, "name");
    const MomSample *latest = mom_entity_latest(entity);
    MomSample *sample = latest ? mom_sample_ref((MomSample *)latest) : NULL;
    gpointer place;

    if (g_hash_table_lookup_extended(places, name, NULL, &place)) {
        Guest *earlier = &g_array_index(self->guests, Guest, GPOINTER_TO_UINT(place));

        mom_sample_free(earlier->sample);
        earlier->sample = sample;
    } else {
        Guest guest = {g_strdup(name), sample};

        g_hash_table_insert(places, guest.name, GUINT_TO_POINTER(self->guests->len));
        g_array_append_val(self->guests, guest);
    }
}

MomRpcParts *
mom_statistics_guests(GPtrArray *guests)
{
    static const MomRpcPartsClass class = {next_guests, free_guests};
    g_autoptr(GHashTable) places = g_hash_table_new(g_str_hash, g_str_equal);
    Guests *self = g_new0(Guests, 1);

    self->base.klass = &class;
    self->guests = g_array_sized_new(FALSE, FALSE, sizeof(Guest), guests->len);
    g_array_set_clear_func(self->guests, clear_guest);
    for (guint i = 0; i < guests->len; i++)
        if (mom_entity_get_string_property(guests->pdata[i], "name"))
            add_guest(self, places, guests->pdata[i]);
    return &self->base;
}
