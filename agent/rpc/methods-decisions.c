/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Methods about decisions, see methods-decisions.h.
 *
 * A filter may come as text, for clients whose protocol or patience ends at strings.
 */
#include "agent/rpc/methods-decisions.h"

#include <string.h>

#include "agent/rpc/methods.h"

#define FILTER_DEPTH 3

/* The filter in ARG; *OUT NULL: none. Caller puts. */
static gboolean
read_filter(json_object *arg, json_object **out, GError **error)
{
    const char *text = json_object_get_string(arg);
    json_tokener *tokener;
    gboolean ok;

    *out = NULL;
    if (!json_object_is_type(arg, json_type_string)) {
        *out = json_object_get(arg);
        return TRUE;
    }
    if (*text == '\0')
        return TRUE;
    tokener = json_tokener_new_ex(FILTER_DEPTH);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    *out = json_tokener_parse_ex(tokener, text, (int)MIN(strlen(text), G_MAXINT - 1) + 1);
    ok = json_tokener_get_error(tokener) == json_tokener_success;
    if (!ok) {
        g_set_error(error, MOM_RPC_ERROR, MOM_RPC_ERROR_PARAMS,
                    "getDecisions: argument 1 (filter) is no JSON: %s",
                    json_tokener_error_desc(json_tokener_get_error(tokener)));
    }
    json_tokener_free(tokener);
    return ok;
}

gboolean
mom_rpc_get_decisions(MomRpcService *service,
                      json_object *const *args,
                      json_object **result,
                      GError **error)
{
    json_object *filter;

    if (!read_filter(args[0], &filter, error))
        return FALSE;
    *result = service->klass->get_decisions(service, filter, error);
    json_object_put(filter);
    return *result != NULL;
}

gboolean
mom_rpc_explain(MomRpcService *service,
                json_object *const *args,
                json_object **result,
                GError **error)
{
    *result = service->klass->explain(service, json_object_get_string(args[0]), error);
    return *result != NULL;
}

gboolean
mom_rpc_get_guests(MomRpcService *service,
                   json_object *const *args,
                   json_object **result,
                   GError **error)
{
    *result = service->klass->get_guests(service);
    return TRUE;
}
