/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What may be called over RPC: one table for every protocol the server speaks.
 *
 * A method is a row (method.h): name, arguments with their types, help, function.  Arity and types
 * are checked before the function runs; introspection comes from the same rows.  Knows no protocol
 * and does no I/O.
 */
#pragma once

#include "agent/rpc/service.h"

#define MOM_RPC_ERROR (mom_rpc_error_quark())
GQuark mom_rpc_error_quark(void);

typedef enum {
    MOM_RPC_ERROR_METHOD,  /* there is no such method */
    MOM_RPC_ERROR_PARAMS,  /* wrong number or type of arguments */
    MOM_RPC_ERROR_REFUSED, /* the service said no without saying why: a fault of ours */
} MomRpcErrorCode;

/* A value (NULL is nil), or, if PIECES is set, a text still to be made, or, if PARTS is, a value
 * still to be written. */
typedef struct {
    json_object *value;
    MomRpcPieces *pieces;
    MomRpcParts *parts;
} MomRpcResult;

static inline void
mom_rpc_result_clear(MomRpcResult *result)
{
    json_object_put(result->value);
    mom_rpc_pieces_free(result->pieces);
    mom_rpc_parts_free(result->parts);
    *result = (MomRpcResult){NULL};
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MomRpcResult, mom_rpc_result_clear)

/* Calls METHOD with PARAMS: an array, by position; an object, by name; NULL, none.  *RESULT is the
 * caller's to clear.  An error of the service comes through as it is. ping and getStatistics fail
 * only for wrong arguments.  Counts in SERVICE. */
gboolean mom_rpc_call(MomRpcService *service,
                      const char *method,
                      json_object *params,
                      MomRpcResult *result,
                      GError **error);
