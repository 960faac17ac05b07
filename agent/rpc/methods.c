/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The methods and their table, see methods.h.
 *
 * Names, arguments and answers are the reference's, except that what it answers with false is an
 * error here. A new method is one function and one row.
 */
#include "agent/rpc/methods.h"

#include <string.h>

#include "agent/rpc/methods-decisions.h"

G_DEFINE_QUARK(mom - rpc - error - quark, mom_rpc_error)

#define MAX_PARAMS 2
/* No more of a foreign name is repeated in a message. */
#define SHOWN_NAME "%.80s"

typedef enum {
    TEXT = 1 << 0,
    INT = 1 << 1,
    NIL = 1 << 2,
} Types;

typedef gboolean (*Handler)(MomRpcService *service,
                            json_object *const *args,
                            json_object **result,
                            GError **error);

typedef struct {
    const char *name;
    const char *result; /* type, as XML-RPC's introspection names it */
    struct {
        const char *name;
        Types types;
    } params[MAX_PARAMS]; /* all of them needed */
    Handler handler;
    const char *help;
} Method;

static const Method *find_method(const char *name, GError **error);
static json_object *list_methods(void);
static json_object *list_signatures(const Method *method);

/* A service that refuses must say why; one that forgot is no success. */
static gboolean
answer(gboolean done, json_object **result, GError **error)
{
    if (done) {
        *result = json_object_new_boolean(TRUE);
    } else if (error && !*error) {
        g_set_error_literal(error, MOM_RPC_ERROR, MOM_RPC_ERROR_REFUSED, "refused");
    }
    return done;
}

/* ---- state ---- */

static gboolean
ping(MomRpcService *service, json_object *const *args, json_object **result, GError **error)
{
    *result = json_object_new_boolean(TRUE);
    return TRUE;
}

static json_object *
member_object(json_object *object, const char *name)
{
    json_object *member;

    if (!json_object_object_get_ex(object, name, &member) ||
        !json_object_is_type(member, json_type_object)) {
        member = json_object_new_object();
        json_object_object_add(object, name, member);
    }
    return member;
}

/* vdsm fails all of its host statistics if one of these is missing or no number. */
static void
complete_statistics(json_object *statistics)
{
    static const char *const needed[] = {"ksm_run", "ksm_pages_to_scan", "ksm_merge_across_nodes",
                                         "ksm_pages_sharing", "ksmd_cpu_usage"};
    json_object *host = member_object(statistics, "host");

    member_object(statistics, "guests");
    for (gsize i = 0; i < G_N_ELEMENTS(needed); i++) {
        json_object *value = json_object_object_get(host, needed[i]);

        if (!json_object_is_type(value, json_type_int) &&
            !json_object_is_type(value, json_type_double)) {
            json_object_object_add(host, needed[i], json_object_new_int(0));
        }
    }
}

static gboolean
get_statistics(MomRpcService *service,
               json_object *const *args,
               json_object **result,
               GError **error)
{
    *result = service->klass->get_statistics(service);
    if (!json_object_is_type(*result, json_type_object)) {
        json_object_put(*result);
        *result = json_object_new_object();
    }
    complete_statistics(*result);
    return TRUE;
}

static gboolean
get_active_guests(MomRpcService *service,
                  json_object *const *args,
                  json_object **result,
                  GError **error)
{
    *result = service->klass->get_active_guests(service);
    return TRUE;
}

/* As a text: XML-RPC could tell neither an integer from a float without loss nor nil everywhere. */
static gboolean
get_state(MomRpcService *service, json_object *const *args, json_object **result, GError **error)
{
    json_object *state = service->klass->get_state(service);

    *result = json_object_new_string(json_object_to_json_string_ext(
        state, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(state);
    return TRUE;
}

static gboolean
get_status(MomRpcService *service, json_object *const *args, json_object **result, GError **error)
{
    *result = service->klass->get_status(service);
    return TRUE;
}

static gboolean
set_verbosity(MomRpcService *service,
              json_object *const *args,
              json_object **result,
              GError **error)
{
    return answer(service->klass->set_verbosity(service, json_object_get_string(args[0]), error),
                  result, error);
}

/* ---- policies ---- */

static gboolean
set_policy(MomRpcService *service, json_object *const *args, json_object **result, GError **error)
{
    return answer(service->klass->set_policy(service, json_object_get_string(args[0]), error),
                  result, error);
}

static gboolean
set_named_policy(MomRpcService *service,
                 json_object *const *args,
                 json_object **result,
                 GError **error)
{
    return answer(service->klass->set_named_policy(service, json_object_get_string(args[0]),
                                                   json_object_get_string(args[1]), error),
                  result, error);
}

static gboolean
reset_policies(MomRpcService *service,
               json_object *const *args,
               json_object **result,
               GError **error)
{
    return answer(service->klass->reset_policies(service, error), result, error);
}

static gboolean
get_policy(MomRpcService *service, json_object *const *args, json_object **result, GError **error)
{
    g_autofree char *text = service->klass->get_policy(service);

    *result = json_object_new_string(text ? text : "");
    return TRUE;
}

static gboolean
get_named_policies(MomRpcService *service,
                   json_object *const *args,
                   json_object **result,
                   GError **error)
{
    *result = service->klass->get_named_policies(service);
    return TRUE;
}

/* ---- introspection ---- */

static gboolean
system_list_methods(MomRpcService *service,
                    json_object *const *args,
                    json_object **result,
                    GError **error)
{
    *result = list_methods();
    return TRUE;
}

static gboolean
system_method_help(MomRpcService *service,
                   json_object *const *args,
                   json_object **result,
                   GError **error)
{
    const Method *method = find_method(json_object_get_string(args[0]), error);

    if (method) {
        *result = json_object_new_string(method->help);
    }
    return method != NULL;
}

static gboolean
system_method_signature(MomRpcService *service,
                        json_object *const *args,
                        json_object **result,
                        GError **error)
{
    const Method *method = find_method(json_object_get_string(args[0]), error);

    if (method) {
        *result = list_signatures(method);
    }
    return method != NULL;
}

/* In the order of their names, as they are listed. */
static const Method methods[] = {
    {"explain",
     "struct",
     {{"guest_or_knob", TEXT}},
     mom_rpc_explain,
     "Why a guest (name or uuid) has what it has, or a knob is where it is: text, and decisions."},
    {"getActiveGuests", "array", {{0}}, get_active_guests, "The names of the guests that run."},
    {"getDecisions",
     "array",
     {{"filter", TEXT | NIL}},
     mom_rpc_get_decisions,
     "What was done or refused, oldest first; filter: nil, or JSON with some of guest, knob, verdict, "
     "since, before, last (100)."},
    {"getGuests",
     "array",
     {{0}},
     mom_rpc_get_guests,
     "Of each guest: memory in KiB, the present wish and why it was held, the last decision."},
    {"getNamedPolicies", "struct", {{0}}, get_named_policies, "All policies, name to text."},
    {"getPolicy", "string", {{0}}, get_policy, "The text in force: all policies joined."},
    {"getState",
     "string",
     {{0}},
     get_state,
     "Host and guests with all samples and variables, as JSON; momctl policy eval reads it."},
    {"getStatistics",
     "struct",
     {{0}},
     get_statistics,
     "The last sample: host, and guests by name."},
    {"getStatus",
     "struct",
     {{0}},
     get_status,
     "Version, hypervisor, guests, cycles, and what is wrong at present: nil, or the message."},
    {"ping", "boolean", {{0}}, ping, "True."},
    {"resetPolicies",
     "boolean",
     {{0}},
     reset_policies,
     "Forgets what was pushed and reads the configured policies again."},
    {"setNamedPolicy",
     "boolean",
     {{"name", TEXT | NIL}, {"policy", TEXT | NIL}},
     set_named_policy,
     "Sets one policy beside the others (name nil: 50_main_); nil removes it. A fault says why it "
     "was refused."},
    {"setPolicy",
     "boolean",
     {{"policy", TEXT}},
     set_policy,
     "Replaces all policies by one. A fault says why it was refused."},
    {"setVerbosity",
     "boolean",
     {{"verbosity", TEXT | INT}},
     set_verbosity,
     "1 to 5, or critical, error, warn, info, debug."},
    {"system.listMethods", "array", {{0}}, system_list_methods, "The names of all methods."},
    {"system.methodHelp",
     "string",
     {{"method", TEXT}},
     system_method_help,
     "What a method is for."},
    {"system.methodSignature",
     "array",
     {{"method", TEXT}},
     system_method_signature,
     "The ways to call a method: type of the answer, then of the arguments."},
};

static const struct {
    Types type;
    const char *name;   /* in signatures */
    const char *phrase; /* in messages */
} type_names[] = {
    {TEXT, "string", "a string"},
    {INT, "int", "an int"},
    {NIL, "nil", "nil"},
};

static const Method *
find_method(const char *name, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(methods); i++) {
        if (strcmp(methods[i].name, name) == 0) {
            return &methods[i];
        }
    }
    g_set_error(error, MOM_RPC_ERROR, MOM_RPC_ERROR_METHOD,
                "method \"" SHOWN_NAME "\" does not exist; system.listMethods lists them", name);
    return NULL;
}

static json_object *
list_methods(void)
{
    json_object *names = json_object_new_array();

    for (gsize i = 0; i < G_N_ELEMENTS(methods); i++) {
        json_object_array_add(names, json_object_new_string(methods[i].name));
    }
    return names;
}

static guint
count_params(const Method *method)
{
    guint n = 0;

    while (n < MAX_PARAMS && method->params[n].name) {
        n++;
    }
    return n;
}

/* Only a last argument may have more than one type, so there are as many ways as it has types. */
static json_object *
list_signatures(const Method *method)
{
    json_object *signatures = json_object_new_array();
    guint n = count_params(method);

    for (gsize i = 0; i < G_N_ELEMENTS(type_names); i++) {
        json_object *signature;

        if (n > 0 ? !(method->params[n - 1].types & type_names[i].type) : i > 0) {
            continue;
        }
        signature = json_object_new_array();
        json_object_array_add(signature, json_object_new_string(method->result));
        for (guint j = 0; j + 1 < n; j++) {
            json_object_array_add(signature, json_object_new_string("string"));
        }
        if (n > 0) {
            json_object_array_add(signature, json_object_new_string(type_names[i].name));
        }
        json_object_array_add(signatures, signature);
    }
    return signatures;
}

/* ---- checking ---- */

static Types
type_of(json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_string:
        return TEXT;
    case json_type_int:
        return INT;
    case json_type_null:
        return NIL;
    case json_type_boolean:
    case json_type_double:
    case json_type_object:
    case json_type_array:
        break;
    }
    return 0;
}

static char *
describe_types(Types types)
{
    GString *text = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(type_names); i++) {
        if (types & type_names[i].type) {
            g_string_append_printf(text, "%s%s", text->len ? " or " : "", type_names[i].phrase);
        }
    }
    return g_string_free(text, FALSE);
}

/* C strings end at the first NUL; what follows one must not be lost silently. */
static gboolean
has_nul(json_object *value)
{
    return json_object_is_type(value, json_type_string) &&
           strlen(json_object_get_string(value)) != (gsize)json_object_get_string_len(value);
}

static gboolean
check_params(const Method *method, json_object *params, json_object **args, GError **error)
{
    gsize wanted = count_params(method);
    gsize given = json_object_array_length(params);

    if (given != wanted) {
        g_set_error(error, MOM_RPC_ERROR, MOM_RPC_ERROR_PARAMS,
                    "%s takes %" G_GSIZE_FORMAT " argument%s, not %" G_GSIZE_FORMAT, method->name,
                    wanted, wanted == 1 ? "" : "s", given);
        return FALSE;
    }
    for (gsize i = 0; i < wanted; i++) {
        args[i] = json_object_array_get_idx(params, i);
        if (!(type_of(args[i]) & method->params[i].types)) {
            g_autofree char *types = describe_types(method->params[i].types);

            g_set_error(error, MOM_RPC_ERROR, MOM_RPC_ERROR_PARAMS,
                        "%s: argument %" G_GSIZE_FORMAT " (%s) must be %s", method->name, i + 1,
                        method->params[i].name, types);
            return FALSE;
        }
        if (has_nul(args[i])) {
            g_set_error(error, MOM_RPC_ERROR, MOM_RPC_ERROR_PARAMS,
                        "%s: argument %" G_GSIZE_FORMAT " (%s) holds a NUL character", method->name,
                        i + 1, method->params[i].name);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
mom_rpc_call(MomRpcService *service,
             const char *name,
             json_object *params,
             json_object **result,
             GError **error)
{
    const Method *method = find_method(name, error);
    json_object *args[MAX_PARAMS] = {NULL};

    *result = NULL;
    return method && check_params(method, params, args, error) &&
           method->handler(service, args, result, error);
}
