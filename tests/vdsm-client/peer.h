/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A peer that speaks vdsm's STOMP on a real socket of 127.0.0.1, in the test's own main loop.
 *
 * It notes what it receives and does what the test tells it; it decides nothing by itself but to
 * greet.
 */
#pragma once

#include <gio/gio.h>

typedef struct {
    char *method, *params, *id;
} PeerRequest;

typedef struct Peer Peer;

struct Peer {
    GSocketService *service;
    guint16 port;
    guint accepted;      /* connections so far */
    guint greeted;       /* CONNECT frames so far */
    gboolean mute;       /* answers no CONNECT */
    const char *beats;   /* of CONNECTED; NULL: no such header */
    char *connect;       /* the last CONNECT's headers, as accept-version and heart-beat */
    GPtrArray *requests; /* of PeerRequest, not yet answered */
    const char *answer;  /* if set, answers each request at once with this rest of an object */
    GPtrArray *queues;   /* "destination id" of the last connection */
    GTlsCertificate *certificate; /* TLS if set */
    GTlsDatabase *trusted;
    /* the last connection */
    GIOStream *stream;
    GCancellable *reading;
    gpointer parser;
    GString *body;
    char buffer[4096];
};

Peer *peer_new(GTlsCertificate *certificate, GTlsDatabase *trusted);
void peer_free(Peer *peer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Peer, peer_free)

/* Writes N bytes as they are (blocks; small). */
void peer_write(Peer *peer, const char *bytes, gsize n);
/* A MESSAGE for the subscription of DESTINATION, or the reply queue if NULL. */
void peer_message(Peer *peer, const char *destination, const char *body, gsize len);
/* Answers request I with {"id": ..., REST} and forgets it. */
void peer_answer(Peer *peer, guint i, const char *rest);
/* Ends the connection; listening goes on. */
void peer_hang_up(Peer *peer);

/* Runs the default main context until COND; the test fails after 20 s. */
#define run_until(cond)                                                                            \
    do {                                                                                           \
        gint64 give_up = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;                             \
        GSource *wake = g_timeout_source_new(20);                                                  \
        g_source_set_callback(wake, peer_wake, NULL, NULL);                                        \
        g_source_attach(wake, NULL);                                                               \
        while (!(cond) && g_get_monotonic_time() < give_up)                                        \
            g_main_context_iteration(NULL, TRUE);                                                  \
        g_source_destroy(wake);                                                                    \
        g_source_unref(wake);                                                                      \
        assert_true(cond);                                                                         \
    } while (0)

gboolean peer_wake(gpointer data);
/* What is left to the loop, until nothing is. */
void run_idle(void);

/* Throw-away certificates in a new folder: ca.pem, vdsm.pem+vdsm.key (CN other.example, by ca),
 * peer.pem+peer.key (another certificate of the same name), stranger.pem+stranger.key (by
 * strangers.pem), named.pem+named.key (another
 * name), nameless.pem+nameless.key. */
char *peer_make_pki(void);
void peer_remove_pki(char *folder);
