/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How the server has a request answered, whatever its protocol: in steps, each of them short.
 *
 * A step is one call, or one piece of a long text, so that ping waits for no more than one of them.
 * Pure: a body goes in, an answer comes out; no input makes it fail.
 */
#pragma once

#include "agent/rpc/service.h"

typedef struct {
    const char *http_method; /* the only one that is served */
    const char *content_type;
    /* Reads BODY, which is not looked at any more afterwards. */
    gpointer (*begin)(MomRpcService *service, const char *body, gsize length);
    /* TRUE: there is more to do. */
    gboolean (*step)(gpointer answer);
    /* The whole answer, caller frees; NULL: there is none to give. Frees ANSWER, whose steps need
     * not have come to an end: then nobody wants it. */
    char *(*end)(gpointer answer, gsize *length);
} MomRpcProtocol;

/* Whether writing VALUE is a step of its own, apart from the call that made it: statistics of many
 * guests are. */
gboolean mom_rpc_is_large(json_object *value);

/* XML-RPC, as Python speaks it. */
extern const MomRpcProtocol mom_rpc_xml;
