/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A text as the formatter needs it: tokens and comments in their lists, and how the author laid
 * them out.
 *
 * For policy/format.c only. Knows nothing of the layout to come.
 */
#pragma once

#include "policy/arena.h"
#include "policy/lexer.h"

typedef struct MomPiece MomPiece;

struct MomPiece {
    MomTokenKind kind;  /* OPEN is a list */
    const char *start;  /* in the text; of a list, its bracket */
    gsize length;       /* without blanks at the end of a comment */
    gsize width;        /* in characters, a list in one line */
    gboolean same_line; /* begins where the token before it ends */
    gboolean blank;     /* an empty line is before it */
    gboolean broken;    /* must not be put into one line */
    const MomPiece *items;
    gsize n;
};

/* TEXT as a list without brackets, made in ARENA; borrows TEXT, which must be a program
 * (mom_program_parse). */
MomPiece mom_pieces_read(MomArena *arena, const char *text, gsize length);
