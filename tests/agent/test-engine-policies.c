/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Policies in the engine: pushed, refused, left out, failing, stood in for.
 *
 * What is asserted is what reaches the actuator, what stays in force, and what the log says.
 */
#include "tests/agent/engine-fixture.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

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
    assert_fails(mom_engine_set_policy(f->engine, "01-parameters", "(set part", &error),
                 MOM_POLICY_ERROR, MOM_POLICY_ERROR_LOAD);
    assert_fails(mom_engine_set_policy(f->engine, "01-parameters", "(set nosuch 5)", &error),
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
        ENGINE_TEST(test_reset_reads_the_files_again),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
