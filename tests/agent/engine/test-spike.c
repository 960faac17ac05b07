/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A guest's need jumps while its balloon holds its memory: how long the stock set takes to give it
 * back, at the configured pace and at momd's own.
 *
 * In virtual time, with a guest that swaps what does not fit and a host with so much free.  The
 * stock set decides; only the pace differs.  The first figures are those of the reference: its
 * answers at its pace.
 */
#include "tests/mom-test.h"

#include <glib/gstdio.h>

#include "agent/engine/engine.h"
#include "agent/engine/pace.h"
#include "tests/agent/kept-log.h"
#include "tests/agent/virtual-clock.h"

#define SECOND G_GINT64_CONSTANT(1000000)
#define MIB G_GINT64_CONSTANT(1024)
#define GIB (1024 * MIB)

#define INTERVAL_S 15 /* of contrib/vdsm/mom.conf */
#define WATCH_S 5
#define WARM_UP_S 300
#define GIVE_UP_S 3600
#define KERNEL_KIB (100 * MIB)
#define LEAST_FREE_KIB (20 * MIB)

typedef struct {
    MomSource source;
    MomActuator actuator;
    VirtualClock *clock;
    MomMonitorPlan *host_plan, *guest_plan;
    MomEngine *engine;
    char *root;
    gint64 host_free_kib;
    gint64 balloon_kib, need_kib, swapped_in_kib;
    guint samples;
} World;

/* ---- a guest of 4 GiB with 2 ---- */

static MomGuestData *
look_at_guest(World *world)
{
    MomGuestData *guest = mom_guest_data_new("spike", "spike");
    gint64 seen_kib = world->balloon_kib - KERNEL_KIB;
    gint64 used_kib = MIN(world->need_kib, seen_kib - LEAST_FREE_KIB);

    world->swapped_in_kib += world->need_kib > used_kib ? 50 * MIB : 0;
    guest->has_memory = TRUE;
    guest->mem_available_kib = mom_value_int(seen_kib);
    guest->mem_unused_kib = mom_value_int(seen_kib - used_kib);
    guest->swap_in = mom_value_int(world->swapped_in_kib);
    guest->has_balloon = TRUE;
    guest->balloon_cur_kib = mom_value_int(world->balloon_kib);
    guest->balloon_max_kib = mom_value_int(4 * GIB);
    guest->balloon_min_kib = mom_value_int(1 * GIB);
    guest->ballooning_enabled = mom_value_bool(TRUE);
    return guest;
}

static void
sample(MomSource *source, MomSourceDone done, gpointer data)
{
    World *world = (World *)source;
    g_autoptr(GPtrArray) guests =
        g_ptr_array_new_with_free_func((GDestroyNotify)mom_guest_data_free);

    world->samples++;
    g_ptr_array_add(guests, look_at_guest(world));
    done(guests, NULL, data);
}

static const MomSourceClass source_class = {.sample = sample, .name = "test"};

/* A balloon moves a GiB in a second: it is there at the next look. */
static void
set_balloon(
    MomActuator *actuator, MomEntity *guest, gint64 target_kib, MomActuatorDone done, gpointer data)
{
    World *world = (World *)((char *)actuator - G_STRUCT_OFFSET(World, actuator));

    world->balloon_kib = target_kib;
    done(NULL, data);
}

static const MomActuatorClass actuator_class = {.set_balloon_target = set_balloon};

/* ---- the host ---- */

static void
write_host(World *world)
{
    g_autofree char *proc = g_build_filename(world->root, "proc", NULL);
    g_autofree char *meminfo = g_build_filename(proc, "meminfo", NULL);
    g_autofree char *vmstat = g_build_filename(proc, "vmstat", NULL);
    g_autofree char *text =
        g_strdup_printf("MemTotal: %" G_GINT64_FORMAT " kB\nMemFree: %" G_GINT64_FORMAT
                        " kB\nBuffers: 0 kB\nCached: 0 kB\nAnonPages: 0 kB\n",
                        64 * GIB, world->host_free_kib);

    assert_int_equal(g_mkdir_with_parents(proc, 0700), 0);
    assert_true(g_file_set_contents(meminfo, text, -1, NULL));
    assert_true(g_file_set_contents(vmstat, "pswpin 0\npswpout 0\n", -1, NULL));
}

static void
remove_host(World *world)
{
    static const char *const files[] = {"proc/meminfo", "proc/vmstat", "proc", ""};

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(world->root, files[i], NULL);

        g_remove(path);
    }
}

/* While DRY nothing is sent: the guest stays as the story begins with it. */
static MomEngineOptions
options_of(World *world, const char *policies, gboolean adapts, gboolean dry)
{
    static const MomController *controllers[2];
    static MomGuardOptions guard;

    controllers[0] = mom_controller_find("Balloon");
    guard = (MomGuardOptions){mom_rail_limits_default, dry ? ~0u : 0};
    return (MomEngineOptions){
        .source = &world->source,
        .actuator = &world->actuator,
        .clock = virtual_clock_base(world->clock),
        .host_plan = world->host_plan,
        .guest_plan = world->guest_plan,
        .controllers = controllers,
        .host_root = world->root,
        .policy_dir = policies,
        .host_interval_us = INTERVAL_S * SECOND,
        .guest_interval_us = INTERVAL_S * SECOND,
        .policy_interval_us = INTERVAL_S * SECOND,
        .adapts = adapts,
        .watch_interval_us = adapts ? WATCH_S * SECOND : 0,
        .guard = &guard,
    };
}

static void
start(World *world, gint64 free_percent, gboolean adapts)
{
    const MomCollector *host[] = {mom_collector_find("HostMemory")};
    const MomCollector *guest[] = {mom_collector_find("GuestMemoryOptional"),
                                   mom_collector_find("GuestBalloonOptional")};
    g_autofree char *policies =
        g_build_filename(g_getenv("MOM_SOURCE_ROOT"), "contrib", "vdsm", "mom.d", NULL);
    g_autoptr(GError) error = NULL;
    MomEngineOptions options;

    *world = (World){.source = {&source_class}, .actuator = {&actuator_class}};
    world->clock = virtual_clock_new();
    world->root = g_dir_make_tmp("mom-spike-XXXXXX", NULL);
    world->host_free_kib = 64 * GIB * free_percent / 100;
    world->balloon_kib = 2 * GIB;
    world->need_kib = 12 * GIB / 10;
    write_host(world);
    world->host_plan = mom_monitor_plan_new(host, 1, 10);
    world->guest_plan = mom_monitor_plan_new(guest, 2, 10);
    options = options_of(world, policies, adapts, TRUE);
    world->engine = mom_engine_new(&options);
    mom_engine_start(world->engine);
    assert_ok(
        mom_engine_set_policy(world->engine, "01-parameters", "(set balloonEnabled 1)", &error));
    virtual_clock_advance(world->clock, WARM_UP_S * SECOND);
    options = options_of(world, policies, adapts, FALSE);
    mom_engine_reconfigure(world->engine, &options);
}

static void
finish(World *world)
{
    mom_engine_free(world->engine);
    mom_monitor_plan_unref(world->host_plan);
    mom_monitor_plan_unref(world->guest_plan);
    virtual_clock_free(world->clock);
    remove_host(world);
    g_free(world->root);
}

/* ---- the jump ---- */

/* Seconds until the guest has what it needs; GIVE_UP_S: never. */
static gint64
seconds_to_recover(gint64 free_percent, gboolean adapts, guint *samples)
{
    World world;
    gint64 seconds = 0;

    start(&world, free_percent, adapts);
    world.need_kib = 3 * GIB;
    world.samples = 0;
    while (seconds < GIVE_UP_S && world.balloon_kib < 3 * GIB + KERNEL_KIB) {
        virtual_clock_advance(world.clock, SECOND);
        seconds++;
    }
    *samples = world.samples;
    finish(&world);
    return seconds;
}

static void
its_own_pace_gives_memory_at_least_three_times_as_fast(void **state)
{
    static const gint64 free_percent[] = {50, 25};

    for (gsize i = 0; i < G_N_ELEMENTS(free_percent); i++) {
        guint slow_samples, fast_samples;
        gint64 slow_s = seconds_to_recover(free_percent[i], FALSE, &slow_samples);
        gint64 fast_s = seconds_to_recover(free_percent[i], TRUE, &fast_samples);

        print_message("# host %d %% free: %d s, at momd's pace %d s (%u samples, %u)\n",
                      (int)free_percent[i], (int)slow_s, (int)fast_s, slow_samples, fast_samples);
        assert_true(slow_s < GIVE_UP_S);
        assert_true(3 * fast_s <= slow_s);
    }
}

static void
what_the_policy_never_does_costs_the_usual_pace_in_the_end(void **state)
{
    guint slow_samples, fast_samples;

    /* Below a fifth free the stock set lets no guest grow, at whatever pace. */
    assert_int_equal(seconds_to_recover(15, FALSE, &slow_samples), GIVE_UP_S);
    assert_int_equal(seconds_to_recover(15, TRUE, &fast_samples), GIVE_UP_S);
    print_message("# host 15 %% free: never; %u samples in an hour, %u at momd's pace\n",
                  slow_samples, fast_samples);
    assert_true(fast_samples < 3 * slow_samples + 100);
}

/* The kernel tells of pressure every two seconds for ten minutes, and the policy does nothing. */
static guint64
decisions_under_lasting_pressure(gboolean adapts)
{
    World world;
    guint64 before;

    start(&world, 50, adapts);
    virtual_clock_advance(world.clock, 300 * SECOND);
    before = mom_engine_cycles(world.engine);
    for (int second = 0; second < 600; second += 2) {
        mom_engine_pressed(world.engine);
        virtual_clock_advance(world.clock, 2 * SECOND);
    }
    before = mom_engine_cycles(world.engine) - before;
    finish(&world);
    return before;
}

static void
pressure_that_lasts_hastens_only_as_long_as_it_helps(void **state)
{
    guint64 usual = decisions_under_lasting_pressure(FALSE);
    guint64 pressed = decisions_under_lasting_pressure(TRUE);

    print_message("# ten minutes of pressure: %" G_GUINT64_FORMAT " decisions, %" G_GUINT64_FORMAT
                  " at the usual pace\n",
                  pressed, usual);
    assert_in_range(usual, 600 / INTERVAL_S - 1, 600 / INTERVAL_S + 1);
    assert_true(pressed > usual);
    assert_true(pressed <= usual + MOM_PACE_PATIENCE + 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_own_pace_gives_memory_at_least_three_times_as_fast),
        cmocka_unit_test(pressure_that_lasts_hastens_only_as_long_as_it_helps),
        cmocka_unit_test(what_the_policy_never_does_costs_the_usual_pace_in_the_end),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests_name("spike", tests, NULL, NULL);
    kept_log_end();
    return failed;
}
