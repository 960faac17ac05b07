/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What names there are, and which of them is nearest to a wrong one.
 *
 * Comparing one name with all others is the only work of a check that is not linear; it stops when
 * the check's budget for it is used up, and findings then come without a proposal.
 */
#include "policy/checker-private.h"

#include "policy/nearest.h"

#include <string.h>

static const MomArity extensions[] = {
    {"cond", 1, G_MAXUINT}, {"sum", 1, 1},   {"sort-by", 3, 3},        {"floor", 1, 1},
    {"round", 1, 1},        {"clamp", 3, 3}, {"concat", 1, G_MAXUINT}, {"format", 1, G_MAXUINT},
};

/* Those that mom_entity_methods may not have. */
static const MomArity more_methods[] = {
    {"StatMin", 1, 1},
    {"StatMax", 1, 1},
    {"StatRate", 1, 1},
    {"Since", 1, 1},
};

const MomArity *
mom_check_extension(const MomSymbol *symbol)
{
    for (gsize i = 0; i < G_N_ELEMENTS(extensions); i++)
        if (strcmp(extensions[i].name, symbol->name) == 0)
            return &extensions[i];
    return NULL;
}

const MomBuiltin *
mom_check_builtin(const MomSymbol *symbol)
{
    if (symbol->id >= mom_n_builtins || mom_check_extension(symbol))
        return NULL;
    return &mom_builtins[symbol->id];
}

const MomArity *
mom_check_entity_method(const char *name, MomArity *space)
{
    int index = mom_entity_method_find(name);

    if (index >= 0) {
        const MomMethod *method = &mom_entity_methods[index];

        *space = (MomArity){method->name, method->min, method->max};
        return space;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(more_methods); i++)
        if (strcmp(more_methods[i].name, name) == 0)
            return &more_methods[i];
    return NULL;
}

/* ---- the nearest ---- */

static void
offer(MomChecker *checker, MomNearest *nearest, const char *candidate)
{
    if (checker->name_budget > 0) {
        checker->name_budget--;
        mom_nearest_offer(nearest, candidate);
    }
}

static char *
proposal(const MomNearest *nearest)
{
    return nearest->best ? g_strdup_printf("; did you mean %s?", nearest->best) : g_strdup("");
}

static void
offer_symbols(MomChecker *checker, MomNearest *nearest, gboolean functions)
{
    for (gsize i = 0; i < checker->n_info && checker->name_budget > 0; i++) {
        const MomSymbolInfo *info = &checker->info[i];

        if (info->symbol && (functions ? info->n_definitions : info->n_bindings) > 0)
            offer(checker, nearest, info->symbol->name);
        else
            checker->name_budget--;
    }
}

char *
mom_check_near_function(MomChecker *checker, const char *name)
{
    MomNearest nearest;

    mom_nearest_init(&nearest, name);
    for (gsize i = 0; i < mom_n_builtins; i++)
        offer(checker, &nearest, mom_builtins[i].name);
    for (gsize i = 0; i < G_N_ELEMENTS(extensions); i++)
        offer(checker, &nearest, extensions[i].name);
    offer(checker, &nearest, mom_predefined_names[MOM_PREDEFINED_ABS]);
    offer(checker, &nearest, mom_predefined_names[MOM_PREDEFINED_DEBUG]);
    offer_symbols(checker, &nearest, TRUE);
    return proposal(&nearest);
}

char *
mom_check_near_variable(MomChecker *checker, const char *name)
{
    MomNearest nearest;

    mom_nearest_init(&nearest, name);
    for (gsize i = 0; i < MOM_N_PREDEFINED; i++)
        offer(checker, &nearest, mom_predefined_names[i]);
    offer_symbols(checker, &nearest, FALSE);
    return proposal(&nearest);
}

static void
offer_schema(MomChecker *checker, MomNearest *nearest, const MomSchema *schema)
{
    for (gsize i = 0; schema && i < mom_schema_size(schema); i++)
        offer(checker, nearest, mom_schema_name(schema, i));
}

char *
mom_check_near_field(MomChecker *checker, const char *name, gboolean host, gboolean guest)
{
    MomNearest nearest;

    mom_nearest_init(&nearest, name);
    if (host)
        offer_schema(checker, &nearest, checker->world->host);
    if (guest)
        offer_schema(checker, &nearest, checker->world->guest);
    return proposal(&nearest);
}

char *
mom_check_near_method(MomChecker *checker, const char *name)
{
    MomNearest nearest;

    mom_nearest_init(&nearest, name);
    for (gsize i = 0; i < mom_n_entity_methods; i++)
        offer(checker, &nearest, mom_entity_methods[i].name);
    for (gsize i = 0; i < G_N_ELEMENTS(more_methods); i++)
        offer(checker, &nearest, more_methods[i].name);
    for (gsize i = 0; i < MOM_N_LIMITS; i++)
        offer(checker, &nearest, mom_tune_methods[i].name);
    return proposal(&nearest);
}

char *
mom_check_near_control(MomChecker *checker, const char *name)
{
    MomNearest nearest;

    mom_nearest_init(&nearest, name);
    for (const char *const *control = checker->world->controls; *control; control++)
        offer(checker, &nearest, *control);
    return proposal(&nearest);
}
