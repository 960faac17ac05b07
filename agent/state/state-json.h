/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A host and its guests as JSON: a state, read and written, and what a run left on it.
 *
 * The notation is SEMANTICS section 15's "Entity", in an object {"host": entity, "guests":
 * [entity]}; beyond it an entity may have `times_us`, the times of its samples, and
 * `variable_times_us`, the times at which its variables got their values.  Taking entities
 * out of JSON never fails: a member that is missing or odd counts as empty.  Only a whole text can
 * be refused.
 */
#pragma once

#include "policy/entity.h"

#include <json-c/json.h>

/* Larger texts are refused. */
#define MOM_STATE_MAX_BYTES (256 * 1024 * 1024)

#define MOM_STATE_ERROR (mom_state_error_quark())
GQuark mom_state_error_quark(void);

typedef enum {
    MOM_STATE_ERROR_SYNTAX, /* not JSON */
    MOM_STATE_ERROR_SHAPE,  /* JSON, but no state */
} MomStateErrorCode;

typedef struct {
    MomEntity *host;
    GPtrArray *guests; /* of MomEntity, owned */
} MomState;

/* From the members `host` and `guests` of JSON. */
MomState *mom_state_from_json(json_object *json);
/* From the text of a state.  NULL: an error that says what is no state in it. */
MomState *mom_state_parse(const char *text, gsize length, GError **error);
void mom_state_free(MomState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomState, mom_state_free)

/* Sets the entities' controls as JSON has them; for where no policy runs. */
void mom_state_set_controls(MomState *state, json_object *json);

/* Properties, samples with their times, declared fields and variables of HOST and of GUESTS
 * (MomEntity*). Caller puts. */
json_object *mom_state_to_json(MomEntity *host, GPtrArray *guests);
/* One entity of them. Caller puts. */
json_object *mom_state_entity_to_json(MomEntity *entity);

/* One entity in that notation. Caller puts. */
json_object *mom_state_entity_to_json(MomEntity *entity);
/* The entity that JSON is, with at most HISTORY_LENGTH samples. NULL: its fields are not those of
 * SCHEMA. */
MomEntity *mom_state_entity_from_json(json_object *json, MomSchema *schema, gsize history_length);

/* Adds what a run left: host_controls, guest_controls, and as far as there are any host_variables,
 * guest_variables and io_tune. */
void mom_state_answer(MomState *state, json_object *answer);
