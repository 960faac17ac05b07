/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Variables with dynamic scope, found without searching.
 *
 * Each symbol's cell points to its innermost binding, each binding to the one that it hides.
 * Leaving a scope takes its bindings off the stack and lets the hidden ones show again.  As
 * bindings are only ever made in the innermost scope, a scope is simply the upper end of the stack.
 */
#include "policy/run.h"
#include "policy/trace.h"

guint
mom_scope_enter(MomRun *run)
{
    guint mark = run->scope;

    run->scope = run->n_bindings;
    return mark;
}

void
mom_scope_leave(MomRun *run, guint mark)
{
    while (run->n_bindings > run->scope) {
        const MomBinding *binding = &run->bindings[--run->n_bindings];

        run->cells[binding->symbol->id].binding = binding->shadowed;
    }
    run->scope = mark;
}

static MomBinding *
innermost(const MomRun *run, const MomSymbol *symbol)
{
    guint binding = run->cells[symbol->id].binding;

    return binding ? &run->bindings[binding - 1] : NULL;
}

MomValue
mom_scope_bind(MomRun *run, const MomSymbol *symbol, MomValue v)
{
    MomCell *cell = &run->cells[symbol->id];

    if (cell->binding > run->scope)
        return run->bindings[cell->binding - 1].value;
    if (run->n_bindings == run->max_bindings) {
        run->max_bindings *= 2;
        run->bindings = g_renew(MomBinding, run->bindings, run->max_bindings);
    }
    run->bindings[run->n_bindings++] =
        (MomBinding){.symbol = symbol, .value = v, .shadowed = cell->binding};
    cell->binding = run->n_bindings;
    return v;
}

gboolean
mom_scope_assign(MomRun *run, const MomSymbol *symbol, MomValue v)
{
    MomBinding *binding = innermost(run, symbol);

    if (!binding)
        return FALSE;
    binding->value = v;
    return TRUE;
}

/* The nearest variable of the name before the dot whose value has the attribute behind it. */
static gboolean
find_attribute(MomRun *run, MomSymbol *symbol, MomValue *out, const MomMethod **method)
{
    guint i = run->cells[symbol->base->id].binding;

    while (i) {
        const MomBinding *binding = &run->bindings[i - 1];

        if (mom_attribute_get(binding->value, symbol, out, method)) {
            if (*method)
                *out = binding->value;
            return TRUE;
        }
        i = binding->shadowed;
    }
    return FALSE;
}

gboolean
mom_scope_find(MomRun *run, MomSymbol *symbol, MomValue *out, const MomMethod **method)
{
    const MomBinding *binding;

    *method = NULL;
    if (symbol->base)
        return find_attribute(run, symbol, out, method);
    binding = innermost(run, symbol);
    if (!binding)
        return FALSE;
    *out = binding->value;
    return TRUE;
}

gboolean
mom_scope_get(MomRun *run, const MomNode *node, MomSymbol *symbol, MomValue *out)
{
    const MomMethod *method;
    MomCallable *callable;

    if (!mom_scope_find(run, symbol, out, &method))
        return mom_run_fail(run, node, "undefined symbol %s", symbol->name);
    if (!method) {
        if (G_UNLIKELY(run->trace))
            mom_trace_symbol(run, symbol, *out);
        return TRUE;
    }
    callable = mom_run_alloc(run, node, sizeof(MomCallable));
    if (!callable)
        return FALSE;
    *callable = (MomCallable){.method = method, .self = *out};
    *out = (MomValue){.type = MOM_VALUE_CALLABLE, .object = callable};
    return TRUE;
}
