/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/rpc/methods: every method, arity and types, introspection, statistics that are always
 * whole.
 *
 * Calls go in and answers come out as JSON.
 */
#include "tests/mom-test.h"

#include <gio/gio.h>
#include <string.h>

#include "agent/rpc/methods.h"
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

/* The answer as JSON, or NULL. */
static char *
call(void **state, const char *method, const char *params, GError **error)
{
    CannedService *service = *state;
    json_object *array = json_tokener_parse(params);
    g_auto(MomRpcResult) result = {NULL};
    gboolean done = mom_rpc_call(&service->base, method, array, &result, error);

    json_object_put(array);
    if (result.pieces) {
        GString *text = g_string_new(NULL);

        while (result.pieces->klass->next(result.pieces, text)) {
        }
        return g_string_free(text, FALSE);
    }
    if (result.parts) {
        GString *text = g_string_new(NULL);

        while (result.parts->klass->next(result.parts, &mom_rpc_notation_json, text)) {
        }
        return g_string_free(text, FALSE);
    }
    return done ? g_strdup(json_object_to_json_string_ext(result.value, JSON_C_TO_STRING_PLAIN))
                : NULL;
}

static void
assert_answer(void **state, const char *method, const char *params, const char *wanted)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *json = NULL;

    assert_ok((json = call(state, method, params, &error)));
    assert_string_equal(json, wanted);
}

static void
assert_refused(
    void **state, const char *method, const char *params, GQuark domain, int code, const char *text)
{
    g_autoptr(GError) error = NULL;

    assert_null(call(state, method, params, &error));
    assert_true(g_error_matches(error, domain, code));
    assert_string_equal(error->message, text);
}

static void
decisions_are_asked_for_with_or_without_a_filter(void **state)
{
    assert_answer(state, "getDecisions", "[null]", "[null]");
    assert_answer(state, "getDecisions", "[\"\"]", "[null]");
    assert_answer(state, "getDecisions", "[\"{\\\"guest\\\": \\\"a\\\"}\"]", "[{\"guest\":\"a\"}]");
    assert_refused(state, "getDecisions", "[\"{\\\"bad\\\": 1}\"]", G_IO_ERROR,
                   G_IO_ERROR_INVALID_ARGUMENT, "filter: there is no \"bad\"");
    assert_refused(state, "getDecisions", "[\"{\"]", MOM_RPC_ERROR, MOM_RPC_ERROR_PARAMS,
                   "getDecisions: argument 1 (filter) is no JSON: unexpected end of data");
    assert_refused(state, "getDecisions", "[\"{} x\"]", MOM_RPC_ERROR, MOM_RPC_ERROR_PARAMS,
                   "getDecisions: argument 1 (filter) is no JSON: unexpected character");
    assert_answer(state, "explain", "[\"vm\"]", "{\"text\":\"vm\"}");
    assert_refused(state, "explain", "[\"\"]", G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   "nothing is known of \"\"");
    assert_answer(state, "getGuests", "[]", "[{\"name\":\"vm <1>\",\"target\":null}]");
}

static void
every_method_answers_as_the_reference(void **state)
{
    CannedService *service = *state;

    assert_answer(state, "ping", "[]", "true");
    assert_answer(state, "getActiveGuests", "[]", "[\"vm <1>\"]");
    assert_answer(state, "getPolicy", "[]", "\"\"");
    assert_answer(state, "setPolicy", "[\"(defvar a 1)\"]", "true");
    assert_answer(state, "getPolicy", "[]", "\"(defvar a 1)\"");
    assert_answer(state, "setNamedPolicy", "[\"01-parameters\", \"(set a 2)\"]", "true");
    assert_string_equal(g_hash_table_lookup(service->policies, "01-parameters"), "(set a 2)");
    assert_answer(state, "setNamedPolicy", "[\"50_main_\", null]", "true");
    assert_answer(state, "setNamedPolicy", "[\"nosuch\", null]", "true");
    assert_answer(state, "setNamedPolicy", "[null, \"(set b 1)\"]", "true");
    assert_answer(state, "setNamedPolicy", "[null, null]", "true");
    assert_answer(state, "getNamedPolicies", "[]", "{\"01-parameters\":\"(set a 2)\"}");
    assert_answer(state, "resetPolicies", "[]", "true");
    assert_answer(state, "getNamedPolicies", "[]", "{}");
    assert_answer(state, "setVerbosity", "[\"debug\"]", "true");
    assert_string_equal(service->verbosity, "debug");
    assert_answer(state, "setVerbosity", "[4]", "true");
    assert_string_equal(service->verbosity, "4");
}

static void
the_state_is_a_text_that_holds_json(void **state)
{
    assert_answer(state, "getState", "[]",
                  "{\"host\":{\"stats\":[{\"a\":1.0,\"b\":\"</>\"}]},\"guests\":[]}");
}

static void
the_status_is_passed_on_with_nil_where_nothing_is_wrong(void **state)
{
    assert_answer(state, "getStatus", "[]",
                  "{\"policies\":\"ok\",\"policy_fault\":null,\"rpc_calls\":0,\"rpc_faults\":0}");
}

static void
the_status_counts_calls_and_faults(void **state)
{
    assert_answer(state, "ping", "[]", "true");
    assert_answer(state, "getState", "[]",
                  "{\"host\":{\"stats\":[{\"a\":1.0,\"b\":\"</>\"}]},\"guests\":[]}");
    assert_null(call(state, "nosuch", "[]", NULL));
    assert_null(call(state, "ping", "[1]", NULL));
    assert_null(call(state, "setPolicy", "[\"bad\"]", NULL));
    assert_answer(state, "getStatus", "[]",
                  "{\"policies\":\"ok\",\"policy_fault\":null,\"rpc_calls\":5,\"rpc_faults\":3}");
}

static void
a_check_lists_findings_and_sets_nothing(void **state)
{
    assert_answer(state, "checkPolicy", "[\"x\",\"(defvar a 1)\"]", "[]");
    assert_answer(state, "checkPolicy", "{\"name\":null,\"policy\":null}", "[]");
    assert_answer(state, "checkPolicy", "[\"x\",\"bad\"]",
                  "[{\"policy\":\"x\",\"line\":1,\"column\":1,\"severity\":\"error\","
                  "\"message\":\"<bad> & worse\"}]");
    assert_answer(state, "getNamedPolicies", "[]", "{}");
}

static void
a_refusal_of_the_service_comes_through(void **state)
{
    assert_refused(state, "setPolicy", "[\"bad\"]", G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "50_main_:1:1: <bad> & worse");
    assert_refused(state, "setNamedPolicy", "[\"x\",\"bad\"]", G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "x:1:1: <bad> & worse");
    assert_refused(state, "setVerbosity", "[\"\"]", MOM_RPC_ERROR, MOM_RPC_ERROR_REFUSED,
                   "refused");
}

static void
arity_and_types_are_checked_before_the_call(void **state)
{
    static const struct {
        const char *method;
        const char *params;
        const char *message;
    } cases[] = {
        {"ping", "[1]", "ping takes 0 arguments, not 1"},
        {"getStatistics", "[null]", "getStatistics takes 0 arguments, not 1"},
        {"setPolicy", "[]", "setPolicy takes 1 argument, not 0"},
        {"setPolicy", "[\"a\",\"b\"]", "setPolicy takes 1 argument, not 2"},
        {"setPolicy", "[null]", "setPolicy: argument 1 (policy) must be a string"},
        {"setPolicy", "[[]]", "setPolicy: argument 1 (policy) must be a string"},
        {"setPolicy", "[\"a\\u0000b\"]", "setPolicy: argument 1 (policy) holds a NUL character"},
        {"setNamedPolicy", "[\"a\"]", "setNamedPolicy takes 2 arguments, not 1"},
        {"setNamedPolicy", "[1,\"b\"]",
         "setNamedPolicy: argument 1 (name) must be a string or nil"},
        {"setNamedPolicy", "[\"a\",1]",
         "setNamedPolicy: argument 2 (policy) must be a string or nil"},
        {"setVerbosity", "[1.5]",
         "setVerbosity: argument 1 (verbosity) must be a string or an int"},
        {"setVerbosity", "[true]",
         "setVerbosity: argument 1 (verbosity) must be a string or an int"},
        {"system.methodHelp", "[{}]", "system.methodHelp: argument 1 (method) must be a string"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_refused(state, cases[i].method, cases[i].params, MOM_RPC_ERROR, MOM_RPC_ERROR_PARAMS,
                       cases[i].message);
    }
}

static void
arguments_may_come_by_name(void **state)
{
    CannedService *service = *state;

    assert_answer(state, "ping", "{}", "true");
    assert_answer(state, "setNamedPolicy", "{\"policy\":\"(set a 3)\",\"name\":\"x\"}", "true");
    assert_string_equal(g_hash_table_lookup(service->policies, "x"), "(set a 3)");
    assert_answer(state, "setNamedPolicy", "{\"policy\":null,\"name\":\"x\"}", "true");
    assert_null(g_hash_table_lookup(service->policies, "x"));
    assert_refused(state, "setNamedPolicy", "{\"name\":\"x\"}", MOM_RPC_ERROR, MOM_RPC_ERROR_PARAMS,
                   "setNamedPolicy: argument 2 (policy) is missing");
}

static void
an_unknown_method_is_named(void **state)
{
    g_autofree char *name = g_strnfill(1000, 'x');
    g_autoptr(GError) error = NULL;

    assert_refused(state, "nonsense", "[]", MOM_RPC_ERROR, MOM_RPC_ERROR_METHOD,
                   "method \"nonsense\" does not exist; system.listMethods lists them");
    assert_refused(state, "system.methodHelp", "[\"Ping\"]", MOM_RPC_ERROR, MOM_RPC_ERROR_METHOD,
                   "method \"Ping\" does not exist; system.listMethods lists them");
    assert_null(call(state, name, "[]", &error));
    assert_true(strlen(error->message) < 200);
}

static void
introspection_lists_sorted_names_with_help_and_signature(void **state)
{
    CannedService *service = *state;
    g_auto(MomRpcResult) listed = {NULL};
    json_object *names;
    const char *last = "";

    assert_true(mom_rpc_call(&service->base, "system.listMethods", NULL, &listed, NULL));
    names = listed.value;
    assert_int_equal(json_object_array_length(names), 18);
    for (gsize i = 0; i < json_object_array_length(names); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(names, i));
        g_autofree char *params = g_strdup_printf("[\"%s\"]", name);
        g_autoptr(GError) error = NULL;
        g_autofree char *help = NULL;
        g_autofree char *signature = NULL;

        assert_true(strcmp(last, name) < 0);
        last = name;
        assert_ok((help = call(state, "system.methodHelp", params, &error)));
        assert_true(strlen(help) > 4);
        assert_ok((signature = call(state, "system.methodSignature", params, &error)));
        assert_true(g_str_has_prefix(signature, "[[\""));
    }
}

static void
signatures_list_every_way_to_call(void **state)
{
    assert_answer(state, "system.methodSignature", "[\"ping\"]", "[[\"boolean\"]]");
    assert_answer(state, "system.methodSignature", "[\"setPolicy\"]", "[[\"boolean\",\"string\"]]");
    assert_answer(state, "system.methodSignature", "[\"setNamedPolicy\"]",
                  "[[\"boolean\",\"string\",\"string\"],[\"boolean\",\"string\",\"nil\"]]");
    assert_answer(state, "system.methodSignature", "[\"setVerbosity\"]",
                  "[[\"boolean\",\"string\"],[\"boolean\",\"int\"]]");
}

static void
statistics_come_as_they_are(void **state)
{
    CannedService *service = *state;

    assert_answer(state, "getStatistics", "[]",
                  json_object_to_json_string_ext(service->statistics, JSON_C_TO_STRING_PLAIN));
}

#define ZEROS                                                                                      \
    "\"ksm_run\":0,\"ksm_pages_to_scan\":0,\"ksm_merge_across_nodes\":0,"                          \
    "\"ksm_pages_sharing\":0,\"ksmd_cpu_usage\":0"

static void
statistics_never_lack_what_vdsm_needs(void **state)
{
    static const struct {
        const char *service;
        const char *answer;
    } cases[] = {
        {"null", "{\"host\":{" ZEROS "},\"guests\":{}}"},
        {"[]", "{\"host\":{" ZEROS "},\"guests\":{}}"},
        {"{\"host\":null,\"guests\":5}", "{\"host\":{" ZEROS "},\"guests\":{}}"},
        {"{\"host\":{\"ksm_run\":\"0\",\"ksm_pages_to_scan\":null,\"ksmd_cpu_usage\":true}}",
         "{\"host\":{\"ksm_run\":0,\"ksm_pages_to_scan\":0,\"ksmd_cpu_usage\":0,"
         "\"ksm_merge_across_nodes\":0,\"ksm_pages_sharing\":0},\"guests\":{}}"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        CannedService *service = *state;

        json_object_put(service->statistics);
        service->statistics = json_tokener_parse(cases[i].service);
        assert_answer(state, "getStatistics", "[]", cases[i].answer);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_method_answers_as_the_reference),
        TEST(decisions_are_asked_for_with_or_without_a_filter),
        TEST(the_state_is_a_text_that_holds_json),
        TEST(the_status_is_passed_on_with_nil_where_nothing_is_wrong),
        TEST(the_status_counts_calls_and_faults),
        TEST(a_check_lists_findings_and_sets_nothing),
        TEST(a_refusal_of_the_service_comes_through),
        TEST(arity_and_types_are_checked_before_the_call),
        TEST(arguments_may_come_by_name),
        TEST(an_unknown_method_is_named),
        TEST(introspection_lists_sorted_names_with_help_and_signature),
        TEST(signatures_list_every_way_to_call),
        TEST(statistics_come_as_they_are),
        TEST(statistics_never_lack_what_vdsm_needs),
    };

    return cmocka_run_group_tests_name("methods", tests, NULL, NULL);
}
