/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The grammar of RFC 8259 as one function a rule, see json-check.h.
 *
 * Makes no value. Recursion ends at the depth allowed.
 */
#include "agent/rpc/json-check.h"

#include <string.h>

G_DEFINE_QUARK(mom - json - check - error - quark, mom_json_check_error)

typedef struct {
    const char *text;
    gsize length;
    gsize at;
    guint depth; /* still allowed */
    GError **error;
} Reader;

static gboolean
refuse(Reader *r, MomJsonCheckErrorCode code, const char *what)
{
    g_set_error(r->error, MOM_JSON_CHECK_ERROR, code, "%s at byte %" G_GSIZE_FORMAT, what, r->at);
    return FALSE;
}

static gboolean
wrong(Reader *r, const char *what)
{
    return refuse(r, MOM_JSON_CHECK_ERROR_SYNTAX, r->at < r->length ? what : "the text ends");
}

/* The byte ahead; 0, which JSON never has, at the end. */
static char
ahead(const Reader *r)
{
    return r->at < r->length ? r->text[r->at] : '\0';
}

static gboolean
take(Reader *r, char c)
{
    if (ahead(r) != c)
        return FALSE;
    r->at++;
    return TRUE;
}

static void
skip_blanks(Reader *r)
{
    while (ahead(r) != '\0' && strchr(" \t\n\r", ahead(r)))
        r->at++;
}

/* ---- plain values ---- */

static gboolean
skip_digits(Reader *r)
{
    gsize start = r->at;

    while (g_ascii_isdigit(ahead(r)))
        r->at++;
    return r->at > start || wrong(r, "a digit is missing");
}

static gboolean
check_number(Reader *r)
{
    take(r, '-');
    if (!take(r, '0') && !skip_digits(r))
        return FALSE;
    if (take(r, '.') && !skip_digits(r))
        return FALSE;
    if (take(r, 'e') || take(r, 'E')) {
        if (!take(r, '+'))
            take(r, '-');
        return skip_digits(r);
    }
    return TRUE;
}

static gboolean
check_word(Reader *r, const char *word)
{
    gsize length = strlen(word);

    if (r->length - r->at < length || memcmp(r->text + r->at, word, length) != 0)
        return wrong(r, "no JSON value");
    r->at += length;
    return TRUE;
}

static gboolean
check_escape(Reader *r, gboolean name)
{
    gsize start = r->at;

    if (take(r, 'u')) {
        while (r->at < start + 5) {
            if (!g_ascii_isxdigit(ahead(r)))
                return wrong(r, "no hexadecimal digit");
            r->at++;
        }
        if (name && memcmp(r->text + start, "u0000", 5) == 0)
            return refuse(r, MOM_JSON_CHECK_ERROR_LIMIT, "a NUL in a name");
        return TRUE;
    }
    if (ahead(r) == '\0' || !strchr("\"\\/bfnrt", ahead(r)))
        return wrong(r, "no such escape");
    r->at++;
    return TRUE;
}

static gboolean
check_string(Reader *r, gboolean name)
{
    if (!take(r, '"'))
        return wrong(r, "no JSON value");
    while (!take(r, '"')) {
        if (take(r, '\\')) {
            if (!check_escape(r, name))
                return FALSE;
        } else if ((guchar)ahead(r) < 0x20) {
            return wrong(r, "a control character in a string");
        } else {
            r->at++;
        }
    }
    return TRUE;
}

/* ---- nesting ---- */

static gboolean check_value(Reader *r);

static gboolean
check_member(Reader *r)
{
    skip_blanks(r);
    if (ahead(r) != '"')
        return wrong(r, "a name is missing");
    if (!check_string(r, TRUE))
        return FALSE;
    skip_blanks(r);
    return take(r, ':') ? check_value(r) : wrong(r, "a colon is missing");
}

/* What stands between an opening bracket, which is behind, and END. */
static gboolean
check_items(Reader *r, char end, gboolean (*check)(Reader *r))
{
    if (r->depth == 0)
        return refuse(r, MOM_JSON_CHECK_ERROR_LIMIT, "nested too deep");
    r->depth--;
    skip_blanks(r);
    if (!take(r, end)) {
        do {
            if (!check(r))
                return FALSE;
            skip_blanks(r);
        } while (take(r, ','));
        if (!take(r, end))
            return wrong(r, "a comma or the closing bracket is missing");
    }
    r->depth++;
    return TRUE;
}

static gboolean
check_value(Reader *r)
{
    skip_blanks(r);
    switch (ahead(r)) {
    case '{':
        r->at++;
        return check_items(r, '}', check_member);
    case '[':
        r->at++;
        return check_items(r, ']', check_value);
    case 't':
        return check_word(r, "true");
    case 'f':
        return check_word(r, "false");
    case 'n':
        return check_word(r, "null");
    case '"':
        return check_string(r, FALSE);
    default:
        return ahead(r) == '-' || g_ascii_isdigit(ahead(r)) ? check_number(r)
                                                            : wrong(r, "no JSON value");
    }
}

gboolean
mom_json_check(const char *text, gsize length, guint depth, GError **error)
{
    Reader r = {.text = text, .length = length, .depth = depth, .error = error};
    const char *end;

    if (!g_utf8_validate_len(text, length, &end)) {
        r.at = (gsize)(end - text);
        return refuse(&r, MOM_JSON_CHECK_ERROR_SYNTAX, "no UTF-8");
    }
    if (!check_value(&r))
        return FALSE;
    skip_blanks(&r);
    return r.at == length || wrong(&r, "text after the end of the value");
}
