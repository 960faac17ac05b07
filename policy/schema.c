/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A schema: names of fields in order, and their indices.
 *
 * Immutable once made, so that all entities of a kind can share one and indices stay good.
 */
#include "policy/entity.h"

struct MomSchema {
    guint references;
    GPtrArray *names;    /* interned strings: the same name is the same pointer in all schemas */
    GHashTable *indices; /* name -> index + 1 */
};

MomSchema *
mom_schema_new(const char *const *names, gsize n)
{
    MomSchema *schema = g_new0(MomSchema, 1);

    schema->references = 1;
    schema->names = g_ptr_array_new();
    schema->indices = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < n; i++) {
        char *name = (char *)g_intern_string(names[i]);

        if (g_hash_table_contains(schema->indices, name))
            continue;
        g_ptr_array_add(schema->names, name);
        g_hash_table_insert(schema->indices, name, GUINT_TO_POINTER(schema->names->len));
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
    g_ptr_array_unref(schema->names);
    g_free(schema);
}

gsize
mom_schema_size(const MomSchema *schema)
{
    return schema->names->len;
}

const char *
mom_schema_name(const MomSchema *schema, gsize index)
{
    return schema->names->pdata[index];
}

int
mom_schema_index(const MomSchema *schema, const char *name)
{
    return (int)GPOINTER_TO_UINT(g_hash_table_lookup(schema->indices, name)) - 1;
}
