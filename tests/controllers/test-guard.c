/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guard between controllers and a recording actuator: what passes, what is told, and that
 * random wishes never break a bound.
 */
#include "tests/controllers/recorder.h"

#include "controllers/guard.h"

#define SECOND ((gint64)G_USEC_PER_SEC)

typedef struct {
    Recorder *recorder;
    MomGuard *guard;
    MomActuator *actuator;
    MomEntity *guest;
    MomEntity *host;
    GString *told;
} Fixture;

static void
tell(const MomGuardReport *report, gpointer data)
{
    Fixture *f = data;

    g_string_append_printf(f->told, "%s %s %s", report->uuid ? report->uuid : "host", report->knob,
                           mom_guard_verdict_name(report->verdict));
    if (report->disk)
        g_string_append_printf(f->told, " %s", report->disk);
    if (report->from.type == MOM_VALUE_INT)
        g_string_append_printf(f->told, " %" G_GINT64_FORMAT, report->from.integer);
    if (report->to.type == MOM_VALUE_INT)
        g_string_append_printf(f->told, "->%" G_GINT64_FORMAT, report->to.integer);
    if (report->error)
        g_string_append_printf(f->told, " (%s)", report->error->message);
    if (report->rail)
        g_string_append_printf(f->told, " [%s]", report->rail);
    if (report->place.line)
        g_string_append_printf(f->told, " %s:%u", report->place.policy, report->place.line);
    g_string_append(f->told, "; ");
}

#define assert_told(f, expected)                                                                   \
    do {                                                                                           \
        assert_string_equal((f)->told->str, expected);                                             \
        g_string_truncate((f)->told, 0);                                                           \
    } while (0)

static int
setup(void **state)
{
    const Field guest_fields[] = {
        {"balloon_cur", mom_value_int(100000)}, {"balloon_min", mom_value_int(50000)},
        {"balloon_max", mom_value_int(200000)}, {"vcpu_quota", mom_value_int(50000)},
        {"vcpu_period", mom_value_int(100000)},
    };
    const Field host_fields[] = {{"ksm_run", mom_value_int(0)},
                                 {"ksm_pages_to_scan", mom_value_int(100)}};
    Fixture *f = g_new0(Fixture, 1);

    f->recorder = recorder_new();
    f->guard = mom_guard_new(&f->recorder->actuator, tell, f);
    f->actuator = mom_guard_actuator(f->guard);
    f->guest = entity_with("u0", guest_fields, G_N_ELEMENTS(guest_fields));
    f->host = entity_with(NULL, host_fields, G_N_ELEMENTS(host_fields));
    f->told = g_string_new(NULL);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_guard_free(f->guard);
    recorder_free(f->recorder);
    mom_entity_free(f->guest);
    mom_entity_free(f->host);
    g_string_free(f->told, TRUE);
    g_free(f);
    return 0;
}

static void
set_balloon(Fixture *f, gint64 target_kib)
{
    mom_actuator_set_balloon_target(f->actuator, f->guest, target_kib, NULL, NULL);
}

static void
a_good_target_is_sent_and_told_with_its_place(void **state)
{
    Fixture *f = *state;

    entity_wish(f->guest, "balloon_target", mom_value_int(90000));
    set_balloon(f, 90000);
    assert_calls(f->recorder, "u0 balloon 90000; ");
    assert_told(f, "u0 balloon_target sent 100000->90000 50_test:7; "
                   "u0 balloon_target done 100000->90000 50_test:7; ");
}

static void
a_target_beyond_a_bound_is_held_to_it(void **state)
{
    Fixture *f = *state;

    set_balloon(f, 10000);
    assert_calls(f->recorder, "u0 balloon 50000; ");
    assert_told(f, "u0 balloon_target sent 100000->50000 [balloon-min]; "
                   "u0 balloon_target done 100000->50000 [balloon-min]; ");
}

static void
what_a_hypervisor_may_have_lost_is_sent_again_once(void **state)
{
    Fixture *f = *state;

    set_balloon(f, 90000);
    mom_actuator_set_cpu_tune(f->actuator, f->guest, 40000, 100000, NULL, NULL);
    set_balloon(f, 90000);
    assert_calls(f->recorder, "u0 balloon 90000; u0 cpu 40000/100000; ");
    mom_guard_forget_sent(f->guard);
    for (guint i = 0; i < 3; i++) {
        set_balloon(f, 90000);
        mom_actuator_set_cpu_tune(f->actuator, f->guest, 40000, 100000, NULL, NULL);
    }
    assert_calls(f->recorder, "u0 balloon 90000; u0 cpu 40000/100000; ");
    entity_update(f->guest, "balloon_cur", mom_value_int(90000));
    mom_guard_forget_sent(f->guard);
    set_balloon(f, 90000);
    assert_calls(f->recorder, "");
}

static void
expect_refusal(const GError *error, gpointer data)
{
    assert_true(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED));
    ++*(guint *)data;
}

static void
a_guest_with_ballooning_off_is_never_touched(void **state)
{
    Fixture *f = *state;
    guint refused = 0;

    entity_update(f->guest, "ballooning_enabled", mom_value_bool(FALSE));
    mom_actuator_set_balloon_target(f->actuator, f->guest, 90000, expect_refusal, &refused);
    assert_int_equal(refused, 1);
    assert_calls(f->recorder, "");
    assert_told(f, "u0 balloon_target railed 100000->90000 [balloon-disabled]; ");
}

static void
expect_success(const GError *error, gpointer data)
{
    assert_null(error);
    ++*(guint *)data;
}

static void
a_target_that_is_set_is_not_sent(void **state)
{
    Fixture *f = *state;
    guint done = 0;

    mom_actuator_set_balloon_target(f->actuator, f->guest, 100000, expect_success, &done);
    mom_actuator_set_balloon_target(f->actuator, f->guest, 100003, expect_success, &done);
    assert_int_equal(done, 2);
    assert_calls(f->recorder, "");
}

static void
a_moving_guest_is_left_to_move(void **state)
{
    Fixture *f = *state;

    set_balloon(f, 90000);
    for (int second = 15; second < 60; second += 15) {
        mom_guard_begin_cycle(f->guard, NULL, NULL, second * SECOND);
        entity_update(f->guest, "balloon_cur", mom_value_int(100000 - second * 100));
        set_balloon(f, 90000);
    }
    assert_calls(f->recorder, "u0 balloon 90000; ");
    mom_guard_begin_cycle(f->guard, NULL, NULL, 60 * SECOND);
    set_balloon(f, 90000);
    assert_calls(f->recorder, "u0 balloon 90000; ");
    entity_update(f->guest, "balloon_cur", mom_value_int(90002));
    for (int minute = 2; minute < 100; minute++) {
        mom_guard_begin_cycle(f->guard, NULL, NULL, minute * 60 * SECOND);
        set_balloon(f, 90000);
    }
    assert_calls(f->recorder, "");
}

static void
a_failure_is_told_and_tried_again(void **state)
{
    Fixture *f = *state;

    f->recorder->fail = TRUE;
    set_balloon(f, 90000);
    assert_told(f, "u0 balloon_target sent 100000->90000; u0 balloon_target failed 100000->90000 "
                   "(the host said no); ");
    f->recorder->fail = FALSE;
    set_balloon(f, 90000);
    assert_calls(f->recorder, "u0 balloon 90000; u0 balloon 90000; ");
}

static void
a_guest_that_is_gone_is_forgotten_with_its_calls(void **state)
{
    Fixture *f = *state;

    f->recorder->later = TRUE;
    set_balloon(f, 90000);
    mom_guard_forget(f->guard, "u0");
    mom_guard_forget(f->guard, "u0");
    set_balloon(f, 90000);
    assert_calls(f->recorder, "u0 balloon 90000; u0 balloon 90000; ");
    recorder_answer(f->recorder, NULL);
    set_balloon(f, 90000);
    assert_calls(f->recorder, "");
}

static void
the_end_of_a_gone_guests_call_is_told_to_nobody(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED, "no such VM");

    f->recorder->later = TRUE;
    set_balloon(f, 90000);
    assert_told(f, "u0 balloon_target sent 100000->90000; ");
    mom_guard_forget(f->guard, "u0");
    recorder_answer(f->recorder, error);
    assert_told(f, "");
}

static void
answers_may_outlive_the_guard(void **state)
{
    Fixture *f = *state;

    f->recorder->later = TRUE;
    set_balloon(f, 90000);
    mom_guard_free(f->guard);
    g_string_truncate(f->told, 0);
    recorder_answer(f->recorder, NULL);
    assert_told(f, "");
    f->guard = NULL;
}

static void
a_guest_without_uuid_is_refused(void **state)
{
    const Field fields[] = {{"balloon_cur", mom_value_int(10)},
                            {"balloon_min", mom_value_int(1)},
                            {"balloon_max", mom_value_int(20)}};
    Fixture *f = *state;
    g_autoptr(MomEntity) guest = entity_with(NULL, fields, G_N_ELEMENTS(fields));

    mom_actuator_set_balloon_target(f->actuator, guest, 5, NULL, NULL);
    assert_calls(f->recorder, "");
    assert_told(f, "host balloon_target railed 10->5 [no-uuid]; ");
}

static void
ksm_keys_are_judged_one_by_one(void **state)
{
    Fixture *f = *state;
    MomKsmTune tune = {
        .present = 1u << MOM_KSM_RUN | 1u << MOM_KSM_PAGES_TO_SCAN | 1u << MOM_KSM_SLEEP_MILLISECS,
        .value = {7, 400, 20, 0},
    };

    mom_actuator_set_ksm(f->actuator, f->host, &tune, NULL, NULL);
    assert_calls(f->recorder, "ksm pages_to_scan=400 sleep_millisecs=20; ");
    assert_told(f, "host ksm_run railed 0->7 [ksm-run]; "
                   "host ksm_pages_to_scan sent 100->400; host ksm_sleep_millisecs sent->20; "
                   "host ksm_pages_to_scan done 100->400; host ksm_sleep_millisecs done->20; ");
    mom_guard_begin_cycle(f->guard, NULL, NULL, 15 * SECOND);
    mom_actuator_set_ksm(f->actuator, f->host, &tune, NULL, NULL);
    assert_calls(f->recorder, "");
}

static void
unlimited_is_unlimited_in_any_spelling(void **state)
{
    Fixture *f = *state;
    const gint64 readings[] = {-1, 0, G_GINT64_CONSTANT(17592186044415),
                               G_GINT64_CONSTANT(18446744073709551)};

    for (gsize i = 0; i < G_N_ELEMENTS(readings); i++) {
        entity_update(f->guest, "vcpu_quota", mom_value_int(readings[i]));
        mom_actuator_set_cpu_tune(f->actuator, f->guest, -1, 100000, NULL, NULL);
    }
    assert_calls(f->recorder, "");
    entity_update(f->guest, "vcpu_quota", mom_value_int(50000));
    mom_actuator_set_cpu_tune(f->actuator, f->guest, -1, 100000, NULL, NULL);
    assert_calls(f->recorder, "u0 cpu -1/100000; ");
}

/* A policy that keeps what it read and gives it back later. */
static void
unlimited_is_sent_in_the_spelling_that_all_take(void **state)
{
    Fixture *f = *state;
    const gint64 wishes[] = {0, -7, G_GINT64_CONSTANT(17592186044415),
                             G_GINT64_CONSTANT(18446744073709551), G_MAXINT64};

    for (gsize i = 0; i < G_N_ELEMENTS(wishes); i++) {
        g_autofree char *uuid = g_strdup_printf("v%zu", i);
        g_autofree char *calls = g_strdup_printf("%s cpu -1/100000; ", uuid);
        const Field fields[] = {{"vcpu_quota", mom_value_int(50000)},
                                {"vcpu_period", mom_value_int(100000)}};
        g_autoptr(MomEntity) guest = entity_with(uuid, fields, G_N_ELEMENTS(fields));

        mom_actuator_set_cpu_tune(f->actuator, guest, wishes[i], 100000, NULL, NULL);
        assert_calls(f->recorder, calls);
        entity_update(guest, "vcpu_quota", mom_value_int(wishes[i]));
        mom_guard_begin_cycle(f->guard, NULL, NULL, 100 * SECOND);
        mom_actuator_set_cpu_tune(f->actuator, guest, wishes[i], 100000, NULL, NULL);
        assert_calls(f->recorder, "");
        mom_guard_begin_cycle(f->guard, NULL, NULL, 0);
    }
}

static void
quota_and_period_are_compared_together(void **state)
{
    Fixture *f = *state;

    mom_actuator_set_cpu_tune(f->actuator, f->guest, 50000, 100000, NULL, NULL);
    assert_calls(f->recorder, "");
    g_string_truncate(f->told, 0);
    mom_actuator_set_cpu_tune(f->actuator, f->guest, 50000, 200000, NULL, NULL);
    assert_calls(f->recorder, "u0 cpu 50000/200000; ");
    assert_told(f, "u0 vcpu_quota sent 50000->50000; u0 vcpu_period sent 100000->200000; "
                   "u0 vcpu_quota done 50000->50000; u0 vcpu_period done 100000->200000; ");
    mom_actuator_set_cpu_tune(f->actuator, f->guest, 5, 200000, NULL, NULL);
    assert_calls(f->recorder, "");
    assert_told(f, "u0 vcpu_quota railed 50000->5 [cpu-quota]; "
                   "u0 vcpu_period railed 100000->200000 [cpu-quota]; ");
}

static MomEntity *
guest_with_disk(gint64 present)
{
    MomTuneState state = {.name = "sda", .path = "/a"};
    MomValue item = {.type = MOM_VALUE_TUNE_STATE, .object = &state};
    MomList list = {.length = 1, .items = &item};
    const Field fields[] = {{"io_tune_current", {.type = MOM_VALUE_LIST, .list = &list}}};

    mom_limits_set(&state.io_tune, MOM_LIMIT_TOTAL_BYTES, mom_value_int(present));
    return entity_with("u1", fields, 1);
}

static void
set_io(Fixture *f, MomEntity *guest, const char *path, MomValue bytes, MomValue iops)
{
    MomIoTuneChange change = {.name = "sda", .path = path};

    mom_limits_set(&change.io_tune, MOM_LIMIT_TOTAL_BYTES, bytes);
    mom_limits_set(&change.io_tune, MOM_LIMIT_TOTAL_IOPS, iops);
    mom_actuator_set_io_tune(f->actuator, guest, &change, 1, NULL, NULL);
}

static void
disks_are_sent_what_differs_without_nil(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomEntity) guest = guest_with_disk(100);

    set_io(f, guest, "/a", mom_value_int(100), MOM_NIL);
    set_io(f, guest, "/a", mom_value_int(100), mom_value_int(0));
    set_io(f, guest, "/a", MOM_NIL, MOM_NIL);
    assert_calls(f->recorder, "");
    g_string_truncate(f->told, 0);
    set_io(f, guest, "/a", mom_value_int(200), MOM_NIL);
    assert_calls(f->recorder, "u1 io sda(total_bytes_sec=200 ); ");
    assert_told(f, "u1 io_tune sent /a; u1 io_tune done /a; ");
    set_io(f, guest, "/a", mom_value_int(200), MOM_NIL);
    assert_calls(f->recorder, "");
}

static void
disks_are_held_against_what_is_set_and_failures_are_tried_again(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomEntity) guest = guest_with_disk(100);
    g_autoptr(MomEntity) later = guest_with_disk(200);

    f->recorder->fail = TRUE;
    for (int cycle = 0; cycle < 3; cycle++) {
        mom_guard_begin_cycle(f->guard, NULL, NULL, cycle * 15 * SECOND);
        set_io(f, guest, "/a", mom_value_int(200), MOM_NIL);
        assert_calls(f->recorder, "u1 io sda(total_bytes_sec=200 ); ");
    }
    f->recorder->fail = FALSE;
    mom_guard_begin_cycle(f->guard, NULL, NULL, 45 * SECOND);
    set_io(f, guest, "/a", mom_value_int(200), MOM_NIL);
    assert_calls(f->recorder, "u1 io sda(total_bytes_sec=200 ); ");
    mom_guard_begin_cycle(f->guard, NULL, NULL, 60 * SECOND);
    set_io(f, guest, "/a", mom_value_int(200), MOM_NIL); /* not shown yet */
    mom_guard_begin_cycle(f->guard, NULL, NULL, 75 * SECOND);
    set_io(f, later, "/a", mom_value_int(200), MOM_NIL);
    assert_calls(f->recorder, "");
    mom_guard_begin_cycle(f->guard, NULL, NULL, 90 * SECOND);
    set_io(f, guest, "/a", mom_value_int(200), MOM_NIL); /* somebody set it back */
    assert_calls(f->recorder, "u1 io sda(total_bytes_sec=200 ); ");
}

static void
bad_and_unknown_disks_do_not_disturb(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomEntity) guest = guest_with_disk(100);

    set_io(f, guest, "/a", mom_value_int(-5), MOM_NIL);
    assert_calls(f->recorder, "");
    assert_told(f, "u1 io_tune railed /a [io-limit]; ");
    set_io(f, guest, "/elsewhere", mom_value_int(5), MOM_NIL);
    assert_calls(f->recorder, "u1 io sda(total_bytes_sec=5 ); ");
}

static void
a_guest_that_only_one_side_knows_is_not_touched(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomEntity) guest = guest_with_disk(100);

    entity_update(guest, MOM_RAIL_KEY_ONE_SIDED, mom_value_bool(TRUE));
    entity_update(f->guest, MOM_RAIL_KEY_ONE_SIDED, mom_value_bool(TRUE));
    set_io(f, guest, "/a", mom_value_int(5), MOM_NIL);
    mom_actuator_set_cpu_tune(f->actuator, f->guest, 40000, 100000, NULL, NULL);
    mom_actuator_set_balloon_target(f->actuator, f->guest, 90000, NULL, NULL);
    assert_calls(f->recorder, "");
    assert_told(f, "u1 io_tune railed /a [guest-one-sided]; "
                   "u0 vcpu_quota railed 50000->40000 [guest-one-sided]; "
                   "u0 vcpu_period railed 100000->100000 [guest-one-sided]; "
                   "u0 balloon_target railed 100000->90000 [guest-one-sided]; ");
}

/* ---- random wishes ---- */

#define N_RANDOM 5000

static void
assert_within(
    MomActuator *self, MomEntity *guest, gint64 target_kib, MomActuatorDone done, gpointer data)
{
    gint64 min, max;
    MomValue enabled = MOM_NIL;

    assert_true(mom_entity_get_int(guest, "balloon_min", &min));
    assert_true(mom_entity_get_int(guest, "balloon_max", &max));
    assert_true(target_kib >= min && target_kib <= max && target_kib > 0);
    mom_sample_get(mom_entity_latest(guest), "ballooning_enabled", &enabled);
    assert_true(mom_value_is_nil(enabled) || mom_value_truth(enabled));
    ++((Recorder *)self)->n_calls;
    done(NULL, data);
}

static void
assert_ksm_within(
    MomActuator *self, MomEntity *host, const MomKsmTune *tune, MomActuatorDone done, gpointer data)
{
    for (int key = 0; key < MOM_N_KSM_KEYS; key++)
        if (tune->present & 1u << key)
            assert_null(mom_rail_ksm(key, tune->value[key]));
    ++((Recorder *)self)->n_calls;
    done(NULL, data);
}

static const MomActuatorClass asserting_class = {
    .set_balloon_target = assert_within,
    .set_ksm = assert_ksm_within,
};

static MomValue
random_size(GRand *rand)
{
    switch (g_rand_int_range(rand, 0, 8)) {
    case 0:
        return MOM_NIL;
    case 1:
        return mom_value_int(-g_rand_int_range(rand, 0, 1000));
    case 2:
        return mom_value_float(g_rand_double_range(rand, 0, 1e7));
    default:
        return mom_value_int(g_rand_int_range(rand, 0, 10000000));
    }
}

static gint64
random_wish(GRand *rand)
{
    guint64 bits = (guint64)g_rand_int(rand) << 32 | g_rand_int(rand);

    return (gint64)bits >> g_rand_int_range(rand, 0, 64);
}

static void
random_wishes_never_break_a_bound(void **state)
{
    Recorder asserting = {.actuator = {.klass = &asserting_class}};
    g_autoptr(MomGuard) guard = mom_guard_new(&asserting.actuator, NULL, NULL);
    MomActuator *actuator = mom_guard_actuator(guard);
    g_autoptr(GRand) rand = g_rand_new_with_seed(4711);

    for (int i = 0; i < N_RANDOM; i++) {
        g_autofree char *uuid = g_strdup_printf("u%d", g_rand_int_range(rand, 0, 20));
        const Field fields[] = {
            {"balloon_cur", random_size(rand)},
            {"balloon_min", random_size(rand)},
            {"balloon_max", random_size(rand)},
        };
        g_autoptr(MomEntity) guest = entity_with(uuid, fields, G_N_ELEMENTS(fields));
        MomKsmTune tune = {.present = g_rand_int(rand) & MOM_KSM_ALL_KEYS};

        entity_update(guest, "ballooning_enabled",
                      g_rand_boolean(rand) ? MOM_NIL : mom_value_bool(g_rand_boolean(rand)));
        for (int key = 0; key < MOM_N_KSM_KEYS; key++)
            tune.value[key] = random_wish(rand);
        mom_guard_begin_cycle(guard, NULL, NULL, i * SECOND);
        mom_actuator_set_balloon_target(actuator, guest, random_wish(rand), NULL, NULL);
        mom_actuator_set_ksm(actuator, guest, &tune, NULL, NULL);
    }
    assert_true(asserting.n_calls > N_RANDOM / 10);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(a_good_target_is_sent_and_told_with_its_place),
        with_fixture(what_a_hypervisor_may_have_lost_is_sent_again_once),
        with_fixture(a_target_beyond_a_bound_is_held_to_it),
        with_fixture(a_guest_with_ballooning_off_is_never_touched),
        with_fixture(a_target_that_is_set_is_not_sent),
        with_fixture(a_moving_guest_is_left_to_move),
        with_fixture(a_failure_is_told_and_tried_again),
        with_fixture(a_guest_that_is_gone_is_forgotten_with_its_calls),
        with_fixture(the_end_of_a_gone_guests_call_is_told_to_nobody),
        with_fixture(answers_may_outlive_the_guard),
        with_fixture(a_guest_without_uuid_is_refused),
        with_fixture(ksm_keys_are_judged_one_by_one),
        with_fixture(unlimited_is_unlimited_in_any_spelling),
        with_fixture(unlimited_is_sent_in_the_spelling_that_all_take),
        with_fixture(quota_and_period_are_compared_together),
        with_fixture(disks_are_sent_what_differs_without_nil),
        with_fixture(disks_are_held_against_what_is_set_and_failures_are_tried_again),
        with_fixture(bad_and_unknown_disks_do_not_disturb),
        with_fixture(a_guest_that_only_one_side_knows_is_not_touched),
        cmocka_unit_test(random_wishes_never_break_a_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
