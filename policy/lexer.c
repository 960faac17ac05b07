/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One function per kind of token; each measures how long its token is and changes nothing.
 *
 * What the reference drops without a word is an error here.  A malformed number is told as such,
 * at its first character, rather than as an odd character behind a good number.
 */
#include "policy/lexer.h"

#include "policy/error.h"
#include "policy/unicode.h"

#include <string.h>

static gboolean
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static gboolean
is_exponent_mark(char c)
{
    return c == 'e' || c == 'E';
}

static gboolean
begins_symbol(char c)
{
    return g_ascii_isalpha(c) || c == '_';
}

static gboolean
continues_symbol(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
}

void
mom_lexer_init(MomLexer *lexer, const char *policy, const char *text, gsize length)
{
    *lexer = (MomLexer){.policy = policy, .at = text, .end = text + length, .line = 1, .column = 1};
    /* g_utf8_validate_len takes a NUL for invalid, which is what is wanted. */
    g_utf8_validate_len(text, length, &lexer->valid);
}

static void
advance(MomLexer *lexer, gsize length)
{
    const char *end = lexer->at + length;

    for (; lexer->at < end; lexer->at++) {
        if (*lexer->at == '\n') {
            lexer->line++;
            lexer->column = 1;
        } else if ((*lexer->at & 0xc0) != 0x80) {
            lexer->column++;
        }
    }
}

static gboolean fail(const MomLexer *lexer, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* An error at the lexer's position. */
static gboolean
fail(const MomLexer *lexer, GError **error, const char *format, ...)
{
    MomPlace place = {.policy = lexer->policy, .line = lexer->line, .column = lexer->column};
    va_list arguments;

    va_start(arguments, format);
    mom_policy_set_error_va(error, MOM_POLICY_ERROR_LOAD, place, format, arguments);
    va_end(arguments);
    return FALSE;
}

/* The position of the first byte that is no text. */
static gboolean
fail_invalid(MomLexer *lexer, GError **error)
{
    advance(lexer, (gsize)(lexer->valid - lexer->at));
    if (*lexer->at == '\0')
        return fail(lexer, error, "a NUL byte; a policy is a text");
    return fail(lexer, error, "byte 0x%02x is no UTF-8", (guchar)*lexer->at);
}

/* ---- lengths: how far a token reaches from AT; 0 if there is none of the kind ---- */

static gsize
digits(const char *at)
{
    gsize n = 0;

    while (is_digit(at[n]))
        n++;
    return n;
}

/* "e", a sign perhaps, digits. */
static gsize
exponent(const char *at)
{
    gsize n = 1;

    if (!is_exponent_mark(at[0]))
        return 0;
    if (at[n] == '+' || at[n] == '-')
        n++;
    return is_digit(at[n]) ? n + digits(at + n) : 0;
}

static gsize
measure_float(const char *at)
{
    gsize n = at[0] == '-';

    n += digits(at + n);
    if (at[n] != '.' || !is_digit(at[n + 1]))
        return 0;
    n += 1 + digits(at + n + 1);
    return n + exponent(at + n);
}

static gsize
measure_hex(const char *at)
{
    gsize n = 2;

    if (at[0] != '0' || (at[1] != 'x' && at[1] != 'X'))
        return 0;
    while (g_ascii_isxdigit(at[n]))
        n++;
    return n > 2 ? n : 0;
}

static gsize
measure_octal(const char *at)
{
    if (at[0] != '0' || at[1] != 'o' || !is_digit(at[2]))
        return 0;
    return 2 + digits(at + 2);
}

/* Sign and digits of a decimal integer; what follows is not looked at. */
static gsize
measure_integer(const char *at)
{
    gsize sign = at[0] == '-';
    gsize n = digits(at + sign);

    if (n == 0)
        return 0;
    if (at[sign] == '0' && (n > 1 || at[sign + 1] == 'o' || g_ascii_tolower(at[sign + 1]) == 'x'))
        return 0;
    return sign + n;
}

static gsize
measure_symbol(const char *at)
{
    gsize n = 0;

    if (!begins_symbol(at[0]))
        return 0;
    while (continues_symbol(at[n]))
        n++;
    return n;
}

static gsize
measure_operator(const char *at)
{
    static const char *const operators[] = {
        "<=", ">=", "<<", ">>", "==", "!=", "+", "-", "*", "/", "<", ">"};

    for (gsize i = 0; i < G_N_ELEMENTS(operators); i++)
        if (strncmp(at, operators[i], strlen(operators[i])) == 0)
            return strlen(operators[i]);
    return 0;
}

/* ---- tokens ---- */

/* Up to the newline, or to where the text ceases to be one. */
static gsize
measure_comment(const MomLexer *lexer)
{
    return MIN(strcspn(lexer->at, "\n"), (gsize)(lexer->valid - lexer->at));
}

static void
skip_blanks_and_comments(MomLexer *lexer)
{
    while (lexer->at < lexer->valid)
        if (*lexer->at == '#' && !lexer->keep_comments)
            advance(lexer, measure_comment(lexer));
        else if (mom_is_blank(g_utf8_get_char(lexer->at)))
            advance(lexer, (gsize)(g_utf8_next_char(lexer->at) - lexer->at));
        else
            break;
}

static gboolean
take(MomLexer *lexer, MomTokenKind kind, gsize length, MomToken *out)
{
    *out = (MomToken){.kind = kind,
                      .start = lexer->at,
                      .length = length,
                      .line = lexer->line,
                      .column = lexer->column};
    advance(lexer, length);
    return TRUE;
}

static gboolean
take_float(MomLexer *lexer, gsize length, MomToken *out, GError **error)
{
    char last = lexer->at[length];

    /* 1.5e, .5e+x: an exponent was meant; but 1.5e3e is a number and a symbol. */
    if (is_exponent_mark(last) && !memchr(lexer->at, 'e', length) &&
        !memchr(lexer->at, 'E', length))
        return fail(lexer, error, "malformed number: an exponent needs digits");
    return take(lexer, MOM_TOKEN_FLOAT, length, out);
}

static gboolean
take_integer(MomLexer *lexer, gsize length, MomToken *out, GError **error)
{
    const char *behind = lexer->at + length;

    if (is_exponent_mark(*behind)) {
        gsize more = exponent(behind);

        if (!more)
            return fail(lexer, error, "malformed number: an exponent needs digits");
        return take(lexer, MOM_TOKEN_FLOAT, length + more, out);
    }
    if (*behind == '.')
        return fail(lexer, error, "malformed number: a point needs digits behind it");
    return take(lexer, MOM_TOKEN_INTEGER, length, out);
}

static gboolean
take_octal(MomLexer *lexer, gsize length, MomToken *out, GError **error)
{
    for (gsize i = 2; i < length; i++)
        if (lexer->at[i] > '7')
            return fail(lexer, error, "malformed number: octal digits are 0 to 7");
    return take(lexer, MOM_TOKEN_OCTAL, length, out);
}

static gboolean
take_number(MomLexer *lexer, MomToken *out, gboolean *taken, GError **error)
{
    gsize length;

    *taken = TRUE;
    if ((length = measure_float(lexer->at)))
        return take_float(lexer, length, out, error);
    if ((length = measure_hex(lexer->at)))
        return take(lexer, MOM_TOKEN_HEX, length, out);
    if ((length = measure_octal(lexer->at)))
        return take_octal(lexer, length, out, error);
    /* -12e is the operator and then a malformed number. */
    length = measure_integer(lexer->at);
    if (length && !(lexer->at[0] == '-' && is_exponent_mark(lexer->at[length]) &&
                    !exponent(lexer->at + length)))
        return take_integer(lexer, length, out, error);
    *taken = FALSE;
    if (!is_digit(lexer->at[0]))
        return TRUE;
    return fail(lexer, error, "malformed number: %s",
                is_digit(lexer->at[1]) ? "a decimal integer has no leading zeros"
                                       : "0x and 0o need digits");
}

static gboolean
take_string(MomLexer *lexer, MomToken *out, GError **error)
{
    char quote = lexer->at[0];
    const char *at = lexer->at + 1;

    while (at < lexer->valid && *at != quote) {
        if (*at == '\\') {
            at++;
            if (at >= lexer->valid || *at == '\n')
                break;
        }
        at = g_utf8_next_char(at);
    }
    if (at < lexer->valid && *at == quote)
        return take(lexer, MOM_TOKEN_STRING, (gsize)(at + 1 - lexer->at), out);
    if (at >= lexer->valid && lexer->valid < lexer->end)
        return fail_invalid(lexer, error);
    return fail(lexer, error, "unterminated string");
}

static gboolean
take_other(MomLexer *lexer, MomToken *out, GError **error)
{
    const char *at = lexer->at;
    gsize length;
    char shown[7] = {0};

    if (*at == '#')
        return take(lexer, MOM_TOKEN_COMMENT, measure_comment(lexer), out);
    if (*at == '\'' || *at == '"')
        return take_string(lexer, out, error);
    if ((length = measure_symbol(at)))
        return take(lexer, MOM_TOKEN_SYMBOL, length, out);
    if ((length = measure_operator(at)))
        return take(lexer, MOM_TOKEN_OPERATOR, length, out);
    g_unichar_to_utf8(g_utf8_get_char(at), shown);
    return fail(lexer, error, "unexpected character '%s'", shown);
}

gboolean
mom_lexer_next(MomLexer *lexer, MomToken *out, GError **error)
{
    gboolean taken = FALSE;

    skip_blanks_and_comments(lexer);
    if (lexer->at >= lexer->valid) {
        if (lexer->valid < lexer->end)
            return fail_invalid(lexer, error);
        return take(lexer, MOM_TOKEN_END, 0, out);
    }
    if (strchr("([{", *lexer->at))
        return take(lexer, MOM_TOKEN_OPEN, 1, out);
    if (strchr(")]}", *lexer->at))
        return take(lexer, MOM_TOKEN_CLOSE, 1, out);
    if (!take_number(lexer, out, &taken, error))
        return FALSE;
    return taken || take_other(lexer, out, error);
}

MomPlace
mom_lexer_place(const MomLexer *lexer, const MomToken *token)
{
    return (MomPlace){.policy = lexer->policy, .line = token->line, .column = token->column};
}
