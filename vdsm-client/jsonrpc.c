/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table of calls; jsonrpc.h tells the rules.
 *
 * A call is taken out of its queue before its callback runs, so whatever the callback does finds a
 * sound table. It must never send a request without an id, and never trust that an answer is one.
 */
#include "vdsm-client/jsonrpc.h"

#include <json.h>
#include <string.h>

#include "vdsm-client/error.h"
#include "vdsm-client/waste.h"

typedef struct {
    guint64 serial;
    char *id;
    char *method;
    struct json_object *params;
    gint64 sent_us;
    MomJsonrpcDone done;
    gpointer data;
} Call;

struct MomJsonrpc {
    guint window;
    gint64 timeout_us;
    GQueue waiting;   /* of Call, oldest first */
    GQueue in_flight; /* of Call, in the order sent; few, so that a walk is as good as a table */
    guint64 last_serial;
    struct json_tokener *tokener;
    struct json_object *message; /* whole, its end not yet told */
    GQueue waste;                /* of json_object: told, and large */
    char cut[4];                 /* the start of a UTF-8 character whose rest has not come */
    gsize cut_len;
    gint64 last_lost_us;
    guint rounds_lost;
    MomJsonrpcEvent watch;
    gpointer watch_data;
};

MomJsonrpc *
mom_jsonrpc_new(guint window, gint64 timeout_us)
{
    MomJsonrpc *rpc = g_new0(MomJsonrpc, 1);
    rpc->window = window;
    rpc->timeout_us = timeout_us;
    g_queue_init(&rpc->waiting);
    g_queue_init(&rpc->in_flight);
    g_queue_init(&rpc->waste);
    rpc->tokener = json_tokener_new_ex(MOM_JSONRPC_MAX_DEPTH);
    json_tokener_set_flags(rpc->tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    return rpc;
}

void
mom_jsonrpc_free(MomJsonrpc *rpc)
{
    if (!rpc)
        return;
    g_return_if_fail(mom_jsonrpc_pending(rpc) == 0);
    mom_jsonrpc_body_reset(rpc);
    while (mom_jsonrpc_sweep(rpc)) {
    }
    json_tokener_free(rpc->tokener);
    g_free(rpc);
}

void
mom_jsonrpc_set_timeout(MomJsonrpc *rpc, gint64 timeout_us)
{
    rpc->timeout_us = timeout_us;
}

void
mom_jsonrpc_watch_events(MomJsonrpc *rpc, MomJsonrpcEvent watch, gpointer data)
{
    rpc->watch = watch;
    rpc->watch_data = data;
}

void
mom_jsonrpc_call(MomJsonrpc *rpc,
                 const char *method,
                 struct json_object *params,
                 MomJsonrpcDone done,
                 gpointer data)
{
    Call *call = g_new0(Call, 1);
    call->serial = ++rpc->last_serial;
    call->id = g_uuid_string_random();
    call->method = g_strdup(method);
    call->params = params;
    call->done = done;
    call->data = data;
    g_queue_push_tail(&rpc->waiting, call);
}

/* Ends a call that is in no queue any more. */
static void
finish(Call *call, struct json_object *result, const GError *error)
{
    if (call->done)
        call->done(result, error, call->data);
    json_object_put(call->params);
    g_free(call->id);
    g_free(call->method);
    g_free(call);
}

char *
mom_jsonrpc_take_request(MomJsonrpc *rpc, gint64 now_us)
{
    if (g_queue_get_length(&rpc->in_flight) >= rpc->window || g_queue_is_empty(&rpc->waiting))
        return NULL;
    Call *call = g_queue_pop_head(&rpc->waiting);
    call->sent_us = now_us;
    g_queue_push_tail(&rpc->in_flight, call);

    struct json_object *request = json_object_new_object();
    json_object_object_add(request, "jsonrpc", json_object_new_string("2.0"));
    json_object_object_add(request, "method", json_object_new_string(call->method));
    struct json_object *params = g_steal_pointer(&call->params);
    json_object_object_add(request, "params", params ? params : json_object_new_object());
    json_object_object_add(request, "id", json_object_new_string(call->id));
    struct json_object *batch = json_object_new_array();
    json_object_array_add(batch, request);
    const int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
    char *text = g_strdup(json_object_to_json_string_ext(batch, flags));
    json_object_put(batch);
    return text;
}

static gboolean
refuse(MomJsonrpc *rpc, const char *what, GError **error)
{
    mom_jsonrpc_body_reset(rpc);
    g_set_error(error, MOM_VDSM_ERROR, MOM_VDSM_ERROR_PROTOCOL, "broken JSON message: %s", what);
    return FALSE;
}

static gboolean
only_blanks(const char *bytes, gsize len)
{
    for (gsize i = 0; i < len; i++)
        if (!g_ascii_isspace(bytes[i]))
            return FALSE;
    return TRUE;
}

/* json_tokener wants an int for a length; STOMP's pieces are far smaller, but no caller need know.
 */
static gboolean
parse_piece(MomJsonrpc *rpc, const char *bytes, int len, GError **error)
{
    if (rpc->message)
        return only_blanks(bytes, (gsize)len) || refuse(rpc, "text after its end", error);
    rpc->message = json_tokener_parse_ex(rpc->tokener, bytes, len);
    enum json_tokener_error problem = json_tokener_get_error(rpc->tokener);
    if (problem == json_tokener_continue)
        return TRUE;
    if (problem != json_tokener_success)
        return refuse(rpc, json_tokener_error_desc(problem), error);
    gsize used = json_tokener_get_parse_end(rpc->tokener);
    if (!rpc->message)
        return refuse(rpc, "null", error);
    return only_blanks(bytes + used, (gsize)len - used) || refuse(rpc, "text after its end", error);
}

/* How many bytes at the end of a piece begin a character that they do not end. */
static gsize
cut_character(const char *bytes, gsize len)
{
    for (gsize back = 1; back <= MIN(len, 3); back++) {
        guchar c = (guchar)bytes[len - back];
        if ((c & 0xc0) == 0x80)
            continue;
        gsize whole = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
        return whole > back ? back : 0;
    }
    return 0;
}

/* json_tokener forgets between two pieces that it is within a character, and then takes the rest
 * for bad UTF-8: it is given whole characters only. */
gboolean
mom_jsonrpc_body(MomJsonrpc *rpc, const char *bytes, gsize len, GError **error)
{
    for (; rpc->cut_len > 0 && len > 0; bytes++, len--) {
        rpc->cut[rpc->cut_len++] = *bytes;
        if (rpc->cut_len < sizeof rpc->cut && cut_character(rpc->cut, rpc->cut_len) > 0)
            continue;
        gsize whole = rpc->cut_len;
        rpc->cut_len = 0;
        if (!parse_piece(rpc, rpc->cut, (int)whole, error))
            return FALSE;
    }
    const gsize most = 1 << 20;
    while (len > 0) {
        gsize n = MIN(len, most);
        gsize cut = cut_character(bytes, n);
        if (n > cut && !parse_piece(rpc, bytes, (int)(n - cut), error))
            return FALSE;
        bytes += n - cut;
        len -= n - cut;
        if (len == cut) {
            memcpy(rpc->cut, bytes, cut);
            rpc->cut_len = cut;
            return TRUE;
        }
    }
    return TRUE;
}

void
mom_jsonrpc_body_reset(MomJsonrpc *rpc)
{
    json_tokener_reset(rpc->tokener);
    rpc->cut_len = 0;
    json_object_put(g_steal_pointer(&rpc->message));
}

static GError *
error_from(const Call *call, struct json_object *told)
{
    struct json_object *code = NULL, *message = NULL;
    json_object_object_get_ex(told, "code", &code);
    json_object_object_get_ex(told, "message", &message);
    const char *text = message ? json_object_get_string(message) : "no message";
    gint64 number = json_object_get_int64(code);
    if (!json_object_is_type(code, json_type_int) || number < G_MININT ||
        number >= MOM_VDSM_ERROR_NOT_CONNECTED)
        return g_error_new(MOM_VDSM_ERROR, MOM_VDSM_ERROR_PROTOCOL,
                           "%s: vdsm answered an error without a code of its own: %s", call->method,
                           text);
    return g_error_new(MOM_VDSM_ERROR, (int)number, "%s: vdsm answered error %d: %s", call->method,
                       (int)number, text);
}

static void
end_call(Call *call, struct json_object *message)
{
    struct json_object *result = NULL, *told = NULL;
    gboolean has_result = json_object_object_get_ex(message, "result", &result);
    g_autoptr(GError) error = NULL;
    if (json_object_object_get_ex(message, "error", &told) && told)
        error = error_from(call, told);
    else if (!has_result)
        error = g_error_new(MOM_VDSM_ERROR, MOM_VDSM_ERROR_PROTOCOL,
                            "%s: the answer has neither result nor error", call->method);
    finish(call, error ? NULL : result, error);
}

static Call *
steal_in_flight(MomJsonrpc *rpc, const char *id)
{
    for (GList *link = rpc->in_flight.head; link; link = link->next) {
        Call *call = link->data;
        if (g_str_equal(call->id, id)) {
            g_queue_delete_link(&rpc->in_flight, link);
            return call;
        }
    }
    return NULL;
}

static void
dispatch(MomJsonrpc *rpc, struct json_object *message)
{
    struct json_object *id = NULL, *method = NULL, *params = NULL;
    json_object_object_get_ex(message, "id", &id);
    json_object_object_get_ex(message, "method", &method);
    json_object_object_get_ex(message, "params", &params);
    if (!id && json_object_is_type(method, json_type_string)) {
        if (rpc->watch)
            rpc->watch(json_object_get_string(method), params, rpc->watch_data);
        return;
    }
    Call *call = NULL;
    if (json_object_is_type(id, json_type_string))
        call = steal_in_flight(rpc, json_object_get_string(id));
    if (call)
        end_call(call, message);
    else
        g_debug("dropped a message with id %s: no call waits for it", json_object_get_string(id));
}

gboolean
mom_jsonrpc_body_end(MomJsonrpc *rpc, GError **error)
{
    struct json_object *message = g_steal_pointer(&rpc->message);
    json_tokener_reset(rpc->tokener);
    if (!message || rpc->cut_len > 0) {
        json_object_put(message);
        return refuse(rpc, "its end is missing", error);
    }
    if (!json_object_is_type(message, json_type_object)) {
        json_object_put(message);
        return refuse(rpc, "it is no object", error);
    }
    rpc->rounds_lost = 0;
    dispatch(rpc, message);
    if (mom_vdsm_waste_some(&message))
        g_queue_push_tail(&rpc->waste, message);
    return TRUE;
}

gboolean
mom_jsonrpc_sweep(MomJsonrpc *rpc)
{
    struct json_object *oldest = g_queue_pop_head(&rpc->waste);
    if (oldest && mom_vdsm_waste_some(&oldest))
        g_queue_push_head(&rpc->waste, oldest);
    return rpc->waste.length > 0;
}

gint64
mom_jsonrpc_deadline_us(const MomJsonrpc *rpc)
{
    const Call *oldest = g_queue_peek_head((GQueue *)&rpc->in_flight);
    return oldest ? oldest->sent_us + rpc->timeout_us : G_MAXINT64;
}

void
mom_jsonrpc_expire(MomJsonrpc *rpc, gint64 now_us)
{
    while (mom_jsonrpc_deadline_us(rpc) <= now_us) {
        Call *call = g_queue_pop_head(&rpc->in_flight);
        if (rpc->rounds_lost == 0 || call->sent_us >= rpc->last_lost_us) {
            rpc->rounds_lost++;
            rpc->last_lost_us = now_us;
        }
        g_autoptr(GError) error = g_error_new(MOM_VDSM_ERROR, MOM_VDSM_ERROR_TIMED_OUT,
                                              "%s: no answer within %" G_GINT64_FORMAT " ms",
                                              call->method, rpc->timeout_us / 1000);
        finish(call, NULL, error);
    }
}

guint
mom_jsonrpc_rounds_lost(const MomJsonrpc *rpc)
{
    return rpc->rounds_lost;
}

static Call *
pop_up_to(GQueue *queue, guint64 serial)
{
    const Call *head = g_queue_peek_head(queue);
    return head && head->serial <= serial ? g_queue_pop_head(queue) : NULL;
}

void
mom_jsonrpc_fail_all(MomJsonrpc *rpc, const GError *error)
{
    guint64 limit = rpc->last_serial;
    Call *call;
    mom_jsonrpc_body_reset(rpc);
    rpc->rounds_lost = 0;
    while ((call = pop_up_to(&rpc->in_flight, limit)) || (call = pop_up_to(&rpc->waiting, limit)))
        finish(call, NULL, error);
}

static Call *
steal_waiting(MomJsonrpc *rpc, gboolean (*pick)(const char *method), guint64 serial)
{
    for (GList *link = rpc->waiting.head; link; link = link->next) {
        Call *call = link->data;
        if (call->serial <= serial && pick(call->method)) {
            g_queue_delete_link(&rpc->waiting, link);
            return call;
        }
    }
    return NULL;
}

/* Begins anew after each: its callback may have changed the queue. */
void
mom_jsonrpc_drop_waiting(MomJsonrpc *rpc, gboolean (*pick)(const char *method), const GError *error)
{
    guint64 limit = rpc->last_serial;
    Call *call;
    while ((call = steal_waiting(rpc, pick, limit)))
        finish(call, NULL, error);
}

guint
mom_jsonrpc_pending(const MomJsonrpc *rpc)
{
    return rpc->waiting.length + rpc->in_flight.length;
}
