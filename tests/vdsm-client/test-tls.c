/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whom we accept and what we say of whom we do not: real certificates, a real TLS peer that wants
 * ours.
 *
 * Every refusal must name a file and tell what to do.
 */
#include "tests/mom-test.h"

#include <glib/gstdio.h>
#include <string.h>

#include "tests/vdsm-client/peer.h"
#include "vdsm-client/connection.h"
#include "vdsm-client/tls.h"

static char *pki;

typedef struct {
    MomVdsmConnection *connection;
    gboolean up;
    guint drops;
    char *why;
} Client;

static void
on_state(MomVdsmState now, const GError *why, gpointer data)
{
    Client *client = data;
    client->up = now == MOM_VDSM_CONNECTED;
    if (why) {
        client->drops++;
        g_free(client->why);
        client->why = g_strdup(why->message);
    }
}

static char *
in_pki(const char *name)
{
    return g_build_filename(pki, name, NULL);
}

/* A peer that shows NAME.pem and trusts those whom CA signed. */
static Peer *
tls_peer(const char *name, const char *ca)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *cert_name = g_strconcat(name, ".pem", NULL);
    g_autofree char *key_name = g_strconcat(name, ".key", NULL);
    g_autofree char *cert_file = in_pki(cert_name);
    g_autofree char *key_file = in_pki(key_name);
    g_autofree char *ca_file = in_pki(ca);
    g_autoptr(GTlsCertificate) certificate =
        g_tls_certificate_new_from_files(cert_file, key_file, &error);
    assert_non_null(certificate);
    g_autoptr(GTlsDatabase) trusted = g_tls_file_database_new(ca_file, &error);
    assert_non_null(trusted);
    return peer_new(certificate, trusted);
}

static void
begin(Client *client, Peer *peer, const char *ca, const char *cert, const char *key)
{
    g_autofree char *ca_file = in_pki(ca);
    g_autofree char *cert_file = in_pki(cert);
    g_autofree char *key_file = in_pki(key);
    const MomVdsmOptions options = {.host = "localhost",
                                    .port = peer->port,
                                    .tls = TRUE,
                                    .ca_file = ca_file,
                                    .cert_file = cert_file,
                                    .key_file = key_file};
    const MomVdsmPace pace = {5000, 0, 10, 50};
    *client = (Client){.connection = mom_vdsm_connection_new(&options, &pace)};
    mom_vdsm_connection_watch_state(client->connection, on_state, client);
    mom_vdsm_connection_start(client->connection);
}

static void
end(Client *client)
{
    mom_vdsm_connection_free(client->connection);
    g_free(client->why);
    run_idle();
}

static void
assert_says(const Client *client, const char *part)
{
    if (!client->why || !strstr(client->why, part))
        fail_msg("\"%s\" does not say \"%s\"", client->why ? client->why : "(nothing)", part);
}

static void
vdsm_with_our_own_certificate_is_accepted_whatever_its_host(void **state)
{
    g_autoptr(Peer) peer = tls_peer("vdsm", "ca.pem");
    Client client;
    begin(&client, peer, "ca.pem", "vdsm.pem", "vdsm.key");
    run_until(client.up);
    assert_int_equal(client.drops, 0);
    end(&client);
}

static void
another_certificate_of_our_name_is_accepted(void **state)
{
    g_autoptr(Peer) peer = tls_peer("peer", "ca.pem");
    Client client;
    begin(&client, peer, "ca.pem", "vdsm.pem", "vdsm.key");
    run_until(client.up);
    end(&client);
}

static void
our_certificate_without_a_name_is_accepted_back_and_no_other(void **state)
{
    g_autoptr(Peer) same = tls_peer("nameless", "ca.pem");
    g_autoptr(Peer) other = tls_peer("peer", "ca.pem");
    Client client;
    begin(&client, same, "ca.pem", "nameless.pem", "nameless.key");
    run_until(client.up);
    end(&client);
    begin(&client, other, "ca.pem", "nameless.pem", "nameless.key");
    run_until(client.drops > 0);
    assert_says(&client, "made out to another host");
    end(&client);
}

static void
another_name_is_refused_though_our_ca_signed_it(void **state)
{
    g_autoptr(Peer) peer = tls_peer("named", "ca.pem");
    Client client;
    begin(&client, peer, "ca.pem", "vdsm.pem", "vdsm.key");
    run_until(client.drops > 0);
    assert_says(&client, "ca.pem: it is made out to another host than our own certificate");
    assert_int_equal(peer->greeted, 0);
    end(&client);
}

static void
another_ca_is_refused_by_name_of_our_file(void **state)
{
    g_autoptr(Peer) peer = tls_peer("vdsm", "ca.pem");
    Client client;
    begin(&client, peer, "strangers.pem", "vdsm.pem", "vdsm.key");
    run_until(client.drops > 1);
    assert_says(&client, "vdsm's certificate is refused, checked with CA file ");
    assert_says(&client, "strangers.pem: it is not signed by this CA");
    assert_int_equal(peer->greeted, 0);
    end(&client);
}

static void
a_certificate_that_vdsm_refuses_is_named(void **state)
{
    g_autoptr(Peer) peer = tls_peer("vdsm", "ca.pem");
    Client client;
    begin(&client, peer, "ca.pem", "stranger.pem", "stranger.key");
    run_until(client.drops > 0);
    assert_says(&client, "stranger.pem");
    assert_false(client.up);
    end(&client);
}

static void
a_peer_without_tls_is_told(void **state)
{
    g_autoptr(Peer) peer = peer_new(NULL, NULL);
    Client client;
    begin(&client, peer, "ca.pem", "vdsm.pem", "vdsm.key");
    run_until(client.drops > 0);
    assert_says(&client, "no TLS with vdsm, check `ssl` in its vdsm.conf");
    assert_int_equal(peer->greeted, 0);
    end(&client);
}

static const struct {
    const char *ca, *cert, *key;
    const char *says[3];
} unreadable[] = {
    {"none.pem",
     "vdsm.pem",
     "vdsm.key",
     {"cannot read vdsm's CA file", "none.pem", "No such file"}},
    {"ca.pem",
     "none.pem",
     "vdsm.key",
     {"cannot read vdsm's certificate file", "none.pem", "No such file"}},
    {"ca.pem", "vdsm.pem", "none.key", {"cannot read vdsm's key file", "none.key", "No such file"}},
    {"empty", "vdsm.pem", "vdsm.key", {"cannot use vdsm's CA file", "empty", "no PEM certificate"}},
    {"ca.pem", "empty", "vdsm.key", {"cannot use vdsm's certificate", "empty", "vdsm.key"}},
    {"ca.pem", "vdsm.pem", "empty", {"cannot use vdsm's certificate", "vdsm.pem", "empty"}},
    {"ca.pem", ".", "vdsm.key", {"cannot read vdsm's certificate file", "", ""}},
};

static void
an_unreadable_file_is_named_with_its_reason(void **state)
{
    g_autoptr(Peer) peer = tls_peer("vdsm", "ca.pem");
    for (gsize i = 0; i < G_N_ELEMENTS(unreadable); i++) {
        Client client;
        begin(&client, peer, unreadable[i].ca, unreadable[i].cert, unreadable[i].key);
        run_until(client.drops > 0);
        for (gsize j = 0; j < 3; j++)
            assert_says(&client, unreadable[i].says[j]);
        end(&client);
    }
    assert_int_equal(peer->accepted, 0);
}

static void
files_that_are_not_set_are_told(void **state)
{
    g_autoptr(GError) error = NULL;
    assert_null(mom_vdsm_tls_load(NULL, NULL, NULL, &error));
    assert_string_equal(error->message, "cannot read vdsm's CA file: no file is set");
}

static void
a_renewed_certificate_is_taken_up_by_the_next_attempt(void **state)
{
    g_autoptr(Peer) peer = tls_peer("vdsm", "ca.pem");
    Client client;
    g_autofree char *late = in_pki("late.pem");
    g_autofree char *cert = in_pki("vdsm.pem");
    begin(&client, peer, "ca.pem", "late.pem", "vdsm.key");
    run_until(client.drops > 1);
    assert_says(&client, "late.pem");
    assert_int_equal(g_rename(cert, late), 0);
    run_until(client.up);
    assert_int_equal(g_rename(late, cert), 0);
    end(&client);
}

static gboolean
vet(const char *file, gpointer refused, GError **error)
{
    if (g_str_has_suffix(file, refused)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "%s is not to be read", file);
        return FALSE;
    }
    return TRUE;
}

static MomVdsmOptions
options_with(Peer *peer, char *ca, char *cert, char *key)
{
    return (MomVdsmOptions){.host = "localhost",
                            .port = peer->port,
                            .tls = TRUE,
                            .ca_file = ca,
                            .cert_file = cert,
                            .key_file = key};
}

static void
copy_file(const char *from, const char *to)
{
    g_autofree char *source = in_pki(from);
    g_autofree char *target = in_pki(to);
    g_autofree char *text = NULL;
    gsize length;
    assert_true(g_file_get_contents(source, &text, &length, NULL));
    assert_true(g_file_set_contents(target, text, (gssize)length, NULL));
}

/* Files of the same names with another content, as a renewal leaves them. */
static void
a_standing_connection_is_made_anew_for_a_renewed_certificate_only(void **state)
{
    g_autoptr(Peer) peer = tls_peer("vdsm", "ca.pem");
    g_autoptr(GError) error = NULL;
    g_autofree char *ca = in_pki("ca.pem");
    g_autofree char *cert = in_pki("now.pem");
    g_autofree char *key = in_pki("now.key");
    const MomVdsmOptions options = options_with(peer, ca, cert, key);
    Client client;
    copy_file("vdsm.pem", "now.pem");
    copy_file("vdsm.key", "now.key");
    begin(&client, peer, "ca.pem", "now.pem", "now.key");
    run_until(client.up);
    assert_ok(mom_vdsm_connection_configure(client.connection, &options, &error));
    run_idle();
    assert_int_equal(peer->accepted, 1);
    copy_file("peer.pem", "now.pem");
    copy_file("peer.key", "now.key");
    assert_ok(mom_vdsm_connection_configure(client.connection, &options, &error));
    assert_false(client.up);
    run_until(client.up);
    assert_int_equal(peer->accepted, 2);
    assert_int_equal(client.drops, 0);
    end(&client);
}

static void
files_that_cannot_be_used_leave_a_standing_connection_alone(void **state)
{
    g_autoptr(Peer) peer = tls_peer("vdsm", "ca.pem");
    g_autofree char *ca = in_pki("ca.pem");
    g_autofree char *cert = in_pki("vdsm.pem");
    g_autofree char *key = in_pki("empty");
    char refused[] = "ca.pem";
    MomVdsmOptions options = options_with(peer, ca, cert, key);
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) refusal = NULL;
    Client client;
    begin(&client, peer, "ca.pem", "vdsm.pem", "vdsm.key");
    run_until(client.up);
    assert_false(mom_vdsm_connection_configure(client.connection, &options, &error));
    assert_non_null(strstr(error->message, key));
    options.vet = vet;
    options.vet_data = refused;
    assert_false(mom_vdsm_connection_configure(client.connection, &options, &refusal));
    assert_non_null(strstr(refusal->message, "ca.pem is not to be read"));
    run_idle();
    assert_true(client.up);
    assert_int_equal(peer->accepted, 1);
    end(&client);
}

static void
a_file_that_is_not_to_be_read_is_asked_about_at_each_attempt(void **state)
{
    g_autoptr(Peer) peer = tls_peer("vdsm", "ca.pem");
    g_autofree char *ca = in_pki("ca.pem");
    g_autofree char *cert = in_pki("vdsm.pem");
    g_autofree char *key = in_pki("vdsm.key");
    char refused[] = "vdsm.key";
    MomVdsmOptions options = options_with(peer, ca, cert, key);
    const MomVdsmPace pace = {5000, 0, 10, 50};
    Client client = {0};
    options.vet = vet;
    options.vet_data = refused;
    client.connection = mom_vdsm_connection_new(&options, &pace);
    mom_vdsm_connection_watch_state(client.connection, on_state, &client);
    mom_vdsm_connection_start(client.connection);
    run_until(client.drops > 1);
    assert_says(&client, "vdsm.key is not to be read");
    assert_int_equal(peer->accepted, 0);
    refused[0] = '!';
    run_until(client.up);
    end(&client);
}

static void
a_hang_up_over_tls_is_survived(void **state)
{
    g_autoptr(Peer) peer = tls_peer("vdsm", "ca.pem");
    Client client;
    begin(&client, peer, "ca.pem", "vdsm.pem", "vdsm.key");
    run_until(client.up);
    /* No farewell: the socket below is closed, as vdsm does it. */
    g_autoptr(GIOStream) below = NULL;
    g_object_get(peer->stream, "base-io-stream", &below, NULL);
    g_socket_close(g_socket_connection_get_socket(G_SOCKET_CONNECTION(below)), NULL);
    run_until(client.drops == 1);
    assert_says(&client, "vdsm closed the connection");
    run_until(client.up);
    end(&client);
}

static int
make_pki(void **state)
{
    pki = peer_make_pki();
    g_autofree char *empty = in_pki("empty");
    return g_file_set_contents(empty, "", 0, NULL) ? 0 : -1;
}

static int
remove_pki(void **state)
{
    peer_remove_pki(pki);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vdsm_with_our_own_certificate_is_accepted_whatever_its_host),
        cmocka_unit_test(another_certificate_of_our_name_is_accepted),
        cmocka_unit_test(our_certificate_without_a_name_is_accepted_back_and_no_other),
        cmocka_unit_test(another_name_is_refused_though_our_ca_signed_it),
        cmocka_unit_test(another_ca_is_refused_by_name_of_our_file),
        cmocka_unit_test(a_certificate_that_vdsm_refuses_is_named),
        cmocka_unit_test(a_peer_without_tls_is_told),
        cmocka_unit_test(an_unreadable_file_is_named_with_its_reason),
        cmocka_unit_test(files_that_are_not_set_are_told),
        cmocka_unit_test(a_renewed_certificate_is_taken_up_by_the_next_attempt),
        cmocka_unit_test(a_standing_connection_is_made_anew_for_a_renewed_certificate_only),
        cmocka_unit_test(files_that_cannot_be_used_leave_a_standing_connection_alone),
        cmocka_unit_test(a_file_that_is_not_to_be_read_is_asked_about_at_each_attempt),
        cmocka_unit_test(a_hang_up_over_tls_is_survived),
    };
    return cmocka_run_group_tests_name("tls", tests, make_pki, remove_pki);
}
