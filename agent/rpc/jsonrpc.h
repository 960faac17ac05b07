/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * JSON-RPC 2.0: a body to the calls in it, and their answers as one body.  No I/O.
 *
 * The specification to the letter: notifications, batches, ids that come back as they were, the
 * standard codes.  What json-c would let pass is refused first (json-check.h).
 */
#pragma once

#include "agent/rpc/answer.h"

#define MOM_RPC_JSON_BODY_BYTES (4 * 1024 * 1024)
#define MOM_RPC_JSON_DEPTH 16
/* Calls in one batch. */
#define MOM_RPC_JSON_BATCH 64
/* Once a batch's answers have grown so large, its other calls are refused. */
#define MOM_RPC_JSON_ANSWER_BYTES (64 * 1024 * 1024)

typedef enum {
    MOM_RPC_JSON_PARSE = -32700,    /* no JSON */
    MOM_RPC_JSON_REQUEST = -32600,  /* JSON, but no request; or beyond a limit */
    MOM_RPC_JSON_METHOD = -32601,   /* no such method */
    MOM_RPC_JSON_PARAMS = -32602,   /* arguments that it does not take */
    MOM_RPC_JSON_INTERNAL = -32603, /* a fault of ours */
    /* What was asked is refused; the message says why.  Where it concerns a place in a policy,
     * `data` is {"policy", "line", "column"}. */
    MOM_RPC_JSON_REFUSED = -32000,
} MomRpcJsonCode;

extern const MomRpcProtocol mom_rpc_json;
