/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A run: one evaluation of all policies of a store, and the services that forms and operators need
 * of it.
 *
 * For policy/ only.  Every function that can fail answers FALSE after the run's error has been set
 * by mom_run_fail; callers pass that on at once.  All memory is the run's arena, which is forgotten
 * whole, so a failure has nothing to tidy.
 */
#pragma once

#include "policy/arena.h"
#include "policy/ast.h"
#include "policy/attributes.h"
#include "policy/compare.h"
#include "policy/policy.h"
#include "policy/print.h"

/* A function that `def` made. */
typedef struct {
    const MomProgram *program;
    const MomNode *parameters;
    const MomNode *body;
} MomFunction;

/* A variable: one name in one scope.  Bindings are on one stack; a scope is the part above a mark.
 */
typedef struct {
    const MomSymbol *symbol;
    MomValue value;
    guint shadowed; /* index + 1 of the binding of the same name that it hides; 0: none */
} MomBinding;

/* What a symbol means at this moment. */
typedef struct {
    guint binding; /* index + 1 of its innermost binding; 0: no variable */
    const MomFunction *function;
} MomCell;

typedef struct MomTrace MomTrace;

struct MomRun {
    MomArena *arena;
    const MomPolicyRunOptions *options;
    MomEntity *host;
    GPtrArray *guests;
    MomSymbol *let; /* see Q18 */
    GError **error;

    MomCell *cells; /* by symbol id */
    gsize n_cells;
    MomBinding *bindings;
    guint n_bindings;
    guint max_bindings;
    guint scope; /* index of the innermost scope's first binding */

    MomValue *stack; /* arguments of calls being evaluated */
    gsize n_stack;
    gsize max_stack;

    const MomProgram *program; /* whose text is being evaluated */
    guint64 steps;             /* left */
    gsize copied;              /* bytes that entities were given to keep */
    guint depth;               /* nested calls of user functions */
    guint nesting;             /* nested lists being evaluated */

    MomTrace *trace;   /* NULL: this run is not traced */
    MomTrace *tracer;  /* for runs that are; NULL until needed */
    guint8 plain_kind; /* of nodes that need no call: symbols, or none in a run that is traced */
};

/* ---- errors and limits (limits.c) ---- */

/* Sets the run's error at NODE's place; always FALSE. */
gboolean mom_run_fail(MomRun *run, const MomNode *node, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* The same for a limit. */
gboolean mom_run_fail_limit(MomRun *run, const MomNode *node, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
MomPlace mom_run_place(const MomRun *run, const MomNode *node);
/* Takes N steps for work that one expression causes beyond its own evaluation. */
gboolean mom_run_charge(MomRun *run, const MomNode *node, guint64 n);
/* Memory of the run's arena; NULL if that would be too much. */
gpointer mom_run_alloc(MomRun *run, const MomNode *node, gsize bytes);
/* FALSE if a string of LENGTH bytes would be too long. */
gboolean mom_run_check_string(MomRun *run, const MomNode *node, gsize length);
/* Room for a string of LENGTH bytes and its NUL. NULL: too long, or no memory. */
char *mom_run_string(MomRun *run, const MomNode *node, gsize length);
/* A list of N items to be filled in, and its value. NULL: too long, or no memory. */
MomValue *mom_run_list(MomRun *run, const MomNode *node, gsize n, MomValue *out);
/* Notes how deep lists nest in LIST, which mom_run_list made. */
gboolean mom_run_nest(MomRun *run, const MomNode *node, MomValue list, guint depth);
/* Takes what it costs to look at all of V (lists may share their items many times over). */
gboolean mom_run_charge_sequence(MomRun *run, const MomNode *node, MomValue v);

static inline gboolean
mom_run_charge_walk(MomRun *run, const MomNode *node, MomValue v)
{
    if (v.type != MOM_VALUE_LIST && v.type != MOM_VALUE_STRING)
        return TRUE;
    return mom_run_charge_sequence(run, node, v);
}

/* Takes what it costs to write V, if it is a float: finding its shortest text takes a while. */
gboolean mom_run_charge_text(MomRun *run, const MomNode *node, MomValue v);
/* Takes steps and memory for a deep copy of V that is kept outside of the arena. */
gboolean mom_run_charge_copy(MomRun *run, const MomNode *node, MomValue v);

/* ---- scopes (scope.c) ---- */

/* Opens a scope; the result is for mom_scope_leave. */
guint mom_scope_enter(MomRun *run);
void mom_scope_leave(MomRun *run, guint mark);
/* Makes the variable in the innermost scope unless it has it already; answers its value. */
MomValue mom_scope_bind(MomRun *run, const MomSymbol *symbol, MomValue v);
/* Assigns in the nearest scope that has the literal name. FALSE: none (no error set). */
gboolean mom_scope_assign(MomRun *run, const MomSymbol *symbol, MomValue v);
/* The value that SYMBOL has by section 9.  A method comes as *METHOD with its object in *OUT.
 * FALSE: undefined (no error set). */
gboolean mom_scope_find(MomRun *run, MomSymbol *symbol, MomValue *out, const MomMethod **method);
/* The same, with a method made into a value.  FALSE: undefined; the error stands at NODE. */
gboolean mom_scope_get(MomRun *run, const MomNode *node, MomSymbol *symbol, MomValue *out);

/* ---- evaluation (evaluator.c) ---- */

gboolean mom_run_eval_node(MomRun *run, const MomNode *node, MomValue *out);

/* The value of NODE.  More than half of all nodes are numbers and variables: for them it is not
 * worth a call. */
static inline gboolean
mom_run_eval(MomRun *run, const MomNode *node, MomValue *out)
{
    guint binding;

    if (G_UNLIKELY(run->steps == 0))
        return mom_run_eval_node(run, node, out);
    if (node->kind <= MOM_NODE_STRING) {
        run->steps--;
        *out = node->value;
        return TRUE;
    }
    if (node->kind == run->plain_kind && node->symbol->is_plain &&
        (binding = run->cells[node->symbol->id].binding)) {
        run->steps--;
        *out = run->bindings[binding - 1].value;
        return TRUE;
    }
    return mom_run_eval_node(run, node, out);
}

/* ---- order (logic.c) ---- */

/* How A stands to B, as `<` and its kin see it; SIGN is for the message if they cannot be compared.
 * Takes the steps that it costs. */
gboolean mom_run_order(
    MomRun *run, const MomNode *head, const char *sign, MomValue a, MomValue b, MomOrder *order);
