/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The stream's sources and buffers; link.h tells the rules.
 *
 * Whoever enters from the main loop holds a reference and looks at `owner` after every event: an
 * event may have closed the link.
 */
#include "vdsm-client/link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

/* A turn: less than 1 ms of JSON, or that many callbacks.  A long answer of RPC takes twenty turns
 * to leave, and between two of them comes one of these. */
#define TURN_BYTES (64 * 1024)
#define TURN_FRAMES 16
/* How long the reading side may take to tell why writing failed: it knows the TLS alert, writing
 * does not. */
#define WRITE_FAILURE_MS 500

struct MomVdsmLink {
    gatomicrefcount references;
    GMainContext *context;
    const MomVdsmLinkEvents *events;
    gpointer owner; /* NULL: closed */
    GCancellable *opening;
    MomVdsmTls *tls;
    GSocketConnection *stream;
    GSource *reader, *writer;
    GString *unsent;
    GError *write_error;
    gint64 heard_us;
    MomStompBytes unread; /* in buffer */
    char buffer[64 * 1024];
};

static MomVdsmLink *
hold(MomVdsmLink *link)
{
    g_atomic_ref_count_inc(&link->references);
    return link;
}

static void
let_go(MomVdsmLink *link)
{
    if (!g_atomic_ref_count_dec(&link->references))
        return;
    g_main_context_unref(link->context);
    g_clear_pointer(&link->tls, mom_vdsm_tls_free);
    g_clear_error(&link->write_error);
    g_string_free(link->unsent, TRUE);
    g_free(link);
}

/* A reference for the length of a scope. */
typedef MomVdsmLink Held;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Held, let_go)

static void
clear_source(GSource **source)
{
    if (!*source)
        return;
    g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

static void
set_source(MomVdsmLink *link, GSource **place, GSource *source, GSourceFunc callback)
{
    clear_source(place);
    *place = source;
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, callback, link, NULL);
    g_source_attach(source, link->context);
}

static GPollableInputStream *
input(MomVdsmLink *link)
{
    return G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(G_IO_STREAM(link->stream)));
}

static GPollableOutputStream *
output(MomVdsmLink *link)
{
    return G_POLLABLE_OUTPUT_STREAM(g_io_stream_get_output_stream(G_IO_STREAM(link->stream)));
}

/* Takes ERROR over; NULL is the end of the stream. */
static void
fail(MomVdsmLink *link, GError *error)
{
    if (error && link->tls)
        mom_vdsm_tls_explain(link->tls, !link->stream, &error);
    link->events->failed(error, link->owner);
}

static gboolean
on_write_failed(gpointer data)
{
    g_autoptr(Held) link = hold(data);
    clear_source(&link->writer);
    fail(link, g_steal_pointer(&link->write_error));
    return G_SOURCE_REMOVE;
}

static gboolean on_writable(GObject *stream, gpointer data);

/* Sends what the socket takes now, the rest when it can. */
static void
flush(MomVdsmLink *link)
{
    while (link->unsent->len > 0 && !link->writer) {
        g_autoptr(GError) error = NULL;
        const GString *unsent = link->unsent;
        gssize sent = g_pollable_output_stream_write_nonblocking(output(link), unsent->str,
                                                                 unsent->len, NULL, &error);
        if (sent >= 0) {
            g_string_erase(link->unsent, 0, sent);
        } else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
            GSource *source = g_pollable_output_stream_create_source(output(link), NULL);
            set_source(link, &link->writer, source, G_SOURCE_FUNC(on_writable));
        } else {
            link->write_error = g_steal_pointer(&error);
            set_source(link, &link->writer, g_timeout_source_new(WRITE_FAILURE_MS),
                       on_write_failed);
        }
    }
}

static gboolean
on_writable(GObject *stream, gpointer data)
{
    MomVdsmLink *link = data;
    clear_source(&link->writer);
    flush(link);
    return G_SOURCE_REMOVE;
}

/* FALSE if there is nothing to read now, or never again. */
static gboolean
fill(MomVdsmLink *link)
{
    g_autoptr(GError) error = NULL;
    gssize got = g_pollable_input_stream_read_nonblocking(input(link), link->buffer,
                                                          sizeof link->buffer, NULL, &error);
    if (got > 0) {
        link->heard_us = g_get_monotonic_time();
        link->unread = (MomStompBytes){link->buffer, (gsize)got};
        return TRUE;
    }
    if (got == 0 || g_error_matches(error, G_TLS_ERROR, G_TLS_ERROR_EOF))
        fail(link, NULL);
    else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        fail(link, g_steal_pointer(&error));
    return FALSE;
}

static void arm_reader(MomVdsmLink *link);

static gboolean
on_turn(gpointer data)
{
    g_autoptr(Held) link = hold(data);
    guint frames = 0;
    gsize bytes = 0;
    clear_source(&link->reader);
    while (link->owner && frames < TURN_FRAMES && bytes < TURN_BYTES) {
        if (link->unread.len == 0 && !fill(link))
            break;
        gsize before = link->unread.len;
        frames += link->events->received(&link->unread, link->owner) ? 1 : 0;
        bytes += before - link->unread.len;
    }
    if (link->owner)
        arm_reader(link);
    return G_SOURCE_REMOVE;
}

static gboolean
on_readable(GObject *stream, gpointer data)
{
    return on_turn(data);
}

/* The next turn: at once if bytes are left in our buffer, of which the socket knows nothing. */
static void
arm_reader(MomVdsmLink *link)
{
    if (link->unread.len > 0) {
        set_source(link, &link->reader, g_idle_source_new(), on_turn);
    } else {
        GSource *source = g_pollable_input_stream_create_source(input(link), NULL);
        set_source(link, &link->reader, source, G_SOURCE_FUNC(on_readable));
    }
}

static void
on_opened(GObject *client, GAsyncResult *result, gpointer data)
{
    g_autoptr(Held) link = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketConnection) stream =
        g_socket_client_connect_finish(G_SOCKET_CLIENT(client), result, &error);
    if (!link->owner)
        return;
    g_clear_object(&link->opening);
    if (!stream) {
        fail(link, g_steal_pointer(&error));
        return;
    }
    /* Several small requests follow each other: they must not wait for acknowledgements. */
    g_socket_set_option(g_socket_connection_get_socket(stream), IPPROTO_TCP, TCP_NODELAY, 1, NULL);
    link->stream = g_steal_pointer(&stream);
    link->heard_us = g_get_monotonic_time();
    link->events->opened(link->owner);
    if (link->owner)
        arm_reader(link);
}

/* A fresh client each time: one that failed may remember what does not hold any more. */
MomVdsmLink *
mom_vdsm_link_open(GMainContext *context,
                   const char *host,
                   guint16 port,
                   MomVdsmTls *tls,
                   const MomVdsmLinkEvents *events,
                   gpointer owner)
{
    MomVdsmLink *link = g_new0(MomVdsmLink, 1);
    g_atomic_ref_count_init(&link->references);
    link->context = g_main_context_ref(context);
    link->events = events;
    link->owner = owner;
    link->tls = tls;
    link->unsent = g_string_new(NULL);
    link->opening = g_cancellable_new();

    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GSocketConnectable) address = g_network_address_new(host, port);
    g_socket_client_set_enable_proxy(client, FALSE);
    if (tls)
        mom_vdsm_tls_use(tls, client);
    g_main_context_push_thread_default(context);
    g_socket_client_connect_async(client, address, link->opening, on_opened, hold(link));
    g_main_context_pop_thread_default(context);
    return link;
}

/* The socket is closed by hand first: a TLS stream that can still write would block for its
 * farewell, which vdsm neither sends nor awaits. */
void
mom_vdsm_link_close(MomVdsmLink *link)
{
    if (!link)
        return;
    link->owner = NULL;
    link->unread = (MomStompBytes){NULL, 0};
    clear_source(&link->reader);
    clear_source(&link->writer);
    if (link->opening)
        g_cancellable_cancel(link->opening);
    g_clear_object(&link->opening);
    if (link->stream)
        g_socket_close(g_socket_connection_get_socket(link->stream), NULL);
    g_clear_object(&link->stream);
    let_go(link);
}

void
mom_vdsm_link_send(MomVdsmLink *link, const char *bytes, gsize len)
{
    g_string_append_len(link->unsent, bytes, (gssize)len);
    flush(link);
}

gint64
mom_vdsm_link_heard_us(MomVdsmLink *link)
{
    if (g_pollable_input_stream_is_readable(input(link)))
        link->heard_us = g_get_monotonic_time();
    return link->heard_us;
}
