/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Samples as JSON, in the shape that RPC's getStatistics has always had (vdsm's momIF reads it).
 *
 * What vdsm cannot do without is added where the method answers (rpc/methods.c).  Reads the last
 * samples only, never collects.
 */
#pragma once

#include <json-c/json.h>

#include "policy/entity.h"

/* {"host": {field: value}, "guests": {name: {field: value}}}. Caller puts. */
json_object *mom_statistics_json(const MomEntity *host, GPtrArray *guests);
/* One value in that shape; NULL is JSON's null. Caller puts. */
json_object *mom_statistics_value_json(MomValue value);
