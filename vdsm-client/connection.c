/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The connection's life as one table of states; connection.h tells the rules.
 *
 * Whoever enters from the main loop holds a reference, and looks at the state again after every
 * callback, because a callback may have freed us.  One timer serves all states, each has its own
 * meaning for it.  Reading takes turns of bounded work, so that a flood of frames or a 4 MB answer
 * leaves the loop alive.
 */
#include "vdsm-client/connection.h"

#include <json.h>
#include <string.h>

#include "vdsm-client/error.h"
#include "vdsm-client/link.h"
#include "vdsm-client/stomp.h"
#include "vdsm-client/tls.h"

/* A quarter of the calls' time-outs means slow, this many generations without any message means
 * dead. */
#define MAX_ROUNDS_LOST 3
#define ERROR_TEXT_MAX 512
typedef enum {
    IDLE,     /* not started */
    WAITING,  /* until the next attempt */
    OPENING,  /* TCP and TLS */
    GREETING, /* CONNECT and SUBSCRIBE are sent, CONNECTED has not come */
    UP,       /* calls go */
    CLOSED,   /* freed; only references of the main loop are left */
} State;

typedef enum { SKIPPED, GREETED, REPLY, EVENT, ERROR_TEXT } Frame;

struct MomVdsmConnection {
    gatomicrefcount references;
    GMainContext *context;
    MomVdsmAddress address;
    MomVdsmPace usual_pace, pace; /* the second is the first as the options wish it */
    MomVdsmStateFunc watch_state;
    gpointer watch_state_data;
    gboolean wants_events;

    State state;
    guint failures; /* attempts since the last message */
    MomJsonrpc *rpc;
    GSource *timer;
    GSource *refuser; /* ends calls made while not connected */
    gboolean renew;   /* another connection is wanted when no call is under way */
    GSource *sweeper; /* lets go of what large answers held, a piece a turn */

    /* of one attempt */
    MomVdsmLink *link;
    MomStompParser *parser;
    Frame frame;
    GString *error_text;
    char *reply_queue, *reply_id, *events_id;
    char *identity;     /* what it was made with, see address.h */
    gint64 patience_us; /* how long vdsm may be silent; 0: it promised no heart-beats */
};

static void begin_attempt(MomVdsmConnection *self, gint64 now_us);
static void give_up_attempt(MomVdsmConnection *self, gint64 now_us);
static void look_after_calls(MomVdsmConnection *self, gint64 now_us);

static const struct {
    const char *name;
    MomVdsmState told;
    void (*on_timer)(MomVdsmConnection *self, gint64 now_us);
} states[] = {
    [IDLE] = {"idle", MOM_VDSM_DISCONNECTED, NULL},
    [WAITING] = {"waiting", MOM_VDSM_DISCONNECTED, begin_attempt},
    [OPENING] = {"opening", MOM_VDSM_CONNECTING, give_up_attempt},
    [GREETING] = {"greeting", MOM_VDSM_CONNECTING, give_up_attempt},
    [UP] = {"up", MOM_VDSM_CONNECTED, look_after_calls},
    [CLOSED] = {"closed", MOM_VDSM_DISCONNECTED, NULL},
};

static MomVdsmConnection *
hold(MomVdsmConnection *self)
{
    g_atomic_ref_count_inc(&self->references);
    return self;
}

static void
let_go(MomVdsmConnection *self)
{
    if (!g_atomic_ref_count_dec(&self->references))
        return;
    mom_jsonrpc_free(self->rpc);
    g_source_unref(self->timer);
    g_main_context_unref(self->context);
    g_string_free(self->error_text, TRUE);
    mom_vdsm_address_clear(&self->address);
    g_free(self);
}

/* A reference for the length of a scope. */
typedef MomVdsmConnection Held;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Held, let_go)

static void
set_state(MomVdsmConnection *self, State state)
{
    g_debug("%s:%u: %s -> %s", self->address.host, self->address.port, states[self->state].name,
            states[state].name);
    self->state = state;
}

static void
tell_state(MomVdsmConnection *self, const GError *why)
{
    if (self->watch_state)
        self->watch_state(states[self->state].told, why, self->watch_state_data);
}

static void
clear_source(GSource **source)
{
    if (!*source)
        return;
    g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

static void
set_timer_ms(MomVdsmConnection *self, guint ms)
{
    g_source_set_ready_time(self->timer, g_get_monotonic_time() + (gint64)ms * 1000);
}

static void
end_attempt(MomVdsmConnection *self)
{
    g_clear_pointer(&self->link, mom_vdsm_link_close);
    g_clear_pointer(&self->parser, mom_stomp_parser_free);
    g_clear_pointer(&self->reply_queue, g_free);
    g_clear_pointer(&self->reply_id, g_free);
    g_clear_pointer(&self->events_id, g_free);
    g_clear_pointer(&self->identity, g_free);
    mom_jsonrpc_body_reset(self->rpc);
    g_string_truncate(self->error_text, 0);
    self->patience_us = 0;
    self->renew = FALSE;
}

static void
fail_calls(MomVdsmConnection *self, const GError *why)
{
    g_autoptr(GError) error =
        g_error_new(MOM_VDSM_ERROR, MOM_VDSM_ERROR_NOT_CONNECTED, "not connected to vdsm%s%s",
                    why ? ": " : "", why ? why->message : "");
    mom_jsonrpc_fail_all(self->rpc, error);
}

/* The one way down. Takes WHY over. */
static void
drop(MomVdsmConnection *self, GError *why)
{
    g_autoptr(GError) reason = why;
    g_prefix_error(&reason, "%s:%u: ", self->address.host, self->address.port);
    end_attempt(self);
    self->failures++;
    guint pause_ms = mom_vdsm_back_off_ms(&self->pace, self->failures, g_random_double());
    g_debug("%s; next attempt in %u ms", reason->message, pause_ms);
    set_state(self, WAITING);
    set_timer_ms(self, pause_ms);
    fail_calls(self, reason);
    if (self->state == WAITING)
        tell_state(self, reason);
}

G_GNUC_PRINTF(2, 3)
static GError *
error_new(int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    GError *error = g_error_new_valist(MOM_VDSM_ERROR, code, format, args);
    va_end(args);
    return error;
}

static void
set_timer_for_calls(MomVdsmConnection *self)
{
    gint64 next = mom_jsonrpc_deadline_us(self->rpc);
    if (self->patience_us > 0)
        next = MIN(next, mom_vdsm_link_heard_us(self->link) + self->patience_us);
    g_source_set_ready_time(self->timer, next == G_MAXINT64 ? -1 : next);
}

/* Sends as many waiting calls as the window lets through. */
static void
pump(MomVdsmConnection *self)
{
    g_autoptr(GString) out = g_string_new(NULL);
    char *request;
    while ((request = mom_jsonrpc_take_request(self->rpc, g_get_monotonic_time()))) {
        const MomStompHeader headers[] = {{"destination", "jms.topic.vdsm_requests"},
                                          {"content-type", "application/json"},
                                          {"reply-to", self->reply_queue}};
        mom_stomp_append(out, "SEND", headers, G_N_ELEMENTS(headers), request, strlen(request));
        g_free(request);
    }
    if (out->len > 0)
        mom_vdsm_link_send(self->link, out->str, out->len);
    set_timer_for_calls(self);
}

/* Puts another connection in the place of this one. */
static void
make_anew(MomVdsmConnection *self)
{
    end_attempt(self);
    begin_attempt(self, g_get_monotonic_time());
}

/* A turn of calls is over. */
static void
go_on(MomVdsmConnection *self)
{
    if (self->renew && mom_jsonrpc_pending(self->rpc) == 0)
        make_anew(self);
    else
        pump(self);
}

static void
subscribe(GString *out, const char *destination, const char *id)
{
    const MomStompHeader headers[] = {{"destination", destination}, {"ack", "auto"}, {"id", id}};
    mom_stomp_append(out, "SUBSCRIBE", headers, G_N_ELEMENTS(headers), NULL, 0);
}

/* We promise no heart-beats (cx 0): vdsm gives no grace at all to who promised some. */
static void
on_opened(gpointer owner)
{
    MomVdsmConnection *self = owner;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *beats = g_strdup_printf("0,%u", self->pace.heart_beat_ms);
    const MomStompHeader headers[] = {{"accept-version", "1.2"}, {"heart-beat", beats}};
    mom_stomp_append(out, "CONNECT", headers, G_N_ELEMENTS(headers), NULL, 0);
    self->reply_queue = g_uuid_string_random();
    self->reply_id = g_uuid_string_random();
    subscribe(out, self->reply_queue, self->reply_id);
    if (self->wants_events) {
        self->events_id = g_uuid_string_random();
        subscribe(out, "jms.queue.events", self->events_id);
    }
    self->parser = mom_stomp_parser_new();
    set_state(self, GREETING);
    mom_vdsm_link_send(self->link, out->str, out->len);
}

static void
become_up(MomVdsmConnection *self)
{
    const char *beats = mom_stomp_parser_header(self->parser, "heart-beat");
    guint64 every_ms = beats ? g_ascii_strtoull(beats, NULL, 10) : 0;
    every_ms = MIN(every_ms, G_MAXUINT);
    if (every_ms > 0 && self->pace.heart_beat_ms > 0)
        self->patience_us = 2000 * (gint64)MAX(every_ms, self->pace.heart_beat_ms);
    set_state(self, UP);
    set_timer_for_calls(self);
    tell_state(self, NULL);
}

static Frame
frame_kind(const MomVdsmConnection *self)
{
    const char *command = mom_stomp_parser_command(self->parser);
    const char *subscription = mom_stomp_parser_header(self->parser, "subscription");
    if (g_str_equal(command, "ERROR"))
        return ERROR_TEXT;
    if (g_str_equal(command, "CONNECTED"))
        return self->state == GREETING ? GREETED : SKIPPED;
    if (!g_str_equal(command, "MESSAGE") || self->state != UP)
        return SKIPPED;
    return g_strcmp0(subscription, self->reply_id) == 0                       ? REPLY
           : self->events_id && g_strcmp0(subscription, self->events_id) == 0 ? EVENT
                                                                              : SKIPPED;
}

static gboolean
on_body(MomVdsmConnection *self, MomStompBytes piece, GError **error)
{
    if (self->frame == ERROR_TEXT && self->error_text->len < ERROR_TEXT_MAX) {
        gsize room = ERROR_TEXT_MAX - self->error_text->len;
        g_string_append_len(self->error_text, piece.bytes, (gssize)MIN(piece.len, room));
    }
    if (self->frame == REPLY)
        return mom_jsonrpc_body(self->rpc, piece.bytes, piece.len, error);
    g_autoptr(GError) broken = NULL;
    if (self->frame == EVENT && !mom_jsonrpc_body(self->rpc, piece.bytes, piece.len, &broken)) {
        g_debug("dropped an event: %s", broken->message);
        self->frame = SKIPPED;
    }
    return TRUE;
}

static gboolean
on_sweep(gpointer data)
{
    MomVdsmConnection *self = data;
    if (mom_jsonrpc_sweep(self->rpc))
        return G_SOURCE_CONTINUE;
    clear_source(&self->sweeper);
    return G_SOURCE_REMOVE;
}

static void
sweep_later(MomVdsmConnection *self)
{
    if (self->sweeper || self->state == CLOSED)
        return;
    self->sweeper = g_idle_source_new();
    g_source_set_priority(self->sweeper, G_PRIORITY_DEFAULT);
    g_source_set_callback(self->sweeper, on_sweep, self, NULL);
    g_source_attach(self->sweeper, self->context);
}

static gboolean
on_frame_end(MomVdsmConnection *self, GError **error)
{
    g_autoptr(GError) broken = NULL;
    switch (self->frame) {
    case GREETED:
        become_up(self);
        return TRUE;
    case REPLY:
        self->failures = 0;
        if (!mom_jsonrpc_body_end(self->rpc, error))
            return FALSE;
        sweep_later(self);
        return TRUE;
    case EVENT:
        if (!mom_jsonrpc_body_end(self->rpc, &broken))
            g_debug("dropped an event: %s", broken->message);
        sweep_later(self);
        return TRUE;
    case ERROR_TEXT: {
        g_autofree char *text =
            g_utf8_make_valid(self->error_text->str, (gssize)self->error_text->len);
        *error =
            error_new(MOM_VDSM_ERROR_PROTOCOL, "vdsm sent a STOMP ERROR: %s", g_strstrip(text));
        return FALSE;
    }
    case SKIPPED:
        break;
    }
    return TRUE;
}

static gboolean
on_event(MomVdsmConnection *self, MomStompEvent event, MomStompBytes piece, GError **error)
{
    switch (event) {
    case MOM_STOMP_HEAD:
        self->frame = frame_kind(self);
        return TRUE;
    case MOM_STOMP_BODY:
        return on_body(self, piece, error);
    case MOM_STOMP_END:
        return on_frame_end(self, error);
    case MOM_STOMP_MORE:
        break;
    }
    return TRUE;
}

static gboolean
on_received(MomStompBytes *bytes, gpointer owner)
{
    g_autoptr(Held) self = hold(owner);
    GError *error = NULL;
    MomStompEvent event;
    MomStompBytes piece = {NULL, 0};
    if (!mom_stomp_parser_next(self->parser, bytes, &event, &piece, &error) ||
        !on_event(self, event, piece, &error))
        drop(self, error);
    if (event == MOM_STOMP_END && self->state == UP)
        go_on(self);
    return event == MOM_STOMP_END;
}

/* With TLS 1.3 a certificate that vdsm refuses shows only when we read for the first time, and may
 * then look like any broken connection. */
static void
on_failed(GError *why, gpointer owner)
{
    g_autoptr(Held) self = hold(owner);
    if (!why)
        why = error_new(MOM_VDSM_ERROR_NOT_CONNECTED, "vdsm closed the connection");
    if (self->state == GREETING && why->domain != G_TLS_ERROR && self->address.tls)
        g_prefix_error(
            &why, "no answer to CONNECT, check that vdsm trusts %s: ", self->address.cert_file);
    else if (self->state == GREETING && !self->address.tls)
        g_prefix_error(&why, "no answer to CONNECT, check `ssl` in vdsm.conf: ");
    drop(self, why);
}

static const MomVdsmLinkEvents link_events = {on_opened, on_received, on_failed};

static void
begin_attempt(MomVdsmConnection *self, gint64 now_us)
{
    set_state(self, OPENING);
    set_timer_ms(self, self->pace.connect_timeout_ms);
    tell_state(self, NULL);
    if (self->state != OPENING)
        return;
    GError *error = NULL;
    MomVdsmTls *tls = NULL;
    if (!mom_vdsm_address_load_tls(&self->address, &tls, &error)) {
        drop(self, error);
        return;
    }
    self->identity = mom_vdsm_address_identity(&self->address, tls);
    self->link = mom_vdsm_link_open(self->context, self->address.host, self->address.port, tls,
                                    &link_events, self);
}

static void
give_up_attempt(MomVdsmConnection *self, gint64 now_us)
{
    const char *lacks = self->state == OPENING ? "connection" : "CONNECTED frame";
    guint ms = self->pace.connect_timeout_ms;
    drop(self, error_new(MOM_VDSM_ERROR_TIMED_OUT, "no %s within %u ms", lacks, ms));
}

static void
look_after_calls(MomVdsmConnection *self, gint64 now_us)
{
    if (self->patience_us > 0 && now_us >= mom_vdsm_link_heard_us(self->link) + self->patience_us) {
        int ms = (int)(self->patience_us / 1000);
        drop(self, error_new(MOM_VDSM_ERROR_TIMED_OUT, "no heart-beat within %d ms", ms));
        return;
    }
    mom_jsonrpc_expire(self->rpc, now_us);
    if (self->state != UP)
        return;
    guint rounds = mom_jsonrpc_rounds_lost(self->rpc);
    if (rounds >= MAX_ROUNDS_LOST)
        drop(self, error_new(MOM_VDSM_ERROR_TIMED_OUT, "no answer to %u calls in a row", rounds));
    else
        go_on(self);
}

static gboolean
on_timer(gpointer data)
{
    g_autoptr(Held) self = hold(data);
    g_source_set_ready_time(self->timer, -1);
    if (states[self->state].on_timer)
        states[self->state].on_timer(self, g_get_monotonic_time());
    return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_timer(GSource *source, GSourceFunc callback, gpointer data)
{
    return callback(data);
}

static GSourceFuncs timer_functions = {.dispatch = dispatch_timer};

static gboolean
on_refuse(gpointer data)
{
    g_autoptr(Held) self = hold(data);
    clear_source(&self->refuser);
    if (self->state != UP)
        fail_calls(self, NULL);
    return G_SOURCE_REMOVE;
}

MomVdsmConnection *
mom_vdsm_connection_new(const MomVdsmOptions *options, const MomVdsmPace *pace)
{
    MomVdsmConnection *self = g_new0(MomVdsmConnection, 1);
    g_atomic_ref_count_init(&self->references);
    self->context = g_main_context_ref_thread_default();
    self->usual_pace = *pace;
    self->pace = mom_vdsm_pace_within(pace, options->retry_within_ms);
    self->rpc =
        mom_jsonrpc_new(options->window ? options->window : 4, mom_vdsm_timeout_us(options));
    mom_vdsm_address_init(&self->address, options);
    self->error_text = g_string_new(NULL);
    self->timer = g_source_new(&timer_functions, sizeof(GSource));
    g_source_set_callback(self->timer, on_timer, self, NULL);
    g_source_attach(self->timer, self->context);
    return self;
}

void
mom_vdsm_connection_free(MomVdsmConnection *self)
{
    if (!self)
        return;
    set_state(self, CLOSED);
    end_attempt(self);
    clear_source(&self->refuser);
    clear_source(&self->sweeper);
    g_source_destroy(self->timer);
    g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                                  "the connection to vdsm was closed by us");
    mom_jsonrpc_fail_all(self->rpc, error);
    let_go(self);
}

void
mom_vdsm_connection_watch_state(MomVdsmConnection *self, MomVdsmStateFunc watch, gpointer data)
{
    self->watch_state = watch;
    self->watch_state_data = data;
}

void
mom_vdsm_connection_watch_events(MomVdsmConnection *self, MomJsonrpcEvent watch, gpointer data)
{
    self->wants_events = TRUE;
    mom_jsonrpc_watch_events(self->rpc, watch, data);
}

void
mom_vdsm_connection_start(MomVdsmConnection *self)
{
    if (self->state != IDLE)
        return;
    set_state(self, WAITING);
    g_source_set_ready_time(self->timer, 0);
}

gboolean
mom_vdsm_connection_configure(MomVdsmConnection *connection,
                              const MomVdsmOptions *options,
                              GError **error)
{
    g_autoptr(Held) self = hold(connection);
    g_auto(MomVdsmAddress) address = {0};
    g_autoptr(MomVdsmTls) tls = NULL;
    mom_vdsm_address_init(&address, options);
    if (!mom_vdsm_address_load_tls(&address, &tls, error))
        return FALSE;
    g_autofree char *identity = mom_vdsm_address_identity(&address, tls);
    gboolean elsewhere = g_strcmp0(self->identity, identity) != 0;
    MomVdsmAddress before = self->address;
    self->address = address;
    address = before;
    mom_jsonrpc_set_timeout(self->rpc, mom_vdsm_timeout_us(options));
    self->pace = mom_vdsm_pace_within(&self->usual_pace, options->retry_within_ms);
    if (self->state == WAITING) {
        g_source_set_ready_time(self->timer, 0);
    } else if (elsewhere && (self->state == OPENING || self->state == GREETING)) {
        make_anew(self);
    } else if (self->state == UP) {
        self->renew = elsewhere;
        go_on(self);
    }
    return TRUE;
}

MomVdsmState
mom_vdsm_connection_state(const MomVdsmConnection *self)
{
    return states[self->state].told;
}

void
mom_vdsm_connection_call(MomVdsmConnection *self,
                         const char *method,
                         struct json_object *params,
                         MomJsonrpcDone done,
                         gpointer data)
{
    g_return_if_fail(self->state != CLOSED);
    mom_jsonrpc_call(self->rpc, method, params, done, data);
    if (self->state == UP) {
        pump(self);
    } else if (!self->refuser) {
        self->refuser = g_idle_source_new();
        g_source_set_priority(self->refuser, G_PRIORITY_DEFAULT);
        g_source_set_callback(self->refuser, on_refuse, self, NULL);
        g_source_attach(self->refuser, self->context);
    }
}

void
mom_vdsm_connection_drop_waiting(MomVdsmConnection *connection,
                                 gboolean (*pick)(const char *method))
{
    g_autoptr(Held) self = hold(connection);
    g_autoptr(GError) error =
        g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, "given up before it was sent");
    mom_jsonrpc_drop_waiting(self->rpc, pick, error);
}
