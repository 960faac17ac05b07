/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a row of the table of methods is, and how arguments are bound to it.
 *
 * For the RPC room only: methods.c has the rows, call.c binds and calls, introspection.c tells of
 * them.  Rows are constant, so every protocol sees the same methods, names and types.
 */
#pragma once

#include "agent/rpc/service.h"

#define MOM_RPC_MAX_PARAMS 4
/* No more of a foreign name is repeated in a message. */
#define MOM_RPC_SHOWN_NAME "%.80s"

/* What an argument may be. */
typedef enum {
    MOM_RPC_TEXT = 1 << 0,
    MOM_RPC_INT = 1 << 1,
    MOM_RPC_BOOL = 1 << 2,
    MOM_RPC_OBJECT = 1 << 3,
    MOM_RPC_NIL = 1 << 4,
    /* It may be left out, and so may all after it; nil counts as left out. */
    MOM_RPC_OPTIONAL = 1 << 5,
} MomRpcTypes;

/* ARGS are as many as the row has, of its types; one that was left out is NULL (nil).  They are
 * borrowed. *RESULT is the caller's to put; NULL is nil.  FALSE with an error. */
typedef gboolean (*MomRpcHandler)(MomRpcService *service,
                                  json_object *const *args,
                                  json_object **result,
                                  GError **error);

typedef struct {
    const char *name;
    const char *result; /* type, as XML-RPC's introspection names it */
    struct {
        const char *name;
        guint types; /* of MomRpcTypes */
    } params[MOM_RPC_MAX_PARAMS];
    MomRpcHandler handler;
    const char *help;
    /* In place of the handler, of a method whose answer is a long text. */
    MomRpcPieces *(*pieces)(MomRpcService *service);
    /* Likewise, of one whose answer is a large value. */
    MomRpcParts *(*parts)(MomRpcService *service);
} MomRpcMethod;

/* In the order of their names. */
extern const MomRpcMethod mom_rpc_methods[];
extern const gsize mom_rpc_n_methods;

/* MOM_RPC_ERROR_METHOD if there is none. */
const MomRpcMethod *mom_rpc_method_find(const char *name, GError **error);

guint mom_rpc_method_n_params(const MomRpcMethod *method);
/* How many of them cannot be left out. */
guint mom_rpc_method_n_needed(const MomRpcMethod *method);

/* PARAMS (an array: by position; an object: by name; NULL: none) as ARGS, which has room for
 * MOM_RPC_MAX_PARAMS.  MOM_RPC_ERROR_PARAMS says what is wrong with which argument. */
gboolean mom_rpc_method_bind(const MomRpcMethod *method,
                             json_object *params,
                             json_object **args,
                             GError **error);

/* The name and the phrase of one type, by its place in the order in which signatures list them;
 * FALSE beyond the last. */
gboolean mom_rpc_type_name(guint index, guint *type, const char **name, const char **phrase);

/* introspection.c */
gboolean mom_rpc_list_methods(MomRpcService *service,
                              json_object *const *args,
                              json_object **result,
                              GError **error);
gboolean mom_rpc_method_help(MomRpcService *service,
                             json_object *const *args,
                             json_object **result,
                             GError **error);
gboolean mom_rpc_method_signature(MomRpcService *service,
                                  json_object *const *args,
                                  json_object **result,
                                  GError **error);
