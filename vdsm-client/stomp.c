/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The STOMP codec; stomp.h tells the dialect.
 *
 * It trusts no byte: every length has a limit, and what breaks the grammar ends the stream with a
 * message that quotes what was wrong.  It must never do I/O, log, or copy a body.
 */
#include "vdsm-client/stomp.h"

#include <string.h>

#include "vdsm-client/error.h"

typedef enum {
    IN_COMMAND,
    IN_HEADERS,
    IN_COUNTED_BODY,
    IN_BODY_TO_NUL,
    AT_COUNTED_END,
    AT_END,
    BROKEN,
} ParserState;

struct MomStompParser {
    ParserState state;
    GString *line; /* begun in an earlier buffer */
    char *command;
    GHashTable *headers;
    guint n_headers;
    gsize body_left; /* until content-length, or until the limit */
};

static const char *const commands[] = {
    "CONNECTED",   "MESSAGE", "ERROR", "RECEIPT", "CONNECT", "SEND",  "SUBSCRIBE", "STOMP",
    "UNSUBSCRIBE", "ACK",     "NACK",  "BEGIN",   "COMMIT",  "ABORT", "DISCONNECT"};

/* The table of escapes, read in both directions. */
static const struct {
    char raw, escaped;
} escapes[] = {{':', 'c'}, {'\\', '\\'}, {'\n', 'n'}, {'\r', 'r'}};

MomStompParser *
mom_stomp_parser_new(void)
{
    MomStompParser *parser = g_new0(MomStompParser, 1);
    parser->line = g_string_new(NULL);
    parser->headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return parser;
}

void
mom_stomp_parser_free(MomStompParser *parser)
{
    if (!parser)
        return;
    g_string_free(parser->line, TRUE);
    g_free(parser->command);
    g_hash_table_unref(parser->headers);
    g_free(parser);
}

/* Quotes the start of LINE in the error: enough to see whether this was HTTP, TLS or noise. */
static gboolean
refuse(const char *line, gsize len, const char *what, GError **error)
{
    g_autofree char *start = g_strndup(line, MIN(len, 60));
    g_autofree char *quoted = g_strescape(start, NULL);
    g_set_error(error, MOM_VDSM_ERROR, MOM_VDSM_ERROR_PROTOCOL, "STOMP: %s in \"%s\"%s", what,
                quoted, len > 60 ? "..." : "");
    return FALSE;
}

static gboolean
unescape_one(char escaped, GString *out)
{
    for (gsize i = 0; i < G_N_ELEMENTS(escapes); i++) {
        if (escapes[i].escaped == escaped) {
            g_string_append_c(out, escapes[i].raw);
            return TRUE;
        }
    }
    return FALSE;
}

/* NULL if there is a raw colon or an escape that is none. */
static char *
unescape(const char *text, gsize len)
{
    g_autoptr(GString) out = g_string_sized_new(len);
    for (gsize i = 0; i < len; i++) {
        if (text[i] == ':')
            return NULL;
        if (text[i] != '\\')
            g_string_append_c(out, text[i]);
        else if (++i == len || !unescape_one(text[i], out))
            return NULL;
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static gboolean
begin_frame(MomStompParser *parser, const char *line, gsize len, GError **error)
{
    if (len == 0)
        return TRUE;
    g_clear_pointer(&parser->command, g_free);
    g_hash_table_remove_all(parser->headers);
    parser->n_headers = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        if (strlen(commands[i]) == len && memcmp(commands[i], line, len) == 0)
            parser->command = g_strdup(commands[i]);
    if (!parser->command)
        return refuse(line, len, "unknown command", error);
    parser->state = IN_HEADERS;
    return TRUE;
}

static gboolean
add_header(MomStompParser *parser, const char *line, gsize len, GError **error)
{
    if (++parser->n_headers > MOM_STOMP_MAX_HEADERS)
        return refuse(line, len, "more than 64 headers", error);
    if (!g_utf8_validate_len(line, len, NULL))
        return refuse(line, len, "header is not UTF-8", error);
    const char *colon = memchr(line, ':', len);
    if (!colon)
        return refuse(line, len, "no colon", error);
    gsize name_len = (gsize)(colon - line);
    g_autofree char *name = unescape(line, name_len);
    g_autofree char *value = unescape(colon + 1, len - name_len - 1);
    if (!name || !value)
        return refuse(line, len, "raw colon or unknown escape", error);
    if (!g_hash_table_contains(parser->headers, name))
        g_hash_table_insert(parser->headers, g_steal_pointer(&name), g_steal_pointer(&value));
    return TRUE;
}

static gboolean
end_headers(MomStompParser *parser, GError **error)
{
    const char *text = g_hash_table_lookup(parser->headers, "content-length");
    guint64 length = MOM_STOMP_MAX_BODY;
    if (text && !g_ascii_string_to_unsigned(text, 10, 0, MOM_STOMP_MAX_BODY, &length, NULL))
        return refuse(text, strlen(text), "no content-length up to 64 MiB", error);
    parser->body_left = (gsize)length;
    parser->state = !text ? IN_BODY_TO_NUL : length > 0 ? IN_COUNTED_BODY : AT_COUNTED_END;
    return TRUE;
}

/* Joins a line from this buffer and earlier ones; WHOLE is FALSE if its end has not come yet. */
static gboolean
gather_line(MomStompParser *parser, MomStompBytes *input, gboolean *whole, GError **error)
{
    const char *end = input->len > 0 ? memchr(input->bytes, '\n', input->len) : NULL;
    gsize len = end ? (gsize)(end - input->bytes) : input->len;
    /* One byte of grace: the CR of a line that has just the longest length. */
    gsize room = MOM_STOMP_MAX_LINE + 1 - parser->line->len;
    g_string_append_len(parser->line, input->bytes, (gssize)MIN(len, room));
    if (len > room)
        return refuse(parser->line->str, parser->line->len, "line over 8 KiB", error);
    gsize used = end ? len + 1 : len;
    input->bytes += used;
    input->len -= used;
    *whole = end != NULL;
    if (end && parser->line->len > 0 && parser->line->str[parser->line->len - 1] == '\r')
        g_string_truncate(parser->line, parser->line->len - 1);
    if (end && parser->line->len > MOM_STOMP_MAX_LINE)
        return refuse(parser->line->str, parser->line->len, "line over 8 KiB", error);
    return TRUE;
}

/* HEAD is set when the line was the empty one after the headers. */
static gboolean
parse_line(MomStompParser *parser, MomStompBytes *input, gboolean *head, GError **error)
{
    gboolean whole = FALSE;
    if (!gather_line(parser, input, &whole, error))
        return FALSE;
    if (!whole)
        return TRUE;
    const char *line = parser->line->str;
    gsize len = parser->line->len;
    *head = parser->state == IN_HEADERS && len == 0;
    gboolean good = *head                         ? end_headers(parser, error)
                    : parser->state == IN_HEADERS ? add_header(parser, line, len, error)
                                                  : begin_frame(parser, line, len, error);
    g_string_truncate(parser->line, 0);
    return good;
}

static void
take_piece(MomStompParser *parser, MomStompBytes *input, gsize len, MomStompBytes *piece)
{
    *piece = (MomStompBytes){input->bytes, len};
    input->bytes += len;
    input->len -= len;
    parser->body_left -= len;
}

/* Takes the piece of a body that INPUT begins with; an empty one if its NUL is next. */
static gboolean
parse_body(MomStompParser *parser, MomStompBytes *input, MomStompBytes *piece, GError **error)
{
    if (parser->state == IN_COUNTED_BODY) {
        take_piece(parser, input, MIN(input->len, parser->body_left), piece);
        if (parser->body_left == 0)
            parser->state = AT_COUNTED_END;
        return TRUE;
    }
    const char *nul = memchr(input->bytes, '\0', input->len);
    gsize len = nul ? (gsize)(nul - input->bytes) : input->len;
    if (len > parser->body_left)
        return refuse(input->bytes, input->len, "body over 64 MiB", error);
    take_piece(parser, input, len, piece);
    if (nul)
        parser->state = AT_END;
    return TRUE;
}

static gboolean
end_frame(MomStompParser *parser, MomStompBytes *input, GError **error)
{
    if (*input->bytes != '\0')
        return refuse(input->bytes, input->len, "no NUL after content-length bytes", error);
    input->bytes++;
    input->len--;
    parser->state = IN_COMMAND;
    return TRUE;
}

static gboolean
step(MomStompParser *parser,
     MomStompBytes *input,
     MomStompEvent *event,
     MomStompBytes *piece,
     GError **error)
{
    gboolean head = FALSE;
    switch (parser->state) {
    case IN_COMMAND:
    case IN_HEADERS:
        if (!parse_line(parser, input, &head, error))
            return FALSE;
        *event = head ? MOM_STOMP_HEAD : MOM_STOMP_MORE;
        return TRUE;
    case IN_COUNTED_BODY:
    case IN_BODY_TO_NUL:
        if (!parse_body(parser, input, piece, error))
            return FALSE;
        *event = piece->len > 0 ? MOM_STOMP_BODY : MOM_STOMP_MORE;
        return TRUE;
    case AT_COUNTED_END:
    case AT_END:
        *event = MOM_STOMP_END;
        return end_frame(parser, input, error);
    case BROKEN:
        break;
    }
    return refuse(input->bytes, input->len, "bytes after a broken frame", error);
}

gboolean
mom_stomp_parser_next(MomStompParser *parser,
                      MomStompBytes *input,
                      MomStompEvent *event,
                      MomStompBytes *piece,
                      GError **error)
{
    *event = MOM_STOMP_MORE;
    while (input->len > 0 && *event == MOM_STOMP_MORE) {
        if (!step(parser, input, event, piece, error)) {
            parser->state = BROKEN;
            return FALSE;
        }
    }
    return TRUE;
}

const char *
mom_stomp_parser_command(const MomStompParser *parser)
{
    return parser->command;
}

const char *
mom_stomp_parser_header(const MomStompParser *parser, const char *name)
{
    return g_hash_table_lookup(parser->headers, name);
}

static void
append_escaped(GString *out, const char *text)
{
    for (; *text; text++) {
        char escaped = 0;
        for (gsize i = 0; i < G_N_ELEMENTS(escapes); i++)
            if (escapes[i].raw == *text)
                escaped = escapes[i].escaped;
        if (escaped)
            g_string_append_c(out, '\\');
        g_string_append_c(out, escaped ? escaped : *text);
    }
}

static void
append_header(GString *out, const char *name, const char *value)
{
    append_escaped(out, name);
    g_string_append_c(out, ':');
    append_escaped(out, value);
    g_string_append_c(out, '\n');
}

void
mom_stomp_append(GString *out,
                 const char *command,
                 const MomStompHeader *headers,
                 gsize n_headers,
                 const char *body,
                 gsize body_len)
{
    g_string_append(out, command);
    g_string_append_c(out, '\n');
    for (gsize i = 0; i < n_headers; i++)
        append_header(out, headers[i].name, headers[i].value);
    if (body) {
        g_autofree char *length = g_strdup_printf("%" G_GSIZE_FORMAT, body_len);
        append_header(out, "content-length", length);
    }
    g_string_append_c(out, '\n');
    if (body)
        g_string_append_len(out, body, (gssize)body_len);
    g_string_append_c(out, '\0');
}
