/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether two texts are the same program, for tests of the formatter.
 *
 * Both are parsed with one table of symbols, so that a name is the same pointer in both.  Places
 * are not compared: a layout is there to change them.
 */
#pragma once

#include "policy/ast.h"
#include "policy/parser.h"

#include <string.h>

static inline gboolean
same_leaf(const MomNode *a, const MomNode *b)
{
    if (a->kind == MOM_NODE_SYMBOL || a->kind == MOM_NODE_OPERATOR)
        return a->symbol == b->symbol;
    if (a->kind == MOM_NODE_STRING)
        return strcmp(a->value.string, b->value.string) == 0;
    /* By bits: -0.0 is not 0.0. */
    return a->value.type == b->value.type && a->value.integer == b->value.integer;
}

static inline gboolean
same_nodes(const MomNode *a, const MomNode *b, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        if (a[i].kind != b[i].kind)
            return FALSE;
        if (a[i].kind != MOM_NODE_LIST) {
            if (!same_leaf(&a[i], &b[i]))
                return FALSE;
        } else if (a[i].bracket != b[i].bracket || a[i].n != b[i].n ||
                   !same_nodes(a[i].items, b[i].items, a[i].n)) {
            return FALSE;
        }
    }
    return TRUE;
}

static inline gboolean
same_program(const char *a, const char *b)
{
    g_autoptr(MomSymbols) symbols = mom_symbols_new();
    g_autoptr(MomProgram) first = mom_program_parse(symbols, "a", a, strlen(a), NULL);
    g_autoptr(MomProgram) second = mom_program_parse(symbols, "b", b, strlen(b), NULL);

    return first && second && first->n == second->n &&
           same_nodes(first->items, second->items, first->n);
}
