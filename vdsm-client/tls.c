/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Loading and judging certificates; tls.h tells the rules.
 *
 * A session that is resumed is not judged again, so nothing but the judgement hangs on the signal.
 */
#include "vdsm-client/tls.h"

#include <string.h>

struct MomVdsmTls {
    char *ca_file, *cert_file;
    GTlsDatabase *database;
    GTlsCertificate *certificate;
    char *name;   /* in our certificate; NULL if it has none */
    char *digest; /* of the three files' contents */
    GTlsCertificateFlags refused;
};

/* What vdsm's certificate may have against it, told so that someone can mend it. */
static const struct {
    GTlsCertificateFlags flag;
    const char *says;
} complaints[] = {
    {G_TLS_CERTIFICATE_UNKNOWN_CA,
     "it is not signed by this CA: put the CA that signed it there, or correct host and port"},
    {G_TLS_CERTIFICATE_BAD_IDENTITY,
     "it is made out to another host than our own certificate: correct host, or take that host's"},
    {G_TLS_CERTIFICATE_NOT_ACTIVATED, "it is not valid yet: check the clock"},
    {G_TLS_CERTIFICATE_EXPIRED, "it has expired: renew it"},
    {G_TLS_CERTIFICATE_REVOKED, "it is revoked"},
    {G_TLS_CERTIFICATE_INSECURE, "its algorithm is too weak"},
    {G_TLS_CERTIFICATE_GENERIC_ERROR, "it cannot be verified"},
};

/* Adds FILE to SUM.  GIO's own messages name a file at best by chance. */
static gboolean
check_file(const char *what, const char *file, GChecksum *sum, GError **error)
{
    g_autofree char *contents = NULL;
    gsize length;
    if (file && g_file_get_contents(file, &contents, &length, error)) {
        g_checksum_update(sum, (const guchar *)contents, (gssize)length);
        g_checksum_update(sum, (const guchar *)"", 1); /* an end, so that no two run together */
        return TRUE;
    }
    if (!file)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME, "no file is set");
    g_prefix_error(error, "cannot read vdsm's %s: ", what);
    return FALSE;
}

static gboolean
load_database(MomVdsmTls *tls, const char *file, GError **error)
{
    GList *certificates = g_tls_certificate_list_new_from_file(file, error);
    gboolean some = certificates != NULL;
    g_list_free_full(certificates, g_object_unref);
    if (!some && error && !*error)
        g_set_error(error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "no PEM certificate in it");
    if (some)
        tls->database = g_tls_file_database_new(file, error);
    if (!tls->database)
        g_prefix_error(error, "cannot use vdsm's CA file %s: ", file);
    return tls->database != NULL;
}

/* The first DNS name, or the CN of a subject like "CN=host,O=oVirt". */
static char *
name_of(GTlsCertificate *certificate)
{
    g_autoptr(GPtrArray) names = g_tls_certificate_get_dns_names(certificate);
    if (names && names->len > 0) {
        gsize len = 0;
        const char *name = g_bytes_get_data(names->pdata[0], &len);
        return g_strndup(name, len);
    }
    g_autofree char *subject = g_tls_certificate_get_subject_name(certificate);
    g_auto(GStrv) parts = g_strsplit(subject ? subject : "", ",", -1);
    for (char **part = parts; *part; part++)
        if (g_str_has_prefix(*part, "CN=") && (*part)[3])
            return g_strdup(*part + 3);
    return NULL;
}

MomVdsmTls *
mom_vdsm_tls_load(const char *ca_file, const char *cert_file, const char *key_file, GError **error)
{
    g_autoptr(MomVdsmTls) tls = g_atomic_rc_box_new0(MomVdsmTls);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    if (!check_file("CA file", ca_file, sum, error) ||
        !check_file("certificate file", cert_file, sum, error) ||
        !check_file("key file", key_file, sum, error) || !load_database(tls, ca_file, error))
        return NULL;
    tls->certificate = g_tls_certificate_new_from_files(cert_file, key_file, error);
    if (!tls->certificate) {
        g_prefix_error(error, "cannot use vdsm's certificate %s with key %s: ", cert_file,
                       key_file);
        return NULL;
    }
    tls->ca_file = g_strdup(ca_file);
    tls->cert_file = g_strdup(cert_file);
    tls->name = name_of(tls->certificate);
    tls->digest = g_strdup(g_checksum_get_string(sum));
    return g_steal_pointer(&tls);
}

static void
clear(gpointer data)
{
    MomVdsmTls *tls = data;
    g_clear_object(&tls->database);
    g_clear_object(&tls->certificate);
    g_free(tls->ca_file);
    g_free(tls->cert_file);
    g_free(tls->name);
    g_free(tls->digest);
}

/* Streams whose handshake was abandoned may live a little longer than the attempt, hence the count.
 */
void
mom_vdsm_tls_free(MomVdsmTls *tls)
{
    if (tls)
        g_atomic_rc_box_release_full(tls, clear);
}

const char *
mom_vdsm_tls_digest(const MomVdsmTls *tls)
{
    return tls->digest;
}

static void
release(gpointer data, GClosure *closure)
{
    mom_vdsm_tls_free(data);
}

static void
connect_counted(gpointer instance, const char *signal, GCallback callback, MomVdsmTls *tls)
{
    g_signal_connect_data(instance, signal, callback, g_atomic_rc_box_acquire(tls), release, 0);
}

static gboolean
on_accept_certificate(GTlsConnection *connection,
                      GTlsCertificate *peer,
                      GTlsCertificateFlags flags,
                      gpointer data)
{
    MomVdsmTls *tls = data;
    if (flags == G_TLS_CERTIFICATE_BAD_IDENTITY &&
        g_tls_certificate_is_same(peer, tls->certificate))
        return TRUE;
    tls->refused = flags;
    return FALSE;
}

static void
on_client_event(GSocketClient *client,
                GSocketClientEvent event,
                GSocketConnectable *connectable,
                GIOStream *stream,
                gpointer data)
{
    if (event != G_SOCKET_CLIENT_TLS_HANDSHAKING)
        return;
    MomVdsmTls *tls = data;
    g_tls_connection_set_database(G_TLS_CONNECTION(stream), tls->database);
    g_tls_connection_set_certificate(G_TLS_CONNECTION(stream), tls->certificate);
    if (tls->name) {
        g_autoptr(GSocketConnectable) identity = g_network_address_new(tls->name, 0);
        g_tls_client_connection_set_server_identity(G_TLS_CLIENT_CONNECTION(stream), identity);
    }
    connect_counted(stream, "accept-certificate", G_CALLBACK(on_accept_certificate), tls);
}

void
mom_vdsm_tls_use(MomVdsmTls *tls, GSocketClient *client)
{
    g_socket_client_set_tls(client, TRUE);
    connect_counted(client, "event", G_CALLBACK(on_client_event), tls);
}

static void
explain_refusal_by_us(const MomVdsmTls *tls, GError **error)
{
    const char *says = "it cannot be verified";
    for (gsize i = 0; i < G_N_ELEMENTS(complaints); i++) {
        if (tls->refused & complaints[i].flag) {
            says = complaints[i].says;
            break;
        }
    }
    g_clear_error(error);
    g_set_error(error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                "vdsm's certificate is refused, checked with CA file %s: %s", tls->ca_file, says);
}

void
mom_vdsm_tls_explain(const MomVdsmTls *tls, gboolean shaking_hands, GError **error)
{
    gboolean cut_off = g_error_matches(*error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
    if ((*error)->domain != G_TLS_ERROR && !cut_off)
        return;
    if (tls->refused)
        explain_refusal_by_us(tls, error);
    else if (shaking_hands)
        g_prefix_error(error,
                       "no TLS with vdsm, check `ssl` in its vdsm.conf and that it trusts %s: ",
                       tls->cert_file);
    else if (!cut_off)
        g_prefix_error(
            error,
            "vdsm refused our certificate %s, check that it is valid and signed by vdsm's CA: ",
            tls->cert_file);
}
