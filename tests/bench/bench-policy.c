/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How long a run of a stock-like policy set takes over 10 to 10000 guests, and how much memory.
 *
 * Prints one line per case and asserts nothing: a time is no test.  With `--once GUESTS` it makes
 * just one warm run, for counting instructions with callgrind (toggle on mom_policy_evaluate).
 */
#include "policy/policy.h"
#include "policy/store-private.h"

#include <stdio.h>
#include <string.h>

#define HISTORY 10
#define MIN_TIME_US (200 * 1000)

static const char *const host_fields[] = {"mem_available", "mem_free", "cpu_count"};
static const char *const guest_fields[] = {
    "mem_available", "mem_unused",      "swap_in",    "swap_out",    "balloon_cur",
    "balloon_max",   "balloon_min",     "vcpu_quota", "vcpu_period", "vcpu_user_limit",
    "vcpu_count",    "io_tune_current", "io_tune"};

typedef struct {
    MomSchema *host_schema;
    MomSchema *guest_schema;
    MomEntity *host;
    GPtrArray *guests;
} World;

static void
add_tunes(MomSample *sample)
{
    MomTune tune = {.name = "vda"};
    const MomValue item = {.type = MOM_VALUE_TUNE, .object = &tune};
    const MomList list = {.length = 1, .items = &item};

    for (int i = 0; i < MOM_N_LIMITS; i++)
        mom_limits_set(&tune.maximum, i, mom_value_int(1000 * i));
    mom_sample_set(sample, "io_tune", (MomValue){.type = MOM_VALUE_LIST, .list = &list});
}

/* Guests differ, so that each branch of the set is taken by some. */
static MomEntity *
guest_new(MomSchema *schema, gint64 i)
{
    MomEntity *guest = mom_entity_new(schema);

    for (int t = 0; t < HISTORY; t++) {
        MomSample *sample = mom_sample_new(schema, t);

        mom_sample_set(sample, "balloon_cur", mom_value_int(4000000 + 1000 * (i % 7)));
        mom_sample_set(sample, "balloon_max", mom_value_int(4194304));
        mom_sample_set(sample, "balloon_min", mom_value_int(1000000));
        mom_sample_set(sample, "mem_unused", mom_value_int(2000000 + 1000 * t));
        mom_sample_set(sample, "vcpu_user_limit", mom_value_int(i % 2 ? 50 : 100));
        mom_sample_set(sample, "vcpu_quota", mom_value_int(-1));
        mom_sample_set(sample, "vcpu_period", mom_value_int(100000));
        mom_sample_set(sample, "vcpu_count", mom_value_int(4));
        if (i % 4 == 0)
            add_tunes(sample);
        else
            mom_sample_set(sample, "io_tune", MOM_NIL);
        mom_entity_add_sample(guest, sample, HISTORY);
    }
    return guest;
}

static World *
world_new(gsize n_guests, gboolean pressed)
{
    World *world = g_new0(World, 1);

    world->host_schema = mom_schema_new(host_fields, G_N_ELEMENTS(host_fields));
    world->guest_schema = mom_schema_new(guest_fields, G_N_ELEMENTS(guest_fields));
    world->host = mom_entity_new(world->host_schema);
    world->guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_entity_free);
    for (int t = 0; t < HISTORY; t++) {
        MomSample *sample = mom_sample_new(world->host_schema, t);

        mom_sample_set(sample, "mem_available", mom_value_int(1000000000));
        mom_sample_set(sample, "mem_free", mom_value_int(pressed ? 100000000 : 500000000));
        mom_sample_set(sample, "cpu_count", mom_value_int(64));
        mom_entity_add_sample(world->host, sample, HISTORY);
    }
    for (gsize i = 0; i < n_guests; i++)
        g_ptr_array_add(world->guests, guest_new(world->guest_schema, (gint64)i));
    return world;
}

static void
world_free(World *world)
{
    g_ptr_array_unref(world->guests);
    mom_entity_free(world->host);
    mom_schema_unref(world->guest_schema);
    mom_schema_unref(world->host_schema);
    g_free(world);
}

static gboolean
run(MomPolicyStore *store, World *world)
{
    g_autoptr(GError) error = NULL;

    if (mom_policy_evaluate(store, world->host, world->guests, NULL, &error))
        return TRUE;
    g_printerr("bench-policy: %s\n", error->message);
    return FALSE;
}

static gboolean
measure(MomPolicyStore *store, gsize n_guests, gboolean pressed)
{
    World *world = world_new(n_guests, pressed);
    gint64 best = G_MAXINT64;
    gint64 start = g_get_monotonic_time();
    gboolean done;

    do {
        gint64 before = g_get_monotonic_time();

        done = run(store, world);
        best = MIN(best, g_get_monotonic_time() - before);
    } while (done && g_get_monotonic_time() - start < MIN_TIME_US);
    printf("%6" G_GSIZE_FORMAT " guests %-7s %8.3f ms  %7.1f ns per guest  %8" G_GSIZE_FORMAT
           " bytes of the run's arena\n",
           n_guests, pressed ? "pressed" : "idle", (double)best / 1e3,
           (double)best * 1e3 / (double)n_guests,
           mom_arena_used(mom_policy_store_run(store)->arena));
    world_free(world);
    return done;
}

static gboolean
measure_once(MomPolicyStore *store, gsize n_guests)
{
    World *world = world_new(n_guests, TRUE);
    gboolean done = run(store, world) && run(store, world);

    world_free(world);
    return done;
}

int
main(int argc, char **argv)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    const gsize sizes[] = {10, 100, 1000, 10000};
    gsize length;

    if (argc < 2 || !g_file_get_contents(argv[1], &text, &length, &error) ||
        !mom_policy_store_set(store, "stock-like", text, (gssize)length, &error)) {
        g_printerr("bench-policy: %s\n", error ? error->message : "name a policy file");
        return 1;
    }
    if (argc == 4 && strcmp(argv[2], "--once") == 0)
        return !measure_once(store, g_ascii_strtoull(argv[3], NULL, 10));
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
        if (!measure(store, sizes[i], FALSE) || !measure(store, sizes[i], TRUE))
            return 1;
    return 0;
}
