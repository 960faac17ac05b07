/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/rpc/jsonrpc: the specification's own examples, ids, notifications, batches, codes, limits.
 *
 * Bodies go in and answers come out as texts, compared whole.
 */
#include "tests/mom-test.h"

#include <string.h>

#include "agent/rpc/jsonrpc.h"
#include "policy/policy.h"
#include "tests/agent/rpc/canned-service.h"

static int
setup(void **state)
{
    CannedService *service = g_new0(CannedService, 1);

    canned_service_init(service);
    *state = service;
    return 0;
}

static int
teardown(void **state)
{
    canned_service_clear(*state);
    g_free(*state);
    return 0;
}

/* The answer to BODY, or NULL if there is none; *STEPS may be NULL. */
static char *
answer(void **state, const char *body, gsize length, guint *steps)
{
    CannedService *service = *state;
    g_autofree char *copy = g_memdup2(body, length); /* so that a read beyond it is seen */
    gpointer made = mom_rpc_json.begin(&service->base, copy, length);
    gsize answer_length = 0;
    guint n = 1;
    char *text;

    while (mom_rpc_json.step(made))
        n++;
    text = mom_rpc_json.end(made, &answer_length);
    if (text)
        assert_int_equal(answer_length, strlen(text));
    if (steps)
        *steps = n;
    return text;
}

static void
assert_answer(void **state, const char *body, const char *wanted)
{
    g_autofree char *text = answer(state, body, strlen(body), NULL);

    if (g_strcmp0(text, wanted) != 0) {
        print_error("%s\n  gives %s\n  not   %s\n", body, text, wanted);
        fail();
    }
}

#define OK(id, result) "{\"jsonrpc\":\"2.0\",\"result\":" result ",\"id\":" id "}"
#define ERROR(id, code, message)                                                                   \
    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":" code ",\"message\":\"" message "\"},\"id\":" id "}"
#define CALL(id, method, params)                                                                   \
    "{\"jsonrpc\": \"2.0\", \"method\": \"" method "\", \"params\": " params ", \"id\": " id "}"
#define NOTE(method, params)                                                                       \
    "{\"jsonrpc\": \"2.0\", \"method\": \"" method "\", \"params\": " params "}"

static void
calls_are_answered(void **state)
{
    assert_answer(state, CALL("1", "ping", "[]"), OK("1", "true"));
    assert_answer(state, "{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"id\":2}", OK("2", "true"));
    assert_answer(state, " \r\n\t" CALL("\"a\"", "setPolicy", "[\"(defvar a 1)\"]") "\n",
                  OK("\"a\"", "true"));
    assert_answer(state,
                  CALL("3", "setNamedPolicy", "{\"policy\": \"(set a 2)\", \"name\": \"x\"}"),
                  OK("3", "true"));
    assert_answer(state, CALL("4", "getNamedPolicies", "{}"),
                  OK("4", "{\"50_main_\":\"(defvar a 1)\",\"x\":\"(set a 2)\"}"));
}

/* As for XML-RPC, but with nil as null and every integer as it is. */
static void
statistics_come_whole(void **state)
{
    CannedService *service = *state;
    g_autofree char *wanted = g_strdup_printf(
        OK("1", "%s"),
        json_object_to_json_string_ext(service->statistics,
                                       JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));

    assert_answer(state, CALL("1", "getStatistics", "[]"), wanted);
}

static void
ids_come_back_as_they_were(void **state)
{
    static const char *const good[] = {
        "0",
        "-7",
        "9223372036854775807",
        "-9223372036854775807",
        "18446744073709551614",
        "null",
        "1.50",
        "\"\"",
        "\"\\\"\\\\\"",
        "\"\xc3\xa9\\u0001\\u0000x\"",
    };
    static const char *const bad[] = {
        "true", "[]", "{}", "1e999", "18446744073709551616", "-9223372036854775809"};

    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *body = g_strdup_printf(CALL("%s", "ping", "[]"), good[i]);
        g_autofree char *wanted = g_strdup_printf(OK("%s", "true"), good[i]);

        assert_answer(state, body, wanted);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *body = g_strdup_printf(CALL("%s", "ping", "[]"), bad[i]);

        assert_answer(
            state, body,
            ERROR("null", "-32600", "id must be a string, a number within 64 bits or null"));
    }
}

static void
notifications_are_run_and_not_answered(void **state)
{
    CannedService *service = *state;

    assert_answer(state, NOTE("setVerbosity", "[\"debug\"]"), NULL);
    assert_string_equal(service->verbosity, "debug");
    assert_answer(state, NOTE("nosuch", "[]"), NULL);
    assert_answer(state, NOTE("no\\u0000such", "[]"), NULL);
    assert_answer(state, NOTE("ping", "[1]"), NULL);
    assert_answer(state, NOTE("setPolicy", "[\"bad\"]"), NULL);
    assert_answer(state, NOTE("getState", "[]"), NULL);
    assert_answer(state, "[" NOTE("ping", "[]") "," NOTE("ping", "[]") "]", NULL);
}

static void
what_is_no_request_is_told_as_such(void **state)
{
    assert_answer(state, "{}", ERROR("null", "-32600", "jsonrpc must be \\\"2.0\\\""));
    assert_answer(state, "{\"jsonrpc\":\"2.0\",\"id\":5}",
                  ERROR("5", "-32600", "method must be a string"));
    assert_answer(state, "{\"jsonrpc\": \"2.0\", \"method\": 1, \"params\": \"bar\"}",
                  ERROR("null", "-32600", "method must be a string"));
    assert_answer(state, CALL("1", "ping", "\"bar\""),
                  ERROR("1", "-32600", "params must be an array or an object"));
    assert_answer(state, CALL("1", "ping", "null"),
                  ERROR("1", "-32600", "params must be an array or an object"));
    assert_answer(state, "{\"jsonrpc\":2.0,\"method\":\"ping\",\"id\":1}",
                  ERROR("1", "-32600", "jsonrpc must be \\\"2.0\\\""));
    assert_answer(state, "{\"method\":\"ping\",\"id\":1}",
                  ERROR("1", "-32600", "jsonrpc must be \\\"2.0\\\""));
    assert_answer(state, "\"ping\"", ERROR("null", "-32600", "a request must be an object"));
    assert_answer(state, "null", ERROR("null", "-32600", "a request must be an object"));
    assert_answer(state, "12", ERROR("null", "-32600", "a request must be an object"));
}

static void
what_is_no_json_is_a_parse_error(void **state)
{
    static const struct {
        const char *body;
        const char *message;
    } cases[] = {
        {"", "the text ends at byte 0"},
        {"{\"jsonrpc\": \"2.0\", \"method\": \"foobar, \"params\": \"bar\", \"baz]",
         "a comma or the closing bracket is missing at byte 39"},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"id\":NaN}", "no JSON value at byte 38"},
        {"{'jsonrpc':'2.0'}", "a name is missing at byte 1"},
        {CALL("1", "ping", "[]") "x", "text after the end of the value at byte 59"},
        {"{} {}", "text after the end of the value at byte 3"},
        {"[1,]", "no JSON value at byte 3"},
        {"[\"\xff\"]", "no UTF-8 at byte 2"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *wanted = g_strdup_printf(ERROR("null", "-32700", "%s"), cases[i].message);

        assert_answer(state, cases[i].body, wanted);
    }
}

static void
errors_of_calls_have_their_codes(void **state)
{
    CannedService *service = *state;

    assert_answer(state, CALL("1", "nonsense", "[]"),
                  ERROR("1", "-32601",
                        "method \\\"nonsense\\\" does not exist; system.listMethods lists them"));
    assert_answer(state, CALL("1", "pi\\u0000ng", "[]"),
                  ERROR("1", "-32601", "no method has a NUL in its name"));
    assert_answer(state, CALL("1", "setPolicy", "[]"),
                  ERROR("1", "-32602", "setPolicy takes 1 argument, not 0"));
    assert_answer(state, CALL("1", "setPolicy", "{\"polcy\": \"\"}"),
                  ERROR("1", "-32602", "setPolicy has no argument \\\"polcy\\\""));
    assert_answer(state, CALL("1", "setPolicy", "[\"bad\"]"),
                  ERROR("1", "-32000", "50_main_:1:1: <bad> & worse"));
    assert_answer(state, CALL("1", "setVerbosity", "[\"\"]"),
                  ERROR("1", "-32603", "refused")); /* without saying why: a fault of ours */
    assert_null(g_hash_table_lookup(service->policies, "50_main_"));
}

static void
a_refused_policy_tells_its_place_as_data(void **state)
{
    assert_answer(state, CALL("1", "setNamedPolicy", "[\"p\\\"q\", \"parse\"]"),
                  "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,\"message\":"
                  "\"p\\\"q:2:1: '(' is never closed\","
                  "\"data\":{\"policy\":\"p\\\"q\",\"line\":2,\"column\":1}},\"id\":1}");
}

static void
batches_are_answered_in_order_without_notifications(void **state)
{
    assert_answer(
        state,
        "[" CALL("1", "ping", "[]") "," NOTE("ping", "[]") "," CALL(
            "\"2\"", "setPolicy", "[]") ",{\"foo\":\"boo\"},1," CALL("5", "getPolicy", "{}") "]",
        "[" OK("1", "true") "," ERROR("\"2\"", "-32602", "setPolicy takes 1 argument, not 0") "," ERROR(
            "null", "-32600",
            "jsonrpc must be \\\"2.0\\\"") "," ERROR("null", "-32600",
                                                     "a request must be an "
                                                     "object") "," OK("5", "\"\"") "]");
    assert_answer(state, "[]", ERROR("null", "-32600", "an empty batch"));
    assert_answer(state, "[[]]", "[" ERROR("null", "-32600", "a request must be an object") "]");
    assert_answer(state, "[null]", "[" ERROR("null", "-32600", "a request must be an object") "]");
}

static void
a_step_is_one_call_or_one_piece(void **state)
{
    const char body[] = "[" CALL("1", "ping", "[]") "," NOTE("ping", "[]") "," CALL(
        "2", "getState", "[]") "," CALL("3", "ping", "[]") "]";
    guint steps;
    g_autofree char *text = answer(state, body, strlen(body), &steps);

    /* Three pieces come of the canned state. */
    assert_int_equal(steps, 1 + 1 + 1 + 3 + 1);
    assert_string_equal(
        text, "[" OK("1", "true") "," OK("2", "\"{\\\"host\\\":{\\\"stats\\\":["
                                              "{\\\"a\\\":1.0,\\\"b\\\":"
                                              "\\\"</>\\\"}]},"
                                              "\\\"guests\\\":[]}\"") "," OK("3", "true") "]");
}

static json_object *
statistics_of(guint n)
{
    json_object *guests = json_object_new_object();
    json_object *statistics = json_object_new_object();

    for (guint i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("vm %u", i);

        json_object_object_add(guests, name, json_object_new_object());
    }
    json_object_object_add(statistics, "guests", guests);
    return statistics;
}

/* In either protocol; what is small needs no second one. */
static void
a_large_answer_is_written_a_part_a_step(void **state)
{
    CannedService *service = *state;
    const char json[] = CALL("1", "getStatistics", "[]");
    const char xml[] = "<methodCall><methodName>getStatistics</methodName></methodCall>";
    static const struct {
        guint guests, steps;
    } cases[] = {{0, 1}, {10, 1}, {CANNED_GUESTS_A_PART, 1}, {1000, 10}};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gpointer made = mom_rpc_xml.begin(&service->base, xml, strlen(xml));
        g_autofree char *json_text = NULL;
        g_autofree char *xml_text = NULL;
        guint steps = 1;
        gsize length;

        json_object_put(service->statistics);
        service->statistics = statistics_of(cases[i].guests);
        while (mom_rpc_xml.step(made))
            steps++;
        xml_text = mom_rpc_xml.end(made, &length);
        assert_int_equal(steps, cases[i].steps);
        assert_true(g_str_has_suffix(xml_text, "</methodResponse>\n"));
        json_text = answer(state, json, strlen(json), &steps);
        assert_int_equal(steps, cases[i].steps);
        assert_true(g_str_has_suffix(json_text, ",\"id\":1}"));
    }
}

static void
an_answer_nobody_waits_for_is_let_go_at_any_step(void **state)
{
    CannedService *service = *state;
    const char body[] = "[" CALL("1", "getStatistics", "[]") "," CALL("2", "getState", "[]") "]";

    json_object_put(service->statistics);
    service->statistics = statistics_of(1000);
    for (guint steps = 0; steps < 6; steps++) {
        gpointer made = mom_rpc_json.begin(&service->base, body, strlen(body));
        gsize length;

        for (guint i = 0; i < steps; i++)
            mom_rpc_json.step(made);
        g_free(mom_rpc_json.end(made, &length));
    }
}

static void
a_batch_has_a_limit(void **state)
{
    GString *body = g_string_new("[");
    g_autofree char *just = NULL, *more = NULL;

    for (guint i = 0; i < MOM_RPC_JSON_BATCH; i++)
        g_string_append(body, i == 0 ? NOTE("ping", "[]") : "," NOTE("ping", "[]"));
    just = g_strconcat(body->str, "]", NULL);
    more = g_strconcat(body->str, ",1]", NULL);
    g_string_free(body, TRUE);
    assert_answer(state, just, NULL);
    assert_answer(state, more, ERROR("null", "-32600", "more than 64 calls in a batch"));
}

static char *
nested(guint depth)
{
    g_autofree char *opening = g_strnfill(depth, '[');
    g_autofree char *closing = g_strnfill(depth, ']');

    return g_strconcat(opening, closing, NULL);
}

static void
nesting_has_a_limit(void **state)
{
    g_autofree char *just = nested(MOM_RPC_JSON_DEPTH - 1);
    g_autofree char *more = nested(MOM_RPC_JSON_DEPTH);
    g_autofree char *call = g_strdup_printf(CALL("1", "setPolicy", "%s"), just);
    g_autofree char *deep_call = g_strdup_printf(CALL("1", "setPolicy", "%s"), more);
    g_autofree char *bomb = g_strnfill(1000000, '[');
    g_autofree char *text = answer(state, deep_call, strlen(deep_call), NULL);

    assert_answer(state, call,
                  ERROR("1", "-32602", "setPolicy: argument 1 (policy) must be a string"));
    assert_non_null(strstr(text, "\"code\":-32600,\"message\":\"nested too deep at byte "));
    assert_answer(state, bomb, ERROR("null", "-32600", "nested too deep at byte 17"));
}

static void
size_has_a_limit(void **state)
{
    const char call[] = CALL("1", "ping", "[]");
    g_autofree char *body = g_strnfill(MOM_RPC_JSON_BODY_BYTES + 1, ' ');
    g_autofree char *text = NULL;
    g_autofree char *more = NULL;

    memcpy(body, call, strlen(call));
    text = answer(state, body, MOM_RPC_JSON_BODY_BYTES, NULL);
    assert_string_equal(text, OK("1", "true"));
    more = answer(state, body, MOM_RPC_JSON_BODY_BYTES + 1, NULL);
    assert_string_equal(more, ERROR("null", "-32600", "more than 4194304 bytes"));
}

/* A batch may ask for what is large again and again. */
static void
the_answers_of_a_batch_have_a_limit(void **state)
{
    CannedService *service = *state;
    g_autofree char *large = g_strnfill(MOM_RPC_JSON_ANSWER_BYTES / 2 + 1, 'x');
    const char body[] = "[" CALL("1", "getPolicy", "[]") "," CALL("2", "getPolicy", "[]") "," CALL(
        "3", "getPolicy", "[]") "," NOTE("setVerbosity", "[3]") "," CALL("4", "ping", "[]") "]";
    const char refused[] =
        "\"error\":{\"code\":-32000,\"message\":\"not called: the answers before it "
        "have 67108864 bytes\"},\"id\":";
    g_autofree char *text = NULL;

    g_hash_table_replace(service->policies, g_strdup("50_main_"), g_steal_pointer(&large));
    text = answer(state, body, strlen(body), NULL);
    assert_true(strlen(text) < MOM_RPC_JSON_ANSWER_BYTES * 1.1);
    assert_true(g_str_has_suffix(text, "]"));
    assert_non_null(strstr(text + MOM_RPC_JSON_ANSWER_BYTES, refused));
    assert_string_equal(service->verbosity, "3"); /* a notification has no answer to be too large */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(calls_are_answered),
        TEST(statistics_come_whole),
        TEST(ids_come_back_as_they_were),
        TEST(notifications_are_run_and_not_answered),
        TEST(what_is_no_request_is_told_as_such),
        TEST(what_is_no_json_is_a_parse_error),
        TEST(errors_of_calls_have_their_codes),
        TEST(a_refused_policy_tells_its_place_as_data),
        TEST(batches_are_answered_in_order_without_notifications),
        TEST(a_step_is_one_call_or_one_piece),
        TEST(a_large_answer_is_written_a_part_a_step),
        TEST(an_answer_nobody_waits_for_is_let_go_at_any_step),
        TEST(a_batch_has_a_limit),
        TEST(nesting_has_a_limit),
        TEST(size_has_a_limit),
        TEST(the_answers_of_a_batch_have_a_limit),
    };

    return cmocka_run_group_tests_name("jsonrpc", tests, NULL, NULL);
}
