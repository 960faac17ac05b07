/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Connections and HTTP, see server.h.
 *
 * libsoup reads and writes HTTP; who may come, how many and how long is decided here.  Every
 * response says `Connection: close`: momIF connects anew for each call, and libsoup before 3.3
 * leaks a descriptor for each idle connection that its client closes.
 */
#define G_LOG_DOMAIN "mom.RPCServer"

#include "agent/rpc/server.h"

#include <gio/gio.h>
#include <libsoup/soup.h>
#include <string.h>

#include "agent/rpc/holds.h"
#include "agent/rpc/jsonrpc.h"
#include "agent/rpc/metrics.h"
#include "agent/rpc/xmlrpc.h"

/* How often ages are looked at while there are connections. */
#define TICK_MS 250
/* What one turn of the main loop accepts at most. */
#define ACCEPT_AT_ONCE 8

/* Both protocols' bodies are held to one limit, as it is known before the path is looked at. */
G_STATIC_ASSERT(MOM_RPC_JSON_BODY_BYTES == MOM_XMLRPC_BODY_BYTES);

typedef struct {
    MomRpcServer *server;
    GSocketConnection *stream; /* libsoup's; told when it goes */
    gint64 since_us;
} Connection;

/* A request whose answer takes more than one step. */
typedef struct {
    SoupServerMessage *message; /* ours as well as libsoup's, which waits */
    const MomRpcProtocol *protocol;
    gpointer answer;
    gboolean changed; /* a step of it changed what must be kept */
} Request;

struct MomRpcServer {
    MomRpcService *service;
    MomRpcListener *listener;
    SoupServer *soup;
    MomRpcHolds *holds;
    GQueue connections; /* of Connection, oldest first */
    GQueue requests;    /* of Request: whose turn it is comes first */
    guint turn;         /* the source that does their steps, or 0 */
    GSource *accepting; /* NULL while there is no place, or accepting failed */
    guint tick;
    guint16 next_port;
    gint64 refused_uid; /* the last one told */
};

static void start_accepting(MomRpcServer *server);

/* ---- connections ---- */

/* Reads and writes end at once, then libsoup lets go of it. */
static void
cut(Connection *connection)
{
    g_socket_shutdown(g_socket_connection_get_socket(connection->stream), TRUE, TRUE, NULL);
}

static gint64
patience_us(const MomRpcServer *server)
{
    return (server->accepting ? MOM_RPC_CONNECTION_MS : MOM_RPC_CROWDED_MS) * (gint64)1000;
}

static gboolean
on_tick(gpointer data)
{
    MomRpcServer *server = data;
    gint64 now_us = g_get_monotonic_time();
    gint64 limit_us = patience_us(server);

    for (GList *at = server->connections.head; at; at = at->next) {
        Connection *connection = at->data;

        if (now_us - connection->since_us > limit_us)
            cut(connection);
    }
    mom_rpc_holds_drop(server->holds, now_us - limit_us);
    if (!server->accepting && server->connections.length < MOM_RPC_CONNECTIONS)
        start_accepting(server);
    if (server->accepting && server->connections.length == 0) {
        server->tick = 0;
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static void
on_gone(gpointer data, GObject *stream)
{
    Connection *connection = data;
    MomRpcServer *server = connection->server;

    g_queue_remove(&server->connections, connection);
    g_free(connection);
    if (!server->accepting)
        start_accepting(server);
}

static void
add_connection(MomRpcServer *server, GSocketConnection *stream)
{
    Connection *connection = g_new0(Connection, 1);

    connection->server = server;
    connection->stream = stream;
    connection->since_us = g_get_monotonic_time();
    g_queue_push_tail(&server->connections, connection);
    g_object_weak_ref(G_OBJECT(stream), on_gone, connection);
    if (!server->tick)
        server->tick = g_timeout_add(TICK_MS, on_tick, server);
}

/* Hands SOCKET to libsoup under a name of its own: libsoup cannot do without an address. */
static void
serve(MomRpcServer *server, GSocket *socket)
{
    g_autoptr(GSocketConnection) stream = g_socket_connection_factory_create_connection(socket);
    g_autoptr(GSocketAddress) address = NULL;
    g_autoptr(GError) error = NULL;

    server->next_port = server->next_port % G_MAXUINT16 + 1;
    address = g_inet_socket_address_new_from_string("127.0.0.1", server->next_port);
    add_connection(server, stream);
    if (!soup_server_accept_iostream(server->soup, G_IO_STREAM(stream), address, address, &error))
        g_debug("connection not served: %s", error->message);
}

static gboolean
is_welcome(MomRpcServer *server, GSocket *socket)
{
    gint64 uid;

    if (mom_rpc_listener_allows(server->listener, socket, &uid))
        return TRUE;
    if (uid != server->refused_uid) {
        g_warning("RPC refused to user %" G_GINT64_FORMAT
                  ": only root, momd's own user and those of "
                  "rpc-allowed-users may call",
                  uid);
        server->refused_uid = uid;
    }
    return FALSE;
}

static void
stop_accepting(MomRpcServer *server)
{
    if (server->accepting) {
        g_source_destroy(server->accepting);
        g_clear_pointer(&server->accepting, g_source_unref);
    }
    if (!server->tick)
        server->tick = g_timeout_add(TICK_MS, on_tick, server);
}

static gboolean
on_incoming(GSocket *listening, GIOCondition condition, gpointer data)
{
    MomRpcServer *server = data;

    for (guint i = 0; i < ACCEPT_AT_ONCE; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GSocket) socket = NULL;

        if (server->connections.length >= MOM_RPC_CONNECTIONS) {
            stop_accepting(server);
            return G_SOURCE_REMOVE;
        }
        socket = g_socket_accept(listening, NULL, &error);
        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            break;
        if (!socket) { /* out of descriptors, most likely: a rest lets some go */
            g_debug("accept: %s", error->message);
            stop_accepting(server);
            return G_SOURCE_REMOVE;
        }
        if (is_welcome(server, socket))
            serve(server, socket);
    }
    return G_SOURCE_CONTINUE;
}

static void
start_accepting(MomRpcServer *server)
{
    server->accepting =
        g_socket_create_source(mom_rpc_listener_socket(server->listener), G_IO_IN, NULL);
    g_source_set_callback(server->accepting, G_SOURCE_FUNC(on_incoming), server, NULL);
    g_source_attach(server->accepting, g_main_context_get_thread_default());
}

/* ---- answering ---- */

static const struct {
    const char *path;
    const MomRpcProtocol *protocol;
} routes[] = {
    {"/RPC2", &mom_rpc_xml},
    {"/", &mom_rpc_xml},
    {"/jsonrpc", &mom_rpc_json},
    {"/metrics", &mom_rpc_metrics},
};

static const MomRpcProtocol *
find_protocol(const char *path)
{
    for (gsize i = 0; i < G_N_ELEMENTS(routes); i++)
        if (strcmp(routes[i].path, path) == 0)
            return routes[i].protocol;
    return NULL;
}

/* Puts the answer, which is freed, into MESSAGE. */
static void
respond(SoupServerMessage *message, const MomRpcProtocol *protocol, gpointer answer)
{
    gsize length;
    char *body = protocol->end(answer, &length);

    if (!body) {
        soup_server_message_set_status(message, SOUP_STATUS_NO_CONTENT, NULL);
        return;
    }
    soup_server_message_set_status(message, SOUP_STATUS_OK, NULL);
    soup_server_message_set_response(message, protocol->content_type, SOUP_MEMORY_TAKE, body,
                                     length);
}

/* One step; FALSE: it was the last.  Others' steps come in between, and their changes are not its.
 */
static gboolean
step(MomRpcServer *server, Request *request)
{
    MomRpcService *service = server->service;
    guint64 before = service->klass->count_changes(service);
    gboolean more = request->protocol->step(request->answer);

    request->changed |= service->klass->count_changes(service) != before;
    return more;
}

/* An answer to a change waits until the change is kept. FALSE: there is nothing to wait for. */
static gboolean
hold_if_changed(MomRpcServer *server, const Request *request)
{
    return request->changed && mom_rpc_hold(server->holds, request->message);
}

/* One step of one request a turn, so that no turn is longer for several of them. */
static gboolean
on_turn(gpointer data)
{
    MomRpcServer *server = data;
    Request *request = g_queue_pop_head(&server->requests);

    if (step(server, request)) {
        g_queue_push_tail(&server->requests, request);
        return G_SOURCE_CONTINUE;
    }
    respond(request->message, request->protocol, request->answer);
    if (!hold_if_changed(server, request))
        soup_server_message_unpause(request->message);
    g_object_unref(request->message);
    g_free(request);
    if (server->requests.length > 0)
        return G_SOURCE_CONTINUE;
    server->turn = 0;
    return G_SOURCE_REMOVE;
}

/* At the priority of sockets: with less a caller who never rests would starve the others. */
static void
go_on_later(MomRpcServer *server, Request request)
{
    g_object_ref(request.message);
    soup_server_message_pause(request.message);
    g_queue_push_tail(&server->requests, g_memdup2(&request, sizeof request));
    if (!server->turn)
        server->turn = g_idle_add_full(G_PRIORITY_DEFAULT, on_turn, server, NULL);
}

static void
drop_requests(MomRpcServer *server)
{
    Request *request;

    g_clear_handle_id(&server->turn, g_source_remove);
    while ((request = g_queue_pop_head(&server->requests))) {
        gsize length;

        g_free(request->protocol->end(request->answer, &length));
        g_object_unref(request->message);
        g_free(request);
    }
}

/* ---- HTTP ---- */

static void
on_request(SoupServer *soup,
           SoupServerMessage *message,
           const char *path,
           GHashTable *query,
           gpointer data)
{
    MomRpcServer *server = data;
    const MomRpcProtocol *protocol = find_protocol(path);
    g_autoptr(GBytes) body = NULL;
    Request request = {message, protocol};

    if (!protocol) {
        soup_server_message_set_status(message, SOUP_STATUS_NOT_FOUND, NULL);
        return;
    }
    if (strcmp(soup_server_message_get_method(message), protocol->http_method) != 0) {
        soup_message_headers_replace(soup_server_message_get_response_headers(message), "Allow",
                                     protocol->http_method);
        soup_server_message_set_status(message, SOUP_STATUS_METHOD_NOT_ALLOWED, NULL);
        return;
    }
    body = soup_message_body_flatten(soup_server_message_get_request_body(message));
    request.answer =
        protocol->begin(server->service, g_bytes_get_data(body, NULL), g_bytes_get_size(body));
    if (step(server, &request)) {
        go_on_later(server, request);
    } else {
        respond(message, protocol, request.answer);
        hold_if_changed(server, &request);
    }
}

/* The rest of the body is read and forgotten, so that the client comes to reading the answer. */
static void
refuse(SoupServerMessage *message, guint status)
{
    SoupMessageBody *body = soup_server_message_get_request_body(message);

    soup_message_body_set_accumulate(body, FALSE);
    soup_message_body_truncate(body);
    soup_server_message_set_status(message, status, NULL);
}

/* On a port a page in a browser may reach us by a name of its own that it lets mean this host; no
 * name but these can be meant. */
static gboolean
is_our_name(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1"};

    for (gsize i = 0; host && i < G_N_ELEMENTS(names); i++) {
        gsize length = strlen(names[i]);

        if (g_ascii_strncasecmp(host, names[i], length) == 0 &&
            (host[length] == '\0' || host[length] == ':'))
            return TRUE;
    }
    return !host; /* HTTP 1.0; no browser leaves it out */
}

static void
on_headers(SoupServerMessage *message, gpointer data)
{
    const MomRpcServer *server = data;
    SoupMessageHeaders *request = soup_server_message_get_request_headers(message);

    soup_message_headers_replace(soup_server_message_get_response_headers(message), "Connection",
                                 "close");
    if (soup_message_headers_get_content_length(request) > MOM_XMLRPC_BODY_BYTES) {
        refuse(message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE);
    } else if (soup_message_headers_get_one(request, "Origin")) {
        /* Only browsers send it, for pages that have no business here. */
        refuse(message, SOUP_STATUS_FORBIDDEN);
    } else if (mom_rpc_listener_is_port(server->listener) &&
               !is_our_name(soup_message_headers_get_one(request, "Host"))) {
        refuse(message, SOUP_STATUS_FORBIDDEN);
    }
}

/* A chunked body tells its length only as it comes. */
static void
on_chunk(SoupServerMessage *message, GBytes *chunk, gpointer unused)
{
    const SoupMessageBody *body = soup_server_message_get_request_body(message);

    if (body->length > MOM_XMLRPC_BODY_BYTES &&
        soup_server_message_get_status(message) == SOUP_STATUS_NONE)
        refuse(message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE);
}

static void
on_started(SoupServer *soup, SoupServerMessage *message, gpointer server)
{
    g_signal_connect(message, "got-headers", G_CALLBACK(on_headers), server);
    g_signal_connect(message, "got-chunk", G_CALLBACK(on_chunk), NULL);
}

/* ---- lifecycle ---- */

MomRpcServer *
mom_rpc_server_new(const MomRpcListenerOptions *options, MomRpcService *service, GError **error)
{
    MomRpcListener *listener = mom_rpc_listener_new(options, error);
    MomRpcServer *server;

    if (!listener)
        return NULL;
    server = g_new0(MomRpcServer, 1);
    server->service = service;
    server->listener = listener;
    server->refused_uid = -2;
    g_queue_init(&server->connections);
    server->holds = mom_rpc_holds_new(service);
    g_queue_init(&server->requests);
    server->soup = soup_server_new("server-header", "momd", NULL);
    soup_server_add_handler(server->soup, NULL, on_request, server, NULL);
    g_signal_connect(server->soup, "request-started", G_CALLBACK(on_started), server);
    start_accepting(server);
    return server;
}

void
mom_rpc_server_free(MomRpcServer *server)
{
    Connection *connection;

    if (!server)
        return;
    stop_accepting(server);
    g_source_remove(server->tick);
    drop_requests(server);
    while ((connection = g_queue_pop_head(&server->connections))) {
        g_object_weak_unref(G_OBJECT(connection->stream), on_gone, connection);
        cut(connection);
        g_free(connection);
    }
    /* What libsoup has yet to finish must not come back here. */
    soup_server_remove_handler(server->soup, NULL);
    soup_server_disconnect(server->soup);
    mom_rpc_holds_free(server->holds);
    g_object_unref(server->soup);
    mom_rpc_listener_free(server->listener);
    g_free(server);
}
