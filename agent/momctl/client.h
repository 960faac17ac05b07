/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A call of a running momd, over the socket that vdsm uses.
 *
 * Blocks: for commands only, never for momd.
 */
#pragma once

#include <glib.h>
#include <json-c/json.h>

/* Calls METHOD with ARGUMENTS, an array, at PORT, a path or a TCP port on 127.0.0.1 as in [main]
 * rpc-port.  *RESULT is the caller's to put.  FALSE: the error says whether momd could not be
 * reached or refused. */
gboolean mom_ctl_call(const char *port,
                      const char *method,
                      json_object *arguments,
                      json_object **result,
                      GError **error);
