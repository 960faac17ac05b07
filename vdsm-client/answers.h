/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * vdsm's answers made into the types of vdsm.h.  No I/O.
 *
 * vdsm does not check its own types: a number comes as a string, an integer, a float, or not at
 * all.  Whatever is odd is left unset; one odd guest must never cost the others their data.
 */
#pragma once

#include "vdsm-client/vdsm.h"

struct json_object;

/* 12, 12.0, "12" and true (1) are integers; 12.5, "12.0", "", null, NaN and what passes 64 bits are
 * unset. */
MomVdsmInt mom_vdsm_int(struct json_object *value);

/* The answer of Host.getAllVmStats: an array of MomVdsmVmStats*, freed with it. PROTOCOL if it is
 * no array. */
GPtrArray *mom_vdsm_parse_stats(struct json_object *result, GError **error);
/* The answer of Host.getAllVmIoTunePolicies: an array of MomVdsmVmIoTune*. PROTOCOL if it is no
 * object. */
GPtrArray *mom_vdsm_parse_io_tunes(struct json_object *result, GError **error);

/* FREE_ME gets the memory EVENT points into. */
void mom_vdsm_parse_event(const char *method,
                          struct json_object *params,
                          MomVdsmEvent *event,
                          char **free_me);

/* The other way round: set limits as numbers, nulls as null, others not at all. Caller puts it. */
struct json_object *mom_vdsm_limits_to_json(const MomVdsmLimits *limits);
