/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Values of the language as JSON, in the notation of the vectors (SEMANTICS section 15).
 *
 * An integer and a float stay what they are in both directions; what JSON cannot say is written as
 * an object with the members t and v.
 */
#pragma once

#include "policy/arena.h"
#include "policy/iotune.h"

#include <json-c/json.h>

/* The value that JSON stands for; strings and lists are made in ARENA. FIELD "io_tune" makes tunes
 * of the objects in a list, "io_tune_current" states; an object elsewhere is nil. FIELD may be
 * NULL. */
MomValue mom_vector_value(MomArena *arena, const char *field, json_object *json);

/* Caller owns the result; NULL is JSON's null. */
json_object *mom_vector_json(MomValue v);
json_object *mom_vector_limits_json(const MomLimits *limits);
/* {name, path, ioTune} */
json_object *mom_vector_tune_json(const char *name, const char *path, const MomLimits *limits);
