/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A loop over tokens: finished nodes wait on one stack, open brackets on another; a closing bracket
 * moves its items to the program's arena.
 *
 * Faults are told in the order of the text, so nothing may be checked ahead of the loop but the
 * size.
 */
#include "policy/parser.h"

#include "policy/arena.h"
#include "policy/error.h"
#include "policy/lexer.h"

#include <errno.h>
#include <string.h>

#define BLOCK_BYTES 4096

typedef struct {
    MomToken token;
    guint first; /* index of its first item among the waiting nodes */
} OpenBracket;

typedef struct {
    MomLexer lexer;
    MomProgram *program;
    GArray *nodes; /* of MomNode */
    GArray *open;  /* of OpenBracket */
    GError **error;
} Parser;

static gboolean
fail(const Parser *parser, MomPolicyErrorCode code, const MomToken *token, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static gboolean
fail(const Parser *parser, MomPolicyErrorCode code, const MomToken *token, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    mom_policy_set_error_va(parser->error, code, mom_lexer_place(&parser->lexer, token), format,
                            arguments);
    va_end(arguments);
    return FALSE;
}

static gboolean
push(Parser *parser, MomNodeKind kind, const MomToken *token, MomNode node)
{
    node.kind = kind;
    node.line = token->line;
    node.column = token->column;
    g_array_append_val(parser->nodes, node);
    return TRUE;
}

/* ---- simple tokens ---- */

static gboolean
push_integer(Parser *parser, const MomToken *token, int base)
{
    gsize prefix = base == 10 ? 0 : 2;
    g_autofree char *digits = g_strndup(token->start + prefix, token->length - prefix);
    gint64 n;

    errno = 0;
    n = g_ascii_strtoll(digits, NULL, base);
    if (errno)
        return fail(parser, MOM_POLICY_ERROR_LOAD, token, "integer out of range: %.*s",
                    (int)MIN(token->length, 40), token->start);
    return push(parser, MOM_NODE_NUMBER, token, (MomNode){.value = mom_value_int(n)});
}

static gboolean
push_float(Parser *parser, const MomToken *token)
{
    g_autofree char *digits = g_strndup(token->start, token->length);

    return push(parser, MOM_NODE_NUMBER, token,
                (MomNode){.value = mom_value_float(g_ascii_strtod(digits, NULL))});
}

static gboolean
push_string(Parser *parser, const MomToken *token)
{
    gsize length = token->length - 2;

    if (length > MOM_POLICY_MAX_STRING_BYTES)
        return fail(parser, MOM_POLICY_ERROR_LIMIT, token, "a string of more than %d bytes",
                    MOM_POLICY_MAX_STRING_BYTES);
    return push(parser, MOM_NODE_STRING, token,
                (MomNode){.value = mom_value_string(mom_arena_strndup(parser->program->arena,
                                                                      token->start + 1, length))});
}

static gboolean
push_symbol(Parser *parser, const MomToken *token)
{
    parser->program->n_symbols++;
    return push(parser, MOM_NODE_SYMBOL, token,
                (MomNode){.symbol = mom_symbols_intern(parser->program->symbols, token->start,
                                                       token->length)});
}

static gboolean
push_operator(Parser *parser, const MomToken *token)
{
    static const struct {
        const char *sign;
        const char *word;
    } words[] = {
        {"+", "add"},  {"-", "sub"},  {"*", "mul"},  {"/", "div"},  {"<", "lt"},  {">", "gt"},
        {"<=", "lte"}, {">=", "gte"}, {"<<", "shl"}, {">>", "shr"}, {"==", "eq"}, {"!=", "neq"},
    };
    const char *word = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(words) && !word; i++)
        if (strlen(words[i].sign) == token->length &&
            strncmp(words[i].sign, token->start, token->length) == 0)
            word = words[i].word;
    g_assert(word);
    parser->program->n_symbols++;
    return push(
        parser, MOM_NODE_OPERATOR, token,
        (MomNode){.symbol = mom_symbols_intern(parser->program->symbols, word, strlen(word))});
}

/* ---- brackets ---- */

static gboolean
open_bracket(Parser *parser, const MomToken *token)
{
    OpenBracket bracket = {.token = *token, .first = parser->nodes->len};

    if (parser->open->len >= MOM_POLICY_MAX_NESTING)
        return fail(parser, MOM_POLICY_ERROR_LIMIT, token, "brackets nested more than %d deep",
                    MOM_POLICY_MAX_NESTING);
    g_array_append_val(parser->open, bracket);
    if (*token->start == '{')
        return push(parser, MOM_NODE_SYMBOL, token,
                    (MomNode){.symbol = mom_symbols_intern(parser->program->symbols, "eval", 4)});
    return TRUE;
}

static char
closing(char bracket)
{
    return bracket == '(' ? ')' : bracket == '[' ? ']' : '}';
}

/* Moves the waiting nodes from FIRST on to the arena. */
static const MomNode *
take_nodes(Parser *parser, guint first, guint *n)
{
    MomNode *items;

    *n = parser->nodes->len - first;
    items = mom_arena_alloc(parser->program->arena, *n * sizeof(MomNode));
    if (*n)
        memcpy(items, &g_array_index(parser->nodes, MomNode, first), *n * sizeof(MomNode));
    g_array_set_size(parser->nodes, first);
    return items;
}

static gboolean
close_bracket(Parser *parser, const MomToken *token)
{
    OpenBracket bracket;
    MomNode node = {0};
    guint n;

    if (parser->open->len == 0)
        return fail(parser, MOM_POLICY_ERROR_LOAD, token, "'%c' closes nothing", *token->start);
    bracket = g_array_index(parser->open, OpenBracket, parser->open->len - 1);
    node.bracket = *bracket.token.start;
    if (*token->start != closing(node.bracket))
        return fail(parser, MOM_POLICY_ERROR_LOAD, token,
                    "'%c' expected (to close '%c' at %u:%u), found '%c'", closing(node.bracket),
                    node.bracket, bracket.token.line, bracket.token.column, *token->start);
    g_array_set_size(parser->open, parser->open->len - 1);
    node.items = take_nodes(parser, bracket.first, &n);
    node.n = n;
    return push(parser, MOM_NODE_LIST, &bracket.token, node);
}

static gboolean
finish(Parser *parser)
{
    const OpenBracket *innermost;
    guint n;

    if (parser->open->len > 0) {
        innermost = &g_array_index(parser->open, OpenBracket, parser->open->len - 1);
        return fail(parser, MOM_POLICY_ERROR_LOAD, &innermost->token, "'%c' is never closed",
                    *innermost->token.start);
    }
    parser->program->items = take_nodes(parser, 0, &n);
    parser->program->n = n;
    return TRUE;
}

/* ---- the program ---- */

static gboolean
parse_token(Parser *parser, const MomToken *token)
{
    switch (token->kind) {
    case MOM_TOKEN_OPEN:
        return open_bracket(parser, token);
    case MOM_TOKEN_CLOSE:
        return close_bracket(parser, token);
    case MOM_TOKEN_INTEGER:
        return push_integer(parser, token, 10);
    case MOM_TOKEN_HEX:
        return push_integer(parser, token, 16);
    case MOM_TOKEN_OCTAL:
        return push_integer(parser, token, 8);
    case MOM_TOKEN_FLOAT:
        return push_float(parser, token);
    case MOM_TOKEN_STRING:
        return push_string(parser, token);
    case MOM_TOKEN_SYMBOL:
        return push_symbol(parser, token);
    case MOM_TOKEN_OPERATOR:
        return push_operator(parser, token);
    case MOM_TOKEN_COMMENT:
    case MOM_TOKEN_END:
    default:
        return TRUE;
    }
}

static gboolean
parse(Parser *parser)
{
    MomToken token = {.kind = MOM_TOKEN_OPEN};

    while (token.kind != MOM_TOKEN_END) {
        if (!mom_lexer_next(&parser->lexer, &token, parser->error))
            return FALSE;
        if (!parse_token(parser, &token))
            return FALSE;
    }
    return finish(parser);
}

MomProgram *
mom_program_parse(
    MomSymbols *symbols, const char *name, const char *text, gsize length, GError **error)
{
    return mom_program_parse_piece(symbols, name, text, length, 1, error);
}

MomProgram *
mom_program_parse_piece(MomSymbols *symbols,
                        const char *name,
                        const char *text,
                        gsize length,
                        guint first_line,
                        GError **error)
{
    g_autoptr(MomProgram) program = NULL;
    g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(MomNode));
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(OpenBracket));
    Parser parser = {.nodes = nodes, .open = open, .error = error};

    if (length > MOM_POLICY_MAX_TEXT_BYTES) {
        mom_policy_set_error(error, MOM_POLICY_ERROR_LIMIT, (MomPlace){name, first_line, 1},
                             "a policy of more than %d bytes", MOM_POLICY_MAX_TEXT_BYTES);
        return NULL;
    }
    program = g_new0(MomProgram, 1);
    program->references = 1;
    program->name = g_strdup(name);
    program->arena = mom_arena_new(BLOCK_BYTES);
    program->symbols = mom_symbols_ref(symbols);
    parser.program = program;
    mom_lexer_init(&parser.lexer, program->name, text, length);
    parser.lexer.line = first_line;
    return parse(&parser) ? g_steal_pointer(&program) : NULL;
}

MomProgram *
mom_program_ref(MomProgram *program)
{
    program->references++;
    return program;
}

void
mom_program_unref(MomProgram *program)
{
    if (!program || --program->references > 0)
        return;
    mom_symbols_unref(program->symbols);
    mom_arena_free(program->arena);
    g_free(program->name);
    g_free(program);
}
