/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The daemon's answers to questions about decisions, for service.c.
 *
 * Reads only, from memory.
 */
#pragma once

#include "agent/engine/engine.h"

json_object *mom_service_get_decisions(MomEngine *engine, json_object *filter, GError **error);
json_object *mom_service_explain(MomEngine *engine, const char *what, GError **error);
json_object *mom_service_get_guests(MomEngine *engine);
/* Adds last_decision and last_decision_time to the object STATUS. */
void mom_service_add_last_decision(MomEngine *engine, json_object *status);
