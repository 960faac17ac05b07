/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the RPC server may ask of the daemon.
 *
 * The interface lives with its consumer: the server knows these functions and nothing of the
 * engine.  All answer at once, from memory; only `when_kept` calls back.  Statistics come from the
 * last snapshot and never fail.
 */
#pragma once

#include <glib.h>
#include <json-c/json.h>

#include "agent/rpc/notation.h"

typedef struct MomRpcService MomRpcService;
typedef struct MomRpcPieces MomRpcPieces;

/* A long text (UTF-8) that is made piece by piece, so that no turn of the main loop is long. */
typedef struct {
    /* Appends the next piece, of whole characters, to OUT. FALSE: it was the last. */
    gboolean (*next)(MomRpcPieces *self, GString *out);
    void (*free)(MomRpcPieces *self);
} MomRpcPiecesClass;

struct MomRpcPieces {
    const MomRpcPiecesClass *klass;
};

static inline void
mom_rpc_pieces_free(MomRpcPieces *pieces)
{
    if (pieces)
        pieces->klass->free(pieces);
}

/* A large value that is written part by part, each in a turn of its own, as it was when it was
 * asked for. */
typedef struct MomRpcParts MomRpcParts;

typedef struct {
    /* Writes the next part to the end of OUT. FALSE: it was the last, the value is whole. */
    gboolean (*next)(MomRpcParts *self, const MomRpcNotation *notation, GString *out);
    void (*free)(MomRpcParts *self);
} MomRpcPartsClass;

struct MomRpcParts {
    const MomRpcPartsClass *klass;
};

static inline void
mom_rpc_parts_free(MomRpcParts *parts)
{
    if (parts)
        parts->klass->free(parts);
}

typedef void (*MomRpcKept)(gpointer data);

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
    /* The host's last sample {field: value}; numbers that vdsm cannot do without are filled in by
     * the method. Caller puts. */
    json_object *(*get_host_statistics)(MomRpcService *self);
    /* The guests' {name: {field: value}}; caller frees. */
    MomRpcParts *(*get_guest_statistics)(MomRpcService *self);
    json_object *(*get_active_guests)(MomRpcService *self); /* array of names; caller puts */
    /* Host and guests with all their samples, as they are now, as the text of
     * agent/state/state-json.h; caller frees. */
    MomRpcPieces *(*get_state)(MomRpcService *self);
    /* {"version", "uptime_s", "interval_s", "last_cycle_s_ago": nil before the first, "connected",
     * "hypervisor", "guests", "cycles", "policy_names", "policies": "ok", "failing" or "last good",
     * "set_aside": the tuning policy's lines with place and reason,
     * "policy_fault", "source_fault", "state_fault", "last_decision": text or nil,
     * "last_decision_time": seconds since the epoch or nil, "host_free_percent", "pressure":
     * number or nil}; the method adds what was counted here.  Caller puts. */
    json_object *(*get_status)(MomRpcService *self);
    /* What set_named_policy would find, [{"policy", "line", "column", "severity": "error" or
     * "warning", "message"}]; sets nothing. Caller puts. */
    json_object *(*check_policy)(MomRpcService *self, const char *name, const char *text);
    /* The decisions that pass FILTER (NULL: none), oldest first, as
     * agent/decisions/decision-query.h has them. NULL: the error says what is wrong with the
     * filter. Caller puts. */
    json_object *(*get_decisions)(MomRpcService *self, json_object *filter, GError **error);
    /* The story of a guest or a knob, as agent/decisions/explain.h has it. NULL: nothing is known
     * of WHAT. */
    json_object *(*explain)(MomRpcService *self, const char *what, GError **error);
    /* What each guest has, uses and is to have, likewise; caller puts. */
    json_object *(*get_guests)(MomRpcService *self);
    /* VERBOSITY as in the configuration, 1 to 5 or a name. */
    gboolean (*set_verbosity)(MomRpcService *self, const char *verbosity, GError **error);
    /* How often something was changed that is to survive a restart. */
    guint64 (*count_changes)(MomRpcService *self);
    /* Calls DONE once, at once or later: when all changes so far survive a restart, or it is known
     * that they do not; before the service ends at the latest. */
    void (*when_kept)(MomRpcService *self, MomRpcKept done, gpointer data);
} MomRpcServiceClass;

/* Counted by mom_rpc_call, for getStatus. */
typedef struct {
    guint64 calls;
    guint64 faults; /* of them */
} MomRpcCounts;

struct MomRpcService {
    const MomRpcServiceClass *klass;
    MomRpcCounts counts;
};
