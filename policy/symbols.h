/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Symbols: each name that occurs in the policies of a store, once, with a number.
 *
 * The number is where a run keeps the name's variable and function, so that nothing is looked up by
 * text when a policy runs.  A table is shared by all programs of a store and by copies of the
 * store; it only grows, and the store makes a new one when too much of it is no longer used.
 */
#pragma once

#include <glib.h>

typedef struct MomSymbol MomSymbol;

struct MomSymbol {
    const char *name;
    gsize length; /* of the name, in bytes */
    guint id;
    gboolean is_nil;
    gboolean is_plain; /* neither nil nor dotted */
    /* Of a dotted name: the symbol before the first dot, and the text behind it up to a second one
     * (SEMANTICS section 9).  Otherwise NULL. */
    const MomSymbol *base;
    const char *attribute;
    /* What ATTRIBUTE is on each kind of object, or -1; see attributes.h. */
    int entity_method;
    int tune_member;
    int limit;
    /* Where ATTRIBUTE was in the last schema, and that schema's name for it (which is interned, so
     * that the same pointer is the same name): a guess that is checked before use. */
    guint field_index;
    const char *field_name;
};

/* The builtins of builtins.h come first, in their order, then its extensions, then these. */
typedef enum {
    MOM_PREDEFINED_ABS,
    MOM_PREDEFINED_DEBUG,
    MOM_PREDEFINED_HOST,
    MOM_PREDEFINED_GUESTS,
    MOM_N_PREDEFINED,
} MomPredefined;

extern const char *const mom_predefined_names[MOM_N_PREDEFINED];

typedef struct MomSymbols MomSymbols;

MomSymbols *mom_symbols_new(void);
MomSymbols *mom_symbols_ref(MomSymbols *symbols);
void mom_symbols_unref(MomSymbols *symbols);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomSymbols, mom_symbols_unref)

/* The symbol of the LENGTH bytes at NAME; made if it is new. Lives as long as the table. */
MomSymbol *mom_symbols_intern(MomSymbols *symbols, const char *name, gsize length);
gsize mom_symbols_count(const MomSymbols *symbols);
MomSymbol *mom_symbols_predefined(const MomSymbols *symbols, MomPredefined which);
