/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A handshake with ourselves, see check-tls.h.
 *
 * Both ends run in a main context of their own, so that nobody else's sources are run meanwhile.
 */
#include "agent/config/check-tls.h"

#include <sys/socket.h>

#include "vdsm-client/tls.h"

/* Two ends in one process answer at once, or something is badly wrong. */
#define PATIENCE_MS 10000

typedef struct {
    guint ended;
    GError *error; /* the first */
    GTlsCertificateFlags flaws;
    GCancellable *cancellable;
} Handshake;

static const struct {
    GTlsCertificateFlags flag;
    const char *says;
} flaws[] = {
    {G_TLS_CERTIFICATE_UNKNOWN_CA, "is not signed by this CA"},
    {G_TLS_CERTIFICATE_NOT_ACTIVATED, "is not valid yet: check the clock"},
    {G_TLS_CERTIFICATE_EXPIRED, "has expired: renew it"},
    {G_TLS_CERTIFICATE_REVOKED, "is revoked"},
    {G_TLS_CERTIFICATE_INSECURE, "has too weak an algorithm"},
    {G_TLS_CERTIFICATE_GENERIC_ERROR, "cannot be verified"},
};

/* The name is not looked at: it is our own. */
static gboolean
on_certificate(GTlsConnection *connection,
               GTlsCertificate *peer,
               GTlsCertificateFlags found,
               gpointer data)
{
    ((Handshake *)data)->flaws |= found & ~(guint)G_TLS_CERTIFICATE_BAD_IDENTITY;
    return TRUE;
}

static void
on_done(GObject *connection, GAsyncResult *result, gpointer data)
{
    Handshake *handshake = data;
    g_autoptr(GError) error = NULL;

    handshake->ended++;
    if (!g_tls_connection_handshake_finish(G_TLS_CONNECTION(connection), result, &error)) {
        /* The other end would wait for what does not come. */
        g_cancellable_cancel(handshake->cancellable);
        if (!handshake->error)
            handshake->error = g_steal_pointer(&error);
    }
}

static gboolean
on_timeout(gpointer cancellable)
{
    g_cancellable_cancel(cancellable);
    return G_SOURCE_REMOVE;
}

static gboolean
make_pair(GIOStream *ends[2], GError **error)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "no pair of sockets");
        return FALSE;
    }
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GSocket) socket = g_socket_new_from_fd(fds[i], NULL);

        ends[i] = G_IO_STREAM(g_socket_connection_factory_create_connection(socket));
    }
    return TRUE;
}

static void
run(Handshake *handshake, GIOStream *server, GIOStream *client, GMainContext *context)
{
    g_autoptr(GSource) timeout = g_timeout_source_new(PATIENCE_MS);

    g_source_set_callback(timeout, on_timeout, handshake->cancellable, NULL);
    g_source_attach(timeout, context);
    g_signal_connect(client, "accept-certificate", G_CALLBACK(on_certificate), handshake);
    g_tls_connection_handshake_async(G_TLS_CONNECTION(server), G_PRIORITY_DEFAULT,
                                     handshake->cancellable, on_done, handshake);
    g_tls_connection_handshake_async(G_TLS_CONNECTION(client), G_PRIORITY_DEFAULT,
                                     handshake->cancellable, on_done, handshake);
    while (handshake->ended < 2)
        g_main_context_iteration(context, TRUE);
    g_source_destroy(timeout);
}

static gboolean
shake_hands(Handshake *handshake,
            GTlsCertificate *certificate,
            GTlsDatabase *authority,
            GMainContext *context,
            GError **error)
{
    GIOStream *ends[2];
    g_autoptr(GIOStream) one = NULL;
    g_autoptr(GIOStream) other = NULL;
    g_autoptr(GIOStream) server = NULL;
    g_autoptr(GIOStream) client = NULL;

    if (!make_pair(ends, error))
        return FALSE;
    one = ends[0];
    other = ends[1];
    server = g_tls_server_connection_new(one, certificate, error);
    client = server ? g_tls_client_connection_new(other, NULL, error) : NULL;
    if (!client)
        return FALSE;
    g_tls_connection_set_database(G_TLS_CONNECTION(client), authority);
    run(handshake, server, client, context);
    return TRUE;
}

static gboolean
tell_flaw(GTlsCertificateFlags found, const char *ca_file, const char *cert_file, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(flaws); i++) {
        if (found & flaws[i].flag) {
            g_set_error(error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "%s, checked with %s, %s",
                        cert_file, ca_file, flaws[i].says);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
mom_check_tls(const char *ca_file, const char *cert_file, const char *key_file, GError **error)
{
    g_autoptr(MomVdsmTls) loaded = mom_vdsm_tls_load(ca_file, cert_file, key_file, error);
    g_autoptr(GTlsCertificate) certificate = NULL;
    g_autoptr(GTlsDatabase) authority = NULL;
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    Handshake handshake = {.cancellable = cancellable};
    gboolean ran = FALSE;

    if (!loaded)
        return FALSE;
    certificate = g_tls_certificate_new_from_files(cert_file, key_file, error);
    authority = certificate ? g_tls_file_database_new(ca_file, error) : NULL;
    if (authority) {
        g_main_context_push_thread_default(context);
        ran = shake_hands(&handshake, certificate, authority, context, error);
        g_main_context_pop_thread_default(context);
    }
    if (handshake.error) {
        g_set_error(error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                    "certificate %s and key %s do not fit each other: %s", cert_file, key_file,
                    handshake.error->message);
        g_error_free(handshake.error);
        return FALSE;
    }
    return ran && tell_flaw(handshake.flaws, ca_file, cert_file, error);
}
