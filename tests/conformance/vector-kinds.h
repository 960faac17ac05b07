/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kinds of vectors; each has a function that answers one vector.
 *
 * A kind whose room is not part of the build is left out of the table in policy-vectors.c, and its
 * vectors are then answered {}.
 */
#pragma once

#include "agent/state/state-json.h"
#include "policy/policy.h"

/* If the environment has it, runs are traced: they must give the same answers. */
#define MOM_VECTORS_TRACE "MOM_VECTORS_TRACE"

/* The answer to VECTOR, owned by the caller. NULL: it cannot be handled.  POLICY_DIR may be NULL.
 */
typedef json_object *(*MomVectorFunc)(json_object *vector, const char *policy_dir);

json_object *mom_vector_eval(json_object *vector, const char *policy_dir);
json_object *mom_vector_ops(json_object *vector, const char *policy_dir);
json_object *mom_vector_momd(json_object *vector, const char *policy_dir);
json_object *mom_vector_controllers(json_object *vector, const char *policy_dir);
json_object *mom_vector_monitor(json_object *vector, const char *policy_dir);

/* ---- shared by kinds ---- */

/* ERROR as the member `error`; PHASE is "load" or "eval". */
json_object *mom_vector_error_json(const GError *error, const char *phase);
/* {"error": ...}: a load error stands alone. */
json_object *mom_vector_load_error(const GError *error);
/* Values of top-level expressions. */
json_object *mom_vector_results_json(const GArray *results);
/* Evaluates STORE on STATE and answers all but `results`; runs the controllers that VECTOR asks
 * for. RESULTS may be NULL. */
json_object *
mom_vector_evaluate(MomPolicyStore *store, MomState *state, json_object *vector, GArray *results);
/* Runs the controllers named in VECTOR on STATE; the calls they made. */
json_object *mom_vector_calls(json_object *vector, MomState *state);
