/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Samples as JSON, in the shape that RPC's getStatistics has always had (vdsm's momIF reads it).
 *
 * What vdsm cannot do without is added where the method answers (rpc/methods.c).  Reads the last
 * samples only, never collects.
 */
#pragma once

#include <json-c/json.h>

#include "agent/rpc/service.h"
#include "policy/entity.h"

/* What HOST's last sample holds {field: value}; caller puts. */
json_object *mom_statistics_host(const MomEntity *host);
/* The same of each of GUESTS as of now, {name: {field: value}}, so many of them a part; caller
 * frees. */
#define MOM_STATISTICS_GUESTS 250
MomRpcParts *mom_statistics_guests(GPtrArray *guests);
/* One value in that shape; NULL is JSON's null. Caller puts. */
json_object *mom_statistics_value_json(MomValue value);
