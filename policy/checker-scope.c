/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Scopes during a check: as scope.c keeps them in a run, with what is not certain.
 *
 * At top level all scopes around are known, so an unknown name is certain.  In a function's body
 * only those of the body are; what else may be there depends on the callers and is asked later.
 */
#include "policy/checker-private.h"

#include <string.h>

guint
mom_check_enter(MomChecker *checker, guint parent, const MomSymbol *function)
{
    MomCheckScope scope = {.parent = parent, .function = function};
    guint mark = checker->scope;

    checker->scope = checker->scopes->len;
    g_array_append_val(checker->scopes, scope);
    return mark;
}

static MomBound *
bound_at(const MomChecker *checker, guint index)
{
    return &g_array_index(checker->bound, MomBound, index);
}

void
mom_check_leave(MomChecker *checker, guint mark)
{
    while (checker->bound->len > 0) {
        const MomBound *bound = bound_at(checker, checker->bound->len - 1);

        if (bound->scope != checker->scope)
            break;
        mom_check_info(checker, bound->symbol)->binding = bound->shadowed;
        g_array_set_size(checker->bound, checker->bound->len - 1);
    }
    checker->scope = mark;
}

static void
record(MomChecker *checker, MomSymbolInfo *info)
{
    MomMade made = {.scope = checker->scope, .time = ++checker->time, .next = info->made};

    g_array_append_val(checker->made, made);
    info->made = checker->made->len;
}

gboolean
mom_check_bind(MomChecker *checker, const MomSymbol *symbol, const MomNode *node, MomKind kind)
{
    MomSymbolInfo *info = mom_check_info(checker, symbol);
    MomBound bound = {.symbol = symbol,
                      .kind = kind,
                      .certainty = MOM_YES,
                      .scope = checker->scope,
                      .shadowed = info->binding,
                      .program = checker->program,
                      .node = node};
    const MomBound *before = mom_check_innermost(checker, symbol);

    if (before && before->scope == checker->scope) {
        if (before->certainty == MOM_YES)
            return FALSE;
        bound.kind = MOM_KIND_UNKNOWN; /* the older one may be there, and stays then */
    }
    g_array_append_val(checker->bound, bound);
    info->binding = checker->bound->len;
    record(checker, info);
    return TRUE;
}

const MomBound *
mom_check_innermost(const MomChecker *checker, const MomSymbol *symbol)
{
    guint i = mom_check_info(checker, symbol)->binding;

    while (i && bound_at(checker, i - 1)->certainty == MOM_NO)
        i = bound_at(checker, i - 1)->shadowed;
    return i ? bound_at(checker, i - 1) : NULL;
}

MomKind
mom_check_kind(const MomChecker *checker, const MomSymbol *symbol)
{
    const MomSymbolInfo *info = mom_check_info(checker, symbol);
    const MomBound *bound = mom_check_innermost(checker, symbol);

    if (!bound || bound->certainty != MOM_YES || info->n_sets > 0)
        return MOM_KIND_UNKNOWN;
    /* In a body, a caller's variable may hide one of the bottom. */
    if (checker->function && bound->scope == 0 && info->n_bindings > 0)
        return MOM_KIND_UNKNOWN;
    return bound->kind;
}

void
mom_check_hide(MomChecker *checker, guint first)
{
    for (guint i = first; i < checker->bound->len; i++) {
        bound_at(checker, i)->hidden = bound_at(checker, i)->certainty;
        bound_at(checker, i)->certainty = MOM_NO;
    }
}

/* Was the variable of BOUND certain in the first branch too? Then its kind there counts as well. */
static gboolean
is_in_both(MomChecker *checker, MomBound *bound, guint first, guint second)
{
    for (guint i = bound->shadowed; i > first; i = bound_at(checker, i - 1)->shadowed) {
        const MomBound *other = bound_at(checker, i - 1);

        if (i <= second && other->hidden == MOM_YES) {
            if (other->kind != bound->kind)
                bound->kind = MOM_KIND_UNKNOWN;
            return TRUE;
        }
    }
    return FALSE;
}

void
mom_check_join(MomChecker *checker, guint first, guint second)
{
    for (guint i = second; i < checker->bound->len; i++) {
        MomBound *bound = bound_at(checker, i);

        if (bound->certainty == MOM_YES && !is_in_both(checker, bound, first, second))
            bound->certainty = MOM_MAYBE;
    }
    for (guint i = first; i < second; i++)
        bound_at(checker, i)->certainty =
            bound_at(checker, i)->hidden == MOM_NO ? MOM_NO : MOM_MAYBE;
}

/* ---- names that must exist ---- */

static MomCertainty
presence(const MomChecker *checker, const MomSymbol *symbol)
{
    MomCertainty most = MOM_NO;
    guint i = mom_check_info(checker, symbol)->binding;

    for (; i && most != MOM_YES; i = bound_at(checker, i - 1)->shadowed)
        most = MAX(most, bound_at(checker, i - 1)->certainty);
    return most;
}

static void
report_unknown(MomChecker *checker, const MomNode *node, const MomSymbol *symbol, gboolean is_set)
{
    const char *parameters = checker->world->parameters_policy;
    g_autofree char *near = mom_check_near_variable(checker, symbol->name);

    if (is_set && parameters && strcmp(parameters, checker->program->name) == 0)
        mom_check_error(checker, node, "no policy before this one defines the parameter %s%s",
                        symbol->name, near);
    else if (is_set)
        mom_check_error(checker, node,
                        "set of the variable %s, which is never defined; defvar makes one%s",
                        symbol->name, near);
    else if (mom_check_info(checker, symbol)->n_definitions > 0)
        mom_check_error(checker, node, "%s is a function, and functions are no values",
                        symbol->name);
    else
        mom_check_error(checker, node, "unknown variable %s%s", symbol->name, near);
}

static void
report_not_yet(MomChecker *checker, const MomNode *node, const MomSymbol *symbol)
{
    const MomSymbolInfo *info = mom_check_info(checker, symbol);
    g_autofree char *place = mom_check_place(checker, info->bound_program, info->bound_node);

    if (info->is_bound_at_top)
        mom_check_error(checker, node, "the variable %s is not defined before %s", symbol->name,
                        place);
    else
        mom_check_error(checker, node,
                        "the variable %s is not defined here, only inside of other "
                        "expressions (%s)",
                        symbol->name, place);
}

static void
add_free_variable(MomChecker *checker,
                  const MomNode *node,
                  const MomSymbol *symbol,
                  gboolean is_set,
                  gboolean is_doubted)
{
    MomFree name = {.program = checker->program,
                    .node = node,
                    .symbol = symbol,
                    .function = checker->function,
                    .is_set = is_set,
                    .is_doubted = is_doubted};

    if (checker->dead == 0 && checker->muted == 0)
        g_array_append_val(checker->free_names, name);
}

gboolean
mom_check_variable(MomChecker *checker,
                   const MomNode *node,
                   const MomSymbol *symbol,
                   gboolean is_set)
{
    MomCertainty present = presence(checker, symbol);

    if (present == MOM_YES)
        return TRUE;
    if (mom_check_info(checker, symbol)->n_bindings == 0) {
        report_unknown(checker, node, symbol, is_set);
        return FALSE;
    }
    if (checker->function) {
        add_free_variable(checker, node, symbol, is_set, present == MOM_MAYBE);
        return TRUE;
    }
    if (present == MOM_MAYBE) {
        mom_check_warn(checker, node,
                       "the variable %s may not be defined here, as only one branch of an if or "
                       "cond defines it",
                       symbol->name);
        return TRUE;
    }
    report_not_yet(checker, node, symbol);
    return FALSE;
}

void
mom_check_add_call(MomChecker *checker, const MomSymbol *callee)
{
    MomSymbolInfo *info = mom_check_info(checker, callee);
    guint *out = checker->function ? &mom_check_info(checker, checker->function)->calls_out
                                   : &checker->calls_out;
    MomCall call = {.callee = callee,
                    .scope = checker->scope,
                    .time = ++checker->time,
                    .next = info->calls,
                    .next_out = *out};

    if (checker->dead > 0)
        return;
    g_array_append_val(checker->calls, call);
    info->calls = *out = checker->calls->len;
}
