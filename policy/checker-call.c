/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Calls: who is called, in the order in which a run looks, and whether the number of arguments is
 * right.
 *
 * A variable comes before a builtin, a builtin before a function, a function before an extension.
 */
#include "policy/checker-private.h"

#include <string.h>

gboolean
mom_check_arity(MomChecker *checker,
                const MomNode *head,
                const char *name,
                gsize given,
                guint min,
                guint max,
                gboolean certain)
{
    if (given >= min && given <= max)
        return TRUE;
    if (min == max)
        mom_check_report(checker, certain, head, "%s takes %u argument%s, not %" G_GSIZE_FORMAT,
                         name, min, min == 1 ? "" : "s", given);
    else if (max == G_MAXUINT)
        mom_check_report(checker, certain, head,
                         "%s takes %u or more arguments, not %" G_GSIZE_FORMAT, name, min, given);
    else
        mom_check_report(checker, certain, head,
                         "%s takes %u to %u arguments, not %" G_GSIZE_FORMAT, name, min, max,
                         given);
    return FALSE;
}

/* ---- functions ---- */

/* The scope that a call opens has each parameter as soon as its argument is there (Q5). */
static void
walk_into_parameters(MomChecker *checker, const MomNode *list, const MomSymbolInfo *info)
{
    const MomNode *parameters = info->definition + 1;

    for (guint32 i = 1; i < list->n; i++) {
        MomKind kind = mom_check_walk(checker, &list->items[i], TRUE);

        mom_check_bind(checker, parameters->items[i - 1].symbol, NULL, kind);
    }
}

static void
walk_call_arguments(MomChecker *checker, const MomNode *list, const MomSymbolInfo *info)
{
    /* Which of several functions is called is not known, nor so what their arguments see. */
    gboolean is_vague = info->n_definitions > 1;

    checker->muted += is_vague;
    if (!is_vague && info->arity == (gint64)list->n - 1)
        walk_into_parameters(checker, list, info);
    else
        mom_check_walk_arguments(checker, list, 1);
    checker->muted -= is_vague;
}

static void
check_order(MomChecker *checker, const MomNode *head, const MomSymbolInfo *info)
{
    g_autofree char *place = NULL;
    MomFree name = {.program = checker->program,
                    .node = head,
                    .symbol = head->symbol,
                    .function = checker->function,
                    .is_function = TRUE};

    if (info->is_defined_inside || mom_check_extension(head->symbol) || checker->muted > 0)
        return;
    if (checker->function) {
        if (checker->dead == 0)
            g_array_append_val(checker->free_names, name);
        return;
    }
    if (info->defined_at != MOM_NEVER)
        return;
    place = mom_check_place(checker, info->definition_program, info->definition);
    mom_check_error(checker, head, "%s is called before it is defined at %s", head->symbol->name,
                    place);
}

static MomKind
call_function(MomChecker *checker, const MomNode *list, gboolean certain)
{
    const MomNode *head = list->items;
    const MomSymbolInfo *info = mom_check_info(checker, head->symbol);
    guint mark;

    if (info->arity >= 0)
        mom_check_arity(checker, head, head->symbol->name, list->n - 1, (guint)info->arity,
                        (guint)info->arity, certain);
    else if (info->n_definitions == 1)
        mom_check_report(checker, certain, head, "no call of %s can work: see its parameters",
                         head->symbol->name);
    check_order(checker, head, info);
    mark = mom_check_enter(checker, checker->scope, NULL);
    walk_call_arguments(checker, list, info);
    mom_check_add_call(checker, head->symbol);
    mom_check_leave(checker, mark);
    return MOM_KIND_UNKNOWN;
}

/* ---- variables ---- */

/* `abs` and `debug`. */
static MomKind
call_predefined(MomChecker *checker, const MomNode *list)
{
    const MomNode *head = list->items;
    gboolean is_abs = strcmp(head->symbol->name, mom_predefined_names[MOM_PREDEFINED_ABS]) == 0;

    mom_check_arity(checker, head, head->symbol->name, list->n - 1, 1, is_abs ? 1 : G_MAXUINT,
                    TRUE);
    mom_check_walk_arguments(checker, list, 1);
    return is_abs ? MOM_KIND_NUMBER : MOM_KIND_UNKNOWN;
}

static MomKind
call_value(MomChecker *checker, const MomNode *list)
{
    const MomNode *head = list->items;

    mom_check_error(checker, head, "%s is a variable here and cannot be called",
                    head->symbol->name);
    mom_check_walk_arguments(checker, list, 1);
    return MOM_KIND_UNKNOWN;
}

/* ---- who is called ---- */

static MomKind
call_builtin(MomChecker *checker, const MomNode *list, const MomBuiltin *builtin, gboolean is_used)
{
    const MomSymbolInfo *info = mom_check_info(checker, list->items->symbol);
    gboolean certain = !checker->function || info->n_bindings == 0;

    if (!mom_check_arity(checker, list->items, builtin->name, list->n - 1, builtin->min,
                         builtin->max, certain))
        return MOM_KIND_UNKNOWN;
    return mom_check_form(checker, list, builtin->name, is_used);
}

static MomKind
call_unknown(MomChecker *checker, const MomNode *list)
{
    const MomNode *head = list->items;
    const MomSymbolInfo *info = mom_check_info(checker, head->symbol);
    g_autofree char *near = NULL;

    if (checker->function && info->n_bindings > 0) {
        mom_check_variable(checker, head, head->symbol, FALSE);
    } else {
        near = mom_check_near_function(checker, head->symbol->name);
        mom_check_error(checker, head, "unknown function %s%s", head->symbol->name, near);
    }
    mom_check_walk_arguments(checker, list, 1);
    return MOM_KIND_UNKNOWN;
}

static MomKind
call_by_name(MomChecker *checker, const MomNode *list, gboolean is_used)
{
    const MomSymbol *symbol = list->items->symbol;
    const MomSymbolInfo *info = mom_check_info(checker, symbol);
    const MomBuiltin *builtin = mom_check_builtin(symbol);
    const MomBuiltin *extension = mom_check_extension(symbol);

    if (builtin)
        return call_builtin(checker, list, builtin, is_used);
    if (info->n_definitions > 0)
        return call_function(checker, list, !checker->function || info->n_bindings == 0);
    if (extension)
        return call_builtin(checker, list, extension, is_used);
    return call_unknown(checker, list);
}

/* A variable of the name is in sight. */
static MomKind
call_variable(MomChecker *checker, const MomNode *list, const MomBound *bound, gboolean is_used)
{
    const MomSymbol *symbol = list->items->symbol;
    MomKind kind = mom_check_kind(checker, symbol);
    MomKind result;

    if (kind == MOM_KIND_NIL)
        return call_by_name(checker, list, is_used);
    if (kind == MOM_KIND_CALLABLE && bound->scope == 0 && !bound->node)
        return call_predefined(checker, list);
    if (kind != MOM_KIND_UNKNOWN && kind != MOM_KIND_CALLABLE && kind != MOM_KIND_TUNES)
        return call_value(checker, list);
    if (mom_check_builtin(symbol)) {
        checker->muted++;
        result = call_by_name(checker, list, is_used);
        checker->muted--;
        return result;
    }
    if (mom_check_info(checker, symbol)->n_definitions > 0)
        mom_check_add_call(checker, symbol);
    mom_check_walk_arguments(checker, list, 1);
    return MOM_KIND_UNKNOWN;
}

static MomKind
call_dotted(MomChecker *checker, const MomNode *list)
{
    const MomSymbol *symbol = list->items->symbol;

    /* `(def a.b ...)` is a function like any other where no variable has that attribute. */
    if (mom_check_info(checker, symbol)->n_definitions > 0) {
        if (mom_check_info(checker, symbol->base)->n_bindings == 0 &&
            !mom_check_innermost(checker, symbol->base))
            return call_function(checker, list, TRUE);
        mom_check_add_call(checker, symbol);
    } else {
        mom_check_method(checker, list);
    }
    mom_check_walk_arguments(checker, list, 1);
    return MOM_KIND_UNKNOWN;
}

MomKind
mom_check_call(MomChecker *checker, const MomNode *list, gboolean is_used)
{
    const MomSymbol *symbol = list->items->symbol;
    const MomBound *bound;

    if (symbol->base)
        return call_dotted(checker, list);
    bound = mom_check_innermost(checker, symbol);
    return bound ? call_variable(checker, list, bound, is_used)
                 : call_by_name(checker, list, is_used);
}
