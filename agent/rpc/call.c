/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a name and parameters to a function with checked arguments, see methods.h and method.h.
 *
 * Nothing reaches a handler that its row does not allow: number, names and types of arguments are
 * checked here, and that no text holds a NUL, at which C would end it.
 */
#include <string.h>

#include "agent/rpc/answer.h"
#include "agent/rpc/method.h"
#include "agent/rpc/methods.h"

G_DEFINE_QUARK(mom - rpc - error - quark, mom_rpc_error)

/* So many guests are written in a millisecond or two. */
#define LARGE_ITEMS 128

static const struct {
    guint type;
    const char *name;   /* in signatures */
    const char *phrase; /* in messages */
} type_names[] = {
    {MOM_RPC_TEXT, "string", "a string"},
    {MOM_RPC_INT, "int", "an int"},
    {MOM_RPC_BOOL, "boolean", "a boolean"},
    {MOM_RPC_OBJECT, "struct", "a struct"},
    {MOM_RPC_NIL, "nil", "nil"},
};

gboolean
mom_rpc_type_name(guint index, guint *type, const char **name, const char **phrase)
{
    if (index >= G_N_ELEMENTS(type_names))
        return FALSE;
    *type = type_names[index].type;
    *name = type_names[index].name;
    *phrase = type_names[index].phrase;
    return TRUE;
}

const MomRpcMethod *
mom_rpc_method_find(const char *name, GError **error)
{
    for (gsize i = 0; i < mom_rpc_n_methods; i++)
        if (strcmp(mom_rpc_methods[i].name, name) == 0)
            return &mom_rpc_methods[i];
    g_set_error(error, MOM_RPC_ERROR, MOM_RPC_ERROR_METHOD,
                "method \"" MOM_RPC_SHOWN_NAME "\" does not exist; system.listMethods lists them",
                name);
    return NULL;
}

guint
mom_rpc_method_n_params(const MomRpcMethod *method)
{
    guint n = 0;

    while (n < MOM_RPC_MAX_PARAMS && method->params[n].name)
        n++;
    return n;
}

guint
mom_rpc_method_n_needed(const MomRpcMethod *method)
{
    guint all = mom_rpc_method_n_params(method);
    guint n = 0;

    while (n < all && !(method->params[n].types & MOM_RPC_OPTIONAL))
        n++;
    return n;
}

/* ---- one argument ---- */

static guint
type_of(json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_string:
        return MOM_RPC_TEXT;
    case json_type_int:
        return MOM_RPC_INT;
    case json_type_boolean:
        return MOM_RPC_BOOL;
    case json_type_object:
        return MOM_RPC_OBJECT;
    case json_type_null:
        return MOM_RPC_NIL | MOM_RPC_OPTIONAL;
    case json_type_double:
    case json_type_array:
        break;
    }
    return 0;
}

static char *
describe_types(guint types)
{
    GString *text = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(type_names); i++)
        if (types & type_names[i].type)
            g_string_append_printf(text, "%s%s", text->len ? " or " : "", type_names[i].phrase);
    return g_string_free(text, FALSE);
}

/* C strings end at the first NUL; what follows one must not be lost silently. */
static gboolean
has_nul(json_object *value)
{
    if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, member)
        {
            (void)name;
            if (has_nul(member))
                return TRUE;
        }
    } else if (json_object_is_type(value, json_type_array)) {
        for (gsize i = 0; i < json_object_array_length(value); i++)
            if (has_nul(json_object_array_get_idx(value, i)))
                return TRUE;
    }
    return json_object_is_type(value, json_type_string) &&
           strlen(json_object_get_string(value)) != (gsize)json_object_get_string_len(value);
}

static gboolean
check_argument(const MomRpcMethod *method, guint index, json_object *value, GError **error)
{
    const char *name = method->params[index].name;

    if (!(type_of(value) & method->params[index].types)) {
        g_autofree char *types = describe_types(method->params[index].types);

        g_set_error(error, MOM_RPC_ERROR, MOM_RPC_ERROR_PARAMS, "%s: argument %u (%s) must be %s",
                    method->name, index + 1, name, types);
        return FALSE;
    }
    if (has_nul(value)) {
        g_set_error(error, MOM_RPC_ERROR, MOM_RPC_ERROR_PARAMS,
                    "%s: argument %u (%s) holds a NUL character", method->name, index + 1, name);
        return FALSE;
    }
    return TRUE;
}

/* ---- all of them ---- */

static gboolean
bind_by_position(const MomRpcMethod *method,
                 json_object *params,
                 json_object **args,
                 GError **error)
{
    guint most = mom_rpc_method_n_params(method);
    guint least = mom_rpc_method_n_needed(method);
    gsize given = params ? json_object_array_length(params) : 0;

    if (given < least || given > most) {
        g_autofree char *range = least < most ? g_strdup_printf("%u to ", least) : g_strdup("");

        g_set_error(error, MOM_RPC_ERROR, MOM_RPC_ERROR_PARAMS,
                    "%s takes %s%u argument%s, not %" G_GSIZE_FORMAT, method->name, range, most,
                    most == 1 ? "" : "s", given);
        return FALSE;
    }
    for (guint i = 0; i < given; i++)
        args[i] = json_object_array_get_idx(params, i);
    return TRUE;
}

static int
find_param(const MomRpcMethod *method, const char *name)
{
    guint n = mom_rpc_method_n_params(method);

    for (guint i = 0; i < n; i++)
        if (strcmp(method->params[i].name, name) == 0)
            return (int)i;
    return -1;
}

static gboolean
bind_by_name(const MomRpcMethod *method, json_object *params, json_object **args, GError **error)
{
    guint needed = mom_rpc_method_n_needed(method);

    json_object_object_foreach(params, name, value)
    {
        int index = find_param(method, name);

        if (index < 0) {
            g_set_error(error, MOM_RPC_ERROR, MOM_RPC_ERROR_PARAMS,
                        "%s has no argument \"" MOM_RPC_SHOWN_NAME "\"", method->name, name);
            return FALSE;
        }
        args[index] = value;
    }
    for (guint i = 0; i < needed; i++) {
        if (!json_object_object_get_ex(params, method->params[i].name, NULL)) {
            g_set_error(error, MOM_RPC_ERROR, MOM_RPC_ERROR_PARAMS,
                        "%s: argument %u (%s) is missing", method->name, i + 1,
                        method->params[i].name);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
mom_rpc_method_bind(const MomRpcMethod *method,
                    json_object *params,
                    json_object **args,
                    GError **error)
{
    guint n = mom_rpc_method_n_params(method);
    gboolean by_name = json_object_is_type(params, json_type_object);

    memset(args, 0, MOM_RPC_MAX_PARAMS * sizeof *args);
    if (by_name ? !bind_by_name(method, params, args, error)
                : !bind_by_position(method, params, args, error))
        return FALSE;
    for (guint i = 0; i < n; i++)
        if (!check_argument(method, i, args[i], error))
            return FALSE;
    return TRUE;
}

static gboolean
call(MomRpcService *service,
     const char *name,
     json_object *params,
     MomRpcResult *result,
     GError **error)
{
    const MomRpcMethod *method = mom_rpc_method_find(name, error);
    json_object *args[MOM_RPC_MAX_PARAMS];

    if (!method || !mom_rpc_method_bind(method, params, args, error))
        return FALSE;
    if (method->pieces) {
        result->pieces = method->pieces(service);
        return TRUE;
    }
    if (method->parts) {
        result->parts = method->parts(service);
        return TRUE;
    }
    return method->handler(service, args, &result->value, error);
}

static gsize
count_items(json_object *value)
{
    if (json_object_is_type(value, json_type_array))
        return json_object_array_length(value);
    return json_object_is_type(value, json_type_object) ? (gsize)json_object_object_length(value)
                                                        : 0;
}

/* Looks two levels deep, which is where guests are. */
gboolean
mom_rpc_is_large(json_object *value)
{
    gsize n = count_items(value);

    if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, member)
        {
            (void)name;
            n += count_items(member);
        }
    }
    return n > LARGE_ITEMS;
}

gboolean
mom_rpc_call(MomRpcService *service,
             const char *name,
             json_object *params,
             MomRpcResult *result,
             GError **error)
{
    gboolean done;

    *result = (MomRpcResult){NULL};
    done = call(service, name, params, result, error);
    service->counts.calls++;
    service->counts.faults += done ? 0 : 1;
    return done;
}
