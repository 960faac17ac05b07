/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A guest's need jumps while its balloon holds its memory: how long the stock set takes to give it
 * back, at the configured pace and at momd's own.
 *
 * In virtual time, with a guest that swaps what does not fit and a host with so much free.  The
 * stock set decides; only the pace differs, and how old the numbers are.  The first figures are
 * those of the reference: its answers at its pace.
 */
#include "tests/mom-test.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "agent/engine/engine.h"
#include "agent/engine/pace.h"
#include "agent/hypervisor/hypervisor-joined.h"
#include "tests/agent/kept-log.h"
#include "tests/agent/virtual-clock.h"

#define SECOND G_GINT64_CONSTANT(1000000)
#define MIB G_GINT64_CONSTANT(1024)
#define GIB (1024 * MIB)

#define INTERVAL_S 15 /* of contrib/vdsm/mom.conf */
#define WATCH_S 5
#define VDSM_LOOKS_S 15 /* vdsm's vm_sample_interval */
#define GUEST_REPORTS_S 5
#define WARM_UP_S 300
#define GIVE_UP_S 3600
#define KERNEL_KIB (100 * MIB)
#define LEAST_FREE_KIB (20 * MIB)

typedef enum {
    AT_ONCE, /* what the engine asks for is of now */
    VDSM,    /* of vdsm's last look */
    JOINED,  /* of libvirt, joined with vdsm's list */
} Numbers;

typedef struct World World;

typedef struct {
    MomSource source;
    World *world;
} Peer;

struct World {
    MomSource source;
    MomActuator actuator;
    Peer vdsm, libvirt;
    MomHypervisorJoined *joined;
    MomGuestData *reported; /* by the guest itself */
    MomGuestData *looked;   /* by vdsm, some time ago */
    gint64 counted_kib;     /* swapped in until then */
    guint asked_vdsm;
    gboolean libvirt_is_away;
    VirtualClock *clock;
    MomMonitorPlan *host_plan, *guest_plan;
    MomEngine *engine;
    char *root;
    gint64 host_free_kib;
    gint64 balloon_kib, need_kib, swapped_in_kib;
    guint samples;
};

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

/* ---- the same guest through others' eyes ---- */

static gint64
now_s(World *world)
{
    return mom_clock_now_us(virtual_clock_base(world->clock)) / SECOND;
}

/* Memory as the guest last reported it, its balloon as it is now. */
static MomGuestData *
observe(World *world)
{
    MomGuestData *guest = mom_guest_data_copy(world->reported);

    guest->balloon_cur_kib = mom_value_int(world->balloon_kib);
    return guest;
}

static void
guest_reports(gpointer data)
{
    World *world = data;

    mom_guest_data_free(world->reported);
    world->reported = look_at_guest(world);
    world->reported->report_time_s = mom_value_int(now_s(world));
    mom_clock_after(virtual_clock_base(world->clock), GUEST_REPORTS_S * SECOND, guest_reports,
                    world);
}

static void
vdsm_looks(gpointer data)
{
    World *world = data;

    mom_guest_data_free(world->looked);
    world->looked = observe(world);
    world->looked->data_source = "vdsm";
    world->looked->swap_in =
        mom_value_int((world->swapped_in_kib - world->counted_kib) / VDSM_LOOKS_S);
    world->counted_kib = world->swapped_in_kib;
    mom_clock_after(virtual_clock_base(world->clock), VDSM_LOOKS_S * SECOND, vdsm_looks, world);
}

static void
answer_one(MomGuestData *guest, MomSourceDone done, gpointer data)
{
    g_autoptr(GPtrArray) guests =
        g_ptr_array_new_with_free_func((GDestroyNotify)mom_guest_data_free);

    g_ptr_array_add(guests, guest);
    done(guests, NULL, data);
}

static void
sample_vdsm(MomSource *source, MomSourceDone done, gpointer data)
{
    World *world = ((Peer *)source)->world;

    world->asked_vdsm++;
    answer_one(mom_guest_data_copy(world->looked), done, data);
}

static void
sample_libvirt(MomSource *source, MomSourceDone done, gpointer data)
{
    World *world = ((Peer *)source)->world;
    g_autoptr(GError) error = NULL;

    if (world->libvirt_is_away) {
        error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, "killed");
        done(NULL, error, data);
        return;
    }
    answer_one(observe(world), done, data);
}

static const MomSourceClass vdsm_class = {.sample = sample_vdsm, .name = "vdsm"};
static const MomSourceClass libvirt_class = {.sample = sample_libvirt, .name = "libvirt"};

static MomSource *
source_of(World *world, Numbers numbers)
{
    MomHypervisorJoinedOptions options = {
        .list = &world->vdsm.source,
        .numbers = &world->libvirt.source,
        .clock = virtual_clock_base(world->clock),
        .list_lasts_us = INTERVAL_S * SECOND,
    };

    if (numbers == AT_ONCE)
        return &world->source;
    guest_reports(world);
    virtual_clock_advance(world->clock, 2 * SECOND); /* nobody looks when another does */
    vdsm_looks(world);
    virtual_clock_advance(world->clock, 3 * SECOND);
    if (numbers == VDSM)
        return &world->vdsm.source;
    world->joined = mom_hypervisor_joined_new(&options);
    return mom_hypervisor_joined_source(world->joined);
}

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
options_of(World *world, MomSource *source, const char *policies, gboolean adapts, gboolean dry)
{
    static const MomController *controllers[2];
    static MomGuardOptions guard;

    controllers[0] = mom_controller_find("Balloon");
    guard = (MomGuardOptions){mom_rail_limits_default, dry ? ~0u : 0};
    return (MomEngineOptions){
        .source = source,
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
        .watch_interval_us = adapts && source != &world->vdsm.source ? WATCH_S * SECOND : 0,
        .guard = &guard,
    };
}

static void
start(World *world, gint64 free_percent, Numbers numbers, gboolean adapts)
{
    const MomCollector *host[] = {mom_collector_find("HostMemory")};
    const MomCollector *guest[] = {mom_collector_find("GuestMemoryOptional"),
                                   mom_collector_find("GuestBalloonOptional")};
    g_autofree char *policies =
        g_build_filename(g_getenv("MOM_SOURCE_ROOT"), "contrib", "vdsm", "mom.d", NULL);
    g_autoptr(GError) error = NULL;
    MomEngineOptions options;
    MomSource *source;

    *world = (World){
        .source = {&source_class},
        .actuator = {&actuator_class},
        .vdsm = {{&vdsm_class}, world},
        .libvirt = {{&libvirt_class}, world},
    };
    world->clock = virtual_clock_new();
    world->root = g_dir_make_tmp("mom-spike-XXXXXX", NULL);
    world->host_free_kib = 64 * GIB * free_percent / 100;
    world->balloon_kib = 2 * GIB;
    world->need_kib = 12 * GIB / 10;
    write_host(world);
    world->host_plan = mom_monitor_plan_new(host, 1, 10);
    world->guest_plan = mom_monitor_plan_new(guest, 2, 10);
    source = source_of(world, numbers);
    options = options_of(world, source, policies, adapts, TRUE);
    world->engine = mom_engine_new(&options);
    mom_engine_start(world->engine);
    assert_ok(
        mom_engine_set_policy(world->engine, "01-parameters", "(set balloonEnabled 1)", &error));
    virtual_clock_advance(world->clock, WARM_UP_S * SECOND);
    options = options_of(world, source, policies, adapts, FALSE);
    mom_engine_reconfigure(world->engine, &options);
}

static void
finish(World *world)
{
    mom_engine_free(world->engine);
    mom_hypervisor_joined_free(world->joined);
    mom_guest_data_free(world->reported);
    mom_guest_data_free(world->looked);
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

    start(&world, free_percent, AT_ONCE, adapts);
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

/* ---- how old the numbers are ---- */

typedef struct {
    gint64 mean_s, worst_s;
    guint asked_vdsm; /* in all */
} Recovery;

/* Over all seconds of vdsm's interval in which the need may jump. */
static Recovery
recovery_with(Numbers numbers, gint64 free_percent, gboolean adapts)
{
    Recovery recovery = {0};

    for (gint64 second = 0; second < VDSM_LOOKS_S; second++) {
        World world;
        gint64 seconds = 0;

        start(&world, free_percent, numbers, adapts);
        virtual_clock_advance(world.clock, second * SECOND);
        world.need_kib = 3 * GIB;
        world.asked_vdsm = 0;
        while (seconds < GIVE_UP_S && world.balloon_kib < 3 * GIB + KERNEL_KIB) {
            virtual_clock_advance(world.clock, SECOND);
            seconds++;
        }
        assert_true(seconds < GIVE_UP_S);
        recovery.mean_s += seconds;
        recovery.worst_s = MAX(recovery.worst_s, seconds);
        recovery.asked_vdsm += world.asked_vdsm;
        finish(&world);
    }
    recovery.mean_s /= VDSM_LOOKS_S;
    return recovery;
}

static void
numbers_of_now_are_acted_on_sooner_than_vdsms(void **state)
{
    static const gint64 free_percent[] = {50, 25};

    for (gsize i = 0; i < G_N_ELEMENTS(free_percent); i++) {
        Recovery usual = recovery_with(VDSM, free_percent[i], FALSE);
        Recovery old = recovery_with(VDSM, free_percent[i], TRUE);
        Recovery live = recovery_with(JOINED, free_percent[i], TRUE);

        print_message("# host %d %% free, from the jump to the memory, mean (worst): vdsm at the "
                      "usual pace %d s (%d), vdsm at momd's pace %d s (%d), joined with libvirt "
                      "%d s (%d); vdsm was asked %u, %u and %u times\n",
                      (int)free_percent[i], (int)usual.mean_s, (int)usual.worst_s, (int)old.mean_s,
                      (int)old.worst_s, (int)live.mean_s, (int)live.worst_s, usual.asked_vdsm,
                      old.asked_vdsm, live.asked_vdsm);
        assert_true(3 * live.mean_s <= usual.mean_s);
        assert_true(live.mean_s < old.mean_s);
        assert_true(live.worst_s < old.worst_s);
        assert_true(live.asked_vdsm <= old.asked_vdsm);
    }
}

/* How often vdsm is asked in ten calm minutes, with a guest that is worth watching. */
static guint
asked_in_calm(Numbers numbers, gboolean libvirt_is_away)
{
    World world;
    guint asked;

    start(&world, 50, numbers, TRUE);
    world.libvirt_is_away = libvirt_is_away;
    virtual_clock_advance(world.clock, 60 * SECOND);
    world.asked_vdsm = 0;
    virtual_clock_advance(world.clock, 600 * SECOND);
    asked = world.asked_vdsm;
    finish(&world);
    return asked;
}

static void
vdsm_is_asked_no_oftener_than_alone(void **state)
{
    guint alone = asked_in_calm(VDSM, FALSE);
    guint joined = asked_in_calm(JOINED, FALSE);
    guint away = asked_in_calm(JOINED, TRUE);

    print_message("# ten calm minutes: vdsm alone is asked %u times, beside libvirt %u, and while "
                  "libvirt is away %u\n",
                  alone, joined, away);
    assert_in_range(alone, 600 / INTERVAL_S - 1, 600 / INTERVAL_S + 1);
    assert_true(joined <= alone);
    assert_true(away <= alone);
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

    start(&world, 50, AT_ONCE, adapts);
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
        cmocka_unit_test(numbers_of_now_are_acted_on_sooner_than_vdsms),
        cmocka_unit_test(vdsm_is_asked_no_oftener_than_alone),
        cmocka_unit_test(pressure_that_lasts_hastens_only_as_long_as_it_helps),
        cmocka_unit_test(what_the_policy_never_does_costs_the_usual_pace_in_the_end),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests_name("spike", tests, NULL, NULL);
    kept_log_end();
    return failed;
}
