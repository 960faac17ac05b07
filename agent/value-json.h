/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Values of the language as JSON, in the notation of states (SEMANTICS section 15).
 *
 * An integer and a float stay what they are in both directions; what JSON cannot say is written as
 * an object with the members t and v. Reading never fails: what is odd is nil.
 */
#pragma once

#include "policy/arena.h"
#include "policy/iotune.h"

#include <json-c/json.h>

/* The value that JSON stands for; strings and lists are made in ARENA. FIELD "io_tune" makes tunes
 * of the objects in a list, "io_tune_current" states; an object elsewhere is nil. FIELD may be
 * NULL. */
MomValue mom_value_from_json(MomArena *arena, const char *field, json_object *json);

/* Caller owns the result; NULL is JSON's null.  Entities, callables, tunes and the like are
 * {"t":"opaque"}. */
json_object *mom_value_to_json(MomValue v);
/* The same for what a sample holds: tunes and their states are written whole. */
json_object *mom_field_to_json(MomValue v);
json_object *mom_limits_to_json(const MomLimits *limits);
/* {name, path, ioTune} */
json_object *mom_tune_state_to_json(const char *name, const char *path, const MomLimits *limits);
