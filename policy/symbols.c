/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table of symbols, and what can be known of a name before anything runs.
 *
 * Nothing here knows values or scopes; a symbol's meaning changes as a run goes on.
 */
#include "policy/symbols.h"

#include "policy/arena.h"
#include "policy/attributes.h"
#include "policy/builtins.h"

#include <string.h>

#define BLOCK_BYTES 4096

struct MomSymbols {
    guint references;
    MomArena *arena;
    GHashTable *by_name; /* name -> MomSymbol */
    MomSymbol *predefined[MOM_N_PREDEFINED];
};

const char *const mom_predefined_names[MOM_N_PREDEFINED] = {"abs", "debug", "Host", "Guests"};

MomSymbols *
mom_symbols_new(void)
{
    MomSymbols *symbols = g_new0(MomSymbols, 1);

    symbols->references = 1;
    symbols->arena = mom_arena_new(BLOCK_BYTES);
    symbols->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < mom_n_builtins; i++)
        mom_symbols_intern(symbols, mom_builtins[i].name, strlen(mom_builtins[i].name));
    for (gsize i = 0; i < mom_n_extensions; i++)
        mom_symbols_intern(symbols, mom_extensions[i].name, strlen(mom_extensions[i].name));
    for (gsize i = 0; i < MOM_N_PREDEFINED; i++)
        symbols->predefined[i] =
            mom_symbols_intern(symbols, mom_predefined_names[i], strlen(mom_predefined_names[i]));
    return symbols;
}

MomSymbols *
mom_symbols_ref(MomSymbols *symbols)
{
    symbols->references++;
    return symbols;
}

void
mom_symbols_unref(MomSymbols *symbols)
{
    if (!symbols || --symbols->references > 0)
        return;
    g_hash_table_unref(symbols->by_name);
    mom_arena_free(symbols->arena);
    g_free(symbols);
}

static void
split_at_dots(MomSymbols *symbols, MomSymbol *symbol)
{
    const char *dot = strchr(symbol->name, '.');
    const char *attribute;

    if (!dot)
        return;
    attribute = dot + 1;
    symbol->base = mom_symbols_intern(symbols, symbol->name, (gsize)(dot - symbol->name));
    symbol->attribute = mom_arena_strndup(symbols->arena, attribute, strcspn(attribute, "."));
    symbol->entity_method = mom_entity_method_find(symbol->attribute);
    symbol->tune_member = mom_tune_member_find(symbol->attribute);
    symbol->limit = mom_limit_by_name(symbol->attribute);
}

MomSymbol *
mom_symbols_intern(MomSymbols *symbols, const char *name, gsize length)
{
    g_autofree char *key = g_strndup(name, length);
    MomSymbol *symbol = g_hash_table_lookup(symbols->by_name, key);

    if (symbol)
        return symbol;
    symbol = mom_arena_alloc(symbols->arena, sizeof(MomSymbol));
    *symbol = (MomSymbol){.name = mom_arena_strndup(symbols->arena, name, length),
                          .length = length,
                          .id = g_hash_table_size(symbols->by_name),
                          .is_nil = strcmp(key, "nil") == 0,
                          .is_plain = strcmp(key, "nil") != 0 && !strchr(key, '.'),
                          .entity_method = -1,
                          .tune_member = -1,
                          .limit = -1};
    g_hash_table_insert(symbols->by_name, (char *)symbol->name, symbol);
    split_at_dots(symbols, symbol);
    return symbol;
}

gsize
mom_symbols_count(const MomSymbols *symbols)
{
    return g_hash_table_size(symbols->by_name);
}

MomSymbol *
mom_symbols_predefined(const MomSymbols *symbols, MomPredefined which)
{
    return symbols->predefined[which];
}
