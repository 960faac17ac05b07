/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the RPC server may ask of the daemon.
 *
 * The interface lives with its consumer: the server knows these functions and nothing of the
 * engine.  All answer at once, from memory.  Statistics come from the last snapshot and never fail.
 */
#pragma once

#include <glib.h>
#include <json-c/json.h>

typedef struct MomRpcService MomRpcService;

typedef struct {
    /* FALSE with a message that says where and why; then the old set is in force. */
    gboolean (*set_policy)(MomRpcService *self, const char *text, GError **error);
    /* NAME NULL: the main policy; TEXT NULL: forget NAME. */
    gboolean (*set_named_policy)(MomRpcService *self,
                                 const char *name,
                                 const char *text,
                                 GError **error);
    gboolean (*reset_policies)(MomRpcService *self, GError **error);
    char *(*get_policy)(MomRpcService *self);                /* caller frees */
    json_object *(*get_named_policies)(MomRpcService *self); /* object name -> text; caller puts */
    /* {"host": {...}, "guests": {name: {...}}}; numbers that vdsm cannot do without are filled in
     * by the method. Caller puts. */
    json_object *(*get_statistics)(MomRpcService *self);
    json_object *(*get_active_guests)(MomRpcService *self); /* array of names; caller puts */
    /* Host and guests with all their samples, as agent/state-json.h writes them; caller puts. */
    json_object *(*get_state)(MomRpcService *self);
    /* {"version", "hypervisor", "guests", "cycles", "policies": "ok", "failing" or "last good",
     * "policy_fault", "source_fault", "last_decision": text or nil, "last_decision_time": seconds
     * since the epoch or nil}; caller puts. */
    json_object *(*get_status)(MomRpcService *self);
    /* The decisions that pass FILTER (NULL: none), oldest first, as agent/decision-query.h has them.
     * NULL: the error says what is wrong with the filter. Caller puts. */
    json_object *(*get_decisions)(MomRpcService *self, json_object *filter, GError **error);
    /* The story of a guest or a knob, as agent/explain.h has it. NULL: nothing is known of WHAT. */
    json_object *(*explain)(MomRpcService *self, const char *what, GError **error);
    /* What each guest has, uses and is to have, likewise; caller puts. */
    json_object *(*get_guests)(MomRpcService *self);
    /* VERBOSITY as in the configuration, 1 to 5 or a name. */
    gboolean (*set_verbosity)(MomRpcService *self, const char *verbosity, GError **error);
} MomRpcServiceClass;

struct MomRpcService {
    const MomRpcServiceClass *klass;
};
