/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * vdsm as source and actuator, over a real socket: who is reported, what is asked and how often,
 * and that every call ends once, also when all is freed under it.
 */
#include "agent/hypervisor/hypervisor-vdsm.h"

#include <string.h>

#include "tests/agent/kept-log.h"
#include "tests/agent/virtual-clock.h"
#include "tests/mom-test.h"
#include "tests/vdsm-client/peer.h"

#define SECOND G_GINT64_CONSTANT(1000000)
#define UP(uuid) "{\"vmId\": \"" uuid "\", \"vmName\": \"vm-" uuid "\", \"status\": \"Up\"}"
#define TUNES(uuid, disk)                                                                          \
    "\"result\": {\"" uuid "\": {\"policy\": [{\"name\": \"" disk "\", \"path\": \"/" disk         \
    "\", \"maximum\": {\"total_iops_sec\": 7}}], \"current_values\": [{\"name\": \"" disk          \
    "\", \"path\": \"/" disk "\", \"ioTune\": {}}]}}"

typedef struct {
    Peer *peer;
    VirtualClock *clock;
    MomHypervisorVdsm *vdsm;
    GString *hints;
    GString *outcomes; /* "uuid disk; " of each guest, or "error CODE; ", or "ok; " */
    MomEntity *guest;
} Fixture;

static void
hint(const char *reason, gpointer data)
{
    g_string_append_printf(((Fixture *)data)->hints, "%s; ", reason);
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    g_autoptr(MomSchema) schema = mom_schema_new(NULL, 0);
    MomVdsmOptions options = {.host = "127.0.0.1"};

    g_string_truncate(told, 0);
    f->peer = peer_new(NULL, NULL);
    f->clock = virtual_clock_new();
    f->hints = g_string_new(NULL);
    f->outcomes = g_string_new(NULL);
    f->guest = mom_entity_new(schema);
    mom_entity_set_property(f->guest, "uuid", mom_value_string("a"));
    options.port = f->peer->port;
    f->vdsm = mom_hypervisor_vdsm_new(&options, virtual_clock_base(f->clock), TRUE, hint, f);
    mom_hypervisor_vdsm_start(f->vdsm);
    run_until(f->hints->len > 0 && f->peer->queues->len == 2);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_hypervisor_vdsm_free(f->vdsm);
    peer_free(f->peer);
    run_idle();
    virtual_clock_free(f->clock);
    mom_entity_free(f->guest);
    g_string_free(f->hints, TRUE);
    g_string_free(f->outcomes, TRUE);
    g_free(f);
    return 0;
}

static void
done(const GError *error, gpointer data)
{
    Fixture *f = data;

    if (error)
        g_string_append_printf(f->outcomes, "error %d; ", error->code);
    else
        g_string_append(f->outcomes, "ok; ");
}

static void
sampled(GPtrArray *guests, const GError *error, gpointer data)
{
    Fixture *f = data;

    assert_true(!guests == (error != NULL));
    if (!guests) {
        done(error, f);
        return;
    }
    for (guint i = 0; i < guests->len; i++) {
        const MomGuestData *guest = g_ptr_array_index(guests, i);

        g_string_append_printf(
            f->outcomes, "%s %s; ", guest->uuid,
            guest->has_io_tune ? g_array_index(guest->io_policies, MomTune, 0).name : "-");
    }
    g_string_append(f->outcomes, ". ");
}

/* Asks for guests; returns when the question has come to vdsm. */
static void
ask(Fixture *f)
{
    MomSource *source = mom_hypervisor_vdsm_source(f->vdsm);

    source->klass->sample(source, sampled, f);
    run_until(f->peer->requests->len == 1);
}

static const char *
asked(Fixture *f)
{
    return ((PeerRequest *)g_ptr_array_index(f->peer->requests, 0))->method;
}

#define assert_outcomes(f, expected)                                                               \
    do {                                                                                           \
        run_until((f)->outcomes->len >= strlen(expected));                                         \
        assert_string_equal((f)->outcomes->str, expected);                                         \
        g_string_truncate((f)->outcomes, 0);                                                       \
    } while (0)

/* Asks, answers with VMS, and with TUNES to the question for I/O policies that must follow. */
static void
cycle(Fixture *f, const char *vms, const char *tunes)
{
    ask(f);
    peer_answer(f->peer, 0, vms);
    if (tunes) {
        run_until(f->peer->requests->len == 1);
        assert_string_equal(asked(f), "Host.getAllVmIoTunePolicies");
        peer_answer(f->peer, 0, tunes);
    }
}

static void
test_only_guests_that_are_up_are_reported(void **state)
{
    Fixture *f = *state;

    cycle(f,
          "\"result\": [{\"vmId\": \"x\", \"vmName\": \"x\", \"status\": \"Down\"}, " UP(
              "a") ", {\"vmId\": \"y\", \"vmName\": \"y\", \"status\": \"Powering up\"}, "
                   "{\"vmId\": \"z\", \"vmName\": \"z\"}]",
          "\"result\": {}");
    assert_outcomes(f, "a -; . ");
    ask(f);
    peer_answer(f->peer, 0, "\"result\": []");
    assert_outcomes(f, ". ");
}

static void
test_vdsm_that_needs_time_is_busy_and_all_else_is_its_own_error(void **state)
{
    Fixture *f = *state;
    static const struct {
        int told, passed_on;
    } codes[] = {{99, G_IO_ERROR_BUSY}, {1100, G_IO_ERROR_BUSY}, {5, 5}};

    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_autofree char *rest =
            g_strdup_printf("\"error\": {\"code\": %d, \"message\": \"wait\"}", codes[i].told);
        g_autofree char *expected = g_strdup_printf("error %d; ", codes[i].passed_on);

        cycle(f, rest, NULL);
        assert_outcomes(f, expected);
    }
}

static void
test_io_policies_are_asked_for_again_for_new_guests_and_after_five_minutes(void **state)
{
    Fixture *f = *state;
    const char *one = "\"result\": [" UP("a") "]";

    cycle(f, one, TUNES("a", "sda"));
    assert_outcomes(f, "a sda; . ");
    cycle(f, one, NULL);
    assert_outcomes(f, "a sda; . ");
    virtual_clock_advance(f->clock, 300 * SECOND);
    cycle(f, one, TUNES("a", "sdb"));
    assert_outcomes(f, "a sdb; . ");
    cycle(f, "\"result\": [" UP("b") "]", TUNES("b", "sdc"));
    assert_outcomes(f, "b sdc; . ");
}

static void
test_without_io_policies_guests_are_reported_all_the_same(void **state)
{
    Fixture *f = *state;

    cycle(f, "\"result\": [" UP("a") "]", "\"error\": {\"code\": 5, \"message\": \"odd\"}");
    assert_outcomes(f, "a -; . ");
}

static void
test_io_policies_are_asked_for_again_after_one_was_set(void **state)
{
    Fixture *f = *state;
    const MomIoTuneChange change = {.name = "sda", .path = "/sda"};
    MomActuator *actuator = mom_hypervisor_vdsm_actuator(f->vdsm);

    cycle(f, "\"result\": [" UP("a") "]", TUNES("a", "sda"));
    assert_outcomes(f, "a sda; . ");
    mom_actuator_set_io_tune(actuator, f->guest, &change, 1, done, f);
    run_until(f->peer->requests->len == 1);
    assert_string_equal(asked(f), "VM.setIoTune");
    peer_answer(f->peer, 0, "\"result\": true");
    assert_outcomes(f, "ok; ");
    cycle(f, "\"result\": [" UP("a") "]", TUNES("a", "sdb"));
    assert_outcomes(f, "a sdb; . ");
}

static void
test_io_policies_are_asked_for_again_when_somebody_else_may_have_set_them(void **state)
{
    Fixture *f = *state;

    cycle(f, "\"result\": [" UP("a") "]", TUNES("a", "sda"));
    assert_outcomes(f, "a sda; . ");
    mom_hypervisor_vdsm_renew_io_tunes(f->vdsm);
    cycle(f, "\"result\": [" UP("a") "]", TUNES("a", "sdb"));
    assert_outcomes(f, "a sdb; . ");
    cycle(f, "\"result\": [" UP("a") "]", NULL);
    assert_outcomes(f, "a sdb; . ");
}

static void
test_quota_and_period_are_two_calls_and_one_outcome(void **state)
{
    Fixture *f = *state;

    mom_actuator_set_cpu_tune(mom_hypervisor_vdsm_actuator(f->vdsm), f->guest, 5000, 100000, done,
                              f);
    run_until(f->peer->requests->len == 2);
    assert_string_equal(asked(f), "VM.setCpuTuneQuota");
    peer_answer(f->peer, 0, "\"error\": {\"code\": 1, \"message\": \"no VM\"}");
    peer_answer(f->peer, 0, "\"result\": true");
    assert_outcomes(f, "error 1; ");
}

static void
answer_ksm(Fixture *f, const char *text)
{
    const MomKsmTune tune = {.present = 1u << MOM_KSM_RUN, .value = {[MOM_KSM_RUN] = 1}};

    mom_actuator_set_ksm(mom_hypervisor_vdsm_actuator(f->vdsm), f->guest, &tune, done, f);
    run_until(f->peer->requests->len == 1);
    assert_string_equal(asked(f), "Host.setKsmTune");
    peer_answer(f->peer, 0, text);
    run_until(f->outcomes->len > 0);
}

static void
test_a_refusal_to_turn_ksm_is_told_once_with_what_to_do(void **state)
{
    Fixture *f = *state;
    static const char refusal[] =
        "\"error\": {\"code\": 71, \"message\": \"Failed to update KSM values\"}";

    cycle(f, "\"result\": []", NULL);
    assert_outcomes(f, ". ");
    g_string_truncate(told, 0);
    answer_ksm(f, refusal);
    assert_outcomes(f, "error 71; ");
    answer_ksm(f, refusal);
    assert_outcomes(f, "error 71; ");
    assert_string_equal(
        told->str, "W:KSM is not turned: Host.setKsmTune: vdsm answered error 71: Failed to update "
                   "KSM values; "
                   "/var/log/vdsm/supervdsm.log tells which file of /sys/kernel/mm/ksm failed, or "
                   "take KSM out of [main] controllers;");
    g_string_truncate(told, 0);
    answer_ksm(f, "\"error\": {\"code\": 99, \"message\": \"starting\"}");
    assert_outcomes(f, "error 99; ");
    assert_string_equal(told->str, "");
    answer_ksm(f, "\"result\": true");
    assert_outcomes(f, "ok; ");
    assert_string_equal(told->str, "I:KSM: vdsm takes Host.setKsmTune again;");
    g_string_truncate(told, 0);
    answer_ksm(f, "\"error\": {\"code\": -32601, \"message\": \"no method\"}");
    assert_outcomes(f, "error -32601; ");
    assert_non_null(strstr(told->str, "it needs a vdsm that has this verb"));
}

static void
test_only_what_vdsm_has_keys_for_is_asked_of_it(void **state)
{
    Fixture *f = *state;
    MomActuator *actuator = mom_hypervisor_vdsm_actuator(f->vdsm);
    MomKsmTune tune = {.value = {1, 400, 20, 0}};

    tune.present = mom_actuator_ksm_keys(actuator);
    assert_int_equal(tune.present, 15);
    cycle(f, "\"result\": []", NULL);
    assert_outcomes(f, ". ");
    mom_actuator_set_ksm(actuator, f->guest, &tune, done, f);
    run_until(f->peer->requests->len == 1);
    assert_string_equal(asked(f), "Host.setKsmTune");
    peer_answer(f->peer, 0, "\"result\": true");
    run_until(f->outcomes->len > 0);
    assert_outcomes(f, "ok; ");
    for (int key = 4; key < MOM_N_KSM_KEYS; key++) {
        tune.present = MOM_KSM_BIT(MOM_KSM_RUN) | MOM_KSM_BIT(key);
        mom_actuator_set_ksm(actuator, f->guest, &tune, done, f);
        assert_true(g_str_has_prefix(f->outcomes->str, "error "));
        g_string_truncate(f->outcomes, 0);
    }
    mom_actuator_set_cpu_tune(actuator, f->guest, 50000, 100000, done, f);
    run_until(f->peer->requests->len == 2);
    assert_string_not_equal(asked(f), "Host.setKsmTune");
}

static void
test_calls_under_way_end_once_when_all_is_freed(void **state)
{
    Fixture *f = *state;

    mom_actuator_set_cpu_tune(mom_hypervisor_vdsm_actuator(f->vdsm), f->guest, 5000, 100000, done,
                              f);
    run_until(f->peer->requests->len == 2);
    g_ptr_array_set_size(f->peer->requests, 0);
    ask(f);
    peer_answer(f->peer, 0, "\"result\": [" UP("a") "]");
    run_until(f->peer->requests->len == 1);
    g_clear_pointer(&f->vdsm, mom_hypervisor_vdsm_free);
    /* The guests were known, only their I/O policies were not. */
    g_string_printf(f->hints, "error %d; a -; . ", G_IO_ERROR_CANCELLED);
    assert_outcomes(f, f->hints->str);
}

/* Four are under way, the others wait, and so does a question behind them. */
static void
test_changes_that_were_not_sent_can_be_dropped_and_no_question_is(void **state)
{
    Fixture *f = *state;
    MomActuator *actuator = mom_hypervisor_vdsm_actuator(f->vdsm);
    MomSource *source = mom_hypervisor_vdsm_source(f->vdsm);
    g_autofree char *cancelled =
        g_strdup_printf("error %d; error %d; error %d; ok; ok; ok; ok; ", G_IO_ERROR_CANCELLED,
                        G_IO_ERROR_CANCELLED, G_IO_ERROR_CANCELLED);
    const MomKsmTune tune = {.present = MOM_KSM_BIT(MOM_KSM_RUN)};

    for (gint64 target_kib = 1; target_kib <= 5; target_kib++)
        mom_actuator_set_balloon_target(actuator, f->guest, target_kib, done, f);
    mom_actuator_set_cpu_tune(actuator, f->guest, 5000, 100000, done, f);
    mom_actuator_set_ksm(actuator, f->guest, &tune, done, f);
    source->klass->sample(source, sampled, f);
    run_until(f->peer->requests->len == 4);
    mom_actuator_drop_unsent(actuator);
    for (guint i = 0; i < 4; i++) {
        assert_string_equal(asked(f), "VM.setBalloonTarget");
        peer_answer(f->peer, 0, "\"result\": true");
    }
    assert_outcomes(f, cancelled);
    run_until(f->peer->requests->len > 0);
    assert_string_equal(asked(f), "Host.getAllVmStats");
    peer_answer(f->peer, 0, "\"result\": []");
    assert_outcomes(f, ". ");
    assert_int_equal(f->peer->requests->len, 0);
}

static void
test_a_guests_change_of_state_is_a_hint_and_other_events_are_none(void **state)
{
    Fixture *f = *state;
    static const char *const events[] = {
        "{\"jsonrpc\": \"2.0\", \"method\": \"|net|host_conn|no_id\", \"params\": {}}",
        "{\"jsonrpc\": \"2.0\", \"method\": \"|virt|VM_status|a\", \"params\": {}}",
    };

    g_string_truncate(f->hints, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(events); i++)
        peer_message(f->peer, "jms.queue.events", events[i], strlen(events[i]));
    run_until(f->hints->len > 0);
    assert_string_equal(f->hints->str, "|virt|VM_status|a; ");
}

static void
test_a_connection_that_breaks_again_and_again_is_one_warning_until_vdsm_answers(void **state)
{
    Fixture *f = *state;
    g_autofree char *expected = g_strdup_printf("W:Not connected to vdsm, trying on: 127.0.0.1:%u: "
                                                "vdsm closed the connection;",
                                                f->peer->port);

    for (guint i = 1; i <= 3; i++) {
        run_until(f->peer->greeted == i && f->peer->queues->len == 2);
        g_string_truncate(f->hints, 0);
        peer_hang_up(f->peer);
        run_until(f->peer->greeted == i + 1 && f->hints->len > 0);
    }
    assert_string_equal(told->str, expected);
    g_string_truncate(told, 0);
    cycle(f, "\"result\": []", NULL);
    assert_outcomes(f, ". ");
    assert_string_equal(told->str, "I:Connected to vdsm;");
}

static void
test_a_good_connection_that_is_made_anew_at_once_is_no_outage(void **state)
{
    Fixture *f = *state;

    cycle(f, "\"result\": []", NULL);
    assert_outcomes(f, ". ");
    assert_string_equal(told->str, "I:Connected to vdsm;");
    g_string_truncate(told, 0);
    g_string_truncate(f->hints, 0);
    peer_hang_up(f->peer);
    run_until(f->peer->greeted == 2 && f->hints->len > 0);
    cycle(f, "\"result\": []", NULL);
    assert_outcomes(f, ". ");
    assert_string_equal(told->str, "");
}

/* The question's end finds no connection, or is its end: its own attempts tell that. */
static void
test_a_question_that_finds_no_connection_says_so_without_a_word(void **state)
{
    Fixture *f = *state;
    g_autofree char *expected =
        g_strdup_printf("error %d; error %d; ", G_IO_ERROR_NOT_CONNECTED, G_IO_ERROR_NOT_CONNECTED);
    MomSource *source = mom_hypervisor_vdsm_source(f->vdsm);

    cycle(f, "\"result\": []", NULL);
    assert_outcomes(f, ". ");
    g_string_truncate(told, 0);
    ask(f);
    peer_hang_up(f->peer);
    run_until(f->outcomes->len > 0);
    source->klass->sample(source, sampled, f);
    assert_outcomes(f, expected);
    assert_string_equal(told->str, "");
}

/* What a reload does: the question waits for the new connection, and nobody is warned. */
static void
test_a_connection_made_anew_at_our_wish_costs_no_sample(void **state)
{
    Fixture *f = *state;
    MomSource *source = mom_hypervisor_vdsm_source(f->vdsm);
    g_autoptr(Peer) other = peer_new(NULL, NULL);
    g_autoptr(GError) error = NULL;
    const MomVdsmOptions options = {.host = "127.0.0.1", .port = other->port};

    cycle(f, "\"result\": []", NULL);
    assert_outcomes(f, ". ");
    assert_ok(mom_hypervisor_vdsm_configure(f->vdsm, &options, &error));
    source->klass->sample(source, sampled, f);
    run_until(other->requests->len == 1);
    peer_answer(other, 0, "\"result\": []");
    assert_outcomes(f, ". ");
    assert_string_equal(told->str, "I:Connected to vdsm;");
}

#define VDSM_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        VDSM_TEST(test_only_guests_that_are_up_are_reported),
        VDSM_TEST(test_vdsm_that_needs_time_is_busy_and_all_else_is_its_own_error),
        VDSM_TEST(test_io_policies_are_asked_for_again_for_new_guests_and_after_five_minutes),
        VDSM_TEST(test_without_io_policies_guests_are_reported_all_the_same),
        VDSM_TEST(test_io_policies_are_asked_for_again_after_one_was_set),
        VDSM_TEST(test_io_policies_are_asked_for_again_when_somebody_else_may_have_set_them),
        VDSM_TEST(test_quota_and_period_are_two_calls_and_one_outcome),
        VDSM_TEST(test_a_refusal_to_turn_ksm_is_told_once_with_what_to_do),
        VDSM_TEST(test_only_what_vdsm_has_keys_for_is_asked_of_it),
        VDSM_TEST(test_calls_under_way_end_once_when_all_is_freed),
        VDSM_TEST(test_changes_that_were_not_sent_can_be_dropped_and_no_question_is),
        VDSM_TEST(test_a_guests_change_of_state_is_a_hint_and_other_events_are_none),
        VDSM_TEST(test_a_good_connection_that_is_made_anew_at_once_is_no_outage),
        VDSM_TEST(test_a_question_that_finds_no_connection_says_so_without_a_word),
        VDSM_TEST(test_a_connection_made_anew_at_our_wish_costs_no_sample),
        VDSM_TEST(test_a_connection_that_breaks_again_and_again_is_one_warning_until_vdsm_answers),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
