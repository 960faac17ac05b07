/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Writing JSON, see json-format.h.
 *
 * Numbers are left to json-c, which keeps an integer an integer and a float a float.
 */
#include "agent/rpc/json-format.h"

#include <math.h>
#include <string.h>

#include "agent/rpc/notation.h"

static const char *const escapes[128] = {
    ['"'] = "\\\"", ['\\'] = "\\\\", ['\b'] = "\\b", ['\f'] = "\\f",
    ['\n'] = "\\n", ['\r'] = "\\r",  ['\t'] = "\\t",
};

static void
append_valid(GString *out, const char *text, gsize length)
{
    gsize run = 0;

    for (gsize i = 0; i < length; i++) {
        guchar c = (guchar)text[i];

        if (c >= 0x20 && (c >= 128 || !escapes[c]))
            continue;
        g_string_append_len(out, text + run, (gssize)(i - run));
        if (escapes[c])
            g_string_append(out, escapes[c]);
        else
            g_string_append_printf(out, "\\u%04x", c);
        run = i + 1;
    }
    g_string_append_len(out, text + run, (gssize)(length - run));
}

void
mom_json_append_inside(GString *out, const char *text, gsize length)
{
    /* A NUL is a character of JSON, and none that GLib lets stand in UTF-8. */
    for (gsize part; length > 0; text += part, length -= part) {
        part = strnlen(text, length);
        if (part == 0) {
            g_string_append(out, "\\u0000");
            part = 1;
        } else if (g_utf8_validate_len(text, part, NULL)) {
            append_valid(out, text, part);
        } else {
            g_autofree char *valid = g_utf8_make_valid(text, (gssize)part);

            append_valid(out, valid, strlen(valid));
        }
    }
}

void
mom_json_append_string(GString *out, const char *text, gsize length)
{
    g_string_append_c(out, '"');
    mom_json_append_inside(out, text, length);
    g_string_append_c(out, '"');
}

static void
append_array(GString *out, json_object *array)
{
    gsize n = json_object_array_length(array);

    g_string_append_c(out, '[');
    for (gsize i = 0; i < n; i++) {
        if (i > 0)
            g_string_append_c(out, ',');
        mom_json_append(out, json_object_array_get_idx(array, i));
    }
    g_string_append_c(out, ']');
}

static void
append_object(GString *out, json_object *object)
{
    char before = '{';

    json_object_object_foreach(object, name, value)
    {
        g_string_append_c(out, before);
        mom_json_append_string(out, name, strlen(name));
        g_string_append_c(out, ':');
        mom_json_append(out, value);
        before = ',';
    }
    g_string_append(out, before == '{' ? "{}" : "}");
}

void
mom_json_append(GString *out, json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_string:
        mom_json_append_string(out, json_object_get_string(value),
                               (gsize)json_object_get_string_len(value));
        return;
    case json_type_array:
        append_array(out, value);
        return;
    case json_type_object:
        append_object(out, value);
        return;
    case json_type_double:
        if (isfinite(json_object_get_double(value)))
            break;
        G_GNUC_FALLTHROUGH;
    case json_type_null:
        g_string_append(out, "null");
        return;
    case json_type_boolean:
    case json_type_int:
        break;
    }
    g_string_append(out, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
}

/* ---- values one by one, see notation.h ---- */

static void
write_nil(GString *out)
{
    g_string_append(out, "null");
}

static void
write_boolean(GString *out, gboolean value)
{
    g_string_append(out, value ? "true" : "false");
}

static void
write_integer(GString *out, gint64 value)
{
    char text[MOM_RPC_DIGITS];
    const char *first = mom_rpc_digits(text, value);

    g_string_append_len(out, first, text + sizeof text - first);
}

static void
write_real(GString *out, double value)
{
    json_object *number = json_object_new_double(value);

    mom_json_append(out, number);
    json_object_put(number);
}

static void
write_text(GString *out, const char *value)
{
    mom_json_append_string(out, value, strlen(value));
}

static void
begin_struct(GString *out)
{
    g_string_append_c(out, '{');
}

/* No value ends with a brace that opens. */
static void
begin_member(GString *out, const char *name)
{
    if (out->str[out->len - 1] != '{')
        g_string_append_c(out, ',');
    write_text(out, name);
    g_string_append_c(out, ':');
}

static void
end_member(GString *out)
{
}

static void
end_struct(GString *out)
{
    g_string_append_c(out, '}');
}

const MomRpcNotation mom_rpc_notation_json = {
    .nil = write_nil,
    .boolean = write_boolean,
    .integer = write_integer,
    .real = write_real,
    .text = write_text,
    .tree = mom_json_append,
    .begin_struct = begin_struct,
    .begin_member = begin_member,
    .end_member = end_member,
    .end_struct = end_struct,
};
