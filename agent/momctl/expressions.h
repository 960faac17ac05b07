/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Top-level expressions as pieces of text: what a value came from, and whether a line is whole.
 *
 * Looks at brackets only; whether a text is a program is for others to say.
 */
#pragma once

#include <glib.h>

typedef struct {
    const char *start; /* in the text */
    gsize length;
    guint line;
    guint column;
} MomCtlExpression;

/* The top-level expressions of TEXT, which is a program, in order: of MomCtlExpression. Borrows
 * TEXT; caller unrefs. */
GArray *mom_ctl_expressions(const char *text, gsize length);

/* The first line of EXPRESSION, with an ellipsis if there are more; caller frees. */
char *mom_ctl_expression_head(const MomCtlExpression *expression);

/* How many brackets are open at the end of TEXT; 0 also if there is a fault before. */
guint mom_ctl_open_brackets(const char *text);
