/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/state-json and agent/value-json: a state that is written and read back is the same state,
 * and what is no state is refused with the reason.
 *
 * Whole states go through the conformance vectors too; here is what those do not have.
 */
#include "agent/state/state-json.h"

#include "agent/value-json.h"
#include "tests/mom-test.h"

#include <math.h>
#include <string.h>

#define HOST                                                                                       \
    "\"host\":{\"properties\":{\"name\":\"host\",\"interval\":15},\"fields\":[\"mem_free\","       \
    "\"mem_available\"],\"variables\":{\"calm\":2.0,\"list\":[1,[\"x\",null,true]]},"              \
    "\"variable_times_us\":{\"calm\":1000,\"list\":2500000},"                                      \
    "\"times_us\":[1000,2500000],\"stats\":[{\"mem_free\":1,\"extra\":0.5},{\"mem_free\":null,"    \
    "\"mem_available\":9007199254740992,\"extra\":{\"t\":\"int\",\"v\":\"-9223372036854775808\"}}" \
    "]}"
#define LIMITS "{\"total_bytes_sec\":0,\"write_iops_sec\":null}"
#define GUEST                                                                                      \
    "{\"properties\":{\"uuid\":\"u-1\"},\"fields\":[\"io_tune\",\"io_tune_current\"],"             \
    "\"variables\":{},\"times_us\":[7],\"stats\":[{\"io_tune\":[{\"name\":\"sda\",\"path\":null,"  \
    "\"guaranteed\":{},\"maximum\":" LIMITS ",\"current\":" LIMITS "}],\"io_tune_current\":[{"     \
    "\"name\":\"sda\",\"path\":\"/x\",\"ioTune\":" LIMITS "}]}]}"

static char *
text_of(json_object *json)
{
    char *text = g_strdup(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN |
                                                                   JSON_C_TO_STRING_NOSLASHESCAPE));

    json_object_put(json);
    return text;
}

static MomState *
parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    MomState *state = mom_state_parse(text, strlen(text), &error);

    assert_ok(state != NULL);
    return state;
}

static void
a_state_survives_reading_and_writing(void **unused)
{
    const char *text = "{" HOST ",\"guests\":[" GUEST "]}";
    g_autoptr(MomState) state = parse(text);
    g_autofree char *written = text_of(mom_state_to_json(state->host, state->guests));

    assert_string_equal(written, text);
}

static void
a_variable_without_its_time_is_as_new_as_the_sample(void **unused)
{
    g_autoptr(MomState) state = parse(
        "{\"host\":{\"stats\":[{},{}],\"times_us\":[5,70],\"variables\":{\"a\":1,\"b\":2},"
        "\"variable_times_us\":{\"a\":5,\"b\":\"x\"}},\"guests\":[{\"variables\":{\"c\":1}}]}");
    gint64 time_us;

    assert_true(mom_entity_get_variable_time(state->host, "a", &time_us));
    assert_int_equal(time_us, 5);
    assert_true(mom_entity_get_variable_time(state->host, "b", &time_us));
    assert_int_equal(time_us, 70);
    assert_false(mom_entity_get_variable_time(state->guests->pdata[0], "c", &time_us));
}

static void
samples_keep_their_times_and_get_seconds_if_none_are_told(void **unused)
{
    g_autoptr(MomState) told = parse("{" HOST "}");
    g_autoptr(MomState) untold = parse("{\"host\":{\"stats\":[{},{}],\"times_us\":[5,\"x\"]}}");

    assert_int_equal(mom_sample_time_us(mom_entity_sample(told->host, 0)), 1000);
    assert_int_equal(mom_sample_time_us(mom_entity_sample(told->host, 1)), 2500000);
    assert_int_equal(mom_sample_time_us(mom_entity_sample(untold->host, 0)), 5);
    assert_int_equal(mom_sample_time_us(mom_entity_sample(untold->host, 1)), 1000000);
}

static void
fields_that_are_not_told_are_all_keys(void **unused)
{
    g_autoptr(MomState) state = parse("{\"host\":{\"stats\":[{\"a\":1},{\"b\":2}]}}");
    MomValue v;

    assert_false(mom_entity_get_attribute(state->host, "a", &v));
    assert_true(mom_entity_get_attribute(state->host, "b", &v));
    assert_int_equal(v.integer, 2);
    assert_int_equal(mom_schema_size(mom_entity_schema(state->host)), 2);
}

static void
undeclared_keys_stay_in_the_sample_and_out_of_sight(void **unused)
{
    g_autoptr(MomState) state = parse("{" HOST "}");
    MomValue v;

    assert_true(mom_sample_get(mom_entity_latest(state->host), "extra", &v));
    assert_true(v.integer == G_MININT64);
    assert_false(mom_entity_get_attribute(state->host, "extra", &v));
}

static void
what_is_no_state_is_refused_with_the_reason(void **unused)
{
    static const struct {
        const char *text;
        MomStateErrorCode code;
        const char *why;
    } cases[] = {
        {"", MOM_STATE_ERROR_SYNTAX, "JSON"},
        {"{\"host\":", MOM_STATE_ERROR_SYNTAX, "JSON"},
        {"{\"host\":{}} x", MOM_STATE_ERROR_SYNTAX, "JSON"},
        {"[]", MOM_STATE_ERROR_SHAPE, "host and guests"},
        {"{}", MOM_STATE_ERROR_SHAPE, "host must"},
        {"{\"host\":1}", MOM_STATE_ERROR_SHAPE, "host must"},
        {"{\"host\":{},\"guests\":{}}", MOM_STATE_ERROR_SHAPE, "guests must"},
        {"{\"host\":{},\"guests\":[1]}", MOM_STATE_ERROR_SHAPE, "items of guests"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(mom_state_parse(cases[i].text, strlen(cases[i].text), &error));
        assert_true(g_error_matches(error, MOM_STATE_ERROR, (int)cases[i].code));
        assert_non_null(strstr(error->message, cases[i].why));
    }
}

static void
odd_members_count_as_empty(void **unused)
{
    g_autoptr(MomState) state = parse("{\"host\":{\"properties\":[],\"stats\":7,\"fields\":[1,"
                                      "\"a\"],\"variables\":3},\"guests\":[{}]}");

    assert_int_equal(mom_entity_n_samples(state->host), 0);
    assert_int_equal(state->guests->len, 1);
}

static void
what_a_run_left_is_told_by_guest(void **unused)
{
    g_autoptr(MomState) state = parse("{\"host\":{},\"guests\":[" GUEST "]}");
    json_object *answer = json_object_new_object();
    g_autofree char *text = NULL;

    mom_entity_begin_run(state->host);
    mom_entity_begin_run(state->guests->pdata[0]);
    mom_entity_set_control(state->guests->pdata[0], "c", mom_value_float(1), (MomPlace){0});
    mom_entity_set_variable(state->host, "v", mom_value_bool(TRUE));
    mom_state_answer(state, answer);
    text = text_of(answer);
    assert_string_equal(text, "{\"host_controls\":{},\"guest_controls\":{\"u-1\":{\"c\":1.0}},"
                              "\"host_variables\":{\"v\":true},\"io_tune\":{\"u-1\":[{\"name\":"
                              "\"sda\",\"path\":null,\"ioTune\":" LIMITS "}]}}");
}

static void
floats_always_look_like_floats(void **unused)
{
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {1, "1.0"},
        {-0.0, "-0.0"},
        {0.1, "0.10000000000000001"},
        {1e300, "1.0000000000000001e+300"},
        {HUGE_VAL, "{\"t\":\"float\",\"v\":\"inf\"}"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = text_of(mom_value_to_json(mom_value_float(cases[i].number)));

        assert_string_equal(text, cases[i].text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_survives_reading_and_writing),
        cmocka_unit_test(a_variable_without_its_time_is_as_new_as_the_sample),
        cmocka_unit_test(samples_keep_their_times_and_get_seconds_if_none_are_told),
        cmocka_unit_test(fields_that_are_not_told_are_all_keys),
        cmocka_unit_test(undeclared_keys_stay_in_the_sample_and_out_of_sight),
        cmocka_unit_test(what_is_no_state_is_refused_with_the_reason),
        cmocka_unit_test(odd_members_count_as_empty),
        cmocka_unit_test(what_a_run_left_is_told_by_guest),
        cmocka_unit_test(floats_always_look_like_floats),
    };

    return cmocka_run_group_tests_name("state-json", tests, NULL, NULL);
}
