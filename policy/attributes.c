/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a name behind a dot to what it means on the object before it.
 *
 * The symbol already knows its numbers for methods, tunes and limits; only an entity's fields
 * depend on its schema, and there the symbol's last index is nearly always right again.
 */
#include "policy/attributes.h"

#include "policy/entity-private.h"

#include <string.h>

const char *const mom_tune_attribute_names[MOM_N_TUNE_ATTRIBUTES] = {
    "name", "path", "guaranteed", "maximum", "current",
};

int
mom_entity_method_find(const char *name)
{
    for (gsize i = 0; i < mom_n_entity_methods; i++)
        if (strcmp(name, mom_entity_methods[i].name) == 0)
            return (int)i;
    return -1;
}

int
mom_tune_member_find(const char *name)
{
    for (int i = 0; i < MOM_N_TUNE_ATTRIBUTES; i++)
        if (strcmp(name, mom_tune_attribute_names[i]) == 0)
            return i;
    for (int i = 0; i < MOM_N_LIMITS; i++)
        if (strcmp(name, mom_tune_methods[i].name) == 0)
            return MOM_N_TUNE_ATTRIBUTES + i;
    return -1;
}

static gboolean
get_entity_field(MomEntity *entity, MomSymbol *symbol, MomValue *out)
{
    const MomSchema *schema = mom_entity_schema(entity);
    int index;

    if (symbol->field_index < schema->n && schema->names[symbol->field_index] == symbol->field_name)
        return mom_entity_get_field(entity, symbol->field_index, out);
    index = mom_schema_index(schema, symbol->attribute);
    if (index < 0)
        return FALSE;
    symbol->field_index = (guint)index;
    symbol->field_name = mom_schema_name(schema, (gsize)index);
    return mom_entity_get_field(entity, (gsize)index, out);
}

static gboolean
get_entity_attribute(MomEntity *entity, MomSymbol *symbol, MomValue *out, const MomMethod **method)
{
    if (symbol->entity_method < 0)
        return get_entity_field(entity, symbol, out);
    if (symbol->entity_method >= MOM_FIRST_EXTENSION_METHOD &&
        get_entity_field(entity, symbol, out))
        return TRUE;
    *method = &mom_entity_methods[symbol->entity_method];
    return TRUE;
}

static gboolean
get_tune_attribute(const MomTune *tune,
                   const MomSymbol *symbol,
                   MomValue *out,
                   const MomMethod **method)
{
    const MomLimits *const limits[] = {&tune->guaranteed, &tune->maximum, &tune->current};
    int member = symbol->tune_member;

    if (member < 0)
        return FALSE;
    if (member >= MOM_N_TUNE_ATTRIBUTES)
        *method = &mom_tune_methods[member - MOM_N_TUNE_ATTRIBUTES];
    else if (member == MOM_TUNE_NAME)
        *out = mom_value_string(tune->name);
    else if (member == MOM_TUNE_PATH)
        *out = mom_value_string(tune->path);
    else
        *out = (MomValue){.type = MOM_VALUE_LIMITS, .object = limits[member - MOM_TUNE_GUARANTEED]};
    return TRUE;
}

static gboolean
get_limit(const MomLimits *limits, const MomSymbol *symbol, MomValue *out)
{
    if (symbol->limit < 0)
        return mom_limits_get_extra(limits, symbol->attribute, out);
    if (!(limits->present & 1u << symbol->limit))
        return FALSE;
    *out = limits->value[symbol->limit];
    return TRUE;
}

gboolean
mom_attribute_get(MomValue object, MomSymbol *symbol, MomValue *out, const MomMethod **method)
{
    *method = NULL;
    if (object.type == MOM_VALUE_ENTITY)
        return get_entity_attribute(object.entity, symbol, out, method);
    if (object.type == MOM_VALUE_TUNE)
        return get_tune_attribute(object.object, symbol, out, method);
    if (object.type == MOM_VALUE_LIMITS)
        return get_limit(object.object, symbol, out);
    return FALSE;
}
