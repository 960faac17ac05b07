/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Samples as JSON, in the shape that RPC's getStatistics has always had (vdsm's momIF reads it).
 *
 * vdsm takes five KSM numbers from the host's part and fails its own host statistics if one is
 * missing or nil: they are always there, 0 where the host has none.  Reads the last samples only,
 * never collects.
 */
#pragma once

#include <json-c/json.h>

#include "policy/entity.h"

/* {"host": {field: value}, "guests": {name: {field: value}}}. Caller puts. */
json_object *mom_statistics_json(const MomEntity *host, GPtrArray *guests);

/* One value: nil is NULL (JSON null), tunes and their states are objects. Caller puts. */
json_object *mom_statistics_value(MomValue value);
