/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a cycle costs over 10 to 1000 guests of libvirt: from its bulk answer to decided knobs.
 *
 * libvirt's functions are a fake's that answers as QEMU's driver does (its own time is taken out);
 * worker, conversion, collectors, engine, stock policies, controllers and guard are the real ones,
 * with a process under /proc for each guest.  Prints a table and judges no time; more than one call
 * in a steady cycle is an error.
 */
#include <glib/gstdio.h>
#include <stdio.h>
#include <time.h>

#include "agent/engine/engine.h"
#include "agent/hypervisor/hypervisor-libvirt.h"
#include "tests/agent/virtual-clock.h"
#include "tests/libvirt-client/fake-libvirt.h"

#define SECOND_US G_USEC_PER_SEC
#define INTERVAL_US (10 * SECOND_US)
#define MIN_TIME_US (300 * 1000)
#define FIRST_PID 1000

typedef struct {
    char *root;
    VirtualClock *clock;
    MomHypervisorLibvirt *hypervisor;
    MomMonitorPlan *host_plan, *guest_plan;
    MomEngine *engine;
    guint n;
} World;

/* One way to spend time. */
typedef struct {
    double us;   /* of ours, the shortest of many */
    guint calls; /* of libvirt's, that ask its daemon */
} Cost;

/* ---- the host's files ---- */

static void
put(const char *root, const char *path, const char *text, gssize length)
{
    g_autofree char *whole = g_build_filename(root, path, NULL);
    g_autofree char *folder = g_path_get_dirname(whole);

    if (g_mkdir_with_parents(folder, 0700) < 0 || !g_file_set_contents(whole, text, length, NULL))
        g_error("cannot write %s", whole);
}

static void
put_process(const char *root, guint guest)
{
    guint pid = FIRST_PID + guest;
    g_autofree char *pid_path = g_strdup_printf("run/libvirt/qemu/guest-%u.pid", guest);
    g_autofree char *command_path = g_strdup_printf("proc/%u/cmdline", pid);
    g_autofree char *stat_path = g_strdup_printf("proc/%u/stat", pid);
    g_autofree char *number = g_strdup_printf("%u\n", pid);
    g_autofree char *stat =
        g_strdup_printf("%u (qemu-kvm) S 1 2 3 0 -1 5 6 0 7 0 8 9 0 0 20 0 4 0 100 "
                        "4294967296 262144 18446744073709551615\n",
                        pid);

    put(root, pid_path, number, -1);
    put(root, command_path, fake_uuid(guest), -1);
    put(root, stat_path, stat, -1);
}

static const char *const ksm_files[] = {
    "full_scans",         "pages_sharing", "pages_unshared", "run",
    "pages_shared",       "pages_to_scan", "pages_volatile", "sleep_millisecs",
    "merge_across_nodes",
};

static char *
make_host(guint n)
{
    char *root = g_dir_make_tmp("bench-libvirt-XXXXXX", NULL);

    put(root, "proc/uptime", "100000.00 100000.00\n", -1);
    put(root, "proc/meminfo",
        "MemTotal: 1000000000 kB\nMemFree: 100000000 kB\nBuffers: 0 kB\nCached: 0 kB\n"
        "AnonPages: 0 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
        -1);
    put(root, "proc/vmstat", "pswpin 0\npswpout 0\n", -1);
    put(root, "proc/cpuinfo", "processor : 0\nprocessor : 1\n", -1);
    for (gsize i = 0; i < G_N_ELEMENTS(ksm_files); i++) {
        g_autofree char *path = g_strconcat("sys/kernel/mm/ksm/", ksm_files[i], NULL);

        put(root, path, "1\n", -1);
    }
    for (guint i = 0; i < n; i++)
        put_process(root, i);
    return root;
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        remove_tree(child);
    }
    g_remove(path);
}

/* ---- the world ---- */

static MomMonitorPlan *
make_plan(const char *const *names)
{
    g_autoptr(GPtrArray) collectors = g_ptr_array_new();

    for (; *names != NULL; names++)
        g_ptr_array_add(collectors, (gpointer)mom_collector_find(*names));
    return mom_monitor_plan_new((const MomCollector *const *)collectors->pdata, collectors->len,
                                10);
}

static World *
world_new(guint n)
{
    static const char *const host[] = {"HostMemory", "HostKSM", "HostCpu", NULL};
    static const char *const guest[] = {"GuestQemuProc", "GuestMemory",         "GuestBalloon",
                                        "GuestCpuTune",  "GuestIoTuneOptional", NULL};
    static const char *const names[] = {"Balloon", "KSM", "CpuTune", "IoTune"};
    static const MomController *controllers[G_N_ELEMENTS(names) + 1];
    /* KSM's files are no kernel's here, and may be read while they are written. */
    const MomGuardOptions guard = {.rails = mom_rail_limits_default,
                                   .dry_knobs = 1u << MOM_GUARD_KSM};
    World *world = g_new0(World, 1);

    fake_start(n);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        controllers[i] = mom_controller_find(names[i]);
    world->n = n;
    world->root = make_host(n);
    world->clock = virtual_clock_new();
    world->host_plan = make_plan(host);
    world->guest_plan = make_plan(guest);
    world->hypervisor = mom_hypervisor_libvirt_new(
        &(MomHypervisorLibvirtOptions){.host_root = world->root, .stats_period_s = 5});
    world->engine = mom_engine_new(&(MomEngineOptions){
        .source = mom_hypervisor_libvirt_source(world->hypervisor),
        .actuator = mom_hypervisor_libvirt_actuator(world->hypervisor),
        .clock = virtual_clock_base(world->clock),
        .host_plan = world->host_plan,
        .guest_plan = world->guest_plan,
        .controllers = controllers,
        .host_root = world->root,
        .policy_dir = MOM_STOCK_SET_DIR,
        .host_interval_us = INTERVAL_US,
        .guest_interval_us = INTERVAL_US,
        .policy_interval_us = INTERVAL_US,
        .guard = &guard,
        .fallback_after = 3,
    });
    return world;
}

static void
world_free(World *world)
{
    mom_engine_stop(world->engine);
    mom_hypervisor_libvirt_free(world->hypervisor);
    mom_engine_free(world->engine);
    mom_monitor_plan_unref(world->host_plan);
    mom_monitor_plan_unref(world->guest_plan);
    virtual_clock_free(world->clock);
    remove_tree(world->root);
    g_free(world->root);
    g_free(world);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    while (fake_connections() > 0)
        g_usleep(1000);
    fake_stop();
}

/* ---- what is measured ---- */

/* All threads' time, without what libvirt itself takes. */
static double
our_time_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3 - (double)fake_spent_ns() / 1e3;
}

static void
note_sample(GPtrArray *guests, const GError *error, gpointer data)
{
    *(gboolean *)data = TRUE;
    if (error != NULL)
        g_error("%s", error->message);
}

static void
run_sample(World *world)
{
    MomSource *source = mom_hypervisor_libvirt_source(world->hypervisor);
    gboolean done = FALSE;

    source->klass->sample(source, note_sample, &done);
    while (!done)
        g_main_context_iteration(NULL, TRUE);
}

static void
run_cycle(World *world)
{
    guint64 before = mom_engine_pulse(world->engine)->answers;

    virtual_clock_advance(world->clock, INTERVAL_US);
    while (mom_engine_pulse(world->engine)->answers == before)
        g_main_context_iteration(NULL, TRUE);
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

/* The shortest of many runs: what the others took longer was not theirs. */
static Cost
measure(World *world, void (*run)(World *world))
{
    Cost cost = {.us = G_MAXDOUBLE};
    double start_us = our_time_us();
    guint runs = 0;

    fake_forget_calls();
    do {
        double before_us = our_time_us();

        run(world);
        cost.us = MIN(cost.us, our_time_us() - before_us);
        runs++;
    } while (our_time_us() - start_us < MIN_TIME_US);
    cost.calls = (fake_calls(NULL) + runs - 1) / runs;
    return cost;
}

/* The first cycles read each guest's XML, in portions. */
static Cost
measure_first(World *world)
{
    Cost cost = {0};
    double before_us = our_time_us();

    mom_engine_start(world->engine);
    do {
        g_autoptr(GPtrArray) guests = NULL;

        run_cycle(world);
        guests = mom_engine_guests(world->engine);
        if (guests->len == world->n)
            break;
    } while (TRUE);
    cost.us = our_time_us() - before_us;
    cost.calls = fake_calls(NULL);
    return cost;
}

static gboolean
measure_all(guint n)
{
    World *world = world_new(n);
    Cost first, sample, cycle;
    guint64 cycles;

    first = measure_first(world);
    for (int i = 0; i < 20; i++) /* until what the policies wish is reached */
        run_cycle(world);
    sample = measure(world, run_sample);
    cycles = mom_engine_cycles(world->engine);
    cycle = measure(world, run_cycle);
    cycles = mom_engine_cycles(world->engine) - cycles;
    printf("%6u  %8.2f  %9.1f  %9.2f  %9.2f  %9.2f  %9u  %6" G_GUINT64_FORMAT "\n", n,
           first.us / 1e3, (double)first.calls / n, sample.us / 1e3, cycle.us / 1e3, cycle.us / n,
           cycle.calls, cycles);
    world_free(world);
    if (sample.calls == 1 && cycle.calls == 1)
        return TRUE;
    g_printerr("bench-libvirt: %u calls in a reading, %u in a steady cycle, not 1\n", sample.calls,
               cycle.calls);
    return FALSE;
}

int
main(void)
{
    const guint sizes[] = {10, 100, 500, 1000};
    g_autoptr(GError) error = NULL;
    gboolean ok = TRUE;

    if (!mom_virt_init(&error)) {
        g_printerr("bench-libvirt: %s\n", error->message);
        return 1;
    }
    printf("        first cycles         a reading  a steady cycle\n"
           "guests  ms        calls/g.   ms         ms         us/guest   calls      cycles\n");
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
        ok = measure_all(sizes[i]) && ok;
    return ok ? 0 : 1;
}
