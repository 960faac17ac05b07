/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cycle in virtual time: real policies, collectors, controllers and guard between a source and
 * an actuator of the test's own.
 *
 * What is asserted is what reaches the actuator, and when the source is asked.
 */
#include "agent/engine.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "tests/agent/kept-log.h"
#include "tests/agent/virtual-clock.h"
#include "tests/mom-test.h"

#define SECOND G_GINT64_CONSTANT(1000000)

/* Half of every guest's present size, if the policy `on` says so. */
static const char policy_defines[] = "(defvar on 1)\n(defvar part 0.5)\n";
static const char policy_act[] =
    "(defvar pressed (< Host.mem_free (* 0.9 Host.mem_available)))\n"
    "(def halve (guest) (if (and on pressed)\n"
    "  (guest.Control \"balloon_target\" (* part guest.balloon_max)) 0))\n"
    "(with Guests guest (halve guest))\n";

typedef struct {
    MomSource source;
    MomActuator actuator;
    VirtualClock *clock;
    MomEngine *engine;
    char *root;
    char *policy_dir;
    MomMonitorPlan *host_plan, *guest_plan;

    MomSourceDone done; /* an unanswered question */
    gpointer done_data;
    gboolean silent; /* leave questions open */
    int error_code;  /* of G_IO_ERROR, if there are no guests to tell */
    guint asked;
    GPtrArray *guests;
    GPtrArray *calls; /* "uuid target" */
} Fixture;

/* ---- the test's source and actuator ---- */

static void
answer(Fixture *f)
{
    MomSourceDone done = f->done;

    f->done = NULL;
    if (f->guests) {
        done(f->guests, NULL, f->done_data);
    } else {
        g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, f->error_code, "away");

        done(NULL, error, f->done_data);
    }
}

static void
source_sample(MomSource *source, MomSourceDone done, gpointer data)
{
    Fixture *f = (Fixture *)source;

    assert_null(f->done); /* never two questions at once */
    f->asked++;
    f->done = done;
    f->done_data = data;
    if (!f->silent) {
        answer(f);
    }
}

static const MomSourceClass source_class = {.sample = source_sample, .name = "test"};

static void
set_balloon_target(
    MomActuator *actuator, MomEntity *guest, gint64 target_kib, MomActuatorDone done, gpointer data)
{
    Fixture *f = (Fixture *)((char *)actuator - G_STRUCT_OFFSET(Fixture, actuator));

    g_ptr_array_add(f->calls,
                    g_strdup_printf("%s %" G_GINT64_FORMAT,
                                    mom_entity_get_string_property(guest, "uuid"), target_kib));
    if (done) {
        done(NULL, data);
    }
}

static const MomActuatorClass actuator_class = {.set_balloon_target = set_balloon_target};

/* ---- fixture ---- */

static void
add_guest(Fixture *f, const char *uuid, gint64 cur_kib)
{
    MomGuestData *guest = mom_guest_data_new(uuid, uuid);

    guest->has_balloon = TRUE;
    guest->balloon_cur_kib = mom_value_int(cur_kib);
    guest->balloon_max_kib = mom_value_int(4000000);
    guest->balloon_min_kib = mom_value_int(1000000);
    g_ptr_array_add(f->guests, guest);
}

static void
forget_guests(Fixture *f)
{
    g_clear_pointer(&f->guests, g_ptr_array_unref);
    f->guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_guest_data_free);
}

static void
write_file(const char *dir, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);

    assert_int_equal(g_mkdir_with_parents(parent, 0700), 0);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
write_host(Fixture *f, gint64 free_kib)
{
    g_autofree char *meminfo = g_strdup_printf("MemTotal:       10000000 kB\n"
                                               "MemFree:        %" G_GINT64_FORMAT " kB\n"
                                               "Buffers:        0 kB\nCached:         0 kB\n"
                                               "AnonPages:      0 kB\nSwapTotal:      0 kB\n"
                                               "SwapFree:       0 kB\n",
                                               free_kib);

    write_file(f->root, "proc/meminfo", meminfo);
    write_file(f->root, "proc/vmstat", "pswpin 0\npswpout 0\n");
}

static int
setup(void **state)
{
    const MomCollector *host[] = {mom_collector_find("HostMemory")};
    const MomCollector *guest[] = {mom_collector_find("GuestBalloonOptional")};
    static const MomController *controllers[2];
    Fixture *f = g_new0(Fixture, 1);

    g_string_truncate(told, 0);
    controllers[0] = mom_controller_find("Balloon");
    f->error_code = G_IO_ERROR_NOT_CONNECTED;
    f->source.klass = &source_class;
    f->actuator.klass = &actuator_class;
    f->clock = virtual_clock_new();
    f->root = g_dir_make_tmp("mom-engine-XXXXXX", NULL);
    f->policy_dir = g_build_filename(f->root, "mom.d", NULL);
    f->calls = g_ptr_array_new_with_free_func(g_free);
    forget_guests(f);
    write_host(f, 1000000);
    write_file(f->policy_dir, "00-defines.policy", policy_defines);
    write_file(f->policy_dir, "10-act.policy", policy_act);
    f->host_plan = mom_monitor_plan_new(host, 1, 10);
    f->guest_plan = mom_monitor_plan_new(guest, 1, 10);
    f->engine = mom_engine_new(&(MomEngineOptions){
        .source = &f->source,
        .actuator = &f->actuator,
        .clock = virtual_clock_base(f->clock),
        .host_plan = f->host_plan,
        .guest_plan = f->guest_plan,
        .controllers = controllers,
        .host_root = f->root,
        .policy_dir = f->policy_dir,
        .host_interval_us = 5 * SECOND,
        .guest_interval_us = 5 * SECOND,
        .policy_interval_us = 10 * SECOND,
        .fallback_after = 3,
    });
    *state = f;
    return 0;
}

static void
remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        remove_tree(child);
    }
    g_clear_pointer(&dir, g_dir_close);
    g_remove(path);
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_engine_free(f->engine);
    mom_monitor_plan_unref(f->host_plan);
    mom_monitor_plan_unref(f->guest_plan);
    virtual_clock_free(f->clock);
    remove_tree(f->root);
    g_free(f->root);
    g_free(f->policy_dir);
    g_clear_pointer(&f->guests, g_ptr_array_unref);
    g_ptr_array_unref(f->calls);
    g_free(f);
    return 0;
}

/* Starts and lets the first cycle pass. */
static void
start(Fixture *f)
{
    mom_engine_start(f->engine);
    virtual_clock_advance(f->clock, 0);
}

static void
assert_calls(Fixture *f, const char *expected)
{
    g_autofree char *joined = NULL;

    g_ptr_array_add(f->calls, NULL);
    joined = g_strjoinv(", ", (char **)f->calls->pdata);
    assert_string_equal(joined, expected);
    g_ptr_array_set_size(f->calls, 0);
}

/* ---- tests ---- */

static void
test_the_first_cycle_acts_at_once(void **state)
{
    Fixture *f = *state;

    add_guest(f, "a", 3000000);
    add_guest(f, "b", 3500000);
    start(f);
    assert_calls(f, "a 2000000, b 2000000");
    assert_int_equal(mom_engine_cycles(f->engine), 1);
}

static void
test_a_target_that_is_reached_is_not_sent_again(void **state)
{
    Fixture *f = *state;

    add_guest(f, "a", 3000000);
    start(f);
    assert_calls(f, "a 2000000");
    forget_guests(f);
    add_guest(f, "a", 2000000);
    virtual_clock_advance(f->clock, 3600 * SECOND);
    assert_calls(f, "");
    assert_int_equal(mom_engine_cycles(f->engine), 361);
}

static void
test_guests_are_sampled_between_decisions(void **state)
{
    Fixture *f = *state;

    start(f);
    virtual_clock_advance(f->clock, 20 * SECOND);
    assert_int_equal(f->asked, 5);
    assert_int_equal(mom_engine_cycles(f->engine), 3);
    assert_int_equal(mom_entity_n_samples(mom_engine_host(f->engine)), 6);
}

static void
test_guests_come_and_go(void **state)
{
    Fixture *f = *state;
    g_autoptr(GPtrArray) ready = NULL;

    add_guest(f, "a", 3000000);
    start(f);
    forget_guests(f);
    add_guest(f, "b", 3000000);
    virtual_clock_advance(f->clock, 10 * SECOND);
    assert_calls(f, "a 2000000, b 2000000");
    ready = mom_engine_guests(f->engine);
    assert_int_equal(ready->len, 1);
    assert_string_equal(mom_entity_get_string_property(g_ptr_array_index(ready, 0), "name"), "b");
}

static void
test_without_guest_data_nothing_is_decided_and_nobody_is_forgotten(void **state)
{
    Fixture *f = *state;
    g_autoptr(GPtrArray) ready = NULL;

    add_guest(f, "a", 3000000);
    start(f);
    assert_calls(f, "a 2000000");
    g_clear_pointer(&f->guests, g_ptr_array_unref);
    virtual_clock_advance(f->clock, 60 * SECOND);
    assert_calls(f, "");
    assert_int_equal(mom_engine_cycles(f->engine), 1);
    ready = mom_engine_guests(f->engine);
    assert_int_equal(ready->len, 1);
    assert_true(mom_entity_n_samples(mom_engine_host(f->engine)) > 2);
}

static void
test_a_source_that_is_away_is_one_warning_however_long(void **state)
{
    Fixture *f = *state;

    g_clear_pointer(&f->guests, g_ptr_array_unref);
    start(f);
    virtual_clock_advance(f->clock, 60 * SECOND);
    forget_guests(f);
    virtual_clock_advance(f->clock, 60 * SECOND);
    assert_string_equal(told->str, "W:No guest data from test, nothing is decided: away;"
                                   "I:Guest data comes again;");
}

static void
test_a_source_that_needs_time_is_no_warning(void **state)
{
    Fixture *f = *state;

    g_clear_pointer(&f->guests, g_ptr_array_unref);
    f->error_code = G_IO_ERROR_BUSY;
    start(f);
    virtual_clock_advance(f->clock, 60 * SECOND);
    assert_int_equal(mom_engine_cycles(f->engine), 0);
    forget_guests(f);
    virtual_clock_advance(f->clock, 60 * SECOND);
    assert_true(mom_engine_cycles(f->engine) > 0);
    assert_string_equal(told->str, "I:Waiting for test, nothing is decided: away;");
}

static void
test_a_slow_answer_is_not_asked_for_twice(void **state)
{
    Fixture *f = *state;

    f->silent = TRUE;
    add_guest(f, "a", 3000000);
    start(f);
    virtual_clock_advance(f->clock, 100 * SECOND);
    assert_int_equal(f->asked, 1);
    assert_calls(f, "");
    answer(f);
    assert_calls(f, "a 2000000");
    virtual_clock_advance(f->clock, 10 * SECOND);
    assert_int_equal(f->asked, 2);
}

static void
test_an_answer_after_the_stop_is_dropped(void **state)
{
    Fixture *f = *state;

    f->silent = TRUE;
    add_guest(f, "a", 3000000);
    start(f);
    mom_engine_stop(f->engine);
    answer(f);
    assert_calls(f, "");
}

static void
test_hints_bring_the_next_cycle_forward_but_not_faster_than_a_second(void **state)
{
    Fixture *f = *state;

    start(f);
    for (int i = 0; i < 100; i++) {
        mom_engine_hint(f->engine, "a test");
        virtual_clock_advance(f->clock, SECOND / 100);
    }
    assert_int_equal(mom_engine_cycles(f->engine), 2);
    virtual_clock_advance(f->clock, 3 * SECOND);
    assert_int_equal(mom_engine_cycles(f->engine), 2);
}

static void
test_samples_keep_step_with_decisions_after_a_hint(void **state)
{
    Fixture *f = *state;
    guint asked;

    start(f);
    virtual_clock_advance(f->clock, 3 * SECOND);
    mom_engine_hint(f->engine, "a test");
    virtual_clock_advance(f->clock, 0);
    asked = f->asked;
    assert_int_equal(asked, 2);
    virtual_clock_advance(f->clock, 40 * SECOND);
    assert_int_equal(f->asked - asked, 8);
    assert_int_equal(mom_entity_n_samples(mom_engine_host(f->engine)), 10);
    assert_int_equal(mom_engine_cycles(f->engine), 6);
}

static void
test_a_pushed_policy_acts_within_a_second(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    write_host(f, 9500000);
    add_guest(f, "a", 3000000);
    start(f);
    assert_calls(f, "");
    write_host(f, 1000000);
    assert_ok(mom_engine_set_policy(f->engine, "01-parameters", "(set part 0.7)", &error));
    virtual_clock_advance(f->clock, SECOND);
    assert_calls(f, "a 2800000");
}

static void
test_a_bad_push_is_refused_and_changes_nothing(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    add_guest(f, "a", 3000000);
    start(f);
    g_ptr_array_set_size(f->calls, 0);
    assert_fails(mom_engine_set_policy(f->engine, "01-parameters", "(set part", &error),
                 MOM_POLICY_ERROR, MOM_POLICY_ERROR_LOAD);
    assert_fails(mom_engine_set_policy(f->engine, "01-parameters", "(set nosuch 5)", &error),
                 MOM_POLICY_ERROR, MOM_POLICY_ERROR_EVAL);
    assert_fails(mom_engine_set_policy(f->engine, "00-defines", NULL, &error), MOM_POLICY_ERROR,
                 MOM_POLICY_ERROR_EVAL);
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), "01-parameters"));
    assert_non_null(mom_policy_store_get(mom_engine_policies(f->engine), "00-defines"));
    forget_guests(f);
    add_guest(f, "b", 3000000);
    virtual_clock_advance(f->clock, 10 * SECOND);
    assert_calls(f, "b 2000000");
}

static void
test_the_trial_of_a_push_turns_no_knob_and_keeps_no_variable(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    MomEntity *host = mom_engine_host(f->engine);
    MomValue kept;

    start(f);
    assert_ok(mom_engine_set_policy(f->engine, "90-note", "(Host.SetVar \"n\" 1)", &error));
    assert_int_equal(mom_entity_n_controls(host), 0);
    assert_false(mom_entity_get_variable(host, "n", &kept));
    virtual_clock_advance(f->clock, SECOND);
    assert_true(mom_entity_get_variable(host, "n", &kept));
}

static void
test_a_set_that_is_broken_already_can_be_repaired_in_steps(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    write_file(f->policy_dir, "05-broken.policy", "(set missing 1)");
    add_guest(f, "a", 3000000);
    start(f);
    assert_calls(f, "");
    assert_int_equal(mom_engine_cycles(f->engine), 0);
    assert_ok(mom_engine_set_policy(f->engine, "01-parameters", "(set part 0.5)", &error));
    assert_ok(mom_engine_set_policy(f->engine, "05-broken", NULL, &error));
    virtual_clock_advance(f->clock, SECOND);
    assert_calls(f, "a 2000000");
}

/* Fails on what guests are, which no trial without guests can tell. */
static const char policy_fails_with_guests[] =
    "(with Guests guest (+ 1 guest.balloon_cur nil))\n(with Guests guest (halve guest))\n";

static void
test_a_set_that_keeps_failing_gives_way_to_the_last_that_worked(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    start(f);
    assert_ok(mom_engine_set_policy(f->engine, "10-act", policy_fails_with_guests, &error));
    add_guest(f, "a", 3000000);
    virtual_clock_advance(f->clock, 20 * SECOND);
    assert_calls(f, "");
    virtual_clock_advance(f->clock, 20 * SECOND);
    assert_calls(f, "a 2000000");
    assert_non_null(strstr(told->str, "THE LAST POLICIES THAT WORKED ARE USED"));
    assert_string_equal(mom_policy_store_get(mom_engine_policies(f->engine), "10-act"),
                        policy_fails_with_guests);
    g_string_truncate(told, 0);
    forget_guests(f);
    add_guest(f, "b", 3000000);
    virtual_clock_advance(f->clock, 40 * SECOND);
    assert_calls(f, "b 2000000");
    assert_null(strstr(told->str, "W:"));
}

static void
test_a_new_policy_ends_the_use_of_the_last_that_worked(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    start(f);
    assert_ok(mom_engine_set_policy(f->engine, "10-act", policy_fails_with_guests, &error));
    add_guest(f, "a", 3000000);
    virtual_clock_advance(f->clock, 60 * SECOND);
    assert_calls(f, "a 2000000");
    assert_ok(mom_engine_set_policy(f->engine, "10-act", policy_act, &error));
    assert_ok(mom_engine_set_policy(f->engine, "01-parameters", "(set part 0.7)", &error));
    virtual_clock_advance(f->clock, SECOND);
    assert_calls(f, "a 2800000");
    assert_non_null(strstr(told->str, "I:The policies evaluate again;"));
}

static void
test_a_policy_file_with_a_fault_leaves_the_others_in_force(void **state)
{
    Fixture *f = *state;

    write_file(f->policy_dir, "07-syntax.policy", "(defvar");
    add_guest(f, "a", 3000000);
    start(f);
    assert_calls(f, "a 2000000");
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), "07-syntax"));
}

static void
test_reset_reads_the_files_again(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    start(f);
    assert_ok(mom_engine_replace_policies(f->engine, "(defvar x 1)", &error));
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), "00-defines"));
    assert_ok(mom_engine_reset_policies(f->engine, &error));
    assert_non_null(mom_policy_store_get(mom_engine_policies(f->engine), "00-defines"));
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), MOM_POLICY_MAIN_NAME));
}

static void
test_a_host_that_cannot_be_read_stops_decisions_until_it_can(void **state)
{
    Fixture *f = *state;

    write_file(f->root, "proc/meminfo", "nonsense\n");
    add_guest(f, "a", 3000000);
    start(f);
    assert_calls(f, "");
    write_host(f, 1000000);
    virtual_clock_advance(f->clock, 10 * SECOND);
    assert_calls(f, "a 2000000");
}

#define ENGINE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(test_the_first_cycle_acts_at_once),
        ENGINE_TEST(test_a_target_that_is_reached_is_not_sent_again),
        ENGINE_TEST(test_guests_are_sampled_between_decisions),
        ENGINE_TEST(test_guests_come_and_go),
        ENGINE_TEST(test_without_guest_data_nothing_is_decided_and_nobody_is_forgotten),
        ENGINE_TEST(test_a_source_that_is_away_is_one_warning_however_long),
        ENGINE_TEST(test_a_source_that_needs_time_is_no_warning),
        ENGINE_TEST(test_a_slow_answer_is_not_asked_for_twice),
        ENGINE_TEST(test_an_answer_after_the_stop_is_dropped),
        ENGINE_TEST(test_hints_bring_the_next_cycle_forward_but_not_faster_than_a_second),
        ENGINE_TEST(test_samples_keep_step_with_decisions_after_a_hint),
        ENGINE_TEST(test_a_pushed_policy_acts_within_a_second),
        ENGINE_TEST(test_a_bad_push_is_refused_and_changes_nothing),
        ENGINE_TEST(test_the_trial_of_a_push_turns_no_knob_and_keeps_no_variable),
        ENGINE_TEST(test_a_set_that_is_broken_already_can_be_repaired_in_steps),
        ENGINE_TEST(test_a_set_that_keeps_failing_gives_way_to_the_last_that_worked),
        ENGINE_TEST(test_a_new_policy_ends_the_use_of_the_last_that_worked),
        ENGINE_TEST(test_a_policy_file_with_a_fault_leaves_the_others_in_force),
        ENGINE_TEST(test_reset_reads_the_files_again),
        ENGINE_TEST(test_a_host_that_cannot_be_read_stops_decisions_until_it_can),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
