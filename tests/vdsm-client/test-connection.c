/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The connection against a peer on a real socket: greeting, calls, the window, and every way in
 * which it can break.
 *
 * The pace is short here, but no test asserts how long anything took.
 */
#include "tests/mom-test.h"

#include <json.h>
#include <string.h>

#include "tests/vdsm-client/connection-fixture.h"
#include "vdsm-client/error.h"

static void
assert_says(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("\"%s\" does not say \"%s\"", text ? text : "(nothing)", part);
}

static void
it_connects_when_the_connected_frame_has_come(void **state)
{
    ConnectionFixture *f = *state;
    f->peer->mute = TRUE;
    f->pace.heart_beat_ms = 7000;
    connection_begin(f);
    run_until(f->peer->queues->len == 2);
    assert_int_equal(mom_vdsm_connection_state(f->connection), MOM_VDSM_CONNECTING);
    assert_string_equal(f->peer->connect, "1.2 0,7000");
    const char *reply = f->peer->queues->pdata[0];
    assert_true(g_str_has_prefix(f->peer->queues->pdata[1], "jms.queue.events "));
    g_auto(GStrv) parts = g_strsplit(reply, " ", 2);
    assert_true(g_uuid_string_is_valid(parts[0]));
    assert_true(g_uuid_string_is_valid(parts[1]));
    peer_write(f->peer, "CONNECTED\nversion:1.2\nheart-beat:0,0\n\n", 39);
    run_until(connection_is_up(f));
    assert_string_equal(f->states->str, "connecting connected ");
}

static void
calls_are_answered_in_any_order(void **state)
{
    ConnectionFixture *f = *state;
    connection_begin_and_connect(f);
    connection_call(f, "A");
    connection_call(f, "B");
    run_until(f->peer->requests->len == 2);
    peer_answer(f->peer, 1, "\"result\": \"b\"");
    peer_answer(f->peer, 0, "\"result\": \"a\"");
    run_until(f->ended == 2);
    assert_string_equal(f->outcomes->str, "\"b\" \"a\" ");
}

static void
no_more_than_the_window_is_in_flight(void **state)
{
    ConnectionFixture *f = *state;
    f->options.window = 3;
    connection_begin_and_connect(f);
    for (int i = 0; i < 10; i++)
        connection_call(f, "Host.ping2");
    run_until(f->peer->requests->len == 3);
    run_idle();
    assert_int_equal(f->peer->requests->len, 3);
    peer_answer(f->peer, 2, "\"result\": true");
    run_until(f->ended == 1 && f->peer->requests->len == 3);
    f->peer->answer = "\"result\": true";
    while (f->peer->requests->len > 0)
        peer_answer(f->peer, 0, "\"result\": true");
    run_until(f->ended == 10);
}

static void
errors_of_vdsm_keep_their_code_and_the_connection(void **state)
{
    ConnectionFixture *f = *state;
    connection_begin_and_connect(f);
    const char *const told[] = {
        "\"error\": {\"code\": 99, \"message\": \"Recovering from crash or Initializing\"}",
        "\"error\": {\"code\": 1100, \"message\": \"Not enough resources\"}",
        "\"error\": {\"code\": 1, \"message\": \"Virtual machine does not exist\"}"};
    for (guint i = 0; i < G_N_ELEMENTS(told); i++) {
        f->peer->answer = told[i];
        connection_call(f, "VM.setBalloonTarget");
        run_until(f->ended == i + 1);
    }
    assert_string_equal(f->outcomes->str, "error 99 error 1100 error 1 ");
    assert_true(connection_is_up(f));
}

static void
a_call_while_not_connected_fails_from_the_loop(void **state)
{
    ConnectionFixture *f = *state;
    f->peer->mute = TRUE;
    connection_begin(f);
    connection_call(f, "Host.ping2");
    assert_int_equal(f->ended, 0);
    run_until(f->ended == 1);
    assert_string_equal(f->outcomes->str, "error 1000001 ");
}

static void
a_timed_out_call_frees_its_place(void **state)
{
    ConnectionFixture *f = *state;
    f->options.request_timeout_ms = 50;
    f->options.window = 1;
    connection_begin_and_connect(f);
    connection_call(f, "first");
    run_until(f->ended == 1);
    f->peer->answer = "\"result\": 2";
    connection_call(f, "second");
    run_until(f->ended == 2);
    assert_string_equal(f->outcomes->str, "error 1000002 2 ");
    assert_int_equal(f->drops, 0);
}

static void
a_server_that_answers_nothing_is_dropped_after_three_rounds(void **state)
{
    ConnectionFixture *f = *state;
    f->options.request_timeout_ms = 30;
    f->options.window = 1;
    connection_begin_and_connect(f);
    for (int i = 0; i < 5; i++)
        connection_call(f, "Host.ping2");
    run_until(f->drops == 1);
    assert_says(f->why, "no answer to 3 calls in a row");
    assert_string_equal(f->outcomes->str,
                        "error 1000002 error 1000002 error 1000002 error 1000001 error 1000001 ");
    run_until(f->peer->greeted == 2 && connection_is_up(f));
}

static void
a_hang_up_fails_the_calls_and_is_survived(void **state)
{
    ConnectionFixture *f = *state;
    connection_begin_and_connect(f);
    g_autofree char *old_queue = g_strdup(f->peer->queues->pdata[0]);
    connection_call(f, "Host.ping2");
    run_until(f->peer->requests->len == 1);
    peer_hang_up(f->peer);
    run_until(f->drops == 1);
    assert_says(f->why, "vdsm closed the connection");
    assert_string_equal(f->outcomes->str, "error 1000001 ");
    run_until(connection_is_up(f) && f->peer->queues->len == 2);
    assert_string_not_equal(f->peer->queues->pdata[0], old_queue);
    assert_string_equal(f->states->str, "connecting connected disconnected connecting connected ");
    f->peer->answer = "\"result\": 1";
    connection_call(f, "Host.ping2");
    run_until(f->ended == 2);
}

static const struct {
    const char *bytes;
    gsize len; /* 0: strlen */
    const char *says;
} broken[] = {
    {"HTTP/1.1 400 Bad Request\n", 0, "unknown command in \"HTTP/1.1"},
    {"MESSAGE\nno colon\n", 0, "no colon"},
    {"MESSAGE\ncontent-length:1\n\nabc", 0, "no NUL"},
    {"ERROR\ncontent-length:13\n\nIt is broken\n", 39, "vdsm sent a STOMP ERROR: It is broken"},
    {"ERROR\n\n", 8, "vdsm sent a STOMP ERROR: "},
};

static void
a_broken_or_an_error_frame_makes_the_connection_anew(void **state)
{
    ConnectionFixture *f = *state;
    connection_begin_and_connect(f);
    for (guint i = 0; i < G_N_ELEMENTS(broken); i++) {
        gsize len = broken[i].len ? broken[i].len : strlen(broken[i].bytes);
        peer_write(f->peer, broken[i].bytes, len);
        run_until(f->drops == i + 1);
        assert_says(f->why, broken[i].says);
        run_until(connection_is_up(f) && f->peer->greeted == i + 2);
    }
}

static void
a_reply_that_is_no_json_makes_the_connection_anew(void **state)
{
    ConnectionFixture *f = *state;
    connection_begin_and_connect(f);
    peer_message(f->peer, NULL, "{\"id\": nonsense}", 16);
    run_until(f->drops == 1);
    assert_says(f->why, "broken JSON message");
    run_until(connection_is_up(f));
}

static void
an_event_is_told_and_a_broken_one_is_dropped(void **state)
{
    ConnectionFixture *f = *state;
    connection_begin_and_connect(f);
    peer_message(f->peer, "jms.queue.events", "{\"method\": \"|virt|one\"}", 23);
    peer_message(f->peer, "jms.queue.events", "nonsense", 8);
    peer_message(f->peer, "jms.queue.events", "{", 1);
    peer_message(f->peer, "jms.queue.events", "", 0);
    peer_message(f->peer, "jms.queue.events", "{\"method\": \"|virt|two\"}", 23);
    run_until(strstr(f->events->str, "two"));
    assert_string_equal(f->events->str, "|virt|one |virt|two ");
    assert_int_equal(f->drops, 0);
}

static void
frames_for_nobody_are_skipped(void **state)
{
    ConnectionFixture *f = *state;
    static const char others[] = "MESSAGE\nsubscription:other\n\n{{{\0"
                                 "RECEIPT\nreceipt-id:7\n\n\0"
                                 "CONNECTED\nversion:1.2\n\n\0\n\n";
    connection_begin_and_connect(f);
    peer_write(f->peer, others, sizeof others - 1);
    f->peer->answer = "\"result\": 1";
    connection_call(f, "Host.ping2");
    run_until(f->ended == 1);
    assert_string_equal(f->outcomes->str, "1 ");
    assert_int_equal(f->drops, 0);
}

static void
a_flood_of_frames_and_a_large_answer_leave_the_loop_alive(void **state)
{
    ConnectionFixture *f = *state;
    connection_begin_and_connect(f);
    g_autoptr(GString) flood = g_string_new(NULL);
    for (int i = 0; i < 300; i++)
        g_string_append_len(flood, "RECEIPT\nreceipt-id:7\n\n", 23);
    peer_write(f->peer, flood->str, flood->len);
    connection_call(f, "Host.getAllVmStats");
    run_until(f->peer->requests->len == 1);
    g_autoptr(GString) large = g_string_new("\"result\": [\"");
    for (int i = 0; i < 30000; i++)
        g_string_append(large, "x");
    g_string_append(large, "\"]");
    peer_answer(f->peer, 0, large->str);
    run_until(f->ended == 1);
    assert_int_equal(f->outcomes->len, 30000 + 5);
}

static void
silence_beyond_the_promised_heart_beats_is_death(void **state)
{
    ConnectionFixture *f = *state;
    f->pace.heart_beat_ms = 40;
    f->peer->beats = "50,0";
    connection_begin_and_connect(f);
    run_until(f->drops == 1);
    assert_says(f->why, "no heart-beat within 100 ms");
}

static void
heart_beats_keep_a_quiet_connection(void **state)
{
    ConnectionFixture *f = *state;
    f->pace.heart_beat_ms = 500;
    f->peer->beats = "500,0";
    connection_begin_and_connect(f);
    gint64 until = g_get_monotonic_time() + 2500 * 1000;
    while (g_get_monotonic_time() < until) {
        peer_write(f->peer, "\n", 1);
        for (int i = 0; i < 5; i++)
            run_idle();
    }
    assert_int_equal(f->drops, 0);
}

static void
a_server_without_heart_beats_may_be_silent(void **state)
{
    ConnectionFixture *f = *state;
    f->pace.heart_beat_ms = 20;
    f->peer->beats = NULL;
    connection_begin_and_connect(f);
    for (int i = 0; i < 5; i++)
        run_idle();
    assert_int_equal(f->drops, 0);
}

static void
a_mute_server_is_given_up_and_tried_again(void **state)
{
    ConnectionFixture *f = *state;
    f->peer->mute = TRUE;
    f->pace.connect_timeout_ms = 100;
    connection_begin(f);
    run_until(f->drops == 2);
    assert_says(f->why, "no CONNECTED frame within 100 ms");
    f->peer->mute = FALSE;
    run_until(connection_is_up(f));
}

static void
freeing_inside_a_callback_ends_the_other_calls(void **state)
{
    ConnectionFixture *f = *state;
    connection_begin_and_connect(f);
    for (int i = 0; i < 6; i++)
        connection_call(f, "Host.ping2");
    run_until(f->peer->requests->len == 4);
    f->free_in_callback = TRUE;
    peer_answer(f->peer, 0, "\"result\": 1");
    peer_answer(f->peer, 0, "\"result\": 1");
    run_until(f->ended == 6);
    run_idle();
    assert_int_equal(f->ended, 6);
    assert_null(f->connection);
    assert_says(f->outcomes->str, "1 the connection to vdsm was closed by us");
}

static void
freeing_while_calls_fail_ends_the_others_once(void **state)
{
    ConnectionFixture *f = *state;
    connection_begin_and_connect(f);
    for (int i = 0; i < 6; i++)
        connection_call(f, "Host.ping2");
    run_until(f->peer->requests->len == 4);
    f->free_in_callback = TRUE;
    peer_hang_up(f->peer);
    run_until(f->ended == 6);
    run_idle();
    assert_int_equal(f->ended, 6);
    assert_null(f->connection);
}

static void
free_in_state(MomVdsmState now, const GError *why, gpointer data)
{
    ConnectionFixture *f = data;
    f->drops++;
    if (now == (MomVdsmState)f->ended)
        g_clear_pointer(&f->connection, mom_vdsm_connection_free);
}

static void
freeing_inside_a_state_callback_is_safe(void **state)
{
    ConnectionFixture *f = *state;
    const MomVdsmState when[] = {MOM_VDSM_CONNECTING, MOM_VDSM_CONNECTED, MOM_VDSM_DISCONNECTED};
    for (guint i = 0; i < G_N_ELEMENTS(when); i++) {
        f->ended = when[i];
        f->connection = mom_vdsm_connection_new(&f->options, &f->pace);
        mom_vdsm_connection_watch_state(f->connection, free_in_state, f);
        mom_vdsm_connection_start(f->connection);
        if (when[i] == MOM_VDSM_DISCONNECTED) {
            run_until(connection_is_up(f));
            peer_hang_up(f->peer);
        }
        run_until(!f->connection);
        run_idle();
    }
    assert_int_equal(f->drops, 1 + 2 + 3);
}

static void
freeing_while_opening_is_safe(void **state)
{
    ConnectionFixture *f = *state;
    connection_begin(f);
    run_until(f->states->len > 0);
    g_clear_pointer(&f->connection, mom_vdsm_connection_free);
    run_idle();
    assert_string_equal(f->states->str, "connecting ");
}

#define WITH_PEER(name)                                                                            \
    cmocka_unit_test_setup_teardown(name, connection_set_up, connection_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PEER(it_connects_when_the_connected_frame_has_come),
        WITH_PEER(calls_are_answered_in_any_order),
        WITH_PEER(no_more_than_the_window_is_in_flight),
        WITH_PEER(errors_of_vdsm_keep_their_code_and_the_connection),
        WITH_PEER(a_call_while_not_connected_fails_from_the_loop),
        WITH_PEER(a_timed_out_call_frees_its_place),
        WITH_PEER(a_server_that_answers_nothing_is_dropped_after_three_rounds),
        WITH_PEER(a_hang_up_fails_the_calls_and_is_survived),
        WITH_PEER(a_broken_or_an_error_frame_makes_the_connection_anew),
        WITH_PEER(a_reply_that_is_no_json_makes_the_connection_anew),
        WITH_PEER(an_event_is_told_and_a_broken_one_is_dropped),
        WITH_PEER(frames_for_nobody_are_skipped),
        WITH_PEER(a_flood_of_frames_and_a_large_answer_leave_the_loop_alive),
        WITH_PEER(silence_beyond_the_promised_heart_beats_is_death),
        WITH_PEER(heart_beats_keep_a_quiet_connection),
        WITH_PEER(a_server_without_heart_beats_may_be_silent),
        WITH_PEER(a_mute_server_is_given_up_and_tried_again),
        WITH_PEER(freeing_inside_a_callback_ends_the_other_calls),
        WITH_PEER(freeing_while_calls_fail_ends_the_others_once),
        WITH_PEER(freeing_inside_a_state_callback_is_safe),
        WITH_PEER(freeing_while_opening_is_safe),
    };
    return cmocka_run_group_tests_name("connection", tests, NULL, NULL);
}
