/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Evaluating one expression (SEMANTICS section 6): who is called, with which arguments.
 *
 * A walk over the tree that recurses with the nesting of lists, which is counted; frames are kept
 * small, as a legal policy may nest thousands of them.  What each builtin does is elsewhere.
 */
#include "policy/builtins.h"
#include "policy/run.h"
#include "policy/trace.h"

/* Where errors of LIST stand: its head token, or its bracket if it has none. */
static const MomNode *
place_of(const MomNode *list)
{
    if (list->n == 0 || list->items[0].kind == MOM_NODE_LIST)
        return list;
    return &list->items[0];
}

/* ---- arguments ---- */

static void
push(MomRun *run, MomValue v)
{
    if (run->n_stack == run->max_stack) {
        run->max_stack *= 2;
        run->stack = g_renew(MomValue, run->stack, run->max_stack);
    }
    run->stack[run->n_stack++] = v;
}

/* Evaluates the arguments of LIST left to right on to the stack. */
static gboolean
push_arguments(MomRun *run, const MomNode *list)
{
    for (guint32 i = 1; i < list->n; i++) {
        MomValue v;

        if (!mom_run_eval(run, &list->items[i], &v))
            return FALSE;
        push(run, v);
    }
    return TRUE;
}

/* ---- calls of values ---- */

static gboolean
fail_arity(MomRun *run, const MomNode *head, const char *name, gsize given, guint min, guint max)
{
    if (min == max)
        return mom_run_fail(run, head, "%s takes %u argument%s, not %" G_GSIZE_FORMAT, name, min,
                            min == 1 ? "" : "s", given);
    if (max == G_MAXUINT)
        return mom_run_fail(run, head, "%s takes %u or more arguments, not %" G_GSIZE_FORMAT, name,
                            min, given);
    return mom_run_fail(run, head, "%s takes %u to %u arguments, not %" G_GSIZE_FORMAT, name, min,
                        max, given);
}

/* The N arguments are what is above the stack's end. */
static G_NO_INLINE gboolean
call_traced(MomRun *run,
            const MomNode *list,
            MomValue self,
            const MomMethod *method,
            gsize n,
            MomValue *out)
{
    const MomValue *arguments = run->stack + run->n_stack;

    if (!method->call(run, list->items, self, arguments, n, out))
        return FALSE;
    if (method->reads)
        mom_trace_method(run, list->items->symbol, arguments[0], *out);
    return TRUE;
}

static G_NO_INLINE gboolean
call_method(MomRun *run, const MomNode *list, MomValue self, const MomMethod *method, MomValue *out)
{
    gsize base = run->n_stack;
    gsize n;

    if (!push_arguments(run, list))
        return FALSE;
    n = run->n_stack - base;
    run->n_stack = base;
    if (n < method->min || n > method->max)
        return fail_arity(run, list->items, method->name, n, method->min, method->max);
    if (G_UNLIKELY(run->trace))
        return call_traced(run, list, self, method, n, out);
    return method->call(run, list->items, self, run->stack + base, n, out);
}

/* A variable in head position is called, whatever it is; its arguments come first. */
static G_NO_INLINE gboolean
call_value(MomRun *run, const MomNode *list, MomValue callee, MomValue *out)
{
    gsize base = run->n_stack;
    const MomCallable *callable = callee.object;

    if (callee.type == MOM_VALUE_CALLABLE)
        return call_method(run, list, callable->self, callable->method, out);
    if (!push_arguments(run, list))
        return FALSE;
    run->n_stack = base;
    return mom_run_fail(run, list->items, "%s is a variable of type %s, no function",
                        list->items->symbol->name, mom_value_type_name(callee.type));
}

/* ---- calls of user functions ---- */

/* Checks what the reference leaves to its own `let`, whose words the messages paraphrase. */
static gboolean
check_call(MomRun *run, const MomNode *list, const MomFunction *function)
{
    const MomNode *head = list->items;
    const MomNode *parameters = function->parameters;
    MomValue v;
    const MomMethod *method;

    if (parameters->kind != MOM_NODE_LIST)
        return mom_run_fail(run, head, "the parameters of %s are no list", head->symbol->name);
    if (parameters->n != list->n - 1)
        return fail_arity(run, head, head->symbol->name, list->n - 1, parameters->n, parameters->n);
    if (mom_scope_find(run, run->let, &v, &method) && !mom_value_is_nil(v))
        return mom_run_fail(run, head,
                            "no function can be called while a variable named let is "
                            "set");
    if (run->depth >= MOM_POLICY_MAX_DEPTH)
        return mom_run_fail_limit(run, head,
                                  "calls nested more than %d deep; is the recursion "
                                  "without end?",
                                  MOM_POLICY_MAX_DEPTH);
    return TRUE;
}

/* Each argument is evaluated inside the new scope, after the parameters before it (Q5). */
static gboolean
bind_parameters(MomRun *run, const MomNode *list, const MomFunction *function)
{
    for (guint32 i = 1; i < list->n; i++) {
        const MomNode *parameter = &function->parameters->items[i - 1];
        MomValue v;

        if (parameter->kind != MOM_NODE_SYMBOL)
            return mom_run_fail(run, list->items, "parameter %u of %s is no symbol", i,
                                list->items->symbol->name);
        if (!mom_run_eval(run, &list->items[i], &v))
            return FALSE;
        mom_scope_bind(run, parameter->symbol, v);
    }
    return TRUE;
}

static G_NO_INLINE gboolean
call_function(MomRun *run, const MomNode *list, const MomFunction *function, MomValue *out)
{
    const MomProgram *caller = run->program;
    guint mark;

    if (!check_call(run, list, function))
        return FALSE;
    run->depth++;
    mark = mom_scope_enter(run);
    if (!bind_parameters(run, list, function))
        return FALSE;
    run->program = function->program;
    if (G_UNLIKELY(run->trace))
        mom_trace_enter(run, list->items->symbol);
    if (!mom_run_eval(run, function->body, out))
        return FALSE;
    if (G_UNLIKELY(run->trace))
        mom_trace_leave(run, list->items->symbol, *out);
    run->program = caller;
    mom_scope_leave(run, mark);
    run->depth--;
    return TRUE;
}

/* ---- calls of builtins ---- */

/* Most operators take two values; those need no stack. */
static gboolean
apply_pair(MomRun *run, const MomBuiltin *builtin, const MomNode *list, MomValue *out)
{
    MomValue arguments[2];

    for (guint32 i = 1; i < list->n; i++)
        if (!mom_run_eval(run, &list->items[i], &arguments[i - 1]))
            return FALSE;
    return builtin->apply(run, list->items, arguments, list->n - 1, out);
}

static G_NO_INLINE gboolean
apply_many(MomRun *run, const MomBuiltin *builtin, const MomNode *list, MomValue *out)
{
    gsize base = run->n_stack;

    if (!push_arguments(run, list))
        return FALSE;
    run->n_stack = base;
    return builtin->apply(run, list->items, run->stack + base, list->n - 1, out);
}

static gboolean
apply_builtin(MomRun *run, const MomBuiltin *builtin, const MomNode *list, MomValue *out)
{
    gsize n = list->n - 1;

    if (n < builtin->min || n > builtin->max)
        return fail_arity(run, list->items, builtin->name, n, builtin->min, builtin->max);
    if (builtin->form)
        return builtin->form(run, list, out);
    if (builtin->max <= 2)
        return apply_pair(run, builtin, list, out);
    return apply_many(run, builtin, list, out);
}

/* ---- expressions ---- */

typedef enum {
    CALL_FAILED,
    CALL_DONE,
    CALL_IS_OTHER, /* the name is no variable, or a nil one */
} CallOutcome;

/* Not part of apply, whose frame every nested list needs. */
static G_NO_INLINE CallOutcome
call_variable(MomRun *run, const MomNode *list, MomValue *out)
{
    const MomMethod *method;
    MomValue callee;
    gboolean done;

    if (!mom_scope_find(run, list->items->symbol, &callee, &method))
        return CALL_IS_OTHER;
    if (!method && mom_value_is_nil(callee))
        return CALL_IS_OTHER;
    done =
        method ? call_method(run, list, callee, method, out) : call_value(run, list, callee, out);
    return done ? CALL_DONE : CALL_FAILED;
}

/* Not even a nil variable may have the name; see builtins.h. */
static const MomBuiltin *
find_extension(const MomRun *run, const MomSymbol *symbol)
{
    gsize i = symbol->id - mom_n_builtins;

    return i < mom_n_extensions && !run->cells[symbol->id].binding ? &mom_extensions[i] : NULL;
}

static G_NO_INLINE gboolean
apply_extension(MomRun *run, const MomNode *list, MomValue *out)
{
    const MomBuiltin *extension = find_extension(run, list->items->symbol);

    if (!extension)
        return mom_run_fail(run, list->items, "unknown function %s", list->items->symbol->name);
    return apply_builtin(run, extension, list, out);
}

static gboolean
apply(MomRun *run, const MomNode *list, MomValue *out)
{
    const MomSymbol *symbol = list->items->symbol;
    const MomFunction *function;

    if (symbol->base || run->cells[symbol->id].binding) {
        CallOutcome outcome = call_variable(run, list, out);

        if (outcome != CALL_IS_OTHER)
            return outcome == CALL_DONE;
    }
    if (symbol->id < mom_n_builtins)
        return apply_builtin(run, &mom_builtins[symbol->id], list, out);
    function = run->cells[symbol->id].function;
    if (!function)
        return apply_extension(run, list, out);
    return call_function(run, list, function, out);
}

static gboolean
eval_list(MomRun *run, const MomNode *list, MomValue *out)
{
    const MomNode *head = list->items;
    gboolean done;

    if (list->n == 0)
        return mom_run_fail(run, list, "an empty list calls nothing");
    if (head->kind != MOM_NODE_SYMBOL && head->kind != MOM_NODE_OPERATOR)
        return mom_run_fail(run, place_of(list), "a call starts with a name, not with a %s",
                            head->kind == MOM_NODE_LIST     ? "list"
                            : head->kind == MOM_NODE_NUMBER ? "number"
                                                            : "string");
    if (run->nesting >= MOM_POLICY_MAX_EVAL_NESTING)
        return mom_run_fail_limit(run, head,
                                  "expressions nested more than %d deep; is the recursion without "
                                  "end?",
                                  MOM_POLICY_MAX_EVAL_NESTING);
    run->nesting++;
    done = apply(run, list, out);
    run->nesting--;
    return done;
}

gboolean
mom_run_eval_node(MomRun *run, const MomNode *node, MomValue *out)
{
    if (G_UNLIKELY(run->steps == 0))
        return mom_run_charge(run, node, 1);
    run->steps--;
    switch ((MomNodeKind)node->kind) {
    case MOM_NODE_NUMBER:
    case MOM_NODE_STRING:
        *out = node->value;
        return TRUE;
    case MOM_NODE_SYMBOL:
        if (!node->symbol->is_nil)
            return mom_scope_get(run, node, node->symbol, out);
        *out = MOM_NIL;
        return TRUE;
    case MOM_NODE_LIST:
        return eval_list(run, node, out);
    case MOM_NODE_OPERATOR:
    default:
        return mom_run_fail(run, node, "an operator is no value");
    }
}
