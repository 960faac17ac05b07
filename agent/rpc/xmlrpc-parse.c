/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading XML-RPC, see xmlrpc.h.
 *
 * One table says which element may stand in which, and what is done at its end; a stack of frames
 * holds what is half read.  Whatever is not in the table is refused, so the stack is bounded by the
 * depth of values.
 */
#include "agent/rpc/xmlrpc.h"

#include <math.h>
#include <string.h>

G_DEFINE_QUARK(mom - xmlrpc - error - quark, mom_xmlrpc_error)

typedef enum {
    IN_DOCUMENT = 1 << 0,
    IN_CALL = 1 << 1,
    IN_RESPONSE = 1 << 2,
    IN_PARAMS = 1 << 3,
    IN_PARAM = 1 << 4,
    IN_FAULT = 1 << 5,
    IN_VALUE = 1 << 6,
    IN_ARRAY = 1 << 7,
    IN_DATA = 1 << 8,
    IN_STRUCT = 1 << 9,
    IN_MEMBER = 1 << 10,
    IN_NOTHING = 0,
} Place;

typedef struct Element Element;

typedef struct {
    const Element *element; /* NULL: the document */
    GString *text;
    json_object *value;
    gboolean filled; /* VALUE is there, though it may be nil */
    char *name;      /* of a member or a method */
} Frame;

typedef struct {
    GArray *frames; /* of Frame */
    guint depth;    /* of values */
    gboolean is_fault;
    GError *error; /* the first of ours; from then on nothing more is looked at */
} Parser;

/* At the end of an element: makes something of FRAME and gives it to PARENT. */
typedef gboolean (*Finish)(Parser *parser, Frame *frame, Frame *parent, GError **error);

struct Element {
    const char *name;
    guint parents;  /* where it may stand */
    guint place;    /* what it is for those within */
    gboolean texts; /* its text counts; elsewhere there may only be space */
    Finish finish;
};

G_GNUC_PRINTF(2, 3)
static gboolean
fail(GError **error, const char *format, ...)
{
    va_list args;
    g_autofree char *text = NULL;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error_literal(error, MOM_XMLRPC_ERROR, MOM_XMLRPC_ERROR_SYNTAX, text);
    return FALSE;
}

/* ---- handing values up ---- */

/* Takes VALUE. */
static gboolean
give(Frame *to, json_object *value, GError **error)
{
    if (to->filled) {
        json_object_put(value);
        return fail(error, "<%s> holds more than one thing",
                    to->element ? to->element->name : "document");
    }
    to->value = value;
    to->filled = TRUE;
    return TRUE;
}

static gboolean
pass_up(Parser *parser, Frame *frame, Frame *parent, GError **error)
{
    if (!frame->filled)
        return fail(error, "<%s> is empty", frame->element->name);
    return give(parent, g_steal_pointer(&frame->value), error);
}

static gboolean
add_to_array(Parser *parser, Frame *frame, Frame *parent, GError **error)
{
    if (!frame->filled)
        return fail(error, "<%s> is empty", frame->element->name);
    json_object_array_add(parent->value, g_steal_pointer(&frame->value));
    return TRUE;
}

static gboolean
finish_value(Parser *parser, Frame *frame, Frame *parent, GError **error)
{
    parser->depth--;
    if (!frame->filled) { /* a value without a type is a string */
        frame->value = json_object_new_string_len(frame->text->str, (int)frame->text->len);
        frame->filled = TRUE;
    } else if (*g_strchug(frame->text->str)) {
        return fail(error, "text beside the type in <value>");
    }
    if (parent->element->place == IN_DATA)
        return add_to_array(parser, frame, parent, error);
    return pass_up(parser, frame, parent, error);
}

static gboolean
finish_member(Parser *parser, Frame *frame, Frame *parent, GError **error)
{
    if (!frame->name || !frame->filled)
        return fail(error, "<member> without %s", frame->name ? "<value>" : "<name>");
    json_object_object_add(parent->value, frame->name, g_steal_pointer(&frame->value));
    return TRUE;
}

static gboolean
finish_name(Parser *parser, Frame *frame, Frame *parent, GError **error)
{
    if (parent->name)
        return fail(error, "<%s> twice", frame->element->name);
    parent->name = g_strdup(frame->text->str);
    return TRUE;
}

static gboolean
finish_fault(Parser *parser, Frame *frame, Frame *parent, GError **error)
{
    parser->is_fault = TRUE;
    return pass_up(parser, frame, parent, error);
}

static gboolean
finish_call(Parser *parser, Frame *frame, Frame *parent, GError **error)
{
    if (!frame->name)
        return fail(error, "<methodCall> without <methodName>");
    if (parent->filled)
        return fail(error, "more than one document");
    if (!frame->filled) /* no parameters need not be said */
        give(frame, json_object_new_array(), NULL);
    parent->name = g_strdup(g_strstrip(frame->name));
    return pass_up(parser, frame, parent, error);
}

static gboolean
finish_response(Parser *parser, Frame *frame, Frame *parent, GError **error)
{
    if (!parser->is_fault && (!frame->filled || json_object_array_length(frame->value) != 1))
        return fail(error, "<methodResponse> without just one <param>");
    return pass_up(parser, frame, parent, error);
}

/* ---- scalars ---- */

static gboolean
finish_int(Parser *parser, Frame *frame, Frame *parent, GError **error)
{
    const char *text = g_strstrip(frame->text->str);
    gint64 number;

    if (!g_ascii_string_to_signed(*text == '+' ? text + 1 : text, 10, G_MININT64, G_MAXINT64,
                                  &number, NULL))
        return fail(error, "`%.40s' is no <%s>", text, frame->element->name);
    return give(parent, json_object_new_int64(number), error);
}

static gboolean
finish_boolean(Parser *parser, Frame *frame, Frame *parent, GError **error)
{
    const char *text = g_strstrip(frame->text->str);

    if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
        return fail(error, "`%.40s' is no <boolean>", text);
    return give(parent, json_object_new_boolean(*text == '1'), error);
}

static gboolean
finish_double(Parser *parser, Frame *frame, Frame *parent, GError **error)
{
    const char *text = g_strstrip(frame->text->str);
    char *end;
    double number = g_ascii_strtod(text, &end);

    if (end == text || *end)
        return fail(error, "`%.40s' is no <double>", text);
    return give(parent, isfinite(number) ? json_object_new_double(number) : NULL, error);
}

static gboolean
finish_string(Parser *parser, Frame *frame, Frame *parent, GError **error)
{
    return give(parent, json_object_new_string_len(frame->text->str, (int)frame->text->len), error);
}

static gboolean
finish_base64(Parser *parser, Frame *frame, Frame *parent, GError **error)
{
    gsize length;
    g_autofree char *bytes = (char *)g_base64_decode(frame->text->str, &length);

    if (!g_utf8_validate_len(bytes, length, NULL))
        return fail(error, "<base64> that is not text");
    return give(parent, json_object_new_string_len(bytes, (int)length), error);
}

static gboolean
finish_nil(Parser *parser, Frame *frame, Frame *parent, GError **error)
{
    return give(parent, NULL, error);
}

static const Element elements[] = {
    {"methodCall", IN_DOCUMENT, IN_CALL, FALSE, finish_call},
    {"methodResponse", IN_DOCUMENT, IN_RESPONSE, FALSE, finish_response},
    {"methodName", IN_CALL, IN_NOTHING, TRUE, finish_name},
    {"params", IN_CALL | IN_RESPONSE, IN_PARAMS, FALSE, pass_up},
    {"param", IN_PARAMS, IN_PARAM, FALSE, add_to_array},
    {"fault", IN_RESPONSE, IN_FAULT, FALSE, finish_fault},
    {"value", IN_PARAM | IN_FAULT | IN_DATA | IN_MEMBER, IN_VALUE, TRUE, finish_value},
    {"array", IN_VALUE, IN_ARRAY, FALSE, pass_up},
    {"data", IN_ARRAY, IN_DATA, FALSE, pass_up},
    {"struct", IN_VALUE, IN_STRUCT, FALSE, pass_up},
    {"member", IN_STRUCT, IN_MEMBER, FALSE, finish_member},
    {"name", IN_MEMBER, IN_NOTHING, TRUE, finish_name},
    {"int", IN_VALUE, IN_NOTHING, TRUE, finish_int},
    {"i4", IN_VALUE, IN_NOTHING, TRUE, finish_int},
    {"i8", IN_VALUE, IN_NOTHING, TRUE, finish_int},
    {"ex:i8", IN_VALUE, IN_NOTHING, TRUE, finish_int},
    {"boolean", IN_VALUE, IN_NOTHING, TRUE, finish_boolean},
    {"double", IN_VALUE, IN_NOTHING, TRUE, finish_double},
    {"string", IN_VALUE, IN_NOTHING, TRUE, finish_string},
    {"dateTime.iso8601", IN_VALUE, IN_NOTHING, TRUE, finish_string},
    {"base64", IN_VALUE, IN_NOTHING, TRUE, finish_base64},
    {"nil", IN_VALUE, IN_NOTHING, FALSE, finish_nil},
    {"ex:nil", IN_VALUE, IN_NOTHING, FALSE, finish_nil},
};

/* ---- GMarkup's callbacks ----
 *
 * They keep their errors in the parser: GMarkup goes on for a moment after a callback failed, and
 * would set a second error over the first. */

static Frame *
top(Parser *parser, guint below)
{
    return &g_array_index(parser->frames, Frame, parser->frames->len - 1 - below);
}

static void
frame_clear(gpointer data)
{
    Frame *frame = data;

    if (frame->text)
        g_string_free(frame->text, TRUE);
    json_object_put(frame->value);
    g_free(frame->name);
}

static const Element *
find_element(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(elements); i++)
        if (strcmp(elements[i].name, name) == 0)
            return &elements[i];
    return NULL;
}

static gboolean
enter_value(Parser *parser, const Element *element, GError **error)
{
    if (element->place == IN_VALUE && ++parser->depth > MOM_XMLRPC_DEPTH) {
        g_set_error(error, MOM_XMLRPC_ERROR, MOM_XMLRPC_ERROR_LIMIT,
                    "values are nested more than %d deep", MOM_XMLRPC_DEPTH);
        return FALSE;
    }
    return TRUE;
}

static void
start_element(GMarkupParseContext *context,
              const char *name,
              const char **attribute_names,
              const char **attribute_values,
              gpointer data,
              GError **error)
{
    Parser *parser = data;
    const Element *parent = top(parser, 0)->element;
    const Element *element = find_element(name);
    Frame frame = {.element = element};

    if (parser->error)
        return;
    if (!element || !(element->parents & (parent ? parent->place : IN_DOCUMENT))) {
        fail(&parser->error, "<%.40s> has no place in %s", name, parent ? parent->name : "XML-RPC");
        return;
    }
    if (!enter_value(parser, element, &parser->error))
        return;
    if (element->texts)
        frame.text = g_string_new(NULL);
    if (element->place == IN_PARAMS || element->place == IN_DATA) {
        frame.value = json_object_new_array();
        frame.filled = TRUE;
    } else if (element->place == IN_STRUCT) {
        frame.value = json_object_new_object();
        frame.filled = TRUE;
    }
    g_array_append_val(parser->frames, frame);
}

static void
end_element(GMarkupParseContext *context, const char *name, gpointer data, GError **error)
{
    Parser *parser = data;
    Frame *frame = top(parser, 0);

    if (!parser->error && frame->element->finish(parser, frame, top(parser, 1), &parser->error))
        g_array_set_size(parser->frames, parser->frames->len - 1);
}

static void
add_text(
    GMarkupParseContext *context, const char *text, gsize length, gpointer data, GError **error)
{
    Parser *parser = data;
    Frame *frame = top(parser, 0);

    if (frame->text) {
        g_string_append_len(frame->text, text, (gssize)length);
        return;
    }
    for (gsize i = 0; i < length && !parser->error; i++) {
        if (!g_ascii_isspace(text[i])) {
            fail(&parser->error, "text in <%s>",
                 frame->element ? frame->element->name : "document");
        }
    }
}

static void
pass_through(
    GMarkupParseContext *context, const char *text, gsize length, gpointer data, GError **error)
{
    Parser *parser = data;

    if (!parser->error && g_str_has_prefix(text, "<!DOCTYPE"))
        fail(&parser->error, "a document type has no place in XML-RPC");
}

/* ---- documents ---- */

static const GMarkupParser callbacks = {
    .start_element = start_element,
    .end_element = end_element,
    .text = add_text,
    .passthrough = pass_through,
};

static void
parser_clear(Parser *parser)
{
    g_array_unref(parser->frames);
    g_clear_error(&parser->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parser, parser_clear)

static gboolean
run(Parser *parser, const char *body, gsize length, gsize limit, GError **error)
{
    g_autoptr(GMarkupParseContext) context = NULL;
    g_autoptr(GError) markup_error = NULL;
    gboolean whole;

    if (length == 0) /* BODY may be NULL then, which GMarkup takes for a bug */
        return fail(error, "no XML: empty");
    if (length > limit) {
        g_set_error(error, MOM_XMLRPC_ERROR, MOM_XMLRPC_ERROR_LIMIT,
                    "larger than %" G_GSIZE_FORMAT " bytes", limit);
        return FALSE;
    }
    context = g_markup_parse_context_new(&callbacks, G_MARKUP_TREAT_CDATA_AS_TEXT, parser, NULL);
    /* GMarkup 2.74 forgets some errors of its own: bad text before a comment. */
    whole = g_markup_parse_context_parse(context, body, (gssize)length, &markup_error) &&
            !markup_error && g_markup_parse_context_end_parse(context, &markup_error);
    if (parser->error) {
        g_propagate_error(error, g_steal_pointer(&parser->error));
        return FALSE;
    }
    return whole || fail(error, "not XML: %s", markup_error->message);
}

static void
parser_init(Parser *parser)
{
    Frame document = {0};

    *parser = (Parser){.frames = g_array_new(FALSE, FALSE, sizeof(Frame))};
    g_array_set_clear_func(parser->frames, frame_clear);
    g_array_append_val(parser->frames, document);
}

gboolean
mom_xmlrpc_parse_call(
    const char *body, gsize length, char **method, json_object **params, GError **error)
{
    g_auto(Parser) parser;
    Frame *document;

    parser_init(&parser);
    if (!run(&parser, body, length, MOM_XMLRPC_BODY_BYTES, error))
        return FALSE;
    document = top(&parser, 0);
    if (!document->name)
        return fail(error, "not a <methodCall>");
    *method = g_steal_pointer(&document->name);
    *params = g_steal_pointer(&document->value);
    return TRUE;
}

static gboolean
fail_with_fault(json_object *fault, GError **error)
{
    json_object *text = NULL;

    json_object_object_get_ex(fault, "faultString", &text);
    g_set_error_literal(error, MOM_XMLRPC_ERROR, MOM_XMLRPC_ERROR_FAULT,
                        text ? json_object_get_string(text) : "a fault without a text");
    return FALSE;
}

gboolean
mom_xmlrpc_parse_response(const char *body, gsize length, json_object **value, GError **error)
{
    g_auto(Parser) parser;
    Frame *document;

    parser_init(&parser);
    if (!run(&parser, body, length, MOM_XMLRPC_RESPONSE_BYTES, error))
        return FALSE;
    document = top(&parser, 0);
    if (!document->filled || document->name)
        return fail(error, "not a <methodResponse>");
    if (parser.is_fault)
        return fail_with_fault(document->value, error);
    *value = json_object_get(json_object_array_get_idx(document->value, 0));
    return TRUE;
}
