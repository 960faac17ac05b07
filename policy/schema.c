/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A schema: names of fields in order, and their indices.
 *
 * Immutable once made, so that all entities of a kind can share one and indices stay good.
 */
#include "policy/entity-private.h"

#include <string.h>

/* Names differ in their length or in one of these characters, nearly always; a hash of all of them
 * would cost more than comparing with one that is another. */
static guint32
hash_name(const char *name)
{
    gsize length = strlen(name);
    const guchar *c = (const guchar *)name;
    guint32 h = (guint32)length;

    if (length > 0)
        h += (guint32)c[0] << 8 | (guint32)c[length / 2] << 16 | (guint32)c[length * 3 / 4] << 24 |
             c[length - 1];
    return (h * 2654435761u) >> 16;
}

/* The place of NAME, or the empty one where it would be. */
static guint32 *
find_place(const MomSchema *schema, const char *name)
{
    guint32 at = hash_name(name) & schema->mask;

    while (schema->places[at] && strcmp(schema->names[schema->places[at] - 1], name) != 0)
        at = (at + 1) & schema->mask;
    return &schema->places[at];
}

/* Places are four times the names and a power of two, so that an empty one is near. */
MomSchema *
mom_schema_new(const char *const *names, gsize n)
{
    MomSchema *schema = g_new0(MomSchema, 1);

    schema->references = 1;
    schema->names = g_new0(const char *, n);
    schema->mask = 1;
    while (schema->mask < 4 * n)
        schema->mask = 2 * schema->mask + 1;
    schema->places = g_new0(guint32, schema->mask + 1);
    for (gsize i = 0; i < n; i++) {
        guint32 *place = find_place(schema, names[i]);

        if (*place)
            continue;
        schema->names[schema->n++] = g_intern_string(names[i]);
        *place = (guint32)schema->n;
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
    g_free(schema->places);
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
    return (int)*find_place(schema, name) - 1;
}
