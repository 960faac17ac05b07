/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table of calls: ids, the window, order of answers, time-outs, errors, and messages that are
 * none.
 *
 * Time is a number that the test gives; nothing here waits.
 */
#include "tests/mom-test.h"

#include <json.h>
#include <string.h>

#include "vdsm-client/error.h"
#include "vdsm-client/jsonrpc.h"

#define TIMEOUT_US 1000

/* How a call ended; a second ending is seen by the count. */
typedef struct {
    guint ended;
    char *result;
    GError *error;
    MomJsonrpc *again; /* make another call from within the callback */
} Outcome;

static void
outcome_clear(Outcome *outcome)
{
    g_clear_pointer(&outcome->result, g_free);
    g_clear_error(&outcome->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)

static void
done(struct json_object *result, const GError *error, gpointer data)
{
    Outcome *outcome = data;
    outcome->ended++;
    outcome_clear(outcome);
    outcome->result = g_strdup(json_object_to_json_string_ext(result, JSON_C_TO_STRING_PLAIN));
    outcome->error = error ? g_error_copy(error) : NULL;
    if (outcome->again)
        mom_jsonrpc_call(outcome->again, "Again", NULL, NULL, NULL);
}

/* The order in which calls failed. */
typedef struct {
    GString *order;
    guint number;
    MomJsonrpc *again; /* make another call from within the callback */
} Ends;

static void
note_end(struct json_object *result, const GError *error, gpointer data)
{
    Ends *ends = data;
    assert_non_null(error);
    g_string_append_printf(ends->order, "%u ", ends->number);
    if (ends->again)
        mom_jsonrpc_call(g_steal_pointer(&ends->again), "Set", NULL, NULL, NULL);
}

static MomJsonrpc *
rpc_with(guint window, Outcome *outcomes, guint n)
{
    MomJsonrpc *rpc = mom_jsonrpc_new(window, TIMEOUT_US);
    for (guint i = 0; i < n; i++)
        mom_jsonrpc_call(rpc, "Host.ping2", NULL, done, &outcomes[i]);
    return rpc;
}

static void
end_all(MomJsonrpc *rpc)
{
    g_autoptr(GError) gone = g_error_new(MOM_VDSM_ERROR, MOM_VDSM_ERROR_NOT_CONNECTED, "gone");
    mom_jsonrpc_fail_all(rpc, gone);
}

/* The id of a request, checked for the shape that every request must have. */
static char *
id_of(const char *request)
{
    assert_non_null(request);
    struct json_object *batch = json_tokener_parse(request), *id = NULL, *version = NULL;
    assert_true(json_object_is_type(batch, json_type_array));
    assert_int_equal(json_object_array_length(batch), 1);
    struct json_object *call = json_object_array_get_idx(batch, 0);
    assert_true(json_object_object_get_ex(call, "jsonrpc", &version));
    assert_string_equal(json_object_get_string(version), "2.0");
    assert_true(json_object_object_get_ex(call, "id", &id));
    char *text = g_strdup(json_object_get_string(id));
    assert_true(g_uuid_string_is_valid(text));
    json_object_put(batch);
    return text;
}

static char *
take_id(MomJsonrpc *rpc, gint64 now_us)
{
    g_autofree char *request = mom_jsonrpc_take_request(rpc, now_us);
    return id_of(request);
}

static void
send_next(MomJsonrpc *rpc, gint64 now_us)
{
    g_free(take_id(rpc, now_us));
}

static gboolean
receive(MomJsonrpc *rpc, const char *text, GError **error)
{
    return mom_jsonrpc_body(rpc, text, strlen(text), error) && mom_jsonrpc_body_end(rpc, error);
}

static void
answer(MomJsonrpc *rpc, const char *id, const char *rest)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf("{\"jsonrpc\": \"2.0\", \"id\": \"%s\"%s}", id, rest);
    assert_ok(receive(rpc, text, &error));
}

static void
a_request_is_an_array_of_one_with_an_id(void **state)
{
    g_autoptr(MomJsonrpc) rpc = mom_jsonrpc_new(4, TIMEOUT_US);
    struct json_object *params = json_object_new_object();
    json_object_object_add(params, "vmID", json_object_new_string("a/b"));
    mom_jsonrpc_call(rpc, "VM.getStats", params, NULL, NULL);
    g_autofree char *request = mom_jsonrpc_take_request(rpc, 0);
    g_autofree char *id = id_of(request);
    g_autofree char *expected = g_strdup_printf("[{\"jsonrpc\":\"2.0\",\"method\":\"VM.getStats\","
                                                "\"params\":{\"vmID\":\"a/b\"},\"id\":\"%s\"}]",
                                                id);
    assert_string_equal(request, expected);
    end_all(rpc);
}

static void
answers_may_come_in_any_order(void **state)
{
    g_auto(Outcome) first = {0}, second = {0};
    g_autoptr(MomJsonrpc) rpc = mom_jsonrpc_new(4, TIMEOUT_US);
    mom_jsonrpc_call(rpc, "A", NULL, done, &first);
    mom_jsonrpc_call(rpc, "B", NULL, done, &second);
    g_autofree char *id1 = take_id(rpc, 0);
    g_autofree char *id2 = take_id(rpc, 0);
    assert_string_not_equal(id1, id2);
    answer(rpc, id2, ",\"result\":[2]");
    assert_int_equal(first.ended, 0);
    answer(rpc, id1, ",\"result\":null");
    assert_string_equal(second.result, "[2]");
    assert_string_equal(first.result, "null");
    assert_null(first.error);
    assert_int_equal(first.ended + second.ended, 2);
}

static void
the_window_holds_calls_back_until_one_is_answered(void **state)
{
    Outcome outcomes[3] = {0};
    g_autoptr(MomJsonrpc) rpc = rpc_with(2, outcomes, 3);
    g_autofree char *id1 = take_id(rpc, 0);
    send_next(rpc, 0);
    assert_null(mom_jsonrpc_take_request(rpc, 0));
    answer(rpc, id1, ",\"result\":true");
    send_next(rpc, 0);
    assert_null(mom_jsonrpc_take_request(rpc, 0));
    end_all(rpc);
    for (guint i = 0; i < 3; i++) {
        assert_int_equal(outcomes[i].ended, 1);
        outcome_clear(&outcomes[i]);
    }
}

static void
a_call_that_timed_out_frees_its_place_and_its_late_answer_is_dropped(void **state)
{
    Outcome outcomes[2] = {0};
    g_autoptr(MomJsonrpc) rpc = rpc_with(1, outcomes, 2);
    g_autofree char *id1 = take_id(rpc, 500);
    assert_int_equal(mom_jsonrpc_deadline_us(rpc), 500 + TIMEOUT_US);
    mom_jsonrpc_expire(rpc, 500 + TIMEOUT_US - 1);
    assert_int_equal(outcomes[0].ended, 0);
    mom_jsonrpc_expire(rpc, 500 + TIMEOUT_US);
    assert_true(g_error_matches(outcomes[0].error, MOM_VDSM_ERROR, MOM_VDSM_ERROR_TIMED_OUT));
    assert_string_equal(outcomes[0].error->message, "Host.ping2: no answer within 1 ms");
    assert_int_equal(mom_jsonrpc_deadline_us(rpc), G_MAXINT64);
    g_autofree char *id2 = take_id(rpc, 2000);
    answer(rpc, id1, ",\"result\":true");
    assert_int_equal(outcomes[0].ended, 1);
    assert_int_equal(outcomes[1].ended, 0);
    answer(rpc, id2, ",\"result\":true");
    assert_int_equal(outcomes[1].ended, 1);
    outcome_clear(&outcomes[0]);
    outcome_clear(&outcomes[1]);
}

static void
a_waiting_call_does_not_grow_old(void **state)
{
    Outcome outcomes[2] = {0};
    g_autoptr(MomJsonrpc) rpc = rpc_with(1, outcomes, 2);
    send_next(rpc, 0);
    mom_jsonrpc_expire(rpc, 10 * TIMEOUT_US);
    assert_int_equal(outcomes[0].ended, 1);
    assert_int_equal(outcomes[1].ended, 0);
    end_all(rpc);
    outcome_clear(&outcomes[0]);
    outcome_clear(&outcomes[1]);
}

static void
rounds_are_lost_by_generation_and_a_message_forgives_them(void **state)
{
    Outcome outcomes[6] = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(MomJsonrpc) rpc = rpc_with(4, outcomes, 6);
    for (gint64 i = 0; i < 4; i++)
        send_next(rpc, i);
    for (gint64 i = 0; i < 4; i++)
        mom_jsonrpc_expire(rpc, TIMEOUT_US + i);
    assert_int_equal(mom_jsonrpc_rounds_lost(rpc), 1);
    send_next(rpc, 2000);
    mom_jsonrpc_expire(rpc, 3000);
    assert_int_equal(mom_jsonrpc_rounds_lost(rpc), 2);
    assert_ok(receive(rpc, "{\"method\":\"|virt|VM_status|x\"}", &error));
    assert_int_equal(mom_jsonrpc_rounds_lost(rpc), 0);
    end_all(rpc);
    for (guint i = 0; i < 6; i++) {
        assert_int_equal(outcomes[i].ended, 1);
        outcome_clear(&outcomes[i]);
    }
}

static const struct {
    const char *rest;
    int code;
    const char *says;
} errors[] = {
    {",\"error\":{\"code\":1,\"message\":\"Virtual machine does not exist\"}", MOM_VDSM_ERROR_NO_VM,
     "VM.setBalloonTarget: vdsm answered error 1: Virtual machine does not exist"},
    {",\"error\":{\"code\":99,\"message\":\"Recovering\"}", MOM_VDSM_ERROR_RECOVERING,
     "Recovering"},
    {",\"error\":{\"code\":1100,\"message\":\"Too many tasks\"}", MOM_VDSM_ERROR_BUSY, "Too many"},
    {",\"error\":{\"code\":-32601,\"message\":\"No method\"}", -32601, "No method"},
    {",\"error\":{\"code\":-32603}", -32603, "no message"},
    {",\"error\":{\"code\":\"1\",\"message\":\"x\"}", MOM_VDSM_ERROR_PROTOCOL, "without a code"},
    {",\"error\":{\"code\":1000001,\"message\":\"x\"}", MOM_VDSM_ERROR_PROTOCOL, "without a code"},
    {",\"error\":{\"code\":-9223372036854775808}", MOM_VDSM_ERROR_PROTOCOL, "without a code"},
    {",\"error\":\"odd\"", MOM_VDSM_ERROR_PROTOCOL, "without a code"},
    {",\"error\":{\"code\":1,\"message\":{\"a\":1}},\"result\":true", 1, "{ \"a\": 1 }"},
    {"", MOM_VDSM_ERROR_PROTOCOL, "neither result nor error"},
    {",\"error\":null", MOM_VDSM_ERROR_PROTOCOL, "neither result nor error"},
};

static void
an_error_keeps_the_code_of_vdsm(void **state)
{
    for (gsize i = 0; i < G_N_ELEMENTS(errors); i++) {
        g_auto(Outcome) outcome = {0};
        g_autoptr(MomJsonrpc) rpc = mom_jsonrpc_new(1, TIMEOUT_US);
        mom_jsonrpc_call(rpc, "VM.setBalloonTarget", NULL, done, &outcome);
        g_autofree char *id = take_id(rpc, 0);
        answer(rpc, id, errors[i].rest);
        assert_int_equal(outcome.ended, 1);
        if (!g_error_matches(outcome.error, MOM_VDSM_ERROR, errors[i].code) ||
            !strstr(outcome.error->message, errors[i].says))
            fail_msg("case %zu: %s", i, outcome.error ? outcome.error->message : "no error");
        assert_int_equal(mom_vdsm_err_not_yet(outcome.error),
                         errors[i].code == 99 || errors[i].code == 1100);
    }
    assert_false(mom_vdsm_err_not_yet(NULL));
}

static void
an_error_of_null_beside_a_result_is_no_error(void **state)
{
    g_auto(Outcome) outcome = {0};
    g_autoptr(MomJsonrpc) rpc = rpc_with(1, &outcome, 1);
    g_autofree char *id = take_id(rpc, 0);
    answer(rpc, id, ",\"error\":null,\"result\":7");
    assert_null(outcome.error);
    assert_string_equal(outcome.result, "7");
}

static const char *const strangers[] = {
    "{}",
    "{\"id\":null,\"error\":{\"code\":-32700}}",
    "{\"id\":7,\"result\":1}",
    "{\"id\":\"00000000-0000-0000-0000-000000000000\",\"result\":1}",
    "{\"id\":\"x\",\"method\":\"Host.ping\"}",
    "{\"method\":5}",
    "{\"id\":{\"a\":[1]},\"result\":1}",
};

static void
a_message_for_no_call_is_dropped(void **state)
{
    g_auto(Outcome) outcome = {0};
    g_autoptr(MomJsonrpc) rpc = rpc_with(1, &outcome, 1);
    g_autofree char *id = take_id(rpc, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(strangers); i++) {
        g_autoptr(GError) error = NULL;
        assert_ok(receive(rpc, strangers[i], &error));
        assert_int_equal(outcome.ended, 0);
    }
    answer(rpc, id, ",\"result\":1");
    assert_int_equal(outcome.ended, 1);
}

static const char *const broken[] = {
    "",
    " ",
    "{",
    "{\"id\":",
    "[]",
    "[{\"id\":1}]",
    "12",
    "12 ",
    "null",
    "null ",
    "\"text\"",
    "{}x",
    "{} {}",
    "{\"a\":1,}",
    "{\"a\":tru}",
    "{a:1}",
    "{\"a\":\"\xff\"}",
    "{\"a\":\"\xc3\"}",
    "{\"a\":1}\xc3",
    "{\"a\":\"\xc3\xc3\xa4\"}",
    "{\"a\":\"\xc3\xc3\xc3\xc3\xc3\xc3\xc3\xc3\xc3\"}",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "{\"a\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}",
};

static gboolean
receive_by_bytes(MomJsonrpc *rpc, const char *text, GError **error)
{
    for (; *text; text++)
        if (!mom_jsonrpc_body(rpc, text, 1, error))
            return FALSE;
    return mom_jsonrpc_body_end(rpc, error);
}

static void
a_message_that_is_no_object_is_refused_and_the_next_one_is_read(void **state)
{
    for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(Outcome) outcome = {0};
        g_autoptr(MomJsonrpc) rpc = rpc_with(1, &outcome, 1);
        g_autofree char *id = take_id(rpc, 0);
        if (receive(rpc, broken[i], &error))
            fail_msg("accepted: %s", broken[i]);
        g_clear_error(&error);
        if (receive_by_bytes(rpc, broken[i], &error))
            fail_msg("accepted by bytes: %s", broken[i]);
        assert_true(g_error_matches(error, MOM_VDSM_ERROR, MOM_VDSM_ERROR_PROTOCOL));
        assert_non_null(strstr(error->message, "broken JSON message: "));
        answer(rpc, id, ",\"result\":1");
        assert_int_equal(outcome.ended, 1);
    }
}

static void
a_message_may_come_in_pieces_and_end_in_blanks(void **state)
{
    g_autoptr(GError) error = NULL;
    g_auto(Outcome) outcome = {0};
    g_autoptr(MomJsonrpc) rpc = rpc_with(1, &outcome, 1);
    g_autofree char *id = take_id(rpc, 0);
    g_autofree char *text = g_strdup_printf(
        "{\"id\": \"%s\", \"result\": [12, \"\\u00e4\xc3\xa4\xf0\x9f\x90\xa7\"]}\n ", id);
    for (gsize i = 0; i < strlen(text); i++)
        assert_ok(mom_jsonrpc_body(rpc, text + i, 1, &error));
    assert_int_equal(outcome.ended, 0);
    assert_ok(mom_jsonrpc_body_end(rpc, &error));
    assert_string_equal(outcome.result, "[12,\"\xc3\xa4\xc3\xa4\xf0\x9f\x90\xa7\"]");
}

static void
a_megabyte_in_one_piece_is_read(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomJsonrpc) rpc = mom_jsonrpc_new(1, TIMEOUT_US);
    g_autoptr(GString) text = g_string_new("{\"method\":\"x\",\"params\":[0");
    while (text->len < 3 * 1024 * 1024 + 17)
        g_string_append(text, ",123456789");
    g_string_append(text, "]}");
    assert_ok(receive(rpc, text->str, &error));
}

static void
note_event(const char *method, struct json_object *params, gpointer data)
{
    g_string_append_printf(data, "%s %s\n", method,
                           json_object_to_json_string_ext(params, JSON_C_TO_STRING_PLAIN));
}

static void
a_method_without_id_is_an_event(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomJsonrpc) rpc = mom_jsonrpc_new(1, TIMEOUT_US);
    g_autoptr(GString) events = g_string_new(NULL);
    mom_jsonrpc_watch_events(rpc, note_event, events);
    assert_ok(receive(rpc,
                      "{\"jsonrpc\":\"2.0\",\"method\":\"|virt|VM_status|u\",\"params\":{\"u\":1}}",
                      &error));
    assert_ok(receive(rpc, "{\"method\":\"bare\",\"id\":null}", &error));
    assert_string_equal(events->str, "|virt|VM_status|u {\"u\":1}\nbare null\n");
}

static void
ending_all_calls_leaves_those_made_by_their_callbacks(void **state)
{
    Outcome outcomes[3] = {0};
    g_autoptr(MomJsonrpc) rpc = rpc_with(1, outcomes, 3);
    send_next(rpc, 0);
    outcomes[0].again = outcomes[2].again = rpc;
    assert_int_equal(mom_jsonrpc_pending(rpc), 3);
    end_all(rpc);
    for (guint i = 0; i < 3; i++) {
        assert_int_equal(outcomes[i].ended, 1);
        assert_true(
            g_error_matches(outcomes[i].error, MOM_VDSM_ERROR, MOM_VDSM_ERROR_NOT_CONNECTED));
        outcome_clear(&outcomes[i]);
    }
    assert_int_equal(mom_jsonrpc_pending(rpc), 2);
    end_all(rpc);
    assert_int_equal(mom_jsonrpc_pending(rpc), 0);
}

static gboolean
is_set(const char *method)
{
    return g_str_equal(method, "Set");
}

/* Only what waits, and is picked, in the order in which it was made. */
static void
what_waits_can_be_dropped(void **state)
{
    enum { WINDOW = 4, N = 20 };
    g_autoptr(MomJsonrpc) rpc = mom_jsonrpc_new(WINDOW, TIMEOUT_US);
    g_autoptr(GError) error = g_error_new(MOM_VDSM_ERROR, MOM_VDSM_ERROR_NOT_CONNECTED, "late");
    g_autoptr(GString) ends = g_string_new(NULL);
    Ends noted[N + 1] = {0};
    for (guint i = 0; i <= N; i++) {
        noted[i] = (Ends){ends, i, i == N - 1 ? rpc : NULL};
        mom_jsonrpc_call(rpc, i == 10 ? "Get" : "Set", NULL, note_end, &noted[i]);
    }
    for (guint i = 0; i < WINDOW; i++)
        send_next(rpc, 0);
    mom_jsonrpc_drop_waiting(rpc, is_set, error);
    assert_string_equal(ends->str, "4 5 6 7 8 9 11 12 13 14 15 16 17 18 19 20 ");
    assert_int_equal(mom_jsonrpc_pending(rpc), WINDOW + 2); /* "Get", and what 19 called */
    mom_jsonrpc_drop_waiting(rpc, is_set, error);
    assert_int_equal(mom_jsonrpc_pending(rpc), WINDOW + 1);
    g_string_truncate(ends, 0);
    end_all(rpc);
    assert_string_equal(ends->str, "0 1 2 3 10 ");
}

static void
a_large_answer_is_let_go_in_pieces(void **state)
{
    Outcome outcome = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(MomJsonrpc) rpc = rpc_with(1, &outcome, 1);
    g_autofree char *id = take_id(rpc, 0);
    g_autoptr(GString) text = g_string_new(NULL);
    guint sweeps = 0;

    assert_false(mom_jsonrpc_sweep(rpc));
    g_string_printf(text, "{\"id\":\"%s\",\"result\":[0", id);
    for (guint i = 1; i < 1000; i++)
        g_string_append(text, ",{\"x\":[]}");
    g_string_append(text, "]}");
    assert_ok(receive(rpc, text->str, &error));
    assert_int_equal(outcome.ended, 1);
    while (mom_jsonrpc_sweep(rpc))
        sweeps++;
    assert_true(sweeps > 10);
    assert_false(mom_jsonrpc_sweep(rpc));
    outcome_clear(&outcome);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_an_array_of_one_with_an_id),
        cmocka_unit_test(answers_may_come_in_any_order),
        cmocka_unit_test(the_window_holds_calls_back_until_one_is_answered),
        cmocka_unit_test(a_call_that_timed_out_frees_its_place_and_its_late_answer_is_dropped),
        cmocka_unit_test(a_waiting_call_does_not_grow_old),
        cmocka_unit_test(rounds_are_lost_by_generation_and_a_message_forgives_them),
        cmocka_unit_test(an_error_keeps_the_code_of_vdsm),
        cmocka_unit_test(an_error_of_null_beside_a_result_is_no_error),
        cmocka_unit_test(a_message_for_no_call_is_dropped),
        cmocka_unit_test(a_message_that_is_no_object_is_refused_and_the_next_one_is_read),
        cmocka_unit_test(a_message_may_come_in_pieces_and_end_in_blanks),
        cmocka_unit_test(a_megabyte_in_one_piece_is_read),
        cmocka_unit_test(a_method_without_id_is_an_event),
        cmocka_unit_test(what_waits_can_be_dropped),
        cmocka_unit_test(a_large_answer_is_let_go_in_pieces),
        cmocka_unit_test(ending_all_calls_leaves_those_made_by_their_callbacks),
    };
    return cmocka_run_group_tests_name("jsonrpc", tests, NULL, NULL);
}
