/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the evaluator asks of an entity beyond entity.h: access by index instead of by name.
 *
 * For policy/ only; other rooms have no business with a schema's indices of an entity.
 */
#pragma once

#include "policy/arena.h"
#include "policy/entity.h"

/* A schema is made once and read for every attribute; hence its insides are here. */
struct MomSchema {
    guint references;
    gsize n;
    const char **names; /* interned: the same name is the same pointer in all schemas */
    guint32 *places;    /* by hash of the name: its index + 1; 0: none */
    guint32 mask;       /* how many places there are, less 1 */
};

/* No value has this type; it stands in a sample where a key is not there. */
#define MOM_VALUE_ABSENT ((MomValueType)-1)

struct MomSample {
    guint references;
    MomSchema *schema;
    gint64 time_us;
    MomArena *arena;   /* NULL until needed */
    GArray *extras;    /* NULL until needed */
    MomValue values[]; /* of the declared fields */
};

/* mom_entity_get_attribute by the schema's INDEX. */
gboolean mom_entity_get_field(MomEntity *entity, gsize index, MomValue *out);

/* Variables, kept ones and the run's. */
gsize mom_entity_n_variables(const MomEntity *entity);
