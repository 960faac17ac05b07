/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Requests, batches and their answers, see jsonrpc.h.
 *
 * Answers are written as they come, one call a step; the body is kept parsed until the last.
 */
#define G_LOG_DOMAIN "mom.RPCServer"

#include "agent/rpc/jsonrpc.h"

#include <math.h>
#include <string.h>

#include "agent/rpc/json-check.h"
#include "agent/rpc/json-format.h"
#include "agent/rpc/methods.h"
#include "policy/policy.h"

typedef struct {
    MomRpcService *service;
    json_object *body;
    gsize n_requests;
    gsize next;           /* request */
    json_object *id;      /* of the call whose result is being written; borrowed from the body */
    MomRpcPieces *pieces; /* that result, or NULL */
    MomRpcParts *parts;   /* likewise */
    json_object *value;   /* likewise */
    gsize n_answers;
    GString *out;
} Answer;

/* ---- writing ---- */

static void
open_response(Answer *answer)
{
    if (json_object_is_type(answer->body, json_type_array))
        g_string_append_c(answer->out, answer->n_answers == 0 ? '[' : ',');
    answer->n_answers++;
    g_string_append(answer->out, "{\"jsonrpc\":\"2.0\",");
}

static void
close_response(Answer *answer, json_object *id)
{
    g_string_append(answer->out, ",\"id\":");
    mom_json_append(answer->out, id);
    g_string_append_c(answer->out, '}');
}

static void
append_place(GString *out, MomPlace place)
{
    g_string_append(out, ",\"data\":{\"policy\":");
    mom_json_append_string(out, place.policy, strlen(place.policy));
    g_string_append_printf(out, ",\"line\":%u,\"column\":%u}", place.line, place.column);
}

static void
write_error(Answer *answer, json_object *id, MomRpcJsonCode code, const GError *error)
{
    MomPlace place = mom_policy_error_place(error);

    open_response(answer);
    g_string_append_printf(answer->out, "\"error\":{\"code\":%d,\"message\":", code);
    mom_json_append_string(answer->out, error->message, strlen(error->message));
    if (place.policy)
        append_place(answer->out, place);
    g_string_append_c(answer->out, '}');
    close_response(answer, id);
}

G_GNUC_PRINTF(4, 5)
static void
refuse(Answer *answer, json_object *id, MomRpcJsonCode code, const char *format, ...)
{
    g_autoptr(GError) error = NULL;
    va_list args;

    va_start(args, format);
    error = g_error_new_valist(MOM_RPC_ERROR, MOM_RPC_ERROR_PARAMS, format, args);
    va_end(args);
    write_error(answer, id, code, error);
}

/* ---- one call ---- */

static MomRpcJsonCode
code_of(const GError *error)
{
    if (error->domain != MOM_RPC_ERROR)
        return MOM_RPC_JSON_REFUSED;
    switch ((MomRpcErrorCode)error->code) {
    case MOM_RPC_ERROR_METHOD:
        return MOM_RPC_JSON_METHOD;
    case MOM_RPC_ERROR_PARAMS:
        return MOM_RPC_JSON_PARAMS;
    case MOM_RPC_ERROR_REFUSED:
        break;
    }
    return MOM_RPC_JSON_INTERNAL;
}

static void
step_parts(Answer *answer)
{
    if (!answer->parts->klass->next(answer->parts, &mom_rpc_notation_json, answer->out)) {
        g_clear_pointer(&answer->parts, mom_rpc_parts_free);
        close_response(answer, answer->id);
    }
}

/* What takes further steps is only begun. */
static void
take_result(Answer *answer, MomRpcResult *result, json_object *id)
{
    open_response(answer);
    g_string_append(answer->out, "\"result\":");
    answer->id = id;
    answer->pieces = g_steal_pointer(&result->pieces);
    answer->parts = g_steal_pointer(&result->parts);
    if (answer->pieces) {
        g_string_append_c(answer->out, '"');
    } else if (answer->parts) {
        step_parts(answer);
    } else if (mom_rpc_is_large(result->value)) {
        answer->value = g_steal_pointer(&result->value);
    } else {
        mom_json_append(answer->out, result->value);
        close_response(answer, id);
    }
}

static void
call(Answer *answer, json_object *request, const char *method, json_object *id, gboolean quiet)
{
    json_object *params = json_object_object_get(request, "params");
    g_auto(MomRpcResult) result = {NULL};
    g_autoptr(GError) error = NULL;

    if (!quiet && answer->out->len > MOM_RPC_JSON_ANSWER_BYTES) {
        refuse(answer, id, MOM_RPC_JSON_REFUSED, "not called: the answers before it have %d bytes",
               MOM_RPC_JSON_ANSWER_BYTES);
        return;
    }
    if (!mom_rpc_call(answer->service, method, params, &result, &error)) {
        g_debug("%s: error: %s", method, error->message);
        if (!quiet)
            write_error(answer, id, code_of(error), error);
        return;
    }
    g_debug("%s()", method);
    if (!quiet)
        take_result(answer, &result, id);
}

/* A string, null, or a number that we can give back as it was: json-c cuts integers beyond 64 bits
 * off. */
static gboolean
is_id(json_object *id)
{
    switch (json_object_get_type(id)) {
    case json_type_null:
    case json_type_string:
        return TRUE;
    case json_type_double:
        return isfinite(json_object_get_double(id));
    case json_type_int:
        return json_object_get_int64(id) != G_MININT64 && json_object_get_uint64(id) != G_MAXUINT64;
    case json_type_boolean:
    case json_type_object:
    case json_type_array:
        break;
    }
    return FALSE;
}

static gboolean
is_params(json_object *request)
{
    json_object *params;

    return !json_object_object_get_ex(request, "params", &params) ||
           json_object_is_type(params, json_type_array) ||
           json_object_is_type(params, json_type_object);
}

static gboolean
is_text(json_object *value, const char *text)
{
    return json_object_is_type(value, json_type_string) &&
           strcmp(json_object_get_string(value), text) == 0;
}

/* What is no request gets an answer also where it has no id: it is no notification either. */
static void
run(Answer *answer, json_object *request)
{
    json_object *id = NULL, *method;
    gboolean has_id;

    if (!json_object_is_type(request, json_type_object)) {
        refuse(answer, NULL, MOM_RPC_JSON_REQUEST, "a request must be an object");
        return;
    }
    has_id = json_object_object_get_ex(request, "id", &id);
    method = json_object_object_get(request, "method");
    if (!is_id(id)) {
        refuse(answer, NULL, MOM_RPC_JSON_REQUEST,
               "id must be a string, a number within 64 bits or null");
    } else if (!is_text(json_object_object_get(request, "jsonrpc"), "2.0")) {
        refuse(answer, id, MOM_RPC_JSON_REQUEST, "jsonrpc must be \"2.0\"");
    } else if (!json_object_is_type(method, json_type_string)) {
        refuse(answer, id, MOM_RPC_JSON_REQUEST, "method must be a string");
    } else if (!is_params(request)) {
        refuse(answer, id, MOM_RPC_JSON_REQUEST, "params must be an array or an object");
    } else if (strlen(json_object_get_string(method)) !=
               (gsize)json_object_get_string_len(method)) {
        if (has_id)
            refuse(answer, id, MOM_RPC_JSON_METHOD, "no method has a NUL in its name");
    } else {
        call(answer, request, json_object_get_string(method), id, !has_id);
    }
}

/* ---- a body ---- */

static void
read_body(Answer *answer, const char *body, gsize length)
{
    g_autoptr(GError) error = NULL;
    json_tokener *tokener;

    if (length > MOM_RPC_JSON_BODY_BYTES) {
        refuse(answer, NULL, MOM_RPC_JSON_REQUEST, "more than %d bytes", MOM_RPC_JSON_BODY_BYTES);
        return;
    }
    if (!mom_json_check(body, length, MOM_RPC_JSON_DEPTH, &error)) {
        gboolean limit = g_error_matches(error, MOM_JSON_CHECK_ERROR, MOM_JSON_CHECK_ERROR_LIMIT);

        write_error(answer, NULL, limit ? MOM_RPC_JSON_REQUEST : MOM_RPC_JSON_PARSE, error);
        return;
    }
    /* json-c counts a plain value as a level. */
    tokener = json_tokener_new_ex(MOM_RPC_JSON_DEPTH + 1);
    answer->body = json_tokener_parse_ex(tokener, body, (int)length);
    if (!answer->body) /* a number or null may go on, for all it knows */
        answer->body = json_tokener_parse_ex(tokener, "", 1);
    json_tokener_free(tokener);
}

static void
count_requests(Answer *answer)
{
    gsize n;

    if (!json_object_is_type(answer->body, json_type_array)) {
        answer->n_requests = 1;
        return;
    }
    n = json_object_array_length(answer->body);
    if (n > 0 && n <= MOM_RPC_JSON_BATCH) {
        answer->n_requests = n;
        return;
    }
    json_object_put(g_steal_pointer(&answer->body)); /* the answer is no array then */
    if (n == 0) {
        refuse(answer, NULL, MOM_RPC_JSON_REQUEST, "an empty batch");
    } else {
        refuse(answer, NULL, MOM_RPC_JSON_REQUEST, "more than %d calls in a batch",
               MOM_RPC_JSON_BATCH);
    }
}

static gpointer
begin(MomRpcService *service, const char *body, gsize length)
{
    Answer *answer = g_new0(Answer, 1);

    answer->service = service;
    answer->out = g_string_new(NULL);
    read_body(answer, body, length);
    if (answer->n_answers == 0)
        count_requests(answer);
    return answer;
}

static void
step_text(Answer *answer)
{
    g_autoptr(GString) piece = g_string_new(NULL);
    gboolean more = answer->pieces->klass->next(answer->pieces, piece);

    mom_json_append_inside(answer->out, piece->str, piece->len);
    if (!more) {
        g_clear_pointer(&answer->pieces, mom_rpc_pieces_free);
        g_string_append_c(answer->out, '"');
        close_response(answer, answer->id);
    }
}

static void
step_value(Answer *answer)
{
    mom_json_append(answer->out, answer->value);
    json_object_put(g_steal_pointer(&answer->value));
    close_response(answer, answer->id);
}

static gboolean
step(gpointer data)
{
    Answer *answer = data;

    if (answer->pieces) {
        step_text(answer);
    } else if (answer->parts) {
        step_parts(answer);
    } else if (answer->value) {
        step_value(answer);
    } else if (answer->next < answer->n_requests) {
        run(answer, json_object_is_type(answer->body, json_type_array)
                        ? json_object_array_get_idx(answer->body, answer->next)
                        : answer->body);
        answer->next++;
    }
    return answer->pieces || answer->parts || answer->value || answer->next < answer->n_requests;
}

static char *
end(gpointer data, gsize *length)
{
    g_autofree Answer *answer = data;

    if (json_object_is_type(answer->body, json_type_array) && answer->n_answers > 0)
        g_string_append_c(answer->out, ']');
    g_clear_pointer(&answer->pieces, mom_rpc_pieces_free);
    g_clear_pointer(&answer->parts, mom_rpc_parts_free);
    json_object_put(answer->value);
    json_object_put(answer->body);
    *length = answer->out->len;
    return g_string_free(answer->out, answer->n_answers == 0);
}

const MomRpcProtocol mom_rpc_json = {"POST", "application/json", begin, step, end};
