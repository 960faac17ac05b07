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

/* The symbols of builtins and then of extensions come first in every table. */
const MomBuiltin *
mom_check_extension(const MomSymbol *symbol)
{
    gsize i = symbol->id - mom_n_builtins;

    return i < mom_n_extensions ? &mom_extensions[i] : NULL;
}

const MomBuiltin *
mom_check_builtin(const MomSymbol *symbol)
{
    return symbol->id < mom_n_builtins ? &mom_builtins[symbol->id] : NULL;
}

const MomMethod *
mom_check_entity_method(const MomSymbol *symbol)
{
    return symbol->entity_method >= 0 ? &mom_entity_methods[symbol->entity_method] : NULL;
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
    for (gsize i = 0; i < mom_n_extensions; i++)
        offer(checker, &nearest, mom_extensions[i].name);
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
