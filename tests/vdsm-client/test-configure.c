/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * New options for a connection that stands, waits or is being made: what they change, and that no
 * call is lost by it.
 *
 * Certificates that were renewed are in test-tls.c.
 */
#include "tests/mom-test.h"

#include <json.h>

#include "tests/vdsm-client/peer.h"
#include "vdsm-client/connection.h"
#include "vdsm-client/error.h"

typedef struct {
    Peer *peer;
    Peer *other;
    MomVdsmConnection *connection;
    MomVdsmOptions options;
    MomVdsmPace pace;
    GString *states; /* "connecting connected ..." */
    guint drops;
    GString *outcomes; /* of calls */
    guint ended;
} Fixture;

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    f->peer = peer_new(NULL, NULL);
    f->other = peer_new(NULL, NULL);
    f->options = (MomVdsmOptions){.host = "127.0.0.1", .port = f->peer->port};
    f->pace = (MomVdsmPace){5000, 0, 10, 50};
    f->states = g_string_new(NULL);
    f->outcomes = g_string_new(NULL);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;
    mom_vdsm_connection_free(f->connection);
    peer_free(f->peer);
    peer_free(f->other);
    g_string_free(f->states, TRUE);
    g_string_free(f->outcomes, TRUE);
    g_free(f);
    return 0;
}

static void
on_state(MomVdsmState now, const GError *why, gpointer data)
{
    static const char *const names[] = {"disconnected", "connecting", "connected"};
    Fixture *f = data;
    g_string_append_printf(f->states, "%s ", names[now]);
    f->drops += why != NULL;
}

static void
on_done(struct json_object *result, const GError *error, gpointer data)
{
    Fixture *f = data;
    f->ended++;
    if (error)
        g_string_append_printf(f->outcomes, "error %d ", error->code);
    else
        g_string_append_printf(f->outcomes, "%s ", json_object_to_json_string(result));
}

static void
begin(Fixture *f)
{
    f->connection = mom_vdsm_connection_new(&f->options, &f->pace);
    mom_vdsm_connection_watch_state(f->connection, on_state, f);
    mom_vdsm_connection_start(f->connection);
}

static gboolean
is_up(Fixture *f)
{
    return mom_vdsm_connection_state(f->connection) == MOM_VDSM_CONNECTED;
}

static void
begin_and_connect(Fixture *f)
{
    begin(f);
    run_until(is_up(f) && f->peer->queues->len == 1);
}

/* Makes a call and waits until the peer has it. */
static void
call(Fixture *f)
{
    mom_vdsm_connection_call(f->connection, "Host.ping2", NULL, on_done, f);
    run_until(f->peer->requests->len == 1);
}

static void
configure(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    assert_ok(mom_vdsm_connection_configure(f->connection, &f->options, &error));
}

static void
the_same_options_leave_the_connection_alone(void **state)
{
    Fixture *f = *state;
    begin_and_connect(f);
    f->options.request_timeout_ms = 1234;
    configure(f);
    run_idle();
    assert_int_equal(f->peer->accepted, 1);
    assert_string_equal(f->states->str, "connecting connected ");
}

static void
another_place_is_gone_to_when_no_call_is_under_way(void **state)
{
    Fixture *f = *state;
    begin_and_connect(f);
    call(f);
    f->options.port = f->other->port;
    configure(f);
    configure(f); /* the same once more is no wish to stay */
    run_idle();
    assert_int_equal(f->other->accepted, 0);
    assert_true(is_up(f));
    peer_answer(f->peer, 0, "\"result\": 1");
    run_until(f->other->queues->len == 1 && is_up(f));
    assert_string_equal(f->outcomes->str, "1 ");
    assert_string_equal(f->states->str, "connecting connected connecting connected ");
    assert_int_equal(f->drops, 0);
}

static void
a_wish_that_is_taken_back_leaves_the_connection_alone(void **state)
{
    Fixture *f = *state;
    begin_and_connect(f);
    call(f);
    f->options.port = f->other->port;
    configure(f);
    f->options.port = f->peer->port;
    configure(f);
    peer_answer(f->peer, 0, "\"result\": 1");
    run_until(f->ended == 1);
    run_idle();
    assert_int_equal(f->other->accepted, 0);
    assert_int_equal(f->peer->accepted, 1);
}

static void
a_time_out_can_be_changed_under_calls(void **state)
{
    Fixture *f = *state;
    g_autofree char *timed_out = g_strdup_printf("error %d ", MOM_VDSM_ERROR_TIMED_OUT);
    begin_and_connect(f);
    call(f);
    f->options.request_timeout_ms = 20;
    configure(f);
    run_until(f->ended == 1);
    assert_string_equal(f->outcomes->str, timed_out);
    assert_true(is_up(f));
}

static void
one_that_waits_is_tried_at_once(void **state)
{
    Fixture *f = *state;
    f->options.port = 1;
    f->pace.back_off_min_ms = f->pace.back_off_max_ms = 3600 * 1000;
    begin(f);
    run_until(f->drops == 1);
    f->options.port = f->peer->port;
    configure(f);
    run_until(is_up(f));
}

static void
an_attempt_to_the_wrong_place_is_given_up(void **state)
{
    Fixture *f = *state;
    f->peer->mute = TRUE;
    begin(f);
    run_until(f->peer->greeted == 1);
    f->options.port = f->other->port;
    configure(f);
    run_until(is_up(f));
    assert_string_equal(f->states->str, "connecting connecting connected ");
}

static void
one_that_was_not_started_begins_with_the_new_options(void **state)
{
    Fixture *f = *state;
    f->connection = mom_vdsm_connection_new(&f->options, &f->pace);
    f->options.port = f->other->port;
    configure(f);
    run_idle();
    assert_int_equal(f->other->accepted, 0);
    mom_vdsm_connection_start(f->connection);
    run_until(is_up(f));
    assert_int_equal(f->other->accepted, 1);
}

#define WITH_PEERS(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PEERS(the_same_options_leave_the_connection_alone),
        WITH_PEERS(another_place_is_gone_to_when_no_call_is_under_way),
        WITH_PEERS(a_wish_that_is_taken_back_leaves_the_connection_alone),
        WITH_PEERS(a_time_out_can_be_changed_under_calls),
        WITH_PEERS(one_that_waits_is_tried_at_once),
        WITH_PEERS(an_attempt_to_the_wrong_place_is_given_up),
        WITH_PEERS(one_that_was_not_started_begins_with_the_new_options),
    };
    return cmocka_run_group_tests_name("configure", tests, NULL, NULL);
}
