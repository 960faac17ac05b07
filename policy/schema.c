/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A schema: names of fields in order, and their indices.
 *
 * Immutable once made, so that all entities of a kind can share one and indices stay good.
 */
#include "policy/entity-private.h"

MomSchema *
mom_schema_new(const char *const *names, gsize n)
{
    MomSchema *schema = g_new0(MomSchema, 1);

    schema->references = 1;
    schema->names = g_new0(const char *, n);
    schema->indices = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < n; i++) {
        const char *name = g_intern_string(names[i]);

        if (g_hash_table_contains(schema->indices, name))
            continue;
        schema->names[schema->n++] = name;
        g_hash_table_insert(schema->indices, (char *)name, GSIZE_TO_POINTER(schema->n));
    }
    return schema;
}

MomSchema *
mom_schema_ref(MomSchema *schema)
{
    schema->references++;
    return schema;
}

void
mom_schema_unref(MomSchema *schema)
{
    if (!schema || --schema->references > 0)
        return;
    g_hash_table_unref(schema->indices);
    g_free(schema->names);
    g_free(schema);
}

gsize
mom_schema_size(const MomSchema *schema)
{
    return schema->n;
}

const char *
mom_schema_name(const MomSchema *schema, gsize index)
{
    return schema->names[index];
}

int
mom_schema_index(const MomSchema *schema, const char *name)
{
    return (int)GPOINTER_TO_UINT(g_hash_table_lookup(schema->indices, name)) - 1;
}
