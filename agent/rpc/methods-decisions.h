/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The methods that tell what was done and why; rows of the table in methods.c.
 *
 * Arguments are checked there before these are called.
 */
#pragma once

#include "agent/rpc/service.h"

/* ARGS[0]: a filter, as an object, as JSON's text of one, or nil. */
gboolean mom_rpc_get_decisions(MomRpcService *service,
                               json_object *const *args,
                               json_object **result,
                               GError **error);
/* ARGS[0]: a guest or a knob. */
gboolean mom_rpc_explain(MomRpcService *service,
                         json_object *const *args,
                         json_object **result,
                         GError **error);
gboolean mom_rpc_get_guests(MomRpcService *service,
                            json_object *const *args,
                            json_object **result,
                            GError **error);
