/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Attempts to reach a vdsm that is away: for ever, at a bounded pace, in the same memory.
 *
 * No test asserts how long anything took.
 */
#include "tests/mom-test.h"

#include <malloc.h>
#include <string.h>

#include "tests/vdsm-client/peer.h"
#include "vdsm-client/connection.h"

static void
the_pause_doubles_up_to_its_limit_with_jitter(void **state)
{
    const MomVdsmPace pace = {.back_off_min_ms = 500, .back_off_max_ms = 15000};
    assert_int_equal(mom_vdsm_back_off_ms(&pace, 1, 0), 250);
    assert_int_equal(mom_vdsm_back_off_ms(&pace, 1, 0.999999), 499 + 0);
    assert_int_equal(mom_vdsm_back_off_ms(&pace, 2, 0), 500);
    assert_int_equal(mom_vdsm_back_off_ms(&pace, 5, 0), 4000);
    assert_int_equal(mom_vdsm_back_off_ms(&pace, 6, 0), 7500);
    assert_int_equal(mom_vdsm_back_off_ms(&pace, G_MAXUINT, 0.5), 11250);
    assert_int_equal(mom_vdsm_back_off_ms(&mom_vdsm_pace_default, 0, 0), 250);
}

static void
the_pause_is_never_longer_than_is_wished(void **state)
{
    const MomVdsmPace *pace = &mom_vdsm_pace_default;
    const struct {
        guint within_ms, longest_ms;
    } cases[] = {{0, 15000},   {15000, 15000}, {86400000, 15000}, {10000, 10000},
                 {1000, 1000}, {500, 500},     {50, 500}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        MomVdsmPace within = mom_vdsm_pace_within(pace, cases[i].within_ms);
        guint longest_ms = cases[i].longest_ms;
        for (guint failures = 0; failures < 40; failures++)
            assert_in_range(mom_vdsm_back_off_ms(&within, failures, 0.999999), 1, longest_ms);
        assert_in_range(mom_vdsm_back_off_ms(&within, G_MAXUINT, 0.999999), longest_ms - 1,
                        longest_ms);
    }
}

typedef struct {
    MomVdsmConnection *connection;
    GString *states; /* "connecting disconnected ..."; cut now and then */
    char *why;       /* the last attempt failed */
    guint failed;
} Client;

static void
on_state(MomVdsmState now, const GError *why, gpointer data)
{
    static const char *const names[] = {"disconnected", "connecting", "connected"};
    Client *client = data;
    g_string_append_printf(client->states, "%s ", names[now]);
    if (!why)
        return;
    client->failed++;
    g_free(client->why);
    client->why = g_strdup(why->message);
}

static guint16
port_of_nobody(void)
{
    g_autoptr(Peer) peer = peer_new(NULL, NULL);
    return peer->port;
}

/* Tries until so many attempts have failed; what is in use of the heap then.  Under a sanitizer the
 * heap is not the C library's, and always 0; leaks are its affair then. */
static gsize
heap_after(Client *client, guint attempts)
{
    run_until(client->failed >= attempts);
    g_string_truncate(client->states, 0);
    return mallinfo2().uordblks;
}

static void
attempts_go_on_for_ever_in_the_same_memory(void **state)
{
    /* The pace alone would not try often enough before the test's patience ends. */
    const MomVdsmPace pace = {5000, 0, .back_off_min_ms = 1, .back_off_max_ms = 60 * 1000};
    const MomVdsmOptions options = {
        .host = "127.0.0.1", .port = port_of_nobody(), .retry_within_ms = 1};
    Client client = {mom_vdsm_connection_new(&options, &pace), g_string_new(NULL)};
    mom_vdsm_connection_watch_state(client.connection, on_state, &client);
    mom_vdsm_connection_start(client.connection);
    run_until(client.failed >= 3);
    assert_true(g_str_has_prefix(client.states->str,
                                 "connecting disconnected connecting disconnected connecting "));
    assert_non_null(strstr(client.why, "127.0.0.1:"));
    assert_non_null(strstr(client.why, "refused"));
    gsize before = heap_after(&client, 200);
    for (guint goal = 400; goal < 2000; goal += 200)
        heap_after(&client, goal);
    /* An attempt that left 32 bytes behind would leave more than this. */
    assert_in_range(heap_after(&client, 2000), 0, before + 32 * 1024);
    mom_vdsm_connection_free(client.connection);
    g_string_free(client.states, TRUE);
    g_free(client.why);
    run_idle();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pause_doubles_up_to_its_limit_with_jitter),
        cmocka_unit_test(the_pause_is_never_longer_than_is_wished),
        cmocka_unit_test(attempts_go_on_for_ever_in_the_same_memory),
    };
    return cmocka_run_group_tests_name("attempts", tests, NULL, NULL);
}
