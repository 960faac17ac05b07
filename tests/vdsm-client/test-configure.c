/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * New options for a connection that stands, waits or is being made: what they change, and that no
 * call is lost by it.
 *
 * Certificates that were renewed are in test-tls.c.
 */
#include "tests/mom-test.h"

#include <string.h>

#include "tests/vdsm-client/connection-fixture.h"
#include "vdsm-client/error.h"
#include "vdsm-client/stomp.h"

/* Makes a call and waits until the peer has it. */
static void
call_and_wait(ConnectionFixture *f)
{
    connection_call(f, "Host.ping2");
    run_until(f->peer->requests->len == 1);
}

static void
configure(ConnectionFixture *f)
{
    g_autoptr(GError) error = NULL;
    assert_ok(mom_vdsm_connection_configure(f->connection, &f->options, &error));
}

static void
the_same_options_leave_the_connection_alone(void **state)
{
    ConnectionFixture *f = *state;
    connection_begin_and_connect(f);
    f->options.request_timeout_ms = 1234;
    configure(f);
    run_idle();
    assert_int_equal(f->peer->accepted, 1);
    assert_string_equal(f->states->str, "connecting connected ");
}

static void
another_place_is_gone_to_when_no_call_is_under_way(void **state)
{
    ConnectionFixture *f = *state;
    connection_begin_and_connect(f);
    call_and_wait(f);
    f->options.port = f->other->port;
    configure(f);
    configure(f); /* the same once more is no wish to stay */
    run_idle();
    assert_int_equal(f->other->accepted, 0);
    assert_true(connection_is_up(f));
    peer_answer(f->peer, 0, "\"result\": 1");
    run_until(f->other->queues->len == 2 && connection_is_up(f));
    assert_string_equal(f->outcomes->str, "1 ");
    assert_string_equal(f->states->str, "connecting connected connecting connected ");
    assert_int_equal(f->drops, 0);
}

/* A whole event and, in the same write, another one without its end. */
static void
write_one_event_and_a_half(Peer *peer)
{
    static const char queue[] = "jms.queue.events ", body[] = "{\"method\": \"event\"}";
    g_autoptr(GString) out = g_string_new(NULL);
    MomStompHeader header = {"subscription", NULL};
    for (guint i = 0; i < peer->queues->len; i++) {
        const char *subscribed = g_ptr_array_index(peer->queues, i);
        if (g_str_has_prefix(subscribed, queue))
            header.value = subscribed + strlen(queue);
    }
    assert_non_null(header.value);
    for (guint i = 0; i < 2; i++)
        mom_stomp_append(out, "MESSAGE", &header, 1, body, strlen(body));
    peer_write(peer, out->str, out->len - strlen(body) / 2);
}

static void
half_a_message_of_the_former_connection_is_forgotten(void **state)
{
    ConnectionFixture *f = *state;
    connection_begin_and_connect(f);
    write_one_event_and_a_half(f->peer);
    run_until(f->events->len > 0);
    run_idle();
    assert_string_equal(f->events->str, "event ");
    f->options.port = f->other->port;
    f->other->answer = "\"result\": 1";
    configure(f);
    run_until(f->other->queues->len == 2 && connection_is_up(f));
    connection_call(f, "Host.ping2");
    run_until(f->ended == 1);
    assert_string_equal(f->outcomes->str, "1 ");
    assert_int_equal(f->other->accepted, 1);
    assert_int_equal(f->drops, 0);
}

static void
a_wish_that_is_taken_back_leaves_the_connection_alone(void **state)
{
    ConnectionFixture *f = *state;
    connection_begin_and_connect(f);
    call_and_wait(f);
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
    ConnectionFixture *f = *state;
    g_autofree char *timed_out = g_strdup_printf("error %d ", MOM_VDSM_ERROR_TIMED_OUT);
    connection_begin_and_connect(f);
    call_and_wait(f);
    f->options.request_timeout_ms = 20;
    configure(f);
    run_until(f->ended == 1);
    assert_string_equal(f->outcomes->str, timed_out);
    assert_true(connection_is_up(f));
}

static void
one_that_waits_is_tried_at_once(void **state)
{
    ConnectionFixture *f = *state;
    f->options.port = 1;
    f->pace.back_off_min_ms = f->pace.back_off_max_ms = 3600 * 1000;
    connection_begin(f);
    run_until(f->drops == 1);
    f->options.port = f->peer->port;
    configure(f);
    run_until(connection_is_up(f));
}

static void
an_attempt_to_the_wrong_place_is_given_up(void **state)
{
    ConnectionFixture *f = *state;
    f->peer->mute = TRUE;
    connection_begin(f);
    run_until(f->peer->greeted == 1);
    f->options.port = f->other->port;
    configure(f);
    run_until(connection_is_up(f));
    assert_string_equal(f->states->str, "connecting connecting connected ");
}

static void
one_that_was_not_started_begins_with_the_new_options(void **state)
{
    ConnectionFixture *f = *state;
    f->connection = mom_vdsm_connection_new(&f->options, &f->pace);
    f->options.port = f->other->port;
    configure(f);
    run_idle();
    assert_int_equal(f->other->accepted, 0);
    mom_vdsm_connection_start(f->connection);
    run_until(connection_is_up(f));
    assert_int_equal(f->other->accepted, 1);
}

#define WITH_PEERS(name)                                                                           \
    cmocka_unit_test_setup_teardown(name, connection_set_up, connection_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PEERS(the_same_options_leave_the_connection_alone),
        WITH_PEERS(another_place_is_gone_to_when_no_call_is_under_way),
        WITH_PEERS(half_a_message_of_the_former_connection_is_forgotten),
        WITH_PEERS(a_wish_that_is_taken_back_leaves_the_connection_alone),
        WITH_PEERS(a_time_out_can_be_changed_under_calls),
        WITH_PEERS(one_that_waits_is_tried_at_once),
        WITH_PEERS(an_attempt_to_the_wrong_place_is_given_up),
        WITH_PEERS(one_that_was_not_started_begins_with_the_new_options),
    };
    return cmocka_run_group_tests_name("configure", tests, NULL, NULL);
}
