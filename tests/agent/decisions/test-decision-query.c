/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Filters for decisions: what passes, in which order, and what is no filter.
 *
 * The ring is filled by hand; filters come as the JSON that RPC brings.
 */
#include "agent/decisions/decision-query.h"

#include "tests/mom-test.h"

#define KEPT 8

static void
add(MomDecisionRing *ring, const char *name, const char *knob, MomDecisionVerdict verdict)
{
    MomDecision *decision = mom_decision_ring_add(ring);
    g_autofree char *uuid = name ? g_strconcat("uuid-of-", name, NULL) : NULL;

    mom_decision_set_text(&decision->name, name);
    mom_decision_set_text(&decision->uuid, uuid);
    decision->knob = g_intern_string(knob);
    decision->verdict = verdict;
    decision->last_us = (gint64)decision->number * G_USEC_PER_SEC;
}

static int
setup(void **state)
{
    MomDecisionRing *ring = mom_decision_ring_new(KEPT);

    for (int i = 0; i < 3; i++)
        add(ring, "lost", "balloon_target", MOM_DECISION_DONE); /* 1 to 3 */
    add(ring, "a", "balloon_target", MOM_DECISION_DONE);        /* 4 */
    add(ring, NULL, "ksm_run", MOM_DECISION_DONE);              /* 5 */
    add(ring, "b", "balloon_target", MOM_DECISION_FAILED);      /* 6 */
    add(ring, NULL, "ksm_pages_to_scan", MOM_DECISION_RAILED);
    add(ring, "a", "vcpu_quota", MOM_DECISION_SENT);
    add(ring, "a", "balloon_target", MOM_DECISION_RAILED);
    add(ring, "b", "io_tune", MOM_DECISION_PASSED_OVER);
    add(ring, "a", "balloon_target", MOM_DECISION_DONE); /* 11 */
    *state = ring;
    return 0;
}

static int
teardown(void **state)
{
    mom_decision_ring_free(*state);
    return 0;
}

static void
assert_found(void **state, const char *filter, const char *expected)
{
    json_object *json = filter ? json_tokener_parse(filter) : NULL;
    g_autoptr(GString) found = g_string_new(NULL);
    g_autoptr(GArray) numbers = NULL;
    g_autoptr(GError) error = NULL;
    MomDecisionQuery query;

    assert_ok(mom_decision_query_parse(json, &query, &error));
    numbers = mom_decision_query_run(&query, *state);
    for (guint i = 0; i < numbers->len; i++) {
        g_string_append_printf(found, "%s%" G_GUINT64_FORMAT, i ? " " : "",
                               g_array_index(numbers, guint64, i));
    }
    assert_string_equal(found->str, expected);
    json_object_put(json);
}

static void
test_each_condition_narrows(void **state)
{
    assert_found(state, NULL, "4 5 6 7 8 9 10 11");
    assert_found(state, "{}", "4 5 6 7 8 9 10 11");
    assert_found(state, "{\"guest\": \"a\"}", "4 8 9 11");
    assert_found(state, "{\"guest\": \"uuid-of-b\"}", "6 10");
    assert_found(state, "{\"guest\": \"lost\"}", "");
    assert_found(state, "{\"knob\": \"balloon_target\"}", "4 6 9 11");
    assert_found(state, "{\"knob\": \"balloon\"}", "4 6 9 11");
    assert_found(state, "{\"knob\": \"ksm\"}", "5 7");
    assert_found(state, "{\"knob\": \"ksm_\"}", "");
    assert_found(state, "{\"knob\": \"\"}", "");
    assert_found(state, "{\"verdict\": \"railed\"}", "7 9");
    assert_found(state, "{\"verdict\": \"sent\"}", "8");
    assert_found(state, "{\"since\": 9}", "9 10 11");
    assert_found(state, "{\"since\": 9.5}", "10 11");
    assert_found(state, "{\"last\": 2}", "10 11");
    assert_found(state, "{\"last\": 2, \"before\": 10}", "8 9");
    assert_found(state, "{\"last\": 2, \"before\": 5}", "4");
    assert_found(state, "{\"before\": 4}", "");
    assert_found(state, "{\"before\": 1}", "");
    assert_found(state, "{\"last\": 1, \"before\": 9000000000}", "11");
    assert_found(state, "{\"last\": 2, \"guest\": \"a\", \"verdict\": \"done\", \"since\": 1}",
                 "4 11");
    assert_found(state, "{\"last\": null, \"guest\": null}", "4 5 6 7 8 9 10 11");
}

static void
test_nobody_gets_more_than_the_default_unasked(void **state)
{
    g_autoptr(MomDecisionRing) ring = mom_decision_ring_new(500);
    MomDecisionQuery query = MOM_DECISION_QUERY_INIT;
    json_object *json;

    for (int i = 0; i < 300; i++)
        add(ring, "a", "balloon_target", MOM_DECISION_DONE);
    json = mom_decision_query_json(&query, ring);
    assert_int_equal(json_object_array_length(json), MOM_DECISION_QUERY_LAST);
    assert_int_equal(
        json_object_get_int64(json_object_object_get(json_object_array_get_idx(json, 0), "number")),
        201);
    json_object_put(json);
}

static void
test_what_is_no_filter_is_refused_by_name(void **state)
{
    static const struct {
        const char *filter;
        const char *text;
    } cases[] = {
        {"[]", "a filter is an object such as {\"guest\": \"NAME\", \"last\": 10}"},
        {"{\"gest\": \"a\"}",
         "filter: there is no \"gest\"; use guest, knob, verdict, since, before, last"},
        {"{\"guest\": 1}", "filter: guest must be a guest's name or uuid"},
        {"{\"verdict\": \"good\"}",
         "filter: verdict must be one of sent, done, failed, railed, passed-over, dry, "
         "stuck, follows"},
        {"{\"since\": \"yesterday\"}", "filter: since must be a number of seconds since 1970"},
        {"{\"since\": 1e300}", "filter: since must be a number of seconds since 1970"},
        {"{\"since\": NaN}", "filter: since must be a number of seconds since 1970"},
        {"{\"before\": 0}", "filter: before must be a decision's number"},
        {"{\"last\": 501}", "filter: last must be an integer from 1 to 500"},
        {"{\"last\": 0}", "filter: last must be an integer from 1 to 500"},
        {"{\"last\": -1}", "filter: last must be an integer from 1 to 500"},
        {"{\"last\": 4294967297}", "filter: last must be an integer from 1 to 500"},
        {"{\"last\": 1.5}", "filter: last must be an integer from 1 to 500"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        json_object *json = json_tokener_parse(cases[i].filter);
        g_autoptr(GError) error = NULL;
        MomDecisionQuery query;

        assert_false(mom_decision_query_parse(json, &query, &error));
        assert_true(
            g_error_matches(error, MOM_DECISION_QUERY_ERROR, MOM_DECISION_QUERY_ERROR_FILTER));
        assert_string_equal(error->message, cases[i].text);
        json_object_put(json);
    }
}

#define QUERY_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        QUERY_TEST(test_each_condition_narrows),
        QUERY_TEST(test_nobody_gets_more_than_the_default_unasked),
        QUERY_TEST(test_what_is_no_filter_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
