/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How quiet the log is: hours in virtual time on a host where nothing happens, and where something
 * goes on being wrong.
 *
 * The stock policies over guests that behave like guests: their numbers are never twice the same.
 * What is counted is every line above debug.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "agent/service.h"
#include "tests/agent/engine-fixture.h"
#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

#define N_GUESTS 24
#define HOUR_S 3600
#define STEP_S 15 /* new numbers so often, as often as vdsm's are decided on */

typedef struct {
    EngineFixture peers; /* first */
    MomService service;
    guint seed;
    gint64 host_free_kib;
    gint64 guest_unused_kib;
} Fixture;

/* ---- a host that lives ---- */

static gint64
jitter(Fixture *f, gint64 about, gint64 by)
{
    f->seed = f->seed * 1103515245 + 12345;
    return about + (gint64)(f->seed >> 8) % (2 * by + 1) - by;
}

static void
live(Fixture *f)
{
    engine_write_host(&f->peers, jitter(f, f->host_free_kib, f->host_free_kib / 100));
    for (guint i = 0; f->peers.guests && i < f->peers.guests->len; i++) {
        MomGuestData *guest = g_ptr_array_index(f->peers.guests, i);

        guest->mem_unused_kib =
            mom_value_int(jitter(f, f->guest_unused_kib, f->guest_unused_kib / 100));
    }
}

static void
pass(Fixture *f, gint64 seconds)
{
    for (gint64 i = 0; i < seconds / STEP_S; i++) {
        live(f);
        virtual_clock_advance(f->peers.clock, STEP_S * SECOND);
    }
}

static void
add_guests(Fixture *f)
{
    for (int i = 0; i < N_GUESTS; i++) {
        g_autofree char *uuid = g_strdup_printf("vm-%d", i);
        MomGuestData *guest;

        engine_add_guest(&f->peers, uuid, 4000000);
        guest = g_ptr_array_index(f->peers.guests, (guint)i);
        guest->has_memory = TRUE;
        guest->mem_available_kib = mom_value_int(3900000);
        guest->mem_free_kib = guest->mem_unused_kib = mom_value_int(f->guest_unused_kib);
        guest->major_faults = guest->minor_faults = mom_value_int(0);
        guest->swap_in = guest->swap_out = mom_value_int(0);
        guest->swap_total_kib = guest->swap_usage_kib = mom_value_int(0);
        guest->vcpu_user_limit = mom_value_int(100);
        guest->vcpu_count = mom_value_int(4);
        guest->vcpu_quota_us = mom_value_int(-1);
        guest->vcpu_period_us = mom_value_int(100000);
    }
}

/* ---- fixture ---- */

static void
copy_policies(const char *to)
{
    g_autofree char *from =
        g_build_filename(g_getenv("MOM_SOURCE_ROOT"), "contrib", "vdsm", "mom.d", NULL);
    g_autoptr(GDir) dir = g_dir_open(from, 0, NULL);
    const char *name;

    assert_non_null(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(from, name, NULL);
        g_autofree char *text = NULL;

        assert_true(g_file_get_contents(path, &text, NULL, NULL));
        engine_write_file(to, name, text);
    }
    engine_write_file(to, "01-parameters.policy", "(set balloonEnabled True)\n");
}

static void
write_ksm(const char *root)
{
    static const char *const files[] = {
        "full_scans",        "pages_sharing", "pages_unshared", "run",
        "pages_shared",      "pages_to_scan", "pages_volatile", "sleep_millisecs",
        "merge_across_nodes"};
    g_autofree char *dir = g_build_filename(root, "sys", "kernel", "mm", "ksm", NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
        engine_write_file(dir, files[i], "0\n");
}

static int
setup(void **state)
{
    const MomCollector *host[] = {mom_collector_find("HostMemory"), mom_collector_find("HostKSM"),
                                  mom_collector_find("HostCpu")};
    const MomCollector *guest[] = {
        mom_collector_find("GuestMemoryOptional"), mom_collector_find("GuestBalloonOptional"),
        mom_collector_find("GuestCpuTune"), mom_collector_find("GuestIoTuneOptional")};
    static const MomController *controllers[3];
    Fixture *f = g_new0(Fixture, 1);
    EngineFixture *peers = &f->peers;

    controllers[0] = mom_controller_find("Balloon");
    controllers[1] = mom_controller_find("CpuTune");
    f->seed = 1;
    f->host_free_kib = 5000000;
    f->guest_unused_kib = 2000000;
    peers->error_code = G_IO_ERROR_NOT_CONNECTED;
    peers->clock = virtual_clock_new();
    peers->root = g_dir_make_tmp("mom-quiet-XXXXXX", NULL);
    peers->policy_dir = g_build_filename(peers->root, "mom.d", NULL);
    engine_use_peers(peers);
    peers->follow = TRUE;
    copy_policies(peers->policy_dir);
    live(f);
    write_ksm(peers->root);
    engine_write_file(peers->root, "proc/cpuinfo", "processor : 0\n");
    engine_write_file(peers->root, "proc/stat", "cpu 1 2 3 4\n");
    peers->host_plan = mom_monitor_plan_new(host, G_N_ELEMENTS(host), 10);
    peers->guest_plan = mom_monitor_plan_new(guest, G_N_ELEMENTS(guest), 10);
    peers->engine = mom_engine_new(&(MomEngineOptions){
        .source = &peers->source,
        .actuator = &peers->actuator,
        .clock = virtual_clock_base(peers->clock),
        .host_plan = peers->host_plan,
        .guest_plan = peers->guest_plan,
        .controllers = controllers,
        .host_root = peers->root,
        .policy_dir = peers->policy_dir,
        .host_interval_us = 5 * SECOND,
        .guest_interval_us = 5 * SECOND,
        .policy_interval_us = 15 * SECOND,
        .fallback_after = 3,
    });
    mom_service_init(&f->service, peers->engine, NULL, NULL);
    add_guests(f);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_service_clear(&f->service);
    return engine_teardown(state);
}

/* Starts, and forgets what is told while things settle. */
static void
settle(Fixture *f)
{
    mom_engine_start(f->peers.engine);
    pass(f, 600);
    if (mom_engine_cycles(f->peers.engine) <= 30)
        print_error("too few cycles:\n%s\n", told->str);
    assert_true(mom_engine_cycles(f->peers.engine) > 30);
    assert_null(mom_engine_policy_fault(f->peers.engine));
    g_string_truncate(told, 0);
    g_ptr_array_set_size(f->peers.calls, 0);
}

static guint
lines_told(void)
{
    guint lines = 0;

    for (const char *p = told->str; *p; p++)
        lines += *p == ';' && (p[1] == '\0' || ((p[1] == 'W' || p[1] == 'I') && p[2] == ':'));
    return lines;
}

static void
assert_lines(guint expected)
{
    if (lines_told() != expected)
        print_error("%u lines and not %u:\n%s\n", lines_told(), expected, told->str);
    assert_int_equal(lines_told(), expected);
    g_string_truncate(told, 0);
}

/* ---- nothing happens ---- */

static void
a_host_with_room_says_nothing(void **state)
{
    Fixture *f = *state;

    settle(f);
    pass(f, 12 * HOUR_S);
    assert_lines(0);
    assert_int_equal(f->peers.calls->len, 0);
}

/* Guests have been shrunk to what they need, and what they need is never twice the same. */
static void
a_host_that_is_short_and_has_settled_says_nothing(void **state)
{
    Fixture *f = *state;
    const MomGuestData *guest;

    f->host_free_kib = 1500000;
    settle(f);
    pass(f, HOUR_S);
    guest = g_ptr_array_index(f->peers.guests, 0);
    assert_true(guest->balloon_cur_kib.integer < 3500000);
    g_string_truncate(told, 0);
    pass(f, 6 * HOUR_S);
    assert_lines(0);
}

static void
a_push_of_the_same_parameters_says_nothing(void **state)
{
    Fixture *f = *state;
    MomRpcService *rpc = &f->service.base;
    g_autoptr(GError) error = NULL;

    settle(f);
    for (int i = 0; i < 240; i++) {
        assert_ok(rpc->klass->set_named_policy(rpc, "01-parameters", "(set balloonEnabled True)\n",
                                               &error));
        pass(f, STEP_S);
    }
    assert_lines(0);
    assert_ok(
        rpc->klass->set_named_policy(rpc, "01-parameters", "(set balloonEnabled False)\n", &error));
    assert_lines(1);
}

/* ---- something goes on being wrong ---- */

static void
a_push_that_is_refused_again_and_again_is_told_once(void **state)
{
    Fixture *f = *state;
    MomRpcService *rpc = &f->service.base;
    g_autoptr(GError) error = NULL;

    settle(f);
    for (int i = 0; i < 720; i++) {
        assert_false(rpc->klass->set_named_policy(rpc, "01-parameters", "(set nosuch 1)", &error));
        g_clear_error(&error);
        virtual_clock_advance(f->peers.clock, 5 * SECOND);
    }
    assert_non_null(strstr(told->str, "W:setNamedPolicy(01-parameters) refused"));
    assert_lines(1);
    assert_false(rpc->klass->set_named_policy(rpc, "01-parameters", "(set other 1)", &error));
    g_clear_error(&error);
    assert_lines(1);
    assert_ok(
        rpc->klass->set_named_policy(rpc, "01-parameters", "(set balloonEnabled True)\n", &error));
    assert_string_equal(told->str, "I:setNamedPolicy(01-parameters) accepted;");
}

/* Each of a thousand names refused once is a thousand lines, but no memory. */
static void
refusals_of_many_names_are_bounded(void **state)
{
    g_autoptr(MomPushes) pushes = mom_pushes_new();

    for (int i = 0; i < 1000; i++) {
        g_autofree char *what = g_strdup_printf("setNamedPolicy(%d)", i);

        mom_pushes_refused(pushes, what, "no");
    }
    g_string_truncate(told, 0);
    mom_pushes_refused(pushes, "setNamedPolicy(999)", "no");
    assert_lines(0);
    mom_pushes_refused(pushes, "setNamedPolicy(1)", "no");
    assert_lines(1);
}

static void
a_source_that_is_away_is_told_once_and_when_it_is_back(void **state)
{
    Fixture *f = *state;

    settle(f);
    f->peers.error_code =
        G_IO_ERROR_TIMED_OUT; /* NOT_CONNECTED is told by who keeps the connection */
    g_clear_pointer(&f->peers.guests, g_ptr_array_unref);
    pass(f, 6 * HOUR_S);
    assert_lines(1);
    engine_forget_guests(&f->peers);
    add_guests(f);
    pass(f, HOUR_S);
    assert_string_equal(told->str, "I:Guest data comes again;");
}

static void
a_source_that_needs_time_is_told_once(void **state)
{
    Fixture *f = *state;

    settle(f);
    f->peers.error_code = G_IO_ERROR_BUSY;
    g_clear_pointer(&f->peers.guests, g_ptr_array_unref);
    pass(f, HOUR_S);
    assert_lines(1);
}

/* Fails, with another number in the message each time. */
static void
policies_that_fail_in_each_cycle_are_told_when_it_begins_and_ends(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_ok(mom_engine_set_policy(f->peers.engine, "90-odd",
                                    "(if (> (Host.StatAvg \"mem_free\") 6000000)"
                                    " (floor (* (Host.StatAvg \"mem_free\") 10000000000000)) 0)",
                                    &error));
    mom_engine_start(f->peers.engine);
    assert_ok(mom_engine_set_policy(f->peers.engine, "90-odd",
                                    "(if (> (Host.StatAvg \"mem_free\") 6000000)"
                                    " (floor (* (Host.StatAvg \"mem_free\") 10000000000000)) 0)",
                                    &error));
    pass(f, 600);
    g_string_truncate(told, 0);
    f->host_free_kib = 8000000;
    pass(f, 4 * HOUR_S);
    assert_non_null(strstr(told->str, "W:Policy error, nothing is changed: 90-odd:1:"));
    assert_lines(1);
    f->host_free_kib = 5000000;
    pass(f, HOUR_S);
    assert_string_equal(told->str, "I:The policies evaluate again;");
}

static void
a_knob_that_is_refused_in_each_cycle_is_told_when_it_begins_and_ends(void **state)
{
    Fixture *f = *state;

    settle(f);
    f->peers.refusal = "no such VM";
    f->host_free_kib = 1000000; /* short: guests are to shrink */
    pass(f, 4 * HOUR_S);
    assert_true(f->peers.calls->len > 100 * N_GUESTS);
    assert_lines(2 * N_GUESTS); /* that it was sent, and that it failed */
    f->host_free_kib = 5000000;
    pass(f, HOUR_S);
    assert_non_null(strstr(told->str, "failed: no longer wished"));
    assert_lines(N_GUESTS);
}

/* Half of the time its size is not told. */
static void
a_guest_with_odd_data_is_told_once(void **state)
{
    Fixture *f = *state;
    MomGuestData *odd;

    settle(f);
    for (int i = 0; i < 480; i++) {
        odd = g_ptr_array_index(f->peers.guests, 3);
        odd->has_balloon = odd->has_memory = i % 2;
        odd->vcpu_count = i % 3 ? MOM_NIL : mom_value_string("many");
        pass(f, STEP_S);
    }
    assert_true(lines_told() <= 2);
    g_string_truncate(told, 0);
    odd->has_balloon = odd->has_memory = TRUE;
    odd->vcpu_count = MOM_NIL;
    pass(f, HOUR_S);
    assert_true(lines_told() <= 2);
}

/* The balloon does not move, whatever is sent: after the first line one that it is sent again. */
static void
a_guest_that_does_not_follow_is_told_once(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_ok(mom_engine_set_policy(f->peers.engine, "90-half",
                                    "(with Guests g (if (== (g.Prop \"name\") 'vm-0')"
                                    " (g.Control \"balloon_target\" 2000000) 0))",
                                    &error));
    mom_engine_start(f->peers.engine);
    assert_ok(mom_engine_set_policy(f->peers.engine, "90-half",
                                    "(with Guests g (if (== (g.Prop \"name\") 'vm-0')"
                                    " (g.Control \"balloon_target\" 2000000) 0))",
                                    &error));
    f->peers.follow = FALSE;
    g_string_truncate(told, 0);
    pass(f, 12 * HOUR_S);
    assert_non_null(strstr(told->str, "stuck: its balloon does not move"));
    assert_lines(3); /* sent, sent again, stuck */
    f->peers.follow = TRUE;
    pass(f, 2 * HOUR_S);
    assert_non_null(strstr(told->str, "follows"));
    assert_lines(2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_host_with_room_says_nothing),
        TEST(a_host_that_is_short_and_has_settled_says_nothing),
        TEST(a_push_of_the_same_parameters_says_nothing),
        TEST(a_push_that_is_refused_again_and_again_is_told_once),
        TEST(refusals_of_many_names_are_bounded),
        TEST(a_source_that_is_away_is_told_once_and_when_it_is_back),
        TEST(a_source_that_needs_time_is_told_once),
        TEST(policies_that_fail_in_each_cycle_are_told_when_it_begins_and_ends),
        TEST(a_knob_that_is_refused_in_each_cycle_is_told_when_it_begins_and_ends),
        TEST(a_guest_with_odd_data_is_told_once),
        TEST(a_guest_that_does_not_follow_is_told_once),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests_name("quiet", tests, NULL, NULL);
    kept_log_end();
    return failed;
}
