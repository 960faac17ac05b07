/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Decisions: the line in the log and how often it is told, and what is kept of them.
 *
 * Reports are made by hand, so that every order of verdicts can be had.
 */
#include "agent/decisions/decisions.h"

#include "controllers/sent.h"
#include "tests/agent/kept-log.h"
#include "tests/agent/virtual-clock.h"
#include "tests/mom-test.h"
#include "vdsm-client/error.h"

#define KEPT 5
#define WALL_AT_START_US (G_GINT64_CONSTANT(1790001000) * G_USEC_PER_SEC)

static VirtualClock *wall;

static int
setup(void **state)
{
    g_string_truncate(told, 0);
    wall = virtual_clock_new();
    *state = mom_decisions_new(virtual_clock_base(wall), KEPT);
    mom_decisions_begin_cycle(*state, 1);
    return 0;
}

static int
teardown(void **state)
{
    mom_decisions_free(*state);
    virtual_clock_free(wall);
    return 0;
}

/* The newest decision. */
static const MomDecision *
newest(void **state)
{
    const MomDecisionRing *ring = mom_decisions_ring(*state);

    return mom_decision_ring_get(ring, mom_decision_ring_newest(ring));
}

static guint64
count(void **state)
{
    return mom_decision_ring_newest(mom_decisions_ring(*state));
}

static MomGuardReport
balloon(MomGuardVerdict verdict, const char *why)
{
    return (MomGuardReport){
        .verdict = verdict,
        .uuid = "u1",
        .name = "vm-1",
        .knob = "balloon_target",
        .from = mom_value_int(4194304),
        .to = mom_value_int(3984588),
        .why = why,
        .place = {.policy = "02-balloon", .line = 31},
        .call = 1,
    };
}

static void
test_what_is_sent_is_told_with_its_place_every_time(void **state)
{
    MomGuardReport report = balloon(MOM_GUARD_SENT, NULL);

    mom_decisions_report(&report, *state);
    mom_decisions_report(&report, *state);
    assert_string_equal(told->str, "I:balloon_target of vm-1: 4194304 -> 3984588 (02-balloon:31);"
                                   "I:balloon_target of vm-1: 4194304 -> 3984588 (02-balloon:31);");
}

static void
test_what_is_sent_along_unchanged_is_no_decision(void **state)
{
    MomGuardReport quota = balloon(MOM_GUARD_SENT, NULL);
    MomGuardReport period = balloon(MOM_GUARD_SENT, NULL);

    quota.knob = "vcpu_quota";
    period.knob = "vcpu_period";
    period.from = period.to;
    mom_decisions_report(&quota, *state);
    mom_decisions_report(&period, *state);
    assert_string_equal(told->str, "I:vcpu_quota of vm-1: 4194304 -> 3984588 (02-balloon:31);");
}

static void
test_calls_lost_with_the_connection_are_not_told_one_by_one(void **state)
{
    g_autoptr(GError) away =
        g_error_new_literal(MOM_VDSM_ERROR, MOM_VDSM_ERROR_NOT_CONNECTED, "away");
    g_autoptr(GError) refused = g_error_new_literal(MOM_VDSM_ERROR, 53, "refused");
    MomGuardReport sent = balloon(MOM_GUARD_SENT, NULL);
    MomGuardReport report = balloon(MOM_GUARD_FAILED, away->message);

    mom_decisions_report(&sent, *state);
    g_string_truncate(told, 0);
    report.error = away;
    mom_decisions_report(&report, *state);
    assert_string_equal(told->str, "");
    mom_decisions_report(&sent, *state);
    g_string_truncate(told, 0);
    report.error = refused;
    report.why = refused->message;
    mom_decisions_report(&report, *state);
    assert_string_equal(
        told->str,
        "W:balloon_target of vm-1: 4194304 -> 3984588, failed: refused (02-balloon:31);");
}

static void
attempt(void **state, const MomGuardReport *answer)
{
    MomGuardReport sent = *answer;

    sent.verdict = MOM_GUARD_SENT;
    sent.why = NULL;
    mom_decisions_report(&sent, *state);
    mom_decisions_report(answer, *state);
}

static void
test_a_failure_is_told_once_until_it_changes_or_succeeds(void **state)
{
    MomGuardReport gone = balloon(MOM_GUARD_FAILED, "no such VM");
    MomGuardReport late = balloon(MOM_GUARD_FAILED, "timed out");
    MomGuardReport done = balloon(MOM_GUARD_DONE, NULL);

    for (int cycle = 0; cycle < 3; cycle++)
        attempt(state, &gone);
    attempt(state, &late);
    attempt(state, &done);
    attempt(state, &late);
    assert_string_equal(
        told->str,
        "I:balloon_target of vm-1: 4194304 -> 3984588 (02-balloon:31);"
        "W:balloon_target of vm-1: 4194304 -> 3984588, failed: no such VM (02-balloon:31);"
        "W:balloon_target of vm-1: 4194304 -> 3984588, failed: timed out (02-balloon:31);"
        "I:balloon_target of vm-1: 4194304 -> 3984588, done: after 4 that failed (02-balloon:31);"
        "I:balloon_target of vm-1: 4194304 -> 3984588 (02-balloon:31);"
        "W:balloon_target of vm-1: 4194304 -> 3984588, failed: timed out (02-balloon:31);");
    assert_int_equal(count(state), 2);
}

static void
test_what_failed_and_is_no_longer_wished_or_needed_is_told_to_be_over(void **state)
{
    MomGuardReport failed = balloon(MOM_GUARD_FAILED, "no such VM");
    MomGuardReport held = balloon(MOM_GUARD_UNCHANGED, MOM_SENT_IS_SET);

    for (guint64 cycle = 2; cycle < 5; cycle++) {
        mom_decisions_begin_cycle(*state, cycle);
        attempt(state, &failed);
        mom_decisions_end_cycle(*state);
    }
    g_string_truncate(told, 0);
    mom_decisions_begin_cycle(*state, 5);
    mom_decisions_end_cycle(*state);
    mom_decisions_end_cycle(*state);
    assert_string_equal(told->str,
                        "I:balloon_target of vm-1: 4194304 -> 3984588, failed: no longer "
                        "wished (02-balloon:31);");
    attempt(state, &failed);
    g_string_truncate(told, 0);
    mom_decisions_report(&held, *state);
    mom_decisions_report(&held, *state);
    assert_string_equal(told->str,
                        "I:balloon_target of vm-1: 4194304 -> 3984588, failed: it is set "
                        "now (02-balloon:31);");
}

static void
test_what_is_not_reached_is_told_once_and_when_it_is(void **state)
{
    MomGuardReport sent = balloon(MOM_GUARD_SENT, NULL);
    MomGuardReport done = balloon(MOM_GUARD_DONE, NULL);
    MomGuardReport held = balloon(MOM_GUARD_UNCHANGED, MOM_SENT_IS_SET);

    for (sent.repeats = 0; sent.repeats < 4; sent.repeats++) {
        mom_decisions_report(&sent, *state);
        mom_decisions_report(&done, *state);
    }
    assert_string_equal(told->str, "I:balloon_target of vm-1: 4194304 -> 3984588 (02-balloon:31);"
                                   "I:balloon_target of vm-1: 4194304 -> 3984588, sent again as it "
                                   "is not reached (02-balloon:31);");
    g_string_truncate(told, 0);
    assert_int_equal(count(state), 1);
    assert_int_equal(newest(state)->times, 4);
    mom_decisions_report(&held, *state);
    assert_string_equal(told->str, "I:balloon_target of vm-1: 4194304 -> 3984588, done: it is set "
                                   "now (02-balloon:31);");
}

static void
test_each_disk_has_faults_of_its_own(void **state)
{
    MomLimits limits = {0};
    MomGuardReport a = {.verdict = MOM_GUARD_RAILED,
                        .uuid = "u",
                        .name = "vm",
                        .knob = "io_tune",
                        .disk = "sda",
                        .rail = "io-limit",
                        .call = 7,
                        .to = {.type = MOM_VALUE_LIMITS, .object = &limits}};
    MomGuardReport b = a;

    b.disk = "sdb";
    b.verdict = MOM_GUARD_FAILED;
    b.rail = NULL;
    b.why = "away";
    for (int cycle = 0; cycle < 3; cycle++) {
        mom_decisions_report(&a, *state);
        attempt(state, &b);
    }
    assert_string_equal(told->str, "I:io_tune of vm, disk sda: unknown -> , railed, rail io-limit;"
                                   "I:io_tune of vm, disk sdb: unknown -> ;"
                                   "W:io_tune of vm, disk sdb: unknown -> , failed: away;");
}

static void
test_a_rail_is_told_once_for_each_guest(void **state)
{
    MomGuardReport report = balloon(MOM_GUARD_RAILED, "its ballooning is off");

    report.rail = "ballooning-off";
    mom_decisions_report(&report, *state);
    report.to = mom_value_int(5);
    mom_decisions_report(&report, *state);
    report.uuid = "u2";
    report.name = "vm-2";
    mom_decisions_report(&report, *state);
    mom_decisions_forget(*state, "u2");
    mom_decisions_report(&report, *state);
    assert_string_equal(
        told->str, "I:balloon_target of vm-1: 4194304 -> 3984588, railed, rail ballooning-off: "
                   "its ballooning is off (02-balloon:31);"
                   "I:balloon_target of vm-2: 4194304 -> 5, railed, rail ballooning-off: "
                   "its ballooning is off (02-balloon:31);"
                   "I:balloon_target of vm-2: 4194304 -> 5, railed, rail ballooning-off: "
                   "its ballooning is off (02-balloon:31);");
}

static void
test_the_host_and_limits_are_named(void **state)
{
    MomLimits limits = {0};
    MomGuardReport ksm = {.verdict = MOM_GUARD_SENT, .knob = "ksm_run", .to = mom_value_int(1)};
    MomGuardReport disk = {.verdict = MOM_GUARD_SENT,
                           .uuid = "u",
                           .name = "vm",
                           .knob = "io_tune",
                           .disk = "sda",
                           .to = {.type = MOM_VALUE_LIMITS, .object = &limits}};

    mom_limits_set(&limits, MOM_LIMIT_READ_BYTES, mom_value_int(7));
    mom_limits_set(&limits, MOM_LIMIT_WRITE_IOPS, MOM_NIL);
    mom_decisions_report(&ksm, *state);
    mom_decisions_report(&disk, *state);
    assert_string_equal(
        told->str,
        "I:ksm_run of the host: unknown -> 1;"
        "I:io_tune of vm, disk sda: unknown -> read_bytes_sec=7 write_iops_sec=unknown;");
}

static void
test_a_complaint_names_the_control_and_is_told_once(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(NULL, 0);
    g_autoptr(MomEntity) guest = mom_entity_new(schema);

    mom_entity_set_property(guest, "uuid", mom_value_string("u1"));
    mom_entity_set_property(guest, "name", mom_value_string("vm-1"));
    mom_entity_begin_run(guest);
    mom_entity_set_control(guest, "balloon_target", mom_value_string("x"),
                           (MomPlace){"10-mine", 3, 1});
    mom_decisions_complain(guest, "balloon_target", "it is no number", *state);
    mom_decisions_complain(guest, "balloon_target", "it is no number", *state);
    assert_string_equal(told->str,
                        "W:balloon_target of vm-1 passed over: it is no number (10-mine:3);");
}

static void
test_an_answer_finds_its_decision_and_time(void **state)
{
    MomGuardReport sent = balloon(MOM_GUARD_SENT, NULL);
    MomGuardReport other = sent;
    MomGuardReport done = balloon(MOM_GUARD_DONE, NULL);
    MomGuardReport stranger = balloon(MOM_GUARD_DONE, NULL);
    const MomDecision *decision;

    mom_decisions_report(&sent, *state);
    other.uuid = "u2";
    other.call = 2;
    mom_decisions_report(&other, *state);
    stranger.call = 99;
    mom_decisions_report(&stranger, *state);
    virtual_clock_advance(wall, 3 * G_USEC_PER_SEC);
    mom_decisions_report(&done, *state);
    decision = mom_decision_ring_get(mom_decisions_ring(*state), 1);
    assert_int_equal(decision->verdict, MOM_DECISION_DONE);
    assert_int_equal(decision->first_us, WALL_AT_START_US);
    assert_int_equal(decision->last_us, WALL_AT_START_US + 3 * G_USEC_PER_SEC);
    assert_int_equal(newest(state)->verdict, MOM_DECISION_SENT);
    assert_string_equal(newest(state)->uuid, "u2");
}

static void
test_parts_of_one_call_are_answered_each(void **state)
{
    MomGuardReport quota = balloon(MOM_GUARD_SENT, NULL);
    MomGuardReport period;

    quota.knob = "vcpu_quota";
    period = quota;
    period.knob = "vcpu_period";
    mom_decisions_report(&quota, *state);
    mom_decisions_report(&period, *state);
    quota.verdict = period.verdict = MOM_GUARD_FAILED;
    quota.why = period.why = "no";
    mom_decisions_report(&quota, *state);
    assert_int_equal(newest(state)->verdict, MOM_DECISION_SENT);
    mom_decisions_report(&period, *state);
    assert_int_equal(newest(state)->verdict, MOM_DECISION_FAILED);
}

static void
test_a_guest_that_goes_leaves_its_decisions(void **state)
{
    MomGuardReport sent = balloon(MOM_GUARD_SENT, NULL);
    MomGuardReport late = balloon(MOM_GUARD_DONE, NULL);

    mom_decisions_report(&sent, *state);
    mom_decisions_forget(*state, "u1");
    mom_decisions_report(&late, *state);
    assert_int_equal(count(state), 1);
    assert_int_equal(newest(state)->verdict, MOM_DECISION_SENT);
    assert_string_equal(newest(state)->reason, "the guest went before an answer came");
    assert_null(mom_knobs_find(mom_decisions_knobs(*state), "u1", "nosuch"));
}

static void
test_what_goes_on_is_one_decision_and_what_is_new_is_another(void **state)
{
    MomGuardReport railed = balloon(MOM_GUARD_RAILED, "off");

    railed.rail = "balloon-disabled";
    for (gint64 wish = 1; wish <= 3; wish++) {
        railed.to = mom_value_int(wish);
        mom_decisions_report(&railed, *state);
    }
    assert_int_equal(count(state), 1);
    assert_int_equal(newest(state)->times, 3);
    assert_int_equal(newest(state)->to.integer, 3);
    railed.place.line = 32;
    mom_decisions_report(&railed, *state);
    assert_int_equal(count(state), 2);
    railed.rail = "balloon-unknown";
    mom_decisions_report(&railed, *state);
    assert_int_equal(count(state), 3);
}

static void
test_the_last_ones_are_kept(void **state)
{
    const MomDecisionRing *ring = mom_decisions_ring(*state);
    MomGuardReport report = balloon(MOM_GUARD_SENT, NULL);

    assert_int_equal(mom_decision_ring_oldest(ring), 0);
    for (report.call = 1; report.call <= KEPT + 2; report.call++) {
        report.to = mom_value_int(report.call);
        mom_decisions_report(&report, *state);
    }
    assert_int_equal(mom_decision_ring_oldest(ring), 3);
    assert_int_equal(mom_decision_ring_newest(ring), KEPT + 2);
    assert_null(mom_decision_ring_get(ring, 0));
    assert_null(mom_decision_ring_get(ring, 2));
    assert_null(mom_decision_ring_get(ring, KEPT + 3));
    for (guint64 number = 3; number <= KEPT + 2; number++)
        assert_int_equal(mom_decision_ring_get(ring, number)->to.integer, number);
    report.verdict = MOM_GUARD_DONE; /* of one that is forgotten */
    report.call = 1;
    mom_decisions_report(&report, *state);
}

static void
test_a_wish_that_is_held_is_no_decision_but_remembered(void **state)
{
    MomGuardReport held = balloon(MOM_GUARD_UNCHANGED, MOM_SENT_IS_SET);
    const MomKnob *knob;

    mom_decisions_begin_cycle(*state, 9);
    mom_decisions_report(&held, *state);
    assert_int_equal(count(state), 0);
    assert_string_equal(told->str, "");
    knob = mom_knobs_find(mom_decisions_knobs(*state), "u1", "balloon_target");
    assert_int_equal(knob->wish.integer, 3984588);
    assert_int_equal(knob->wish_cycle, 9);
    assert_string_equal(knob->held, MOM_SENT_IS_SET);
}

static void
test_a_decision_as_json_has_all_its_members(void **state)
{
    MomGuardReport sent = balloon(MOM_GUARD_SENT, NULL);
    json_object *json;

    sent.from = MOM_NIL;
    mom_decisions_report(&sent, *state);
    json = mom_decision_json(newest(state));
    assert_string_equal(
        json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN),
        "{\"number\":1,\"time\":1790001000.0,\"last_time\":1790001000.0,\"cycle\":1,"
        "\"times\":1,\"guest\":\"vm-1\",\"uuid\":\"u1\",\"knob\":\"balloon_target\","
        "\"disk\":null,\"from\":null,\"to\":3984588,\"verdict\":\"sent\",\"rail\":null,"
        "\"reason\":null,\"policy\":\"02-balloon\",\"line\":31,\"column\":0,\"function\":null,"
        "\"reads\":null,"
        "\"text\":\"balloon_target of vm-1: unknown -> 3984588 (02-balloon:31)\"}");
    json_object_put(json);
}

static void
test_values_are_copied_and_cut(void **state)
{
    g_autofree char *text = g_strnfill(MOM_DECISION_TEXT_BYTES - 1, 'x');
    g_autofree char *longer = g_strconcat(text, "\xc3\xa4", NULL);
    g_autofree char *cut = g_strconcat(text, "...", NULL);
    MomValue items[] = {mom_value_int(1), mom_value_string("a")};
    MomList list = {.length = 2, .items = items};
    MomValue copy = mom_decision_value_copy(mom_value_string(longer));

    assert_string_equal(copy.string, cut);
    mom_decision_set_value(&copy, (MomValue){.type = MOM_VALUE_LIST, .list = &list});
    assert_int_equal(copy.type, MOM_VALUE_STRING);
    assert_string_equal(copy.string, "(1 a)");
    mom_decision_value_clear(&copy);
    assert_int_equal(copy.type, MOM_VALUE_NIL);
}

static void
test_verdicts_have_names(void **state)
{
    MomDecisionVerdict verdict = MOM_DECISION_SENT;

    assert_true(mom_decision_verdict_parse("passed-over", &verdict));
    assert_int_equal(verdict, MOM_DECISION_PASSED_OVER);
    assert_string_equal(mom_decision_verdict_name(verdict), "passed-over");
    assert_false(mom_decision_verdict_parse("unchanged", &verdict));
}

#define DECISIONS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DECISIONS_TEST(test_what_is_sent_is_told_with_its_place_every_time),
        DECISIONS_TEST(test_what_is_sent_along_unchanged_is_no_decision),
        DECISIONS_TEST(test_a_failure_is_told_once_until_it_changes_or_succeeds),
        DECISIONS_TEST(test_what_failed_and_is_no_longer_wished_or_needed_is_told_to_be_over),
        DECISIONS_TEST(test_what_is_not_reached_is_told_once_and_when_it_is),
        DECISIONS_TEST(test_each_disk_has_faults_of_its_own),
        DECISIONS_TEST(test_calls_lost_with_the_connection_are_not_told_one_by_one),
        DECISIONS_TEST(test_a_rail_is_told_once_for_each_guest),
        DECISIONS_TEST(test_the_host_and_limits_are_named),
        DECISIONS_TEST(test_a_complaint_names_the_control_and_is_told_once),
        DECISIONS_TEST(test_an_answer_finds_its_decision_and_time),
        DECISIONS_TEST(test_parts_of_one_call_are_answered_each),
        DECISIONS_TEST(test_a_guest_that_goes_leaves_its_decisions),
        DECISIONS_TEST(test_what_goes_on_is_one_decision_and_what_is_new_is_another),
        DECISIONS_TEST(test_the_last_ones_are_kept),
        DECISIONS_TEST(test_a_wish_that_is_held_is_no_decision_but_remembered),
        DECISIONS_TEST(test_a_decision_as_json_has_all_its_members),
        DECISIONS_TEST(test_values_are_copied_and_cut),
        DECISIONS_TEST(test_verdicts_have_names),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
