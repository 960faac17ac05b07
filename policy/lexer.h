/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The scanner: from text to tokens that point into it (SEMANTICS section 3, "Reading" in 15).
 *
 * It reads on demand and stops at the first fault with its place; nothing of the text is ever
 * dropped.  It takes any bytes.  It works in time linear in the text.
 */
#pragma once

#include "policy/policy.h"

typedef enum {
    MOM_TOKEN_END,
    MOM_TOKEN_OPEN,  /* ( [ { */
    MOM_TOKEN_CLOSE, /* ) ] } */
    MOM_TOKEN_INTEGER,
    MOM_TOKEN_HEX,
    MOM_TOKEN_OCTAL,
    MOM_TOKEN_FLOAT,
    MOM_TOKEN_STRING, /* with its quotes */
    MOM_TOKEN_SYMBOL,
    MOM_TOKEN_OPERATOR,
    MOM_TOKEN_COMMENT, /* from # to before the newline; only if comments are kept */
} MomTokenKind;

typedef struct {
    MomTokenKind kind;
    const char *start;
    gsize length;
    guint line;
    guint column;
} MomToken;

typedef struct {
    const char *policy;
    const char *at;
    const char *end;   /* of the text; a NUL byte stands there */
    const char *valid; /* up to here the text is UTF-8 without NUL */
    guint line;        /* of AT */
    guint column;
    gboolean keep_comments;
} MomLexer;

/* Starts at the beginning of TEXT, which has LENGTH bytes and a NUL behind them. Borrows both. */
void mom_lexer_init(MomLexer *lexer, const char *policy, const char *text, gsize length);

/* The next token; MOM_TOKEN_END again and again at the end.  FALSE: a load error with its place;
 * the lexer is of no further use. */
gboolean mom_lexer_next(MomLexer *lexer, MomToken *out, GError **error);

MomPlace mom_lexer_place(const MomLexer *lexer, const MomToken *token);
