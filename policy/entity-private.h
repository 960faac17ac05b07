/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the evaluator asks of an entity beyond entity.h: access by index instead of by name.
 *
 * For policy/ only; other rooms have no business with a schema's indices of an entity.
 */
#pragma once

#include "policy/entity.h"

/* mom_entity_get_attribute by the schema's INDEX. */
gboolean mom_entity_get_field(MomEntity *entity, gsize index, MomValue *out);

/* Variables, kept ones and the run's. */
gsize mom_entity_n_variables(const MomEntity *entity);
