/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See message.h.  The strict check comes before json-c, which takes more than JSON.
 */
#include "agent/guest-agent/message.h"

#include <json-c/json.h>
#include <string.h>

#include "agent/rpc/json-check.h"

G_DEFINE_QUARK(mom - agent - error - quark, mom_agent_error)

typedef struct json_object JsonObject;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonObject, json_object_put)

/* ---- commands ---- */

char *
mom_agent_command_sync(gint64 id)
{
    return g_strdup_printf("{\"execute\": \"guest-sync-delimited\", \"arguments\": "
                           "{\"id\": %" G_GINT64_FORMAT "}}",
                           id);
}

char *
mom_agent_command_info(void)
{
    return g_strdup("{\"execute\": \"guest-info\"}");
}

char *
mom_agent_command_open(const char *path)
{
    return g_strdup_printf("{\"execute\": \"guest-file-open\", \"arguments\": "
                           "{\"path\": \"%s\", \"mode\": \"r\"}}",
                           path);
}

char *
mom_agent_command_read(gint64 handle)
{
    return g_strdup_printf("{\"execute\": \"guest-file-read\", \"arguments\": "
                           "{\"handle\": %" G_GINT64_FORMAT ", \"count\": %d}}",
                           handle, MOM_AGENT_CHUNK_BYTES);
}

char *
mom_agent_command_close(gint64 handle)
{
    return g_strdup_printf("{\"execute\": \"guest-file-close\", \"arguments\": "
                           "{\"handle\": %" G_GINT64_FORMAT "}}",
                           handle);
}

/* ---- replies ---- */

/* Always FALSE, to be returned. */
static gboolean
fail(GError **error, const char *what)
{
    g_set_error(error, MOM_AGENT_ERROR, MOM_AGENT_ERROR_REPLY,
                "the guest's agent answers what it should not: %s", what);
    return FALSE;
}

/* The guest's words, short and printable. Caller frees. */
static char *
clean_words(const char *words)
{
    g_autofree char *valid = g_utf8_make_valid(words, -1);
    GString *clean = g_string_new(NULL);

    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);

        if (clean->len + 6 > MOM_AGENT_WORDS_BYTES) { /* the longest character, or "..." */
            g_string_append(clean, "...");
            break;
        }
        g_string_append_unichar(clean, g_unichar_isprint(character) ? character : '?');
    }
    return g_string_free(clean, FALSE);
}

static const char *
string_of(JsonObject *object, const char *key)
{
    JsonObject *value;

    return json_object_object_get_ex(object, key, &value) &&
                   json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : NULL;
}

static gboolean
fail_as_told(JsonObject *told, GError **error)
{
    const char *class = string_of(told, "class");
    const char *words = string_of(told, "desc");
    g_autofree char *clean = clean_words(words ? words : class ? class : "without a word");

    /* What it is called for a command that is on the agent's block-list, too. */
    if (g_strcmp0(class, "CommandNotFound") == 0)
        g_set_error(error, MOM_AGENT_ERROR, MOM_AGENT_ERROR_DISABLED,
                    "the guest's agent does not do that: %s", clean);
    else
        g_set_error(error, MOM_AGENT_ERROR, MOM_AGENT_ERROR_REFUSED,
                    "the guest's agent refuses: %s", clean);
    return FALSE;
}

static JsonObject *
parse(const char *text, gsize length, GError **error)
{
    json_tokener *tokener;
    JsonObject *reply;

    if (length > G_MAXINT / 2 || !mom_json_check(text, length, MOM_AGENT_DEPTH, NULL)) {
        fail(error, "no JSON, or JSON that is nested too deep");
        return NULL;
    }
    tokener = json_tokener_new_ex(MOM_AGENT_DEPTH + 1);
    reply = json_tokener_parse_ex(tokener, text, (int)length);
    json_tokener_free(tokener);
    if (!reply || !json_object_is_type(reply, json_type_object)) {
        g_clear_pointer(&reply, json_object_put);
        fail(error, "no object");
    }
    return reply;
}

/* What the agent returns, as part of *REPLY, which the caller puts; FALSE also if it is an error.
 */
static gboolean
parse_return(
    const char *text, gsize length, JsonObject **reply, JsonObject **returned, GError **error)
{
    g_autoptr(JsonObject) parsed = parse(text, length, error);
    JsonObject *told;

    if (!parsed)
        return FALSE;
    if (json_object_object_get_ex(parsed, "error", &told))
        return fail_as_told(told, error);
    if (!json_object_object_get_ex(parsed, "return", returned))
        return fail(error, "neither return nor error");
    *reply = g_steal_pointer(&parsed);
    return TRUE;
}

gboolean
mom_agent_reply_any(const char *text, gsize length, GError **error)
{
    g_autoptr(JsonObject) reply = NULL;
    JsonObject *returned;

    return parse_return(text, length, &reply, &returned, error);
}

gboolean
mom_agent_reply_integer(const char *text, gsize length, gint64 *out, GError **error)
{
    g_autoptr(JsonObject) reply = NULL;
    JsonObject *returned;

    if (!parse_return(text, length, &reply, &returned, error))
        return FALSE;
    if (!json_object_is_type(returned, json_type_int))
        return fail(error, "no number");
    *out = json_object_get_int64(returned);
    return TRUE;
}

gboolean
mom_agent_reply_chunk(const char *text, gsize length, GString *file, gboolean *end, GError **error)
{
    g_autoptr(JsonObject) reply = NULL;
    JsonObject *returned, *eof;
    const char *base64;
    g_autofree guchar *bytes = NULL;
    gsize n = 0;

    if (!parse_return(text, length, &reply, &returned, error))
        return FALSE;
    base64 = string_of(returned, "buf-b64");
    if (!base64)
        return fail(error, "no bytes of a file");
    bytes = g_base64_decode(base64, &n);
    if (n > MOM_AGENT_FILE_BYTES || file->len + n > MOM_AGENT_FILE_BYTES)
        return fail(error, "a file that is too long");
    g_string_append_len(file, (const char *)bytes, (gssize)n);
    /* Without "eof" it is over all the same when nothing more comes. */
    *end = n == 0 ||
           (json_object_object_get_ex(returned, "eof", &eof) && json_object_get_boolean(eof));
    return TRUE;
}

/* ---- guest-info ---- */

static gboolean
allows(JsonObject *commands, const char *name)
{
    for (gsize i = 0; i < json_object_array_length(commands); i++) {
        JsonObject *command = json_object_array_get_idx(commands, i), *enabled;

        if (g_strcmp0(string_of(command, "name"), name) == 0)
            return json_object_object_get_ex(command, "enabled", &enabled) &&
                   json_object_get_boolean(enabled);
    }
    return FALSE;
}

gboolean
mom_agent_reply_info(const char *text, gsize length, GError **error)
{
    static const char *const needed[] = {"guest-file-open", "guest-file-read", "guest-file-close"};
    g_autoptr(JsonObject) reply = NULL;
    JsonObject *returned, *commands;

    if (!parse_return(text, length, &reply, &returned, error))
        return FALSE;
    if (!json_object_object_get_ex(returned, "supported_commands", &commands) ||
        !json_object_is_type(commands, json_type_array))
        return fail(error, "no list of commands");
    for (gsize i = 0; i < G_N_ELEMENTS(needed); i++) {
        if (allows(commands, needed[i]))
            continue;
        g_set_error(error, MOM_AGENT_ERROR, MOM_AGENT_ERROR_DISABLED,
                    "the guest's agent does not allow %s; its configuration in the guest says what "
                    "it allows",
                    needed[i]);
        return FALSE;
    }
    return TRUE;
}
