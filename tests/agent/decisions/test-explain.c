/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stories of guests and knobs as an engine in virtual time leaves them.
 *
 * Policies, guard and decisions are the real ones; what is asserted is what a person reads.
 */
#include "agent/decisions/explain.h"

#include <string.h>

#include "agent/decisions/decision-query.h"
#include "tests/agent/engine-fixture.h"
#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

/* Of the fixture's policy. */
#define READS                                                                                      \
    "      having read on = 1, pressed = true, part = 0.5, guest.balloon_max = 4000000,\n"         \
    "        Host.mem_free = 1000000, Host.mem_available = 10000000\n"

static const MomCondition *
condition_of(const char *uuid, gpointer engine)
{
    return mom_engine_guest_condition(engine, uuid);
}

static json_object *
explain(EngineFixture *f, const char *what, GError **error)
{
    g_autoptr(GPtrArray) all = mom_engine_all_guests(f->engine);
    const MomExplainGuests guests = {all, condition_of, f->engine, mom_engine_now_us(f->engine)};

    return mom_explain(mom_engine_decisions(f->engine), mom_engine_host(f->engine), &guests, what,
                       error);
}

/* The story's lines without the times at their beginnings. */
static void
assert_story(EngineFixture *f, const char *what, const char *expected)
{
    g_autoptr(GError) error = NULL;
    json_object *json = NULL;
    g_autoptr(GRegex) times = g_regex_new("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d", 0, 0, NULL);
    g_autofree char *text = NULL;

    assert_ok((json = explain(f, what, &error)));
    text =
        g_regex_replace_literal(times, json_object_get_string(json_object_object_get(json, "text")),
                                -1, 0, "TIME", 0, NULL);
    assert_string_equal(text, expected);
    json_object_put(json);
}

static void
test_a_guest_that_shrank(void **state)
{
    EngineFixture *f = *state;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    assert_story(f, "a",
                 "a (a)\n"
                 "It has 2.86 GiB; at least 977 MiB are guaranteed, at most it may have 3.81 GiB.\n"
                 "balloon_target: the policy wishes 1.91 GiB; it was sent.\n"
                 "What was done or refused, the latest at the end:\n"
                 "  TIME  balloon_target from 2.86 GiB to 1.91 GiB: done\n"
                 "      set by line 3 of 10-act, in halve\n" READS);
    engine_forget_guests(f);
    engine_add_guest(f, "a", 2000000);
    virtual_clock_advance(f->clock, 20 * SECOND);
    assert_story(f, "a",
                 "a (a)\n"
                 "It has 1.91 GiB; at least 977 MiB are guaranteed, at most it may have 3.81 GiB.\n"
                 "balloon_target: the policy wishes 1.91 GiB; it is set already.\n"
                 "What was done or refused, the latest at the end:\n"
                 "  TIME  balloon_target from 2.86 GiB to 1.91 GiB: done\n"
                 "      set by line 3 of 10-act, in halve\n" READS);
}

static void
test_a_guest_that_is_left_alone(void **state)
{
    EngineFixture *f = *state;

    engine_write_host(f, 10000000);
    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    assert_story(f, "a",
                 "a (a)\n"
                 "It has 2.86 GiB; at least 977 MiB are guaranteed, at most it may have 3.81 GiB.\n"
                 "No policy has wished anything for it.\n"
                 "Nothing was done or refused, as far as momd remembers.\n");
}

static void
test_a_wish_that_came_and_went(void **state)
{
    EngineFixture *f = *state;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_write_host(f, 10000000);
    virtual_clock_advance(f->clock, 10 * SECOND);
    assert_story(f, "a",
                 "a (a)\n"
                 "It has 2.86 GiB; at least 977 MiB are guaranteed, at most it may have 3.81 GiB.\n"
                 "balloon_target: no policy wishes a change now.\n"
                 "What was done or refused, the latest at the end:\n"
                 "  TIME  balloon_target from 2.86 GiB to 1.91 GiB: done\n"
                 "      set by line 3 of 10-act, in halve\n" READS);
}

static void
test_a_refusal_that_goes_on(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_add_guest(f, "a", 3000000);
    assert_ok(mom_engine_set_policy(f->engine, "10-act",
                                    "(with Guests g (g.Control \"balloon_target\" -5))", &error));
    mom_engine_start(f->engine);
    assert_ok(mom_engine_set_policy(f->engine, "10-act",
                                    "(with Guests g (g.Control \"balloon_target\" -5))", &error));
    virtual_clock_advance(f->clock, 20 * SECOND);
    assert_story(f, "a",
                 "a (a)\n"
                 "It has 2.86 GiB; at least 977 MiB are guaranteed, at most it may have 3.81 GiB.\n"
                 "balloon_target: the policy wishes -5 KiB; a rail refuses it.\n"
                 "What was done or refused, the latest at the end:\n"
                 "  TIME  balloon_target from 2.86 GiB to -5 KiB: refused (rail balloon-absurd), a "
                 "target of 0 or less is no size; 3 times, last at TIME\n"
                 "      set by line 1 of 10-act\n");
}

static void
test_a_guest_that_is_gone_is_remembered(void **state)
{
    EngineFixture *f = *state;
    json_object *json;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_forget_guests(f);
    virtual_clock_advance(f->clock, 10 * SECOND);
    assert_story(f, "a",
                 "a (a)\nIt is not managed at present: it does not run, or its data is "
                 "incomplete.\n"
                 "What was done or refused, the latest at the end:\n"
                 "  TIME  balloon_target from 2.86 GiB to 1.91 GiB: done\n"
                 "      set by line 3 of 10-act, in halve\n" READS);
    json = explain(f, "a", NULL);
    assert_string_equal(json_object_get_string(json_object_object_get(json, "about")), "guest");
    assert_int_equal(json_object_array_length(json_object_object_get(json, "decisions")), 1);
    json_object_put(json);
}

static void
test_a_knob_has_the_guests_that_it_turned(void **state)
{
    EngineFixture *f = *state;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    assert_story(f, "balloon",
                 "a, balloon_target: the policy wishes 1.91 GiB; it was sent.\n"
                 "What was done or refused, the latest at the end:\n"
                 "  TIME  balloon_target of a from 2.86 GiB to 1.91 GiB: done\n"
                 "      set by line 3 of 10-act, in halve\n" READS);
}

static void
test_a_guest_that_is_called_like_a_knob_is_a_guest(void **state)
{
    EngineFixture *f = *state;
    json_object *json;

    engine_add_guest(f, "balloon", 3000000);
    engine_start(f);
    json = explain(f, "balloon", NULL);
    assert_string_equal(json_object_get_string(json_object_object_get(json, "about")), "guest");
    json_object_put(json);
    json = explain(f, "knob:balloon", NULL);
    assert_string_equal(json_object_get_string(json_object_object_get(json, "about")), "knob");
    json_object_put(json);
}

static void
test_what_nobody_knows_is_an_error(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_start(f);
    assert_null(explain(f, "nosuch", &error));
    assert_true(g_error_matches(error, MOM_DECISION_QUERY_ERROR, MOM_DECISION_QUERY_ERROR_SUBJECT));
    assert_non_null(strstr(error->message, "\"nosuch\""));
    g_clear_error(&error);
    assert_null(explain(f, "knob:ksm", &error)); /* no collector reads it here */
    assert_non_null(strstr(error->message, "\"ksm\""));
}

static void
test_the_table_of_guests(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GPtrArray) all = NULL;
    MomExplainGuests guests = {NULL, condition_of, f->engine, 0};
    json_object *json, *first;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    guests.guests = all = mom_engine_all_guests(f->engine);
    guests.now_us = mom_engine_now_us(f->engine);
    json = mom_explain_guests(mom_engine_decisions(f->engine), &guests);
    first = json_object_array_get_idx(json, 0);
    json_object_object_del(first, "last_decision_time");
    assert_string_equal(
        json_object_to_json_string_ext(first, JSON_C_TO_STRING_PLAIN),
        "{\"name\":\"a\",\"uuid\":\"a\",\"balloon_cur\":3000000,\"balloon_min\":1000000,"
        "\"balloon_max\":4000000,\"mem_unused\":null,\"used\":null,\"target\":2000000,\"held\":"
        "null,\"last_decision\":\"balloon_target of a: 3000000 -> 2000000, done (10-act:3)\","
        "\"managed\":true,\"data_source\":null,\"data_age\":null,\"report_age\":null,"
        "\"state\":null}");
    json_object_put(json);
}

/* The guest that the fixture's source tells. */
static MomGuestData *
told_guest(EngineFixture *f)
{
    MomGuestData *guest = g_ptr_array_index(f->guests, 0);

    guest->data_source = "libvirt";
    guest->data_age_s = mom_value_int(3);
    guest->report_age_s = mom_value_int(70);
    return guest;
}

static void
test_the_condition_of_data_is_told(void **state)
{
    EngineFixture *f = *state;

    engine_write_host(f, 10000000);
    engine_add_guest(f, "a", 3000000);
    told_guest(f)->is_stale = TRUE;
    engine_start(f);
    virtual_clock_advance(f->clock, 2 * SECOND);
    assert_story(f, "a",
                 "a (a)\n"
                 "It has 2.86 GiB; at least 977 MiB are guaranteed, at most it may have 3.81 GiB.\n"
                 "Its numbers are of libvirt, read 5 s ago; its own report is 72 s old.\n"
                 "Its own report has become too old and is not used: it may grow, and is not "
                 "shrunk.\n"
                 "No policy has wished anything for it.\n"
                 "Nothing was done or refused, as far as momd remembers.\n");
}

static const MomCondition *
hangs(const char *uuid, gpointer data)
{
    static MomCondition condition;
    MomGuestData guest = {.data_source = "vdsm", .hangs = TRUE};

    condition = mom_condition_of(&guest, 0, FALSE);
    return &condition;
}

/* What was known of its memory before is not its memory now. */
static void
test_a_guest_without_complete_data_is_not_managed(void **state)
{
    EngineFixture *f = *state;
    MomExplainGuests guests = {NULL, hangs, NULL, 8 * SECOND};
    g_autoptr(GPtrArray) all = NULL;
    g_autoptr(GError) error = NULL;
    json_object *json, *first;

    engine_write_host(f, 10000000);
    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    guests.guests = all = mom_engine_all_guests(f->engine);
    json = mom_explain(mom_engine_decisions(f->engine), mom_engine_host(f->engine), &guests, "a",
                       &error);
    assert_ok(json);
    assert_string_equal(
        json_object_get_string(json_object_object_get(json, "text")),
        "a (a)\n"
        "It is not managed at present: its data is incomplete.\n"
        "Its numbers are of vdsm, read 8 s ago.\n"
        "Its process does not answer libvirt: nothing is known of it and nothing done to "
        "it.\n"
        "No policy has wished anything for it.\n"
        "Nothing was done or refused, as far as momd remembers.\n");
    json_object_put(json);
    json = mom_explain_guests(mom_engine_decisions(f->engine), &guests);
    first = json_object_array_get_idx(json, 0);
    assert_null(json_object_object_get(first, "balloon_cur"));
    assert_false(json_object_get_boolean(json_object_object_get(first, "managed")));
    assert_string_equal(json_object_get_string(json_object_object_get(first, "state")), "hangs");
    json_object_put(json);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(test_a_guest_that_shrank),
        ENGINE_TEST(test_a_guest_that_is_left_alone),
        ENGINE_TEST(test_a_wish_that_came_and_went),
        ENGINE_TEST(test_a_refusal_that_goes_on),
        ENGINE_TEST(test_a_guest_that_is_gone_is_remembered),
        ENGINE_TEST(test_a_knob_has_the_guests_that_it_turned),
        ENGINE_TEST(test_a_guest_that_is_called_like_a_knob_is_a_guest),
        ENGINE_TEST(test_what_nobody_knows_is_an_error),
        ENGINE_TEST(test_the_table_of_guests),
        ENGINE_TEST(test_the_condition_of_data_is_told),
        ENGINE_TEST(test_a_guest_without_complete_data_is_not_managed),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
