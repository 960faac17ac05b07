/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which functions can run at all, and what the free names of their bodies find there.
 *
 * Scopes are dynamic: a free name is looked for in the scopes around every call of the function,
 * then around the calls of the caller, up to the top level.  All ways are followed at once, each
 * function once per question, and the sum of all steps is bounded: beyond that nothing is reported.
 */
#include "policy/checker-private.h"

/* What a free name finds: both on some ways. */
enum {
    FINDS = 1,
    MISSES = 2,
};

/* ---- reached functions ---- */

static void
push_callees(MomChecker *checker, guint call, GPtrArray *queue)
{
    while (call) {
        const MomCall *c = &g_array_index(checker->calls, MomCall, call - 1);
        MomSymbolInfo *info = mom_check_info(checker, c->callee);

        if (!info->is_reached) {
            info->is_reached = TRUE;
            g_ptr_array_add(queue, (gpointer)c->callee);
        }
        call = c->next_out;
    }
}

void
mom_check_mark_reached(MomChecker *checker)
{
    g_autoptr(GPtrArray) queue = g_ptr_array_new();

    push_callees(checker, checker->calls_out, queue);
    for (guint i = 0; i < queue->len; i++)
        push_callees(checker, mom_check_info(checker, queue->pdata[i])->calls_out, queue);
}

/* ---- one question ---- */

typedef struct {
    MomChecker *checker;
    const MomFree *name;
    guint32 *bound_at;  /* by scope: the time from which on it has the name, or MOM_NEVER */
    guint8 *is_visited; /* by symbol id */
    GPtrArray *queue;   /* of MomSymbol: functions whose callers are to be looked at */
    guint finds;
} Question;

static void
visit(Question *question, const MomSymbol *function)
{
    if (question->is_visited[function->id])
        return;
    question->is_visited[function->id] = TRUE;
    g_ptr_array_add(question->queue, (gpointer)function);
}

static gboolean
is_defined(const Question *question, guint scope, guint32 time)
{
    const MomSymbolInfo *info = mom_check_info(question->checker, question->name->symbol);

    if (question->name->is_function)
        return scope == 0 && info->defined_at < time;
    return question->bound_at[scope] < time;
}

/* From the scope of one call outward, as far as its own text goes. */
static void
ask_call(Question *question, const MomCall *call)
{
    MomChecker *checker = question->checker;
    guint at = call->scope;

    for (;;) {
        const MomCheckScope *scope = &g_array_index(checker->scopes, MomCheckScope, at);

        checker->reach_budget -= checker->reach_budget > 0;
        if (is_defined(question, at, call->time)) {
            question->finds |= FINDS;
            return;
        }
        if (scope->parent == MOM_CHECK_NO_SCOPE) {
            if (scope->function)
                visit(question, scope->function);
            else
                question->finds |= MISSES;
            return;
        }
        at = scope->parent;
    }
}

static void
ask_callers(Question *question, const MomSymbol *function)
{
    guint call = mom_check_info(question->checker, function)->calls;

    while (call && question->checker->reach_budget > 0) {
        const MomCall *c = &g_array_index(question->checker->calls, MomCall, call - 1);

        ask_call(question, c);
        call = c->next;
    }
}

static void
mark_scopes(Question *question, gboolean marked)
{
    guint made = mom_check_info(question->checker, question->name->symbol)->made;

    while (made) {
        const MomMade *m = &g_array_index(question->checker->made, MomMade, made - 1);

        /* The list goes from the last to the first, so that the first stays. */
        question->bound_at[m->scope] = marked ? m->time : MOM_NEVER;
        question->checker->reach_budget -= question->checker->reach_budget > 0;
        made = m->next;
    }
}

static guint
ask(Question *question)
{
    question->finds = 0;
    g_ptr_array_set_size(question->queue, 0);
    mark_scopes(question, TRUE);
    visit(question, question->name->function);
    for (guint i = 0; i < question->queue->len; i++)
        ask_callers(question, question->queue->pdata[i]);
    for (guint i = 0; i < question->queue->len; i++)
        question->is_visited[((const MomSymbol *)question->queue->pdata[i])->id] = FALSE;
    mark_scopes(question, FALSE);
    return question->checker->reach_budget > 0 ? question->finds : FINDS;
}

/* ---- findings ---- */

static void
report_variable(MomChecker *checker, const MomFree *name, gboolean certain)
{
    const MomSymbolInfo *info = mom_check_info(checker, name->symbol);
    g_autofree char *place = mom_check_place(checker, info->bound_program, info->bound_node);

    if (certain)
        mom_check_error(checker, name->node,
                        "the variable %s is not defined where %s is called (it is at %s)",
                        name->symbol->name, name->function->name, place);
    else
        mom_check_warn(checker, name->node,
                       "the variable %s may not be defined, as not every call of %s comes from "
                       "where it is",
                       name->symbol->name, name->function->name);
}

static void
report(MomChecker *checker, const MomFree *name, guint finds)
{
    gboolean certain = finds == MISSES && !name->is_doubted;

    if (!(finds & MISSES))
        return;
    checker->program = name->program;
    checker->function = name->function;
    if (!name->is_function)
        report_variable(checker, name, certain);
    else
        mom_check_report(checker, certain, name->node, "%s is called, through %s, %s it is defined",
                         name->symbol->name, name->function->name,
                         certain ? "before" : "at times before");
}

/* The same name in the same function finds the same. */
static gpointer
key_of(const MomChecker *checker, const MomFree *name)
{
    return GSIZE_TO_POINTER((name->symbol->id * checker->n_info + name->function->id) * 2 +
                            (name->is_function != 0));
}

void
mom_check_free_names(MomChecker *checker)
{
    g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) queue = g_ptr_array_new();
    g_autofree guint32 *bound_at = g_new(guint32, checker->scopes->len);
    g_autofree guint8 *is_visited = g_new0(guint8, checker->n_info);
    Question question = {
        .checker = checker, .bound_at = bound_at, .is_visited = is_visited, .queue = queue};

    for (guint i = 0; i < checker->scopes->len; i++)
        bound_at[i] = MOM_NEVER;
    for (guint i = 0; i < checker->free_names->len && checker->reach_budget > 0; i++) {
        const MomFree *name = &g_array_index(checker->free_names, MomFree, i);
        gpointer key = key_of(checker, name);
        guint finds = GPOINTER_TO_UINT(g_hash_table_lookup(known, key));

        if (!finds) {
            question.name = name;
            finds = ask(&question) | 4;
            g_hash_table_insert(known, key, GUINT_TO_POINTER(finds));
        }
        report(checker, name, finds & (FINDS | MISSES));
    }
    checker->program = NULL;
    checker->function = NULL;
}
