/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An XML-RPC call answered, see answer.h.
 *
 * Whatever is wrong with the body is a fault of XML-RPC, as Python's servers have it, never of
 * HTTP.
 */
#define G_LOG_DOMAIN "mom.RPCServer"

#include "agent/rpc/answer.h"
#include "agent/rpc/methods.h"
#include "agent/rpc/xmlrpc.h"

typedef struct {
    MomRpcService *service;
    char *method;
    json_object *params;
    GError *error; /* the body's */
    char *whole;   /* the document, if it was made at once */
    gsize whole_length;
    json_object *value;   /* or it is still to be made of this */
    MomRpcPieces *pieces; /* or of the text that these make */
    MomRpcParts *parts;   /* or of what these write */
    GString *out;         /* and so much of the document */
} Answer;

static gpointer
begin(MomRpcService *service, const char *body, gsize length)
{
    Answer *answer = g_new0(Answer, 1);

    answer->service = service;
    mom_xmlrpc_parse_call(body, length, &answer->method, &answer->params, &answer->error);
    return answer;
}

static void
add_part(Answer *answer)
{
    if (!answer->parts->klass->next(answer->parts, &mom_rpc_notation_xml, answer->out)) {
        mom_xmlrpc_end_response(answer->out);
        g_clear_pointer(&answer->parts, mom_rpc_parts_free);
    }
}

/* What takes further steps is only begun. */
static void
take_result(Answer *answer, MomRpcResult *result)
{
    answer->pieces = g_steal_pointer(&result->pieces);
    answer->parts = g_steal_pointer(&result->parts);
    if (answer->pieces) {
        answer->out = g_string_new(NULL);
        mom_xmlrpc_begin_text(answer->out);
    } else if (answer->parts) {
        answer->out = g_string_new(NULL);
        mom_xmlrpc_begin_response(answer->out);
        add_part(answer);
    } else if (mom_rpc_is_large(result->value)) {
        answer->value = g_steal_pointer(&result->value);
    } else {
        answer->whole = mom_xmlrpc_format_response(result->value, &answer->whole_length);
    }
}

static void
call(Answer *answer)
{
    g_auto(MomRpcResult) result = {NULL};
    g_autoptr(GError) error = g_steal_pointer(&answer->error);

    if (error || !mom_rpc_call(answer->service, answer->method, answer->params, &result, &error)) {
        g_debug("%s: fault: %s", answer->method ? answer->method : "no call", error->message);
        answer->whole =
            mom_xmlrpc_format_fault(MOM_XMLRPC_FAULT_CODE, error->message, &answer->whole_length);
        return;
    }
    g_debug("%s()", answer->method);
    take_result(answer, &result);
}

static void
write_value(Answer *answer)
{
    answer->whole = mom_xmlrpc_format_response(answer->value, &answer->whole_length);
    json_object_put(g_steal_pointer(&answer->value));
}

static void
add_piece(Answer *answer)
{
    g_autoptr(GString) piece = g_string_new(NULL);
    gboolean more = answer->pieces->klass->next(answer->pieces, piece);

    mom_xmlrpc_append_text(answer->out, piece->str, piece->len);
    if (!more) {
        mom_xmlrpc_end_text(answer->out);
        g_clear_pointer(&answer->pieces, mom_rpc_pieces_free);
    }
}

static gboolean
step(gpointer data)
{
    Answer *answer = data;

    if (answer->pieces)
        add_piece(answer);
    else if (answer->parts)
        add_part(answer);
    else if (answer->value)
        write_value(answer);
    else if (!answer->whole)
        call(answer);
    return answer->pieces || answer->parts || answer->value;
}

static char *
end(gpointer data, gsize *length)
{
    g_autofree Answer *answer = data;

    mom_rpc_pieces_free(answer->pieces);
    mom_rpc_parts_free(answer->parts);
    json_object_put(answer->value);
    json_object_put(answer->params);
    g_free(answer->method);
    g_clear_error(&answer->error);
    if (!answer->out) {
        *length = answer->whole_length;
        return answer->whole;
    }
    *length = answer->out->len;
    return g_string_free(answer->out, FALSE);
}

const MomRpcProtocol mom_rpc_xml = {"POST", "text/xml", begin, step, end};
