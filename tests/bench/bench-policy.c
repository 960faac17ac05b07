/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the stock set costs over 10 to 10000 guests, and beside it the same answers from C.
 *
 * Each case first asserts that both sides decide alike.  Prints a table and judges no figure: a
 * time is no test.  With --only it makes a number of runs and prints nothing, for counting
 * instructions from outside (see the script `instructions`).
 */
#include "policy/store-private.h"
#include "tests/bench/stock-world.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MIN_TIME_US (200 * 1000)

/* One side of a comparison: a way to decide over a world. */
typedef struct {
    MomPolicyStore *store; /* NULL: directly */
    MomStockWorld *world;
    gboolean trace; /* noting what led to each control */
} Side;

static const MomStockParameters all_enabled = {TRUE, TRUE, TRUE, TRUE, TRUE};

static gboolean
run(const Side *side, GError **error)
{
    const MomPolicyRunOptions options = {.trace = side->trace};

    if (side->store)
        return mom_policy_evaluate(side->store, side->world->host, side->world->guests, &options,
                                   error);
    mom_stock_direct(side->world->host, side->world->guests, &all_enabled);
    return TRUE;
}

static double
cpu_time_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* The shortest of many runs: what the others took longer was not theirs. */
static gboolean
measure(const Side *side, double *best_us, GError **error)
{
    double start = cpu_time_us();
    double after = start;

    *best_us = G_MAXDOUBLE;
    do {
        double before = after;

        if (!run(side, error))
            return FALSE;
        after = cpu_time_us();
        *best_us = MIN(*best_us, after - before);
    } while (after - start < MIN_TIME_US);
    return TRUE;
}

static gboolean
check_alike(const Side *a, const Side *b)
{
    g_autofree char *difference = mom_stock_world_difference(a->world, b->world);

    if (difference)
        g_printerr("bench-policy: the answers differ: %s\n", difference);
    return !difference;
}

static gboolean
compare(MomPolicyStore *store, gsize n_guests, MomStockState state, GError **error)
{
    g_autoptr(MomStockWorld) world = mom_stock_world_new(n_guests, state);
    g_autoptr(MomStockWorld) other = mom_stock_world_new(n_guests, state);
    const Side interpreter = {.store = store, .world = world};
    const Side direct = {.world = other};
    double interpreter_us, direct_us;

    if (!run(&interpreter, error) || !run(&direct, error) || !check_alike(&interpreter, &direct) ||
        !measure(&interpreter, &interpreter_us, error) || !measure(&direct, &direct_us, error))
        return FALSE;
    printf("%6" G_GSIZE_FORMAT "  %-8s  %10.3f  %9.0f  %9.3f  %7.0f  %5.1f  %9" G_GSIZE_FORMAT "\n",
           n_guests, mom_stock_state_names[state], interpreter_us / 1e3,
           interpreter_us * 1e3 / (double)n_guests, direct_us / 1e3,
           direct_us * 1e3 / (double)n_guests, interpreter_us / direct_us,
           mom_arena_used(mom_policy_store_run(store)->arena));
    return TRUE;
}

static gboolean
compare_all(MomPolicyStore *store, GError **error)
{
    const gsize sizes[] = {10, 100, 1000, 10000};

    printf("                  interpreter             direct                    arena of\n"
           "guests  host      ms per run  ns/guest  ms per run  ns/guest  ratio  a run, bytes\n");
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
        if (!compare(store, sizes[i], MOM_STOCK_IDLE, error) ||
            !compare(store, sizes[i], MOM_STOCK_PRESSED, error))
            return FALSE;
    return TRUE;
}

typedef struct {
    char *only;
    gboolean idle;
    gboolean trace;
    gint64 guests;
    gint64 runs;
    gint64 unused;
} Options;

static gboolean
run_only(MomPolicyStore *store, const Options *options, GError **error)
{
    g_autoptr(MomStockWorld) world = mom_stock_world_new(
        (gsize)options->guests, options->idle ? MOM_STOCK_IDLE : MOM_STOCK_PRESSED);
    const Side side = {strcmp(options->only, "direct") == 0 ? NULL : store, world, options->trace};

    for (gint64 i = 0; i < options->runs; i++)
        if (!run(&side, error))
            return FALSE;
    return TRUE;
}

static gboolean
parse(int *argc, char ***argv, Options *options, GError **error)
{
    const GOptionEntry entries[] = {
        {"only", 0, 0, G_OPTION_ARG_STRING, &options->only, "Run one side, untimed",
         "interpreter|direct"},
        {"guests", 0, 0, G_OPTION_ARG_INT64, &options->guests, "With --only: guests", "N"},
        {"runs", 0, 0, G_OPTION_ARG_INT64, &options->runs, "With --only: runs", "K"},
        {"idle", 0, 0, G_OPTION_ARG_NONE, &options->idle, "With --only: not pressed", NULL},
        {"trace", 0, 0, G_OPTION_ARG_NONE, &options->trace, "With --only: a traced run", NULL},
        {"unused", 0, 0, G_OPTION_ARG_INT64, &options->unused, "Add N unused functions", "N"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, error))
        return FALSE;
    if (!options->only || strcmp(options->only, "interpreter") == 0 ||
        strcmp(options->only, "direct") == 0)
        return TRUE;
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "--only takes interpreter or direct, not %s", options->only);
    return FALSE;
}

int
main(int argc, char **argv)
{
    Options options = {.guests = 1000, .runs = 1};
    g_autoptr(MomPolicyStore) store = NULL;
    g_autoptr(GError) error = NULL;
    gboolean done = FALSE;

    if (parse(&argc, &argv, &options, &error))
        store = mom_stock_store_new(&all_enabled, (gsize)options.unused, &error);
    if (store)
        done = options.only ? run_only(store, &options, &error) : compare_all(store, &error);
    if (error)
        g_printerr("bench-policy: %s\n", error->message);
    g_free(options.only);
    return done ? 0 : 1;
}
