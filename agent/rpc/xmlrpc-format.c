/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Writing XML-RPC, see xmlrpc.h.
 *
 * Must never emit what a strict reader refuses: guests' names and policies may hold any bytes.
 */
#include "agent/rpc/xmlrpc.h"

#include <math.h>
#include <string.h>

#include "agent/rpc/notation.h"

#define DECLARATION "<?xml version='1.0'?>\n"
#define HEAD DECLARATION "<methodResponse>\n"
#define TAIL "</methodResponse>\n"
#define REPLACEMENT "\xef\xbf\xbd"

static const char *const escapes[128] = {
    ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['\r'] = "&#13;", /* a bare one would be read
                                                                          as a newline */
};

/* U+FFFE and U+FFFF, the two that UTF-8 has and XML has not. */
static gboolean
is_noncharacter(const char *p)
{
    return memcmp(p, "\xef\xbf\xbe", 3) == 0 || memcmp(p, "\xef\xbf\xbf", 3) == 0;
}

static void
append_valid(GString *out, const char *text)
{
    const char *run = text;

    for (const char *p = text; *p; p++) {
        guchar c = (guchar)*p;
        gboolean wide = c == 0xef && is_noncharacter(p);
        gboolean control = c < 0x20 && c != '\t' && c != '\n' && c != '\r';

        if (!wide && !control && (c >= 128 || !escapes[c]))
            continue;
        g_string_append_len(out, run, p - run);
        g_string_append(out, wide || control ? REPLACEMENT : escapes[c]);
        p += wide ? 2 : 0;
        run = p + 1;
    }
    g_string_append(out, run);
}

void
mom_xmlrpc_append_text(GString *out, const char *text, gsize length)
{
    if (g_utf8_validate_len(text, length, NULL)) {
        append_valid(out, text);
    } else {
        g_autofree char *valid = g_utf8_make_valid(text, (gssize)length);

        append_valid(out, valid);
    }
}

/* The shortest digits that read back as the same number. */
static void
append_double(GString *out, double number)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];

    for (int precision = 15; precision <= 17; precision++) {
        char format[] = "%.15g";

        format[3] = (char)('0' + precision % 10);
        g_ascii_formatd(digits, sizeof digits, format, number);
        if (g_ascii_strtod(digits, NULL) == number)
            break;
    }
    g_string_append_printf(out, "<double>%s%s</double>", digits, strpbrk(digits, ".e") ? "" : ".0");
}

/* ---- whole values ---- */

static void
write_nil(GString *out)
{
    g_string_append(out, "<value><nil/></value>\n");
}

static void
write_boolean(GString *out, gboolean value)
{
    g_string_append(out, value ? "<value><boolean>1</boolean></value>\n"
                               : "<value><boolean>0</boolean></value>\n");
}

/* Put together here, as a call of GLib's for each bit would cost more than all of it. */
static void
write_integer(GString *out, gint64 number)
{
    gboolean is_short = number >= G_MININT32 && number <= G_MAXINT32;
    char digits[MOM_RPC_DIGITS], text[64];
    const char *first = mom_rpc_digits(digits, number);
    char *end = stpcpy(text, is_short ? "<value><int>" : "<value><i8>");

    end = mempcpy(end, first, (gsize)(digits + sizeof digits - first));
    end = stpcpy(end, is_short ? "</int></value>\n" : "</i8></value>\n");
    g_string_append_len(out, text, end - text);
}

static void
write_real(GString *out, double number)
{
    if (!isfinite(number)) {
        write_nil(out);
        return;
    }
    g_string_append(out, "<value>");
    append_double(out, number);
    g_string_append(out, "</value>\n");
}

static void
write_string(GString *out, const char *text, gsize length)
{
    g_string_append(out, "<value><string>");
    mom_xmlrpc_append_text(out, text, length);
    g_string_append(out, "</string></value>\n");
}

static void
write_text(GString *out, const char *text)
{
    write_string(out, text, strlen(text));
}

static void
begin_struct(GString *out)
{
    g_string_append(out, "<value><struct>\n");
}

static void
begin_member(GString *out, const char *name)
{
    g_string_append(out, "<member><name>");
    mom_xmlrpc_append_text(out, name, strlen(name));
    g_string_append(out, "</name>");
}

static void
end_member(GString *out)
{
    g_string_append(out, "</member>\n");
}

static void
end_struct(GString *out)
{
    g_string_append(out, "</struct></value>\n");
}

static void append_value(GString *out, json_object *value);

static void
append_array(GString *out, json_object *array)
{
    gsize n = json_object_array_length(array);

    g_string_append(out, "<value><array><data>\n");
    for (gsize i = 0; i < n; i++)
        append_value(out, json_object_array_get_idx(array, i));
    g_string_append(out, "</data></array></value>\n");
}

static void
append_struct(GString *out, json_object *object)
{
    begin_struct(out);
    json_object_object_foreach(object, name, value)
    {
        begin_member(out, name);
        append_value(out, value);
        end_member(out);
    }
    end_struct(out);
}

static void
append_value(GString *out, json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_boolean:
        write_boolean(out, json_object_get_boolean(value));
        break;
    case json_type_int:
        write_integer(out, json_object_get_int64(value));
        break;
    case json_type_double:
        write_real(out, json_object_get_double(value));
        break;
    case json_type_null:
        write_nil(out);
        break;
    case json_type_string:
        write_string(out, json_object_get_string(value), (gsize)json_object_get_string_len(value));
        break;
    case json_type_array:
        append_array(out, value);
        break;
    case json_type_object:
        append_struct(out, value);
        break;
    }
}

const MomRpcNotation mom_rpc_notation_xml = {
    .nil = write_nil,
    .boolean = write_boolean,
    .integer = write_integer,
    .real = write_real,
    .text = write_text,
    .tree = append_value,
    .begin_struct = begin_struct,
    .begin_member = begin_member,
    .end_member = end_member,
    .end_struct = end_struct,
};

/* ---- documents ---- */

char *
mom_xmlrpc_format_call(const char *method, json_object *params, gsize *length)
{
    GString *out = g_string_new(DECLARATION "<methodCall>\n<methodName>");
    gsize n = json_object_array_length(params);

    mom_xmlrpc_append_text(out, method, strlen(method));
    g_string_append(out, "</methodName>\n<params>\n");
    for (gsize i = 0; i < n; i++) {
        g_string_append(out, "<param>\n");
        append_value(out, json_object_array_get_idx(params, i));
        g_string_append(out, "</param>\n");
    }
    g_string_append(out, "</params>\n</methodCall>\n");
    *length = out->len;
    return g_string_free(out, FALSE);
}

char *
mom_xmlrpc_format_response(json_object *value, gsize *length)
{
    GString *out = g_string_new(NULL);

    mom_xmlrpc_begin_response(out);
    append_value(out, value);
    mom_xmlrpc_end_response(out);
    *length = out->len;
    return g_string_free(out, FALSE);
}

void
mom_xmlrpc_begin_response(GString *out)
{
    g_string_append(out, HEAD "<params>\n<param>\n");
}

void
mom_xmlrpc_end_response(GString *out)
{
    g_string_append(out, "</param>\n</params>\n" TAIL);
}

void
mom_xmlrpc_begin_text(GString *out)
{
    mom_xmlrpc_begin_response(out);
    g_string_append(out, "<value><string>");
}

void
mom_xmlrpc_end_text(GString *out)
{
    g_string_append(out, "</string></value>\n");
    mom_xmlrpc_end_response(out);
}

char *
mom_xmlrpc_format_fault(int code, const char *text, gsize *length)
{
    GString *out = g_string_new(HEAD "<fault>\n");
    json_object *fault = json_object_new_object();

    json_object_object_add(fault, "faultCode", json_object_new_int(code));
    json_object_object_add(fault, "faultString", json_object_new_string(text));
    append_value(out, fault);
    json_object_put(fault);
    g_string_append(out, "</fault>\n" TAIL);
    *length = out->len;
    return g_string_free(out, FALSE);
}
