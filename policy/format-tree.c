/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From tokens to pieces: one pass with a stack, like the parser's, but comments stay.
 *
 * Brackets are known to match, so nothing is checked again.
 */
#include "policy/format-tree.h"

#include <string.h>

typedef struct {
    MomArena *arena;
    GArray *pieces; /* of MomPiece, those of open lists */
    GArray *open;   /* of guint: index of each open list among PIECES */
    guint line;     /* on which the token before ends; 0 at the start */
} Reader;

static gsize
count_characters(const char *text, gsize length)
{
    gsize n = 0;

    for (gsize i = 0; i < length; i++)
        n += (text[i] & 0xc0) != 0x80;
    return n;
}

static guint
count_newlines(const char *text, gsize length)
{
    guint n = 0;

    for (gsize i = 0; i < length; i++)
        n += text[i] == '\n';
    return n;
}

static void
add_piece(Reader *reader, const MomToken *token)
{
    MomPiece piece = {.kind = token->kind,
                      .start = token->start,
                      .length = token->length,
                      .same_line = token->line == reader->line,
                      .blank = token->line > reader->line + 1};
    guint newlines = count_newlines(token->start, token->length);

    if (piece.kind == MOM_TOKEN_COMMENT)
        while (strchr(" \t\r", piece.start[piece.length - 1]))
            piece.length--;
    piece.width = count_characters(piece.start, piece.length);
    piece.broken = newlines > 0 || piece.kind == MOM_TOKEN_COMMENT;
    g_array_append_val(reader->pieces, piece);
    reader->line = token->line + newlines;
}

/* Moves the pieces from FIRST on into LIST, and finds out whether it has to stay broken. */
static void
fill(Reader *reader, MomPiece *list, guint first)
{
    MomPiece *items;
    gsize n = reader->pieces->len - first;

    items = mom_arena_alloc(reader->arena, n * sizeof(MomPiece));
    if (n)
        memcpy(items, &g_array_index(reader->pieces, MomPiece, first), n * sizeof(MomPiece));
    g_array_set_size(reader->pieces, first);
    list->items = items;
    list->n = n;
    list->width = 2 + (n ? n - 1 : 0);
    for (gsize i = 0; i < n; i++) {
        list->width += items[i].width;
        /* A block that begins on a new line is broken; of other lists the first item says nothing.
         */
        if (items[i].broken || (!items[i].same_line && (i > 0 || *list->start == '{')))
            list->broken = TRUE;
    }
}

static void
close_list(Reader *reader, const MomToken *token)
{
    guint at = g_array_index(reader->open, guint, reader->open->len - 1);
    MomPiece list = g_array_index(reader->pieces, MomPiece, at);

    g_array_set_size(reader->open, reader->open->len - 1);
    fill(reader, &list, at + 1);
    g_array_index(reader->pieces, MomPiece, at) = list;
    reader->line = token->line;
}

MomPiece
mom_pieces_read(MomArena *arena, const char *text, gsize length)
{
    g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(MomPiece));
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint));
    Reader reader = {.arena = arena, .pieces = pieces, .open = open};
    MomPiece all = {.kind = MOM_TOKEN_OPEN, .start = "("};
    MomLexer lexer;
    MomToken token;

    mom_lexer_init(&lexer, NULL, text, length);
    lexer.keep_comments = TRUE;
    while (mom_lexer_next(&lexer, &token, NULL) && token.kind != MOM_TOKEN_END) {
        if (token.kind == MOM_TOKEN_CLOSE) {
            close_list(&reader, &token);
            continue;
        }
        if (token.kind == MOM_TOKEN_OPEN)
            g_array_append_val(open, pieces->len);
        add_piece(&reader, &token);
    }
    fill(&reader, &all, 0);
    return all;
}
