/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Cycles in which every guest moves, over the stock set: what the decisions of each cost.
 *
 * Engine, collectors, policies, controllers, guard and records are the real ones in virtual time;
 * only source and actuator are the engine tests' own, so that a cycle is no more than momd's own
 * work and what decisions add to it looks as large as it can.  Prints nothing but errors:
 * instructions are counted from outside (tests/bench/decision-cost).
 * Usage: bench-decisions GUESTS CYCLES [quiet]: quiet is without their lines in the log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"
#include "tests/agent/engine-fixture.h"

#define INTERVAL (10 * SECOND)
#define MAX_KIB 4000000

typedef struct {
    EngineFixture peers; /* source and actuator */
    MomMonitorPlan *host_plan, *guest_plan;
    MomEngine *engine;
    guint n;
} World;

static void
add_guests(World *world)
{
    for (guint i = 0; i < world->n; i++) {
        g_autofree char *uuid = g_strdup_printf("00000000-0000-4000-8000-%012u", i);
        MomGuestData *guest;

        engine_add_guest(&world->peers, uuid, MAX_KIB);
        guest = g_ptr_array_index(world->peers.guests, i);
        guest->pid = mom_value_int(1000 + i);
        guest->age_s = mom_value_int(100000);
        guest->ballooning_enabled = mom_value_bool(TRUE);
        guest->has_memory = TRUE;
        guest->mem_available_kib = mom_value_int(MAX_KIB);
        guest->mem_unused_kib = mom_value_int(MAX_KIB - 100000);
        guest->mem_free_kib = mom_value_int(MAX_KIB - 100000);
        guest->major_faults = guest->minor_faults = mom_value_int(0);
        guest->swap_in = guest->swap_out = mom_value_int(0);
        guest->swap_total_kib = guest->swap_usage_kib = mom_value_int(0);
        guest->vcpu_user_limit = mom_value_int(100); /* percent: none */
        guest->vcpu_quota_us = mom_value_int(-1);
        guest->vcpu_period_us = mom_value_int(100000);
        guest->vcpu_count = mom_value_int(1);
    }
}

/* They have what they were asked for last. */
static void
follow(World *world)
{
    GPtrArray *calls = world->peers.calls;

    if (calls->len != world->n) {
        fprintf(stderr, "%u of %u guests were moved\n", calls->len, world->n);
        exit(EXIT_FAILURE);
    }
    for (guint i = 0; i < calls->len; i++) {
        MomGuestData *guest = g_ptr_array_index(world->peers.guests, i);
        const char *target = strchr(g_ptr_array_index(calls, i), ' ');

        guest->balloon_cur_kib = mom_value_int(g_ascii_strtoll(target, NULL, 10));
    }
    g_ptr_array_set_size(calls, 0);
}

static MomMonitorPlan *
make_plan(const char *const *names)
{
    g_autoptr(GPtrArray) collectors = g_ptr_array_new();

    for (; *names; names++)
        g_ptr_array_add(collectors, (gpointer)mom_collector_find(*names));
    return mom_monitor_plan_new((const MomCollector *const *)collectors->pdata, collectors->len,
                                10);
}

static void
write_host(World *world)
{
    static const char *const ksm[] = {
        "full_scans",         "pages_sharing", "pages_unshared", "run",
        "pages_shared",       "pages_to_scan", "pages_volatile", "sleep_millisecs",
        "merge_across_nodes",
    };

    engine_write_host(&world->peers, 1000000);
    engine_write_file(world->peers.root, "proc/cpuinfo", "processor : 0\nprocessor : 1\n");
    for (gsize i = 0; i < G_N_ELEMENTS(ksm); i++) {
        g_autofree char *path = g_strconcat("sys/kernel/mm/ksm/", ksm[i], NULL);

        engine_write_file(world->peers.root, path, "1\n");
    }
}

static void
world_free(World *world)
{
    mom_engine_free(world->engine);
    mom_monitor_plan_unref(world->host_plan);
    mom_monitor_plan_unref(world->guest_plan);
    virtual_clock_free(world->peers.clock);
    engine_remove_tree(world->peers.root);
    g_free(world->peers.root);
    g_ptr_array_unref(world->peers.guests);
    g_ptr_array_unref(world->peers.calls);
    g_free(world);
}

static World *
world_new(guint n)
{
    static const char *const host[] = {"HostMemory", "HostKSM", "HostCpu", NULL};
    static const char *const guest[] = {"GuestMemory", "GuestBalloon", "GuestCpuTune",
                                        "GuestIoTuneOptional", NULL};
    static const char *const names[] = {"Balloon", "CpuTune", "IoTune"};
    static const MomController *controllers[G_N_ELEMENTS(names) + 1];
    World *world = g_new0(World, 1);

    engine_use_peers(&world->peers);
    world->peers.clock = virtual_clock_new();
    world->peers.root = g_dir_make_tmp("bench-decisions-XXXXXX", NULL);
    write_host(world);
    world->n = n;
    add_guests(world);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        controllers[i] = mom_controller_find(names[i]);
    world->host_plan = make_plan(host);
    world->guest_plan = make_plan(guest);
    world->engine = mom_engine_new(&(MomEngineOptions){
        .source = &world->peers.source,
        .actuator = &world->peers.actuator,
        .clock = virtual_clock_base(world->peers.clock),
        .host_plan = world->host_plan,
        .guest_plan = world->guest_plan,
        .controllers = controllers,
        .host_root = world->peers.root,
        .policy_dir = MOM_STOCK_SET_DIR,
        .tuning_policy = "01-parameters",
        .host_interval_us = INTERVAL,
        .guest_interval_us = INTERVAL,
        .policy_interval_us = INTERVAL,
        .fallback_after = 3,
        .decisions_kept = MAX(n, 1), /* so that new ones take the place of old ones */
    });
    mom_engine_start(world->engine);
    mom_engine_set_policy(world->engine, "01-parameters", "(set balloonEnabled 1)", NULL);
    return world;
}

/* One for each guest and cycle, with what led to it, or something else was measured. */
static void
check_decisions(World *world, guint cycles)
{
    const MomDecisionRing *ring = mom_decisions_ring(mom_engine_decisions(world->engine));
    guint64 newest = mom_decision_ring_newest(ring);

    if (newest != (guint64)world->n * cycles ||
        mom_decision_n_reads(mom_decision_ring_get(ring, newest)) == 0) {
        fprintf(stderr, "%" G_GUINT64_FORMAT " decisions, or without what led to them\n", newest);
        exit(EXIT_FAILURE);
    }
}

int
main(int argc, char **argv)
{
    gboolean quiet = argc > 3 && strcmp(argv[3], "quiet") == 0;
    World *world = world_new(argc > 1 ? (guint)strtoul(argv[1], NULL, 10) : 1000);
    guint cycles = argc > 2 ? (guint)strtoul(argv[2], NULL, 10) : 4;
    g_autoptr(MomLog) log = mom_log_new("/dev/null", quiet ? 2 : 4, 0, 0, NULL);

    g_return_val_if_fail(log, EXIT_FAILURE);
    for (guint i = 0; i < cycles; i++) {
        virtual_clock_advance(world->peers.clock, i ? INTERVAL : 0);
        follow(world);
    }
    check_decisions(world, cycles);
    world_free(world);
    return EXIT_SUCCESS;
}
