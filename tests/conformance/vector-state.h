/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A host and its guests out of a vector, and what a run left on them as JSON.
 *
 * The notation is SEMANTICS section 15's "Entity". Reading never fails: a member that is missing or
 * odd counts as empty, so that a fault in a vector shows as a wrong answer and not as a crash.
 */
#pragma once

#include "policy/entity.h"

#include <json-c/json.h>

typedef struct {
    MomEntity *host;
    GPtrArray *guests; /* of MomEntity, owned */
} MomVectorState;

/* From the members `host` and `guests` of VECTOR. */
MomVectorState *mom_vector_state_new(json_object *vector);
void mom_vector_state_free(MomVectorState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomVectorState, mom_vector_state_free)

/* Sets the entities' `controls` and `variables` as VECTOR has them; for kinds in which no policy
 * runs. */
void mom_vector_state_set_controls(MomVectorState *state, json_object *vector);

/* Adds host_controls, guest_controls, and as far as there are any host_variables, guest_variables
 * and io_tune. */
void mom_vector_state_answer(MomVectorState *state, json_object *answer);
