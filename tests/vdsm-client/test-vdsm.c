/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The verbs as vdsm receives them, and their answers as callers do, over a real socket.
 *
 * Parameters' names are those of vdsm's schema; a wrong one would be found by nobody but vdsm.
 */
#include "tests/mom-test.h"

#include <string.h>

#include "tests/vdsm-client/peer.h"
#include "vdsm-client/vdsm.h"

typedef struct {
    Peer *peer;
    MomVdsm *vdsm;
    guint ended;
    int code; /* of the last error, 0: none */
    char *text;
    gboolean free_in_callback;
} Fixture;

static void
on_event(const MomVdsmEvent *event, gpointer data)
{
    Fixture *f = data;
    f->ended++;
    g_free(f->text);
    f->text = g_strdup_printf("%s %s", event->vm_id, event->status);
    if (f->free_in_callback)
        g_clear_pointer(&f->vdsm, mom_vdsm_free);
}

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    f->peer = peer_new(NULL, NULL);
    const MomVdsmOptions options = {.host = "127.0.0.1", .port = f->peer->port};
    f->vdsm = mom_vdsm_new(&options);
    mom_vdsm_watch_events(f->vdsm, on_event, f);
    mom_vdsm_start(f->vdsm);
    run_until(mom_vdsm_state(f->vdsm) == MOM_VDSM_CONNECTED && f->peer->queues->len == 2);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;
    mom_vdsm_free(f->vdsm);
    peer_free(f->peer);
    g_free(f->text);
    g_free(f);
    return 0;
}

static void
note(Fixture *f, const GError *error)
{
    f->ended++;
    f->code = error ? error->code : 0;
    if (error) {
        g_free(f->text);
        f->text = g_strdup(error->message);
    }
    if (f->free_in_callback)
        g_clear_pointer(&f->vdsm, mom_vdsm_free);
}

static void
on_done(const GError *error, gpointer data)
{
    note(data, error);
}

static void
on_stats(GPtrArray *stats, const GError *error, gpointer data)
{
    Fixture *f = data;
    assert_true(!stats == (error != NULL));
    if (stats) {
        MomVdsmVmStats *vm = stats->pdata[0];
        g_free(f->text);
        f->text = g_strdup_printf("%u %s", stats->len, vm->vm_id);
    }
    note(f, error);
}

static void
on_io_tunes(GPtrArray *tunes, const GError *error, gpointer data)
{
    Fixture *f = data;
    assert_true(!tunes == (error != NULL));
    if (tunes) {
        MomVdsmVmIoTune *tune = tunes->pdata[0];
        g_free(f->text);
        f->text = g_strdup_printf("%u %s", tunes->len, tune->vm_id);
    }
    note(f, error);
}

/* The request that came has this method and these parameters; it is answered with ANSWER. */
static void
expect(Fixture *f, const char *method, const char *params, const char *answer)
{
    run_until(f->peer->requests->len == 1);
    const PeerRequest *request = f->peer->requests->pdata[0];
    assert_string_equal(request->method, method);
    assert_string_equal(request->params, params);
    guint before = f->ended;
    peer_answer(f->peer, 0, answer);
    run_until(f->ended == before + 1);
}

static const char done_answer[] = "\"result\": {\"code\": 0, \"message\": \"Done\"}";

static void
ping_is_ping2(void **state)
{
    Fixture *f = *state;
    mom_vdsm_ping(f->vdsm, on_done, f);
    expect(f, "Host.ping2", "{}", "\"result\": true");
    assert_int_equal(f->code, 0);
}

static void
the_knobs_of_a_guest_have_the_names_of_the_schema(void **state)
{
    Fixture *f = *state;
    mom_vdsm_set_balloon_target(f->vdsm, "u", 17592186044415, on_done, f);
    expect(f, "VM.setBalloonTarget", "{\"vmID\":\"u\",\"target\":17592186044415}", done_answer);
    mom_vdsm_set_cpu_tune_quota(f->vdsm, "u", -1, on_done, f);
    expect(f, "VM.setCpuTuneQuota", "{\"vmID\":\"u\",\"quota\":-1}", done_answer);
    mom_vdsm_set_cpu_tune_period(f->vdsm, "u", 100000, on_done, f);
    expect(f, "VM.setCpuTunePeriod", "{\"vmID\":\"u\",\"period\":100000}", done_answer);
    assert_int_equal(f->code, 0);
}

static void
io_tune_sends_what_is_set_and_null_for_null(void **state)
{
    Fixture *f = *state;
    const MomVdsmIoTuneChange changes[] = {
        {.name = "vda", .path = "/dev/x", .io_tune = {.total_iops_sec = {TRUE, 500}, .nulls = 1}},
        {.path = "/dev/y"},
    };
    mom_vdsm_set_io_tune(f->vdsm, "u", changes, 2, on_done, f);
    expect(f, "VM.setIoTune",
           "{\"vmID\":\"u\",\"tunables\":[{\"name\":\"vda\",\"path\":\"\\/dev\\/x\",\"ioTune\":"
           "{\"total_bytes_sec\":null,\"total_iops_sec\":500}},{\"path\":\"\\/dev\\/"
           "y\",\"ioTune\":{}}]}",
           done_answer);
}

static void
ksm_tune_sends_only_what_is_set(void **state)
{
    Fixture *f = *state;
    const MomVdsmKsmTune all = {{TRUE, 1}, {TRUE, 64}, {TRUE, 10}, {TRUE, 0}};
    const MomVdsmKsmTune one = {.sleep_millisecs = {TRUE, 20}};
    mom_vdsm_set_ksm_tune(f->vdsm, &all, on_done, f);
    expect(f, "Host.setKsmTune",
           "{\"tuningParams\":{\"run\":1,\"pages_to_scan\":64,\"sleep_millisecs\":10,\"merge_"
           "across_nodes\":0}}",
           done_answer);
    mom_vdsm_set_ksm_tune(f->vdsm, &one, on_done, f);
    expect(f, "Host.setKsmTune", "{\"tuningParams\":{\"sleep_millisecs\":20}}", done_answer);
}

static void
stats_come_as_an_array_of_guests(void **state)
{
    Fixture *f = *state;
    mom_vdsm_get_all_vm_stats(f->vdsm, on_stats, f);
    expect(f, "Host.getAllVmStats", "{}", "\"result\": [{\"vmId\": \"a\"}, 5, {\"vmId\": \"b\"}]");
    assert_string_equal(f->text, "2 a");
}

static void
stats_that_are_none_are_an_error(void **state)
{
    Fixture *f = *state;
    mom_vdsm_get_all_vm_stats(f->vdsm, on_stats, f);
    expect(f, "Host.getAllVmStats", "{}", "\"result\": true");
    assert_int_equal(f->code, MOM_VDSM_ERROR_PROTOCOL);
    mom_vdsm_get_all_vm_stats(f->vdsm, on_stats, f);
    expect(f, "Host.getAllVmStats", "{}", "\"error\": {\"code\": 99, \"message\": \"Recovering\"}");
    assert_int_equal(f->code, MOM_VDSM_ERROR_RECOVERING);
}

static void
io_tunes_come_by_guest(void **state)
{
    Fixture *f = *state;
    mom_vdsm_get_all_vm_io_tune_policies(f->vdsm, on_io_tunes, f);
    expect(f, "Host.getAllVmIoTunePolicies", "{}", "\"result\": {\"u\": {\"policy\": []}}");
    assert_string_equal(f->text, "1 u");
    mom_vdsm_get_all_vm_io_tune_policies(f->vdsm, on_io_tunes, f);
    expect(f, "Host.getAllVmIoTunePolicies", "{}",
           "\"error\": {\"code\": -32603, \"message\": \"x\"}");
    assert_int_equal(f->code, -32603);
}

static void
an_unknown_guest_is_told_by_code_and_verb(void **state)
{
    Fixture *f = *state;
    mom_vdsm_set_balloon_target(f->vdsm, "u", 1, on_done, f);
    expect(f, "VM.setBalloonTarget", "{\"vmID\":\"u\",\"target\":1}",
           "\"error\": {\"code\": 1, \"message\": \"Virtual machine does not exist\"}");
    assert_int_equal(f->code, MOM_VDSM_ERROR_NO_VM);
    assert_string_equal(
        f->text, "VM.setBalloonTarget: vdsm answered error 1: Virtual machine does not exist");
}

static void
a_status_that_is_not_0_is_an_error(void **state)
{
    Fixture *f = *state;
    mom_vdsm_set_cpu_tune_quota(f->vdsm, "u", 1, on_done, f);
    expect(f, "VM.setCpuTuneQuota", "{\"vmID\":\"u\",\"quota\":1}",
           "\"result\": {\"code\": 62, \"message\": \"no\"}");
    assert_int_equal(f->code, 62);
    mom_vdsm_set_cpu_tune_quota(f->vdsm, "u", 1, on_done, f);
    expect(f, "VM.setCpuTuneQuota", "{\"vmID\":\"u\",\"quota\":1}",
           "\"result\": {\"code\": \"99999999999\"}");
    assert_int_equal(f->code, MOM_VDSM_ERROR_PROTOCOL);
    mom_vdsm_set_cpu_tune_quota(f->vdsm, "u", 1, on_done, f);
    expect(f, "VM.setCpuTuneQuota", "{\"vmID\":\"u\",\"quota\":1}", "\"result\": null");
    assert_int_equal(f->code, 0);
}

static void
nobody_needs_to_wait_for_a_done(void **state)
{
    Fixture *f = *state;
    mom_vdsm_ping(f->vdsm, NULL, NULL);
    run_until(f->peer->requests->len == 1);
    peer_answer(f->peer, 0, "\"result\": true");
    mom_vdsm_ping(f->vdsm, on_done, f);
    expect(f, "Host.ping2", "{}", "\"result\": true");
}

static void
an_event_is_told_with_guest_and_status(void **state)
{
    Fixture *f = *state;
    const char *event =
        "{\"method\": \"|virt|VM_status|u-1\", \"params\": {\"u-1\": {\"status\": \"Down\"}}}";
    peer_message(f->peer, "jms.queue.events", event, strlen(event));
    run_until(f->ended == 1);
    assert_string_equal(f->text, "u-1 Down");
}

static void
the_client_may_be_freed_by_an_event_or_an_answer(void **state)
{
    Fixture *f = *state;
    const char *event = "{\"method\": \"|virt|VM_status|u-1\", \"params\": {}}";
    mom_vdsm_get_all_vm_stats(f->vdsm, on_stats, f);
    run_until(f->peer->requests->len == 1);
    f->free_in_callback = TRUE;
    peer_message(f->peer, "jms.queue.events", event, strlen(event));
    run_until(f->ended == 2);
    assert_null(f->vdsm);
    run_idle();
    assert_int_equal(f->ended, 2);
    assert_int_equal(f->code, G_IO_ERROR_CANCELLED);
}

static void
a_thousand_guests_come_through(void **state)
{
    Fixture *f = *state;
    g_autoptr(GString) answer = g_string_new("\"result\": [{\"vmId\": \"first\"}");
    for (int i = 1; i < 1000; i++)
        g_string_append_printf(answer, ",{\"vmId\":\"%d\",\"memoryStats\":{\"mem_total\":\"%d\"}}",
                               i, i);
    g_string_append_c(answer, ']');
    mom_vdsm_get_all_vm_stats(f->vdsm, on_stats, f);
    expect(f, "Host.getAllVmStats", "{}", answer->str);
    assert_string_equal(f->text, "1000 first");
}

#define WITH_PEER(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PEER(ping_is_ping2),
        WITH_PEER(the_knobs_of_a_guest_have_the_names_of_the_schema),
        WITH_PEER(io_tune_sends_what_is_set_and_null_for_null),
        WITH_PEER(ksm_tune_sends_only_what_is_set),
        WITH_PEER(stats_come_as_an_array_of_guests),
        WITH_PEER(stats_that_are_none_are_an_error),
        WITH_PEER(io_tunes_come_by_guest),
        WITH_PEER(an_unknown_guest_is_told_by_code_and_verb),
        WITH_PEER(a_status_that_is_not_0_is_an_error),
        WITH_PEER(nobody_needs_to_wait_for_a_done),
        WITH_PEER(an_event_is_told_with_guest_and_status),
        WITH_PEER(the_client_may_be_freed_by_an_event_or_an_answer),
        WITH_PEER(a_thousand_guests_come_through),
    };
    return cmocka_run_group_tests_name("vdsm", tests, NULL, NULL);
}
