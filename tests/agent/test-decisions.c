/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Decisions in the log: the line, and how often it is told.
 */
#include "agent/decisions.h"

#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"
#include "vdsm-client/error.h"

static int
setup(void **state)
{
    g_string_truncate(told, 0);
    *state = mom_decisions_new();
    return 0;
}

static int
teardown(void **state)
{
    mom_decisions_free(*state);
    return 0;
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
    MomGuardReport report = balloon(MOM_GUARD_FAILED, away->message);

    report.error = away;
    mom_decisions_report(&report, *state);
    assert_string_equal(told->str, "");
    report.error = refused;
    report.why = refused->message;
    mom_decisions_report(&report, *state);
    assert_string_equal(
        told->str,
        "W:balloon_target of vm-1: 4194304 -> 3984588, failed: refused (02-balloon:31);");
}

static void
test_a_failure_is_told_once_until_it_changes_or_succeeds(void **state)
{
    MomGuardReport gone = balloon(MOM_GUARD_FAILED, "no such VM");
    MomGuardReport late = balloon(MOM_GUARD_FAILED, "timed out");
    MomGuardReport done = balloon(MOM_GUARD_DONE, NULL);

    mom_decisions_report(&gone, *state);
    mom_decisions_report(&gone, *state);
    mom_decisions_report(&late, *state);
    mom_decisions_report(&done, *state);
    mom_decisions_report(&late, *state);
    assert_string_equal(
        told->str,
        "W:balloon_target of vm-1: 4194304 -> 3984588, failed: no such VM (02-balloon:31);"
        "W:balloon_target of vm-1: 4194304 -> 3984588, failed: timed out (02-balloon:31);"
        "I:balloon_target of vm-1: 4194304 -> 3984588, done (02-balloon:31);"
        "W:balloon_target of vm-1: 4194304 -> 3984588, failed: timed out (02-balloon:31);");
}

static void
test_attempts_after_a_failure_are_quiet_until_one_works(void **state)
{
    MomGuardReport sent = balloon(MOM_GUARD_SENT, NULL);
    MomGuardReport failed = balloon(MOM_GUARD_FAILED, "no such VM");
    MomGuardReport done = balloon(MOM_GUARD_DONE, NULL);

    for (int cycle = 0; cycle < 5; cycle++) {
        mom_decisions_report(&sent, *state);
        mom_decisions_report(&failed, *state);
    }
    assert_string_equal(told->str,
                        "I:balloon_target of vm-1: 4194304 -> 3984588 (02-balloon:31);"
                        "W:balloon_target of vm-1: 4194304 -> 3984588, failed: no such VM "
                        "(02-balloon:31);");
    g_string_truncate(told, 0);
    mom_decisions_report(&sent, *state);
    mom_decisions_report(&done, *state);
    mom_decisions_report(&sent, *state);
    mom_decisions_report(&done, *state);
    assert_string_equal(told->str,
                        "I:balloon_target of vm-1: 4194304 -> 3984588, done (02-balloon:31);"
                        "I:balloon_target of vm-1: 4194304 -> 3984588 (02-balloon:31);");
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
                        .to = {.type = MOM_VALUE_LIMITS, .object = &limits}};
    MomGuardReport b = a;

    b.disk = "sdb";
    b.verdict = MOM_GUARD_FAILED;
    b.rail = NULL;
    b.why = "away";
    for (int cycle = 0; cycle < 3; cycle++) {
        mom_decisions_report(&a, *state);
        mom_decisions_report(&b, *state);
    }
    assert_string_equal(told->str, "I:io_tune of vm, disk sda: unknown -> , railed, rail io-limit;"
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

#define DECISIONS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DECISIONS_TEST(test_what_is_sent_is_told_with_its_place_every_time),
        DECISIONS_TEST(test_what_is_sent_along_unchanged_is_no_decision),
        DECISIONS_TEST(test_a_failure_is_told_once_until_it_changes_or_succeeds),
        DECISIONS_TEST(test_attempts_after_a_failure_are_quiet_until_one_works),
        DECISIONS_TEST(test_each_disk_has_faults_of_its_own),
        DECISIONS_TEST(test_calls_lost_with_the_connection_are_not_told_one_by_one),
        DECISIONS_TEST(test_a_rail_is_told_once_for_each_guest),
        DECISIONS_TEST(test_the_host_and_limits_are_named),
        DECISIONS_TEST(test_a_complaint_names_the_control_and_is_told_once),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
