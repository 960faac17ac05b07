/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See release-fixture.h.
 *
 * Nothing here knows what is to go back.
 */
#include "tests/agent/engine/release-fixture.h"

#include <string.h>

#include "tests/agent/kept-log.h"

static const char policy[] =
    "(def turn (guest) {\n"
    "  (guest.Control \"balloon_target\" 2000000)\n"
    "  (guest.Control \"vcpu_quota\" 50000)\n"
    "  (if (valid guest.io_tune)\n"
    "    (with guest.io_tune tune (tune.setReadIopsSec 100)) 0) })\n"
    "(with Guests guest (if (== (guest.Prop \"name\") \"left\") 0 (turn guest)))\n"
    "(Host.Control \"ksm_run\" 1)\n"
    "(Host.Control \"ksm_pages_to_scan\" 500)\n";

void
write_ksm(const char *root, const char *run, const char *pages)
{
    static const char *const zeros[] = {"full_scans",        "pages_sharing",  "pages_unshared",
                                        "pages_shared",      "pages_volatile", "sleep_millisecs",
                                        "merge_across_nodes"};
    g_autofree char *dir = g_build_filename(root, "sys", "kernel", "mm", "ksm", NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(zeros); i++)
        engine_write_file(dir, zeros[i], "0\n");
    engine_write_file(dir, "run", run);
    engine_write_file(dir, "pages_to_scan", pages);
}

static void
make_engine(Fixture *f)
{
    const MomCollector *host[] = {mom_collector_find("HostMemory"), mom_collector_find("HostKSM")};
    const MomCollector *guest[] = {
        mom_collector_find("GuestMemoryOptional"), mom_collector_find("GuestBalloonOptional"),
        mom_collector_find("GuestCpuTune"), mom_collector_find("GuestIoTuneOptional")};
    static const MomController *controllers[5];

    controllers[0] = mom_controller_find("Balloon");
    controllers[1] = mom_controller_find("KSM");
    controllers[2] = mom_controller_find("CpuTune");
    controllers[3] = mom_controller_find("IoTune");
    f->host_plan = mom_monitor_plan_new(host, G_N_ELEMENTS(host), 10);
    f->guest_plan = mom_monitor_plan_new(guest, G_N_ELEMENTS(guest), 10);
    mom_engine_free(f->peers->engine);
    f->peers->engine = mom_engine_new(&(MomEngineOptions){
        .source = &f->peers->source,
        .actuator = &f->recorder->actuator,
        .clock = virtual_clock_base(f->peers->clock),
        .host_plan = f->host_plan,
        .guest_plan = f->guest_plan,
        .controllers = controllers,
        .host_root = f->peers->root,
        .policy_dir = f->peers->policy_dir,
        .host_interval_us = 5 * SECOND,
        .guest_interval_us = 5 * SECOND,
        .policy_interval_us = 10 * SECOND,
        .guard = &f->guard,
    });
}

int
release_setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    void *peers;

    engine_setup(&peers);
    f->peers = peers;
    f->recorder = recorder_new();
    f->guard.rails = mom_rail_limits_default;
    f->guard.rails.max_change_percent = 100;
    engine_write_file(f->peers->policy_dir, "00-defines.policy", "");
    engine_write_file(f->peers->policy_dir, "10-act.policy", policy);
    write_ksm(f->peers->root, "0\n", "100\n");
    engine_write_host(f->peers, 5 * GB);
    make_engine(f);
    *state = f;
    return 0;
}

int
release_teardown(void **state)
{
    Fixture *f = *state;
    void *peers = f->peers;

    engine_teardown(&peers);
    mom_monitor_plan_unref(f->host_plan);
    mom_monitor_plan_unref(f->guest_plan);
    recorder_free(f->recorder);
    g_free(f);
    return 0;
}

MomGuestData *
add_guest(Fixture *f, const char *name, gint64 cur_kib)
{
    MomGuestData *guest;

    engine_add_guest(f->peers, name, cur_kib);
    guest = g_ptr_array_index(f->peers->guests, f->peers->guests->len - 1);
    guest->vcpu_user_limit = mom_value_int(100);
    guest->vcpu_count = mom_value_int(4);
    guest->vcpu_quota_us = mom_value_int(-1);
    guest->vcpu_period_us = mom_value_int(100000);
    return guest;
}

void
add_disk(MomGuestData *guest)
{
    MomTune tune = {.name = "vda", .path = "/vda"};
    MomTuneState now = {.name = "vda", .path = "/vda"};

    for (int i = 0; i < MOM_N_LIMITS; i++) {
        mom_limits_set(&tune.maximum, (MomLimit)i, mom_value_int(1000));
        mom_limits_set(&tune.guaranteed, (MomLimit)i, mom_value_int(0));
        mom_limits_set(&tune.current, (MomLimit)i, mom_value_int(0));
        mom_limits_set(&now.io_tune, (MomLimit)i, mom_value_int(0));
    }
    guest->has_io_tune = TRUE;
    guest->io_policies = g_array_new(FALSE, TRUE, sizeof(MomTune));
    guest->io_states = g_array_new(FALSE, TRUE, sizeof(MomTuneState));
    g_array_append_val(guest->io_policies, tune);
    g_array_append_val(guest->io_states, now);
}

void
manage(Fixture *f)
{
    engine_start(f->peers);
    for (guint i = 0; i < f->peers->guests->len; i++) {
        MomGuestData *guest = g_ptr_array_index(f->peers->guests, i);

        if (g_strcmp0(guest->name, "left") != 0) {
            guest->balloon_cur_kib = mom_value_int(2 * GB);
            guest->vcpu_quota_us = mom_value_int(50000);
        }
    }
    write_ksm(f->peers->root, "1\n", "500\n");
    virtual_clock_advance(f->peers->clock, 10 * SECOND);
    g_string_truncate(f->recorder->log, 0);
    g_string_truncate(told, 0);
}

static void
on_released(gpointer data)
{
    ((Fixture *)data)->released++;
}

void
release(Fixture *f, MomOnStop how)
{
    mom_engine_release(f->peers->engine, how, on_released, f);
}

void
assert_balloons(Fixture *f, const char *expected)
{
    g_auto(GStrv) calls = g_strsplit(f->recorder->log->str, "; ", -1);
    g_autoptr(GString) found = g_string_new(NULL);

    for (char **call = calls; *call; call++)
        if (strstr(*call, " balloon "))
            g_string_append_printf(found, "%s; ", *call);
    assert_string_equal(found->str, expected);
}
