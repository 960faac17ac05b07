/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A parsed policy: a tree of nodes, each with its place in the text.
 *
 * Immutable and shared: a program may be in several stores at once.  Nothing here knows what a list
 * means; that is only found when it is evaluated.
 */
#pragma once

#include "policy/arena.h"
#include "policy/symbols.h"
#include "policy/value.h"

typedef enum {
    MOM_NODE_NUMBER,
    MOM_NODE_STRING,
    MOM_NODE_SYMBOL,
    MOM_NODE_OPERATOR, /* its symbol is the operator's word: "add" for + */
    MOM_NODE_LIST,
} MomNodeKind;

typedef struct MomNode MomNode;

struct MomNode {
    guint8 kind;  /* MomNodeKind */
    char bracket; /* of a list: ( [ or {; `{` has a hidden `eval` as its first item */
    guint32 n;    /* items of a list */
    guint32 line; /* of the first character; both count from 1 */
    guint32 column;
    union {
        MomValue value;       /* number, string */
        MomSymbol *symbol;    /* symbol, operator */
        const MomNode *items; /* list */
    };
};

typedef struct MomProgram MomProgram;

struct MomProgram {
    guint references;
    char *name; /* of the policy */
    MomArena *arena;
    MomSymbols *symbols;
    const MomNode *items; /* the top-level expressions */
    gsize n;
    gsize n_symbols; /* symbols and operators in the text, not distinct */
};
