/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The stand-in's sockets; peer.h tells what it does.
 *
 * It uses the room's own STOMP parser, which test-stomp checks against fixed bytes.
 */
#include "tests/vdsm-client/peer.h"

#include <glib/gstdio.h>
#include <json.h>
#include <string.h>

#include "tests/mom-test.h"
#include "vdsm-client/stomp.h"

static void
request_free(gpointer data)
{
    PeerRequest *request = data;
    g_free(request->method);
    g_free(request->params);
    g_free(request->id);
    g_free(request);
}

void
peer_write(Peer *peer, const char *bytes, gsize n)
{
    assert_non_null(peer->stream);
    g_output_stream_write_all(g_io_stream_get_output_stream(peer->stream), bytes, n, NULL, NULL,
                              NULL);
}

static const char *
subscription(Peer *peer, const char *destination)
{
    for (guint i = 0; i < peer->queues->len; i++) {
        const char *queue = peer->queues->pdata[i];
        const char *space = strchr(queue, ' ');
        gboolean events = g_str_has_prefix(queue, "jms.queue.events ");
        if (destination ? g_str_has_prefix(queue, destination) : !events)
            return space + 1;
    }
    fail_msg("nobody subscribed");
    return NULL;
}

void
peer_message(Peer *peer, const char *destination, const char *body, gsize len)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const MomStompHeader headers[] = {{"subscription", subscription(peer, destination)}};
    mom_stomp_append(out, "MESSAGE", headers, 1, body, len);
    peer_write(peer, out->str, out->len);
}

void
peer_answer(Peer *peer, guint i, const char *rest)
{
    PeerRequest *request = peer->requests->pdata[i];
    g_autofree char *text =
        g_strdup_printf("{\"jsonrpc\": \"2.0\", \"id\": \"%s\", %s}", request->id, rest);
    peer_message(peer, NULL, text, strlen(text));
    g_ptr_array_remove_index(peer->requests, i);
}

static void
on_connect(Peer *peer)
{
    const char *version = mom_stomp_parser_header(peer->parser, "accept-version");
    const char *beats = mom_stomp_parser_header(peer->parser, "heart-beat");
    peer->greeted++;
    g_free(peer->connect);
    peer->connect = g_strdup_printf("%s %s", version, beats);
    if (peer->mute)
        return;
    g_autoptr(GString) out = g_string_new(NULL);
    const MomStompHeader headers[] = {{"version", "1.2"}, {"heart-beat", peer->beats}};
    mom_stomp_append(out, "CONNECTED", headers, peer->beats ? 2 : 1, NULL, 0);
    peer_write(peer, out->str, out->len);
}

static char *
member(struct json_object *object, const char *key)
{
    return g_strdup(json_object_to_json_string_ext(json_object_object_get(object, key),
                                                   JSON_C_TO_STRING_PLAIN));
}

static void
on_send(Peer *peer)
{
    struct json_object *batch = json_tokener_parse(peer->body->str);
    assert_string_equal(mom_stomp_parser_header(peer->parser, "destination"),
                        "jms.topic.vdsm_requests");
    assert_int_equal(json_object_array_length(batch), 1);
    struct json_object *call = json_object_array_get_idx(batch, 0);
    PeerRequest *request = g_new0(PeerRequest, 1);
    request->method = g_strdup(json_object_get_string(json_object_object_get(call, "method")));
    request->id = g_strdup(json_object_get_string(json_object_object_get(call, "id")));
    request->params = member(call, "params");
    assert_non_null(request->id);
    json_object_put(batch);
    g_ptr_array_add(peer->requests, request);
    if (peer->answer)
        peer_answer(peer, peer->requests->len - 1, peer->answer);
}

static void
on_frame(Peer *peer)
{
    const char *command = mom_stomp_parser_command(peer->parser);
    if (g_str_equal(command, "CONNECT")) {
        on_connect(peer);
    } else if (g_str_equal(command, "SUBSCRIBE")) {
        const char *destination = mom_stomp_parser_header(peer->parser, "destination");
        const char *id = mom_stomp_parser_header(peer->parser, "id");
        g_ptr_array_add(peer->queues, g_strdup_printf("%s %s", destination, id));
    } else {
        on_send(peer);
    }
}

static void
parse(Peer *peer, MomStompBytes input)
{
    GCancellable *mine = peer->reading;
    while (input.len > 0 && peer->reading == mine) {
        g_autoptr(GError) error = NULL;
        MomStompEvent event;
        MomStompBytes piece;
        /* As vdsm does. */
        if (!mom_stomp_parser_next(peer->parser, &input, &event, &piece, &error)) {
            peer_hang_up(peer);
            return;
        }
        if (event == MOM_STOMP_HEAD)
            g_string_truncate(peer->body, 0);
        if (event == MOM_STOMP_BODY)
            g_string_append_len(peer->body, piece.bytes, (gssize)piece.len);
        if (event == MOM_STOMP_END)
            on_frame(peer);
    }
}

static void
on_read(GObject *stream, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    gssize got = g_input_stream_read_finish(G_INPUT_STREAM(stream), result, &error);
    /* Cancelled: the peer may be gone. */
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    Peer *peer = data;
    if (got <= 0) {
        peer_hang_up(peer);
        return;
    }
    GCancellable *mine = peer->reading;
    parse(peer, (MomStompBytes){peer->buffer, (gsize)got});
    if (mine && peer->reading == mine)
        g_input_stream_read_async(G_INPUT_STREAM(stream), peer->buffer, sizeof peer->buffer, 0,
                                  mine, on_read, peer);
}

void
peer_hang_up(Peer *peer)
{
    if (peer->reading)
        g_cancellable_cancel(peer->reading);
    g_clear_object(&peer->reading);
    if (peer->stream)
        g_io_stream_close(peer->stream, NULL, NULL);
    g_clear_object(&peer->stream);
    g_clear_pointer((MomStompParser **)&peer->parser, mom_stomp_parser_free);
    g_ptr_array_set_size(peer->queues, 0);
    g_ptr_array_set_size(peer->requests, 0);
}

/* A server's stream accepts nobody by itself, even if nothing speaks against the certificate. */
static gboolean
on_accept_certificate(GTlsConnection *stream,
                      GTlsCertificate *certificate,
                      GTlsCertificateFlags flags,
                      gpointer data)
{
    return flags == 0;
}

static gboolean
on_incoming(GSocketService *service, GSocketConnection *connection, GObject *source, gpointer data)
{
    Peer *peer = data;
    peer_hang_up(peer);
    peer->accepted++;
    peer->stream = g_object_ref(G_IO_STREAM(connection));
    if (peer->certificate) {
        g_object_unref(peer->stream);
        peer->stream =
            g_tls_server_connection_new(G_IO_STREAM(connection), peer->certificate, NULL);
        g_object_set(peer->stream, "authentication-mode", G_TLS_AUTHENTICATION_REQUIRED, NULL);
        g_tls_connection_set_database(G_TLS_CONNECTION(peer->stream), peer->trusted);
        g_signal_connect(peer->stream, "accept-certificate", G_CALLBACK(on_accept_certificate),
                         NULL);
    }
    peer->parser = mom_stomp_parser_new();
    peer->reading = g_cancellable_new();
    GInputStream *in = g_io_stream_get_input_stream(peer->stream);
    g_input_stream_read_async(in, peer->buffer, sizeof peer->buffer, 0, peer->reading, on_read,
                              peer);
    return TRUE;
}

Peer *
peer_new(GTlsCertificate *certificate, GTlsDatabase *trusted)
{
    Peer *peer = g_new0(Peer, 1);
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    g_autoptr(GSocketAddress) any = g_inet_socket_address_new(loopback, 0);
    g_autoptr(GSocketAddress) bound = NULL;
    peer->beats = "0,0";
    peer->certificate = certificate ? g_object_ref(certificate) : NULL;
    peer->trusted = trusted ? g_object_ref(trusted) : NULL;
    peer->requests = g_ptr_array_new_with_free_func(request_free);
    peer->queues = g_ptr_array_new_with_free_func(g_free);
    peer->body = g_string_new(NULL);
    peer->service = g_socket_service_new();
    assert_true(g_socket_listener_add_address(G_SOCKET_LISTENER(peer->service), any,
                                              G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
                                              &bound, NULL));
    peer->port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
    g_signal_connect(peer->service, "incoming", G_CALLBACK(on_incoming), peer);
    g_socket_service_start(peer->service);
    return peer;
}

void
peer_free(Peer *peer)
{
    peer_hang_up(peer);
    g_socket_service_stop(peer->service);
    g_socket_listener_close(G_SOCKET_LISTENER(peer->service));
    g_object_unref(peer->service);
    run_idle();
    g_clear_object(&peer->certificate);
    g_clear_object(&peer->trusted);
    g_ptr_array_unref(peer->requests);
    g_ptr_array_unref(peer->queues);
    g_string_free(peer->body, TRUE);
    g_free(peer->connect);
    g_free(peer);
}

gboolean
peer_wake(gpointer data)
{
    return G_SOURCE_CONTINUE;
}

void
run_idle(void)
{
    gint64 until = g_get_monotonic_time() + 30 * 1000;
    while (g_main_context_iteration(NULL, FALSE) || g_get_monotonic_time() < until)
        ;
}

static const char make_pki[] =
    "set -e\n"
    "echo 'extendedKeyUsage=serverAuth,clientAuth' >usage\n"
    "key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'\n"
    "ca() { openssl req -x509 $key -keyout $1.key -out $1.pem -subj /CN=$1 -days 2; }\n"
    "leaf() { openssl req $key -keyout $1.key -out $1.csr -subj /O=test$2\n"
    "  openssl x509 -req -in $1.csr -CA $3.pem -CAkey $3.key -CAcreateserial -out $1.pem -days 2; "
    "}\n"
    "ca ca; ca strangers\n"
    "leaf vdsm /CN=other.example ca; leaf peer /CN=other.example ca\n"
    "leaf named /CN=third.example ca; leaf stranger /CN=other.example strangers\n"
    "leaf nameless '' ca\n";

char *
peer_make_pki(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = g_dir_make_tmp("mom-pki-XXXXXX", &error);
    assert_non_null(folder);
    char *argv[] = {(char *)"/bin/sh", (char *)"-c", (char *)make_pki, NULL};
    g_autofree char *err = NULL;
    int status = -1;
    assert_ok(g_spawn_sync(folder, argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &err,
                           &status, &error));
    if (status != 0)
        fail_msg("openssl: %s", err);
    return folder;
}

void
peer_remove_pki(char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
    g_free(folder);
}
