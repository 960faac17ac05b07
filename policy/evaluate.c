/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One run of all policies of a store, from clean cells to the last expression.
 *
 * Buffers stay with the store, so that a run which is like the one before allocates nothing.
 */
#include "policy/builtins.h"
#include "policy/store-private.h"
#include "policy/trace.h"

#include <string.h>

#define BLOCK_BYTES 16384
#define FIRST_SIZE 64 /* of stacks, which double as needed */
/* A kind that no node has. */
#define NO_KIND 0xff

static const MomPolicyRunOptions plain_run;

MomRun *
mom_run_new(void)
{
    MomRun *run = g_new0(MomRun, 1);

    run->arena = mom_arena_new(BLOCK_BYTES);
    run->max_bindings = run->max_stack = FIRST_SIZE;
    run->bindings = g_new(MomBinding, FIRST_SIZE);
    run->stack = g_new(MomValue, FIRST_SIZE);
    return run;
}

void
mom_run_free(MomRun *run)
{
    if (!run)
        return;
    mom_arena_free(run->arena);
    mom_trace_free(run->tracer);
    g_free(run->cells);
    g_free(run->bindings);
    g_free(run->stack);
    g_free(run);
}

static void
clear(MomRun *run, MomSymbols *symbols)
{
    gsize n = mom_symbols_count(symbols);

    mom_arena_reset(run->arena);
    if (n > run->n_cells) {
        run->cells = g_renew(MomCell, run->cells, n);
        run->n_cells = n;
    }
    memset(run->cells, 0, run->n_cells * sizeof(MomCell));
    run->n_bindings = 0;
    run->n_stack = 0;
    run->scope = 0;
    run->copied = 0;
    run->depth = 0;
    run->nesting = 0;
    run->program = NULL;
    run->let = mom_symbols_intern(symbols, "let", strlen("let"));
}

static void
begin(MomRun *run, MomSymbols *symbols, MomEntity *host, GPtrArray *guests)
{
    static const MomCallable callables[] = {{.method = &mom_function_abs},
                                            {.method = &mom_function_debug}};
    const MomValue predefined[MOM_N_PREDEFINED] = {
        [MOM_PREDEFINED_ABS] = {.type = MOM_VALUE_CALLABLE, .object = &callables[0]},
        [MOM_PREDEFINED_DEBUG] = {.type = MOM_VALUE_CALLABLE, .object = &callables[1]},
        [MOM_PREDEFINED_HOST] = {.type = MOM_VALUE_ENTITY, .entity = host},
        [MOM_PREDEFINED_GUESTS] = {.type = MOM_VALUE_GUESTS, .object = guests},
    };

    clear(run, symbols);
    for (gsize i = 0; i < MOM_N_PREDEFINED; i++)
        mom_scope_bind(run, mom_symbols_predefined(symbols, i), predefined[i]);
    mom_entity_begin_run(host);
    for (guint i = 0; i < guests->len; i++)
        mom_entity_begin_run(guests->pdata[i]);
}

static gboolean
run_program(MomRun *run, const MomProgram *program)
{
    run->program = program;
    for (gsize i = 0; i < program->n; i++) {
        MomValue v;

        if (run->trace)
            mom_trace_begin_expression(run);
        if (!mom_run_eval(run, &program->items[i], &v))
            return FALSE;
        if (run->trace)
            mom_trace_end_expression(run, &program->items[i]);
        if (run->options->results)
            g_array_append_val(run->options->results, v);
    }
    return TRUE;
}

static void
begin_trace(MomRun *run)
{
    run->plain_kind = run->options->trace ? NO_KIND : MOM_NODE_SYMBOL;
    run->trace = NULL;
    if (!run->options->trace)
        return;
    if (!run->tracer)
        run->tracer = mom_trace_new();
    run->trace = run->tracer;
    mom_trace_begin(run->trace);
}

gboolean
mom_policy_evaluate(MomPolicyStore *store,
                    MomEntity *host,
                    GPtrArray *guests,
                    const MomPolicyRunOptions *options,
                    GError **error)
{
    MomRun *run = mom_policy_store_run(store);

    run->options = options ? options : &plain_run;
    run->error = error;
    run->steps = run->options->max_steps ? run->options->max_steps : MOM_POLICY_MAX_STEPS;
    begin_trace(run);
    begin(run, mom_policy_store_symbols(store), host, guests);
    for (gsize i = 0; i < mom_policy_store_size(store); i++)
        if (!run_program(run, mom_policy_store_program(store, i)))
            return FALSE;
    return TRUE;
}
