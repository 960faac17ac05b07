/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Counting brackets over the scanner's tokens, see expressions.h.
 */
#include "agent/momctl/expressions.h"

#include <string.h>

#include "policy/lexer.h"

GArray *
mom_ctl_expressions(const char *text, gsize length)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(MomCtlExpression));
    MomCtlExpression present = {0};
    guint depth = 0;
    MomLexer lexer;
    MomToken token;

    mom_lexer_init(&lexer, NULL, text, length);
    while (mom_lexer_next(&lexer, &token, NULL) && token.kind != MOM_TOKEN_END) {
        if (depth == 0)
            present = (MomCtlExpression){
                .start = token.start, .line = token.line, .column = token.column};
        if (token.kind == MOM_TOKEN_OPEN)
            depth++;
        else if (token.kind == MOM_TOKEN_CLOSE && depth > 0)
            depth--;
        if (depth == 0) {
            present.length = (gsize)(token.start + token.length - present.start);
            g_array_append_val(found, present);
        }
    }
    return found;
}

char *
mom_ctl_expression_head(const MomCtlExpression *expression)
{
    const char *newline = memchr(expression->start, '\n', expression->length);
    gsize length = newline ? (gsize)(newline - expression->start) : expression->length;
    g_autofree char *line = g_strndup(expression->start, length);

    g_strchomp(line);
    return newline ? g_strconcat(line, " …", NULL) : g_steal_pointer(&line);
}

guint
mom_ctl_open_brackets(const char *text)
{
    guint depth = 0;
    MomLexer lexer;
    MomToken token;

    mom_lexer_init(&lexer, NULL, text, strlen(text));
    do {
        if (!mom_lexer_next(&lexer, &token, NULL))
            return 0;
        if (token.kind == MOM_TOKEN_OPEN)
            depth++;
        else if (token.kind == MOM_TOKEN_CLOSE && depth-- == 0)
            return 0;
    } while (token.kind != MOM_TOKEN_END);
    return depth;
}
