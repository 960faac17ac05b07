/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Policies in the engine: pushed, refused, left out, failing, stood in for.
 *
 * What is asserted is what reaches the actuator, what stays in force, and what the log says.
 */
#include "tests/agent/engine-fixture.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

static void
test_a_pushed_policy_acts_within_a_second(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_write_host(f, 9500000);
    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_assert_calls(f, "");
    engine_write_host(f, 1000000);
    assert_ok(mom_engine_set_policy(f->engine, "01-parameters", "(set part 0.7)", &error));
    virtual_clock_advance(f->clock, SECOND);
    engine_assert_calls(f, "a 2800000");
}

static void
test_a_bad_push_is_refused_and_changes_nothing(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    g_ptr_array_set_size(f->calls, 0);
    /* No line of the tuning policy is left; any other policy is refused for one bad line. */
    assert_fails(mom_engine_set_policy(f->engine, "01-parameters", "(set part", &error),
                 MOM_POLICY_ERROR, MOM_POLICY_ERROR_LOAD);
    assert_fails(mom_engine_set_policy(f->engine, "01-parameters", "(set nosuch 5)", &error),
                 MOM_POLICY_ERROR, MOM_POLICY_ERROR_LOAD);
    assert_fails(
        mom_engine_set_policy(f->engine, "02-mine", "(set part 0.7)\n(set nosuch 5)", &error),
        MOM_POLICY_ERROR, MOM_POLICY_ERROR_LOAD);
    assert_fails(mom_engine_set_policy(f->engine, "00-defines", NULL, &error), MOM_POLICY_ERROR,
                 MOM_POLICY_ERROR_LOAD);
    assert_fails(mom_engine_set_policy(f->engine, "20-late", "(/ 1 (- on on))", &error),
                 MOM_POLICY_ERROR, MOM_POLICY_ERROR_EVAL);
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), "01-parameters"));
    assert_non_null(mom_policy_store_get(mom_engine_policies(f->engine), "00-defines"));
    engine_forget_guests(f);
    engine_add_guest(f, "b", 3000000);
    virtual_clock_advance(f->clock, 10 * SECOND);
    engine_assert_calls(f, "b 2000000");
}

static void
test_the_trial_of_a_push_turns_no_knob_and_keeps_no_variable(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;
    MomEntity *host = mom_engine_host(f->engine);
    MomValue kept;

    engine_start(f);
    assert_ok(mom_engine_set_policy(f->engine, "90-note", "(Host.SetVar \"n\" 1)", &error));
    assert_int_equal(mom_entity_n_controls(host), 0);
    assert_false(mom_entity_get_variable(host, "n", &kept));
    virtual_clock_advance(f->clock, SECOND);
    assert_true(mom_entity_get_variable(host, "n", &kept));
}

static void
test_a_set_that_is_broken_already_can_be_repaired_in_steps(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_write_file(f->policy_dir, "05-broken.policy", "(/ 1 (- Host.mem_free Host.mem_free))");
    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_assert_calls(f, "");
    assert_int_equal(mom_engine_cycles(f->engine), 0);
    assert_ok(mom_engine_set_policy(f->engine, "01-parameters", "(set part 0.5)", &error));
    assert_ok(mom_engine_set_policy(f->engine, "05-broken", NULL, &error));
    virtual_clock_advance(f->clock, SECOND);
    engine_assert_calls(f, "a 2000000");
}

static const char policy_fails_with_guests[] = "(with Guests guest (+ guest.balloon_cur \"x\"))\n";

static void
test_a_set_that_keeps_failing_gives_way_to_the_last_that_worked(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_start(f);
    assert_ok(mom_engine_set_policy(f->engine, "10-act", policy_fails_with_guests, &error));
    engine_add_guest(f, "a", 3000000);
    virtual_clock_advance(f->clock, 20 * SECOND);
    engine_assert_calls(f, "");
    virtual_clock_advance(f->clock, 20 * SECOND);
    engine_assert_calls(f, "a 2000000");
    assert_non_null(strstr(told->str, "THE LAST POLICIES THAT WORKED ARE USED"));
    assert_true(mom_engine_uses_last_good(f->engine));
    assert_non_null(mom_engine_policy_fault(f->engine));
    assert_string_equal(mom_policy_store_get(mom_engine_policies(f->engine), "10-act"),
                        policy_fails_with_guests);
    g_string_truncate(told, 0);
    engine_forget_guests(f);
    engine_add_guest(f, "b", 3000000);
    virtual_clock_advance(f->clock, 40 * SECOND);
    engine_assert_calls(f, "b 2000000");
    assert_null(strstr(told->str, "W:"));
}

static void
test_a_new_policy_ends_the_use_of_the_last_that_worked(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_start(f);
    assert_ok(mom_engine_set_policy(f->engine, "10-act", policy_fails_with_guests, &error));
    engine_add_guest(f, "a", 3000000);
    virtual_clock_advance(f->clock, 60 * SECOND);
    engine_assert_calls(f, "a 2000000");
    assert_ok(mom_engine_set_policy(f->engine, "10-act", engine_policy_act, &error));
    assert_ok(mom_engine_set_policy(f->engine, "01-parameters", "(set part 0.7)", &error));
    virtual_clock_advance(f->clock, SECOND);
    engine_assert_calls(f, "a 2800000");
    assert_non_null(strstr(told->str, "I:The policies evaluate again;"));
    assert_false(mom_engine_uses_last_good(f->engine));
    assert_null(mom_engine_policy_fault(f->engine));
}

static void
test_a_policy_file_with_a_fault_leaves_the_others_in_force(void **state)
{
    EngineFixture *f = *state;

    engine_write_file(f->policy_dir, "07-syntax.policy", "(defvar");
    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_assert_calls(f, "a 2000000");
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), "07-syntax"));
}

static void
test_a_policy_file_that_is_certain_to_fail_is_left_out(void **state)
{
    EngineFixture *f = *state;

    engine_write_file(f->policy_dir, "05-unknown.policy", "(set missing 1)");
    engine_write_file(f->policy_dir, "06-field.policy", "(+ Host.mem_fre 1)");
    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_assert_calls(f, "a 2000000");
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), "05-unknown"));
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), "06-field"));
    assert_non_null(strstr(told->str, "W:policy left out: 05-unknown:1:"));
    assert_non_null(strstr(told->str, "mem_free"));
}

static void
test_doubts_about_a_push_are_told_but_do_not_refuse_it(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_start(f);
    assert_ok(
        mom_engine_set_policy(f->engine, "20-note", "(Host.Control \"balloon_targe\" 1)", &error));
    assert_non_null(strstr(told->str, "W:20-note:1:"));
    assert_non_null(strstr(told->str, "balloon_target"));
}

/* What the status lists, "; " behind each. */
static void
assert_set_aside(EngineFixture *f, const char *expected)
{
    g_auto(GStrv) list = mom_engine_set_aside(f->engine);
    g_autofree char *joined = g_strjoinv("; ", list);

    assert_string_equal(joined, expected);
}

#define PUSHED "(set on 1)\n(set nosuch 5)\n(set part {'a': 1})\n(set part 0.7)"

static void
test_a_bad_line_of_the_tuning_policy_costs_only_itself(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_assert_calls(f, "a 2000000");
    assert_ok(mom_engine_set_policy(f->engine, "01-parameters", PUSHED, &error));
    virtual_clock_advance(f->clock, SECOND);
    engine_assert_calls(f, "a 2800000");
    assert_string_equal(mom_policy_store_get(mom_engine_policies(f->engine), "01-parameters"),
                        PUSHED);
    assert_set_aside(f, "01-parameters:2:6: (set nosuch 5): no policy before this one defines the "
                        "parameter nosuch; "
                        "01-parameters:3:15: (set part {'a': 1}): unexpected character ':'");
    assert_non_null(strstr(told->str, "W:line set aside, the others take effect: "
                                      "01-parameters:2:6: (set nosuch 5): "));
    assert_non_null(strstr(told->str, "01-parameters:3:15: (set part {'a': 1}): "));
}

static void
test_a_line_is_told_when_it_is_set_aside_and_when_it_no_longer_is(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_start(f);
    assert_ok(mom_engine_set_policy(f->engine, "01-parameters", PUSHED, &error));
    g_string_truncate(told, 0);
    assert_ok(mom_engine_set_policy(f->engine, "01-parameters", PUSHED, &error));
    assert_ok(
        mom_engine_set_policy(f->engine, "01-parameters", "\n" PUSHED "\n(set on 1)", &error));
    assert_string_equal(told->str, "");
    assert_ok(mom_engine_set_policy(f->engine, "00-more", "(defvar nosuch 1)", &error));
    assert_string_equal(told->str, "I:line of 01-parameters no longer set aside: (set nosuch 5);");
}

/* A line that only fails when it runs is found by the trial, in a check as in a push. */
static void
test_a_check_says_what_a_push_would_say(void **state)
{
    static const char *const text = "(set part (/ 1 0))\n(set on 1)";
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) before = NULL;
    g_autoptr(GPtrArray) other = NULL;
    const MomFinding *finding;

    engine_start(f);
    before = mom_engine_check_policy(f->engine, "01-parameters", text);
    assert_int_equal(before->len, 1);
    finding = before->pdata[0];
    assert_int_equal(finding->severity, MOM_FINDING_WARNING);
    assert_int_equal(finding->line, 1);
    assert_ok(mom_engine_set_policy(f->engine, "01-parameters", text, &error));
    /* Nor is another policy blamed for it. */
    other = mom_engine_check_policy(f->engine, "00-more", "(defvar other 1)");
    assert_int_equal(other->len, 0);
}

static void
test_the_tuning_policy_is_looked_at_anew_when_others_change(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_start(f);
    assert_ok(mom_engine_set_policy(f->engine, "00-more", "(defvar other 1)", &error));
    assert_ok(
        mom_engine_set_policy(f->engine, "01-parameters", "(set other 5)\n(set part 0.7)", &error));
    assert_set_aside(f, "");
    assert_ok(mom_engine_set_policy(f->engine, "00-more", NULL, &error));
    assert_set_aside(f, "01-parameters:1:6: (set other 5): no policy before this one defines the "
                        "parameter other");
    engine_write_file(f->policy_dir, "00-more.policy", "(defvar other 1)");
    engine_write_file(f->policy_dir, "01-parameters.policy",
                      "(set other 6)\n(set part 0.5)\n(set x 1)");
    assert_ok(mom_engine_reset_policies(f->engine, &error));
    assert_set_aside(f, "01-parameters:3:6: (set x 1): no policy before this one defines the "
                        "parameter x");
    assert_ok(mom_engine_replace_policies(f->engine, "(defvar alone 1)", &error));
    assert_set_aside(f, "");
}

static void
test_a_tuning_file_with_a_fault_is_used_without_it(void **state)
{
    EngineFixture *f = *state;

    engine_write_file(f->policy_dir, "01-parameters.policy",
                      "(set part 0.7)\n(set part\n(set x 1)\n");
    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_assert_calls(f, "a 2800000");
    assert_set_aside(f, "01-parameters:2:1: (set part: '(' is never closed; "
                        "01-parameters:3:6: (set x 1): no policy before this one defines the "
                        "parameter x");
}

static void
test_a_tuning_file_that_is_no_text_is_left_out(void **state)
{
    EngineFixture *f = *state;

    engine_write_file(f->policy_dir, "01-parameters.policy", "(set part '\xff')");
    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_assert_calls(f, "a 2000000");
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), "01-parameters"));
    assert_non_null(strstr(told->str, "W:policy not loaded: "));
    assert_non_null(strstr(told->str, "01-parameters:1:12: byte 0xff is no UTF-8"));
}

static void
test_a_line_that_fails_in_the_trial_is_set_aside_too(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_assert_calls(f, "a 2000000");
    assert_ok(mom_engine_set_policy(f->engine, "01-parameters",
                                    "(set on (/ 1 (- on on)))\n(set part 0.7)", &error));
    virtual_clock_advance(f->clock, SECOND);
    engine_assert_calls(f, "a 2800000");
    assert_set_aside(f, "01-parameters:1:10: (set on (/ 1 (- on on))): division by zero");
}

/* The value is one; what a policy makes of it fails, and any of its lines may be the cause. */
static void
test_a_value_that_fails_in_another_policy_is_refused(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    assert_fails(
        mom_engine_set_policy(f->engine, "01-parameters", "(set part nil)\n(set nosuch 1)", &error),
        MOM_POLICY_ERROR, MOM_POLICY_ERROR_EVAL);
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), "01-parameters"));
    assert_set_aside(f, "");
    assert_null(strstr(told->str, "set aside"));
}

static void
test_a_bad_key_does_not_poison_later_good_ones(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_assert_calls(f, "a 2000000");
    /* The first push is bad as a whole, which the engine must learn. */
    assert_false(mom_engine_set_policy(f->engine, "01-parameters", "(set nosuch 5)", &error));
    assert_string_equal(error->message,
                        "01-parameters:1:6: no line of this policy can take effect: "
                        "(set nosuch 5): no policy before this one defines the "
                        "parameter nosuch");
    g_clear_error(&error);
    assert_ok(mom_engine_set_policy(f->engine, "01-parameters", "(set nosuch 5)\n(set part 0.7)",
                                    &error));
    virtual_clock_advance(f->clock, SECOND);
    engine_assert_calls(f, "a 2800000");
}

static void
test_any_number_of_bad_lines_is_set_aside(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    g_auto(GStrv) list = NULL;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    engine_assert_calls(f, "a 2000000");
    for (guint i = 0; i < 20000; i++)
        g_string_append_printf(text, "(set nosuch%u 5)\n", i);
    g_string_append(text, "(set part 0.7)");
    assert_ok(mom_engine_set_policy(f->engine, "01-parameters", text->str, &error));
    virtual_clock_advance(f->clock, SECOND);
    engine_assert_calls(f, "a 2800000");
    list = mom_engine_set_aside(f->engine);
    assert_int_equal(g_strv_length(list), 33);
    assert_string_equal(list[32], "19968 more");
    assert_non_null(strstr(told->str, "W:lines set aside: 19968 more of 01-parameters;"));
}

static void
test_a_line_that_needs_one_set_aside_is_set_aside(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_start(f);
    assert_ok(mom_engine_set_policy(f->engine, "01-parameters",
                                    "(defvar u nosuch)\n(defvar v u)\n(set on v)\n(set part 0.7)",
                                    &error));
    assert_set_aside(f, "01-parameters:1:11: (defvar u nosuch): unknown variable nosuch; "
                        "01-parameters:2:11: (defvar v u): unknown variable u; "
                        "01-parameters:3:9: (set on v): unknown variable v");
}

static void
test_reset_reads_the_files_again(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_start(f);
    assert_ok(mom_engine_replace_policies(f->engine, "(defvar x 1)", &error));
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), "00-defines"));
    assert_ok(mom_engine_reset_policies(f->engine, &error));
    assert_non_null(mom_policy_store_get(mom_engine_policies(f->engine), "00-defines"));
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), MOM_POLICY_MAIN_NAME));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(test_a_pushed_policy_acts_within_a_second),
        ENGINE_TEST(test_a_bad_push_is_refused_and_changes_nothing),
        ENGINE_TEST(test_the_trial_of_a_push_turns_no_knob_and_keeps_no_variable),
        ENGINE_TEST(test_a_set_that_is_broken_already_can_be_repaired_in_steps),
        ENGINE_TEST(test_a_set_that_keeps_failing_gives_way_to_the_last_that_worked),
        ENGINE_TEST(test_a_new_policy_ends_the_use_of_the_last_that_worked),
        ENGINE_TEST(test_a_policy_file_with_a_fault_leaves_the_others_in_force),
        ENGINE_TEST(test_a_policy_file_that_is_certain_to_fail_is_left_out),
        ENGINE_TEST(test_doubts_about_a_push_are_told_but_do_not_refuse_it),
        ENGINE_TEST(test_a_bad_line_of_the_tuning_policy_costs_only_itself),
        ENGINE_TEST(test_a_line_is_told_when_it_is_set_aside_and_when_it_no_longer_is),
        ENGINE_TEST(test_a_check_says_what_a_push_would_say),
        ENGINE_TEST(test_the_tuning_policy_is_looked_at_anew_when_others_change),
        ENGINE_TEST(test_a_tuning_file_with_a_fault_is_used_without_it),
        ENGINE_TEST(test_a_tuning_file_that_is_no_text_is_left_out),
        ENGINE_TEST(test_a_line_that_fails_in_the_trial_is_set_aside_too),
        ENGINE_TEST(test_a_value_that_fails_in_another_policy_is_refused),
        ENGINE_TEST(test_a_bad_key_does_not_poison_later_good_ones),
        ENGINE_TEST(test_any_number_of_bad_lines_is_set_aside),
        ENGINE_TEST(test_a_line_that_needs_one_set_aside_is_set_aside),
        ENGINE_TEST(test_reset_reads_the_files_again),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
