/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The methods and their table, see methods.h; call.c checks what comes to them.
 *
 * Names, arguments and answers are the reference's, except that what it answers with false is an
 * error here. A new method is one function and one row.
 */
#include "agent/rpc/methods.h"

#include "agent/rpc/method.h"
#include "agent/rpc/methods-decisions.h"

/* A service that refuses must say why; one that forgot is no success. */
static gboolean
answer(gboolean done, json_object **result, GError **error)
{
    if (done)
        *result = json_object_new_boolean(TRUE);
    else if (error && !*error)
        g_set_error_literal(error, MOM_RPC_ERROR, MOM_RPC_ERROR_REFUSED, "refused");
    return done;
}

/* ---- state ---- */

static gboolean
ping(MomRpcService *service, json_object *const *args, json_object **result, GError **error)
{
    *result = json_object_new_boolean(TRUE);
    return TRUE;
}

/* vdsm fails all of its host statistics if one of these is missing or no number. */
static void
complete_host(json_object *host)
{
    static const char *const needed[] = {"ksm_run", "ksm_pages_to_scan", "ksm_merge_across_nodes",
                                         "ksm_pages_sharing", "ksmd_cpu_usage"};

    for (gsize i = 0; i < G_N_ELEMENTS(needed); i++) {
        json_object *value = json_object_object_get(host, needed[i]);

        if (!json_object_is_type(value, json_type_int) &&
            !json_object_is_type(value, json_type_double))
            json_object_object_add(host, needed[i], json_object_new_int(0));
    }
}

/* {"host": ..., "guests": ...} */
typedef struct {
    MomRpcParts base;
    json_object *host; /* NULL: written */
    MomRpcParts *guests;
} Statistics;

static gboolean
write_statistics(MomRpcParts *parts, const MomRpcNotation *notation, GString *out)
{
    Statistics *self = (Statistics *)parts;

    if (self->host) {
        notation->begin_struct(out);
        notation->begin_member(out, "host");
        notation->tree(out, self->host);
        notation->end_member(out);
        notation->begin_member(out, "guests");
        json_object_put(g_steal_pointer(&self->host));
    }
    if (self->guests->klass->next(self->guests, notation, out))
        return TRUE;
    notation->end_member(out);
    notation->end_struct(out);
    return FALSE;
}

static void
free_statistics(MomRpcParts *parts)
{
    Statistics *self = (Statistics *)parts;

    json_object_put(self->host);
    mom_rpc_parts_free(self->guests);
    g_free(self);
}

static MomRpcParts *
get_statistics(MomRpcService *service)
{
    static const MomRpcPartsClass class = {write_statistics, free_statistics};
    Statistics *self = g_new0(Statistics, 1);

    self->base.klass = &class;
    self->host = service->klass->get_host_statistics(service);
    self->guests = service->klass->get_guest_statistics(service);
    complete_host(self->host);
    return &self->base;
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
static MomRpcPieces *
get_state(MomRpcService *service)
{
    return service->klass->get_state(service);
}

static gboolean
get_status(MomRpcService *service, json_object *const *args, json_object **result, GError **error)
{
    *result = service->klass->get_status(service);
    json_object_object_add(*result, "rpc_calls", json_object_new_uint64(service->counts.calls));
    json_object_object_add(*result, "rpc_faults", json_object_new_uint64(service->counts.faults));
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
check_policy(MomRpcService *service, json_object *const *args, json_object **result, GError **error)
{
    *result = service->klass->check_policy(service, json_object_get_string(args[0]),
                                           json_object_get_string(args[1]));
    return TRUE;
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

const MomRpcMethod mom_rpc_methods[] = {
    {"checkPolicy",
     "array",
     {{"name", MOM_RPC_TEXT | MOM_RPC_NIL}, {"policy", MOM_RPC_TEXT | MOM_RPC_NIL}},
     check_policy,
     "What setNamedPolicy would find wrong or doubtful, as structs of policy, line, column, "
     "severity "
     "and message. Sets nothing."},
    {"explain",
     "struct",
     {{"guest_or_knob", MOM_RPC_TEXT}},
     mom_rpc_explain,
     "Why a guest (name or uuid) has what it has, or a knob is where it is: text, and decisions."},
    {"getActiveGuests", "array", {{0}}, get_active_guests, "The names of the guests that run."},
    {"getDecisions",
     "array",
     {{"filter", MOM_RPC_TEXT | MOM_RPC_OBJECT | MOM_RPC_NIL | MOM_RPC_OPTIONAL}},
     mom_rpc_get_decisions,
     "What was done or refused, oldest first; filter: nil, or a struct, or its JSON, with some of "
     "guest, knob, verdict, "
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
     NULL,
     "Host and guests with all samples and variables, as JSON; momctl policy eval reads it.",
     .pieces = get_state},
    {"getStatistics",
     "struct",
     {{0}},
     NULL,
     "The last sample: host, and guests by name.",
     .parts = get_statistics},
    {"getStatus",
     "struct",
     {{0}},
     get_status,
     "Version, times, hypervisor, guests, cycles, policies in force, calls served, and what is "
     "wrong "
     "at present: nil, or the message."},
    {"ping", "boolean", {{0}}, ping, "True."},
    {"resetPolicies",
     "boolean",
     {{0}},
     reset_policies,
     "Forgets what was pushed and reads the configured policies again."},
    {"setNamedPolicy",
     "boolean",
     {{"name", MOM_RPC_TEXT | MOM_RPC_NIL}, {"policy", MOM_RPC_TEXT | MOM_RPC_NIL}},
     set_named_policy,
     "Sets one policy beside the others (name nil: 50_main_); nil removes it. A fault says why it "
     "was refused."},
    {"setPolicy",
     "boolean",
     {{"policy", MOM_RPC_TEXT}},
     set_policy,
     "Replaces all policies by one. A fault says why it was refused."},
    {"setVerbosity",
     "boolean",
     {{"verbosity", MOM_RPC_TEXT | MOM_RPC_INT}},
     set_verbosity,
     "1 to 5, or critical, error, warn, info, debug."},
    {"system.listMethods", "array", {{0}}, mom_rpc_list_methods, "The names of all methods."},
    {"system.methodHelp",
     "string",
     {{"method", MOM_RPC_TEXT}},
     mom_rpc_method_help,
     "What a method is for."},
    {"system.methodSignature",
     "array",
     {{"method", MOM_RPC_TEXT}},
     mom_rpc_method_signature,
     "The ways to call a method: type of the answer, then of the arguments."},
};

const gsize mom_rpc_n_methods = G_N_ELEMENTS(mom_rpc_methods);
