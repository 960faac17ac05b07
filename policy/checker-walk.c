/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The walk: every expression once, left to right as a run evaluates it.
 *
 * A branch that a constant condition excludes, and a function that nothing calls, cannot fail: what
 * is wrong there is a warning.  Any other branch is taken to be reached some day: what must fail
 * then is an error.
 */
#include "policy/checker-private.h"

#include <string.h>

#define FORM(name) static MomKind name(MomChecker *checker, const MomNode *list, gboolean is_used)

static gboolean
check_symbol(MomChecker *checker, const MomNode *list, guint32 argument)
{
    if (list->items[argument].kind == MOM_NODE_SYMBOL)
        return TRUE;
    mom_check_error(checker, &list->items[argument], "argument %u of %s must be a name", argument,
                    list->items[0].symbol->name);
    return FALSE;
}

MomKind
mom_check_walk_arguments(MomChecker *checker, const MomNode *list, guint32 first)
{
    MomKind kind = MOM_KIND_UNKNOWN;

    for (guint32 i = first; i < list->n; i++)
        kind = mom_check_walk(checker, &list->items[i], TRUE);
    return kind;
}

/* Expressions of which only the last one's value counts. */
static MomKind
walk_body(MomChecker *checker, const MomNode *list, guint32 first, gboolean is_used)
{
    MomKind kind = MOM_KIND_UNKNOWN;

    for (guint32 i = first; i < list->n; i++)
        kind = mom_check_walk(checker, &list->items[i], is_used && i + 1 == list->n);
    return kind;
}

/* ---- variables ---- */

static gboolean
is_predefined(const MomSymbol *symbol)
{
    for (gsize i = 0; i < MOM_N_PREDEFINED; i++)
        if (strcmp(symbol->name, mom_predefined_names[i]) == 0)
            return TRUE;
    return FALSE;
}

/* Names that are better not given to variables. */
static void
check_new_variable(MomChecker *checker, const MomNode *node)
{
    const MomSymbol *symbol = node->symbol;

    if (mom_check_builtin(symbol))
        mom_check_warn(checker, node, "the variable %s hides the builtin %s", symbol->name,
                       symbol->name);
    else if (is_predefined(symbol) && checker->scope > 0)
        mom_check_warn(checker, node, "the variable %s hides the predefined one", symbol->name);
    else if (symbol->is_nil || symbol->base)
        mom_check_warn(checker, node, "a variable named %s can never be read", symbol->name);
}

static void
bind(MomChecker *checker, const MomNode *node, MomKind kind)
{
    const MomBound *before = mom_check_innermost(checker, node->symbol);
    g_autofree char *place = NULL;

    check_new_variable(checker, node);
    if (mom_check_bind(checker, node->symbol, node, kind))
        return;
    if (!before->node) {
        mom_check_warn(checker, node, "%s exists already and keeps its value; set changes it",
                       node->symbol->name);
        return;
    }
    place = mom_check_place(checker, before->program, before->node);
    mom_check_warn(checker, node, "%s is defined already (%s) and keeps that value; set changes it",
                   node->symbol->name, place);
}

FORM(walk_defvar)
{
    MomKind kind;

    if (!check_symbol(checker, list, 1))
        return MOM_KIND_UNKNOWN;
    kind = mom_check_walk(checker, &list->items[2], TRUE);
    bind(checker, &list->items[1], kind);
    return mom_check_kind(checker, list->items[1].symbol);
}

/* What an engine sets is a parameter that a policy defined, and that some policy reads. */
static void
check_parameter(MomChecker *checker, const MomNode *name)
{
    if (is_predefined(name->symbol))
        mom_check_error(checker, name, "%s is no parameter, as no policy defines it",
                        name->symbol->name);
    else if (mom_check_info(checker, name->symbol)->n_reads == 0)
        mom_check_warn(checker, name, "the parameter %s is set, but no policy reads it",
                       name->symbol->name);
}

FORM(walk_set)
{
    const MomNode *name = &list->items[1];
    const char *parameters = checker->world->parameters_policy;
    MomKind kind;

    if (!check_symbol(checker, list, 1))
        return MOM_KIND_UNKNOWN;
    kind = mom_check_walk(checker, &list->items[2], TRUE);
    if (mom_check_variable(checker, name, name->symbol, TRUE) && parameters &&
        strcmp(parameters, checker->program->name) == 0)
        check_parameter(checker, name);
    return kind;
}

static gboolean
walk_pair(MomChecker *checker, const MomNode *pair)
{
    MomKind kind;

    if (pair->kind != MOM_NODE_LIST || pair->n != 2 || pair->items[0].kind != MOM_NODE_SYMBOL) {
        mom_check_error(checker, pair, "let wants pairs (NAME VALUE)");
        return FALSE;
    }
    kind = mom_check_walk(checker, &pair->items[1], TRUE);
    bind(checker, &pair->items[0], kind);
    return TRUE;
}

FORM(walk_let)
{
    const MomNode *pairs = &list->items[1];
    gboolean right = TRUE;
    MomKind kind = MOM_KIND_UNKNOWN;
    guint mark;

    if (pairs->kind != MOM_NODE_LIST) {
        mom_check_error(checker, pairs, "let wants a list of pairs (NAME VALUE)");
        return MOM_KIND_UNKNOWN;
    }
    mark = mom_check_enter(checker, checker->scope, NULL);
    for (guint32 i = 0; i < pairs->n && right; i++)
        right = walk_pair(checker, &pairs->items[i]);
    if (right)
        kind = walk_body(checker, list, 2, is_used);
    mom_check_leave(checker, mark);
    return kind;
}

/* ---- loops ---- */

/* What a variable that goes over KIND is. */
static MomKind
kind_of_element(MomKind kind)
{
    return kind == MOM_KIND_GUESTS   ? MOM_KIND_GUEST
           : kind == MOM_KIND_TUNES  ? MOM_KIND_TUNE
           : kind == MOM_KIND_STRING ? MOM_KIND_STRING
                                     : MOM_KIND_UNKNOWN;
}

static void
check_iterable(MomChecker *checker, const MomNode *list, MomKind kind, gboolean takes_strings)
{
    if (kind == MOM_KIND_UNKNOWN || kind == MOM_KIND_LIST || kind == MOM_KIND_TUNES ||
        kind == MOM_KIND_GUESTS || (kind == MOM_KIND_STRING && takes_strings))
        return;
    mom_check_error(checker, &list->items[1], "%s cannot go over this, which is no list",
                    list->items[0].symbol->name);
}

static void
walk_loop(MomChecker *checker, const MomNode *list, MomKind kind, gboolean is_used)
{
    guint mark = mom_check_enter(checker, checker->scope, NULL);

    checker->branches++;
    bind(checker, &list->items[2], kind_of_element(kind));
    mom_check_walk(checker, &list->items[3], is_used);
    checker->branches--;
    mom_check_leave(checker, mark);
}

FORM(walk_with)
{
    MomKind kind;

    if (!check_symbol(checker, list, 1) || !check_symbol(checker, list, 2))
        return MOM_KIND_UNKNOWN;
    if (list->items[1].symbol->is_nil) {
        mom_check_error(checker, &list->items[1], "with cannot go over nil");
        return MOM_KIND_UNKNOWN;
    }
    kind = mom_check_walk(checker, &list->items[1], TRUE);
    check_iterable(checker, list, kind, TRUE);
    walk_loop(checker, list, kind, is_used);
    return MOM_KIND_LIST;
}

FORM(walk_sort_by)
{
    MomKind kind;

    if (!check_symbol(checker, list, 2))
        return MOM_KIND_UNKNOWN;
    kind = mom_check_walk(checker, &list->items[1], TRUE);
    check_iterable(checker, list, kind, FALSE);
    walk_loop(checker, list, kind, TRUE);
    /* Its tunes are tunes and its guests are guests, but it is a list now. */
    return MOM_KIND_LIST;
}

/* ---- functions ---- */

static void
check_parameters(MomChecker *checker, const MomNode *parameters, const char *function)
{
    if (parameters->kind != MOM_NODE_LIST) {
        mom_check_warn(checker, parameters,
                       "the parameters of %s are no list, so that no call can work", function);
        return;
    }
    for (guint32 i = 0; i < parameters->n; i++)
        if (parameters->items[i].kind != MOM_NODE_SYMBOL)
            mom_check_warn(checker, &parameters->items[i],
                           "parameter %u of %s is no name, so that no call can work", i + 1,
                           function);
}

FORM(walk_def)
{
    const MomNode *name = &list->items[1];
    MomDefinition definition = {
        .program = checker->program, .list = list, .is_dead = checker->dead > 0};
    MomSymbolInfo *info;

    if (!check_symbol(checker, list, 1))
        return MOM_KIND_UNKNOWN;
    info = mom_check_info(checker, name->symbol);
    if (mom_check_builtin(name->symbol))
        mom_check_warn(checker, name, "the function %s is never called, as a builtin has that name",
                       name->symbol->name);
    else if (is_predefined(name->symbol))
        mom_check_warn(checker, name,
                       "the function %s is never called, as a variable has that name",
                       name->symbol->name);
    check_parameters(checker, &list->items[2], name->symbol->name);
    g_array_append_val(checker->definitions, definition);
    if (!checker->function && checker->dead == 0)
        info->defined_at = MIN(info->defined_at, checker->time);
    return MOM_KIND_STRING;
}

void
mom_check_definition(MomChecker *checker, const MomDefinition *definition)
{
    const MomNode *parameters = &definition->list->items[2];
    guint mark;

    checker->program = definition->program;
    checker->function = definition->list->items[1].symbol;
    checker->dead = definition->is_dead;
    mark = mom_check_enter(checker, MOM_CHECK_NO_SCOPE, checker->function);
    for (guint32 i = 0; parameters->kind == MOM_NODE_LIST && i < parameters->n; i++)
        if (parameters->items[i].kind == MOM_NODE_SYMBOL)
            bind(checker, &parameters->items[i], MOM_KIND_UNKNOWN);
    mom_check_walk(checker, &definition->list->items[3], TRUE);
    mom_check_leave(checker, mark);
    checker->dead = 0;
    checker->function = NULL;
}

/* ---- expressions ---- */

FORM(walk_eval)
{
    return walk_body(checker, list, 1, is_used);
}

static const struct {
    const char *name;
    MomKind (*walk)(MomChecker *checker, const MomNode *list, gboolean is_used);
    MomKind kind; /* if WALK is NULL: it takes values and answers this */
} forms[] = {
    {"def", walk_def, 0},
    {"defun", walk_def, 0},
    {"defvar", walk_defvar, 0},
    {"set", walk_set, 0},
    {"setq", walk_set, 0},
    {"let", walk_let, 0},
    {"with", walk_with, 0},
    {"if", mom_check_if, 0},
    {"eval", walk_eval, 0},
    {"cond", mom_check_cond, 0},
    {"sort-by", walk_sort_by, 0},
    {"sub", NULL, MOM_KIND_NUMBER},
    {"div", NULL, MOM_KIND_NUMBER},
    {"shl", NULL, MOM_KIND_NUMBER},
    {"shr", NULL, MOM_KIND_NUMBER},
    {"lt", NULL, MOM_KIND_NUMBER},
    {"gt", NULL, MOM_KIND_NUMBER},
    {"lte", NULL, MOM_KIND_NUMBER},
    {"gte", NULL, MOM_KIND_NUMBER},
    {"eq", NULL, MOM_KIND_NUMBER},
    {"neq", NULL, MOM_KIND_NUMBER},
    {"not", NULL, MOM_KIND_NUMBER},
    {"null", NULL, MOM_KIND_NUMBER},
    {"valid", NULL, MOM_KIND_NUMBER},
    {"sum", NULL, MOM_KIND_NUMBER},
    {"floor", NULL, MOM_KIND_NUMBER},
    {"round", NULL, MOM_KIND_NUMBER},
    {"concat", NULL, MOM_KIND_STRING},
    {"format", NULL, MOM_KIND_STRING},
};

MomKind
mom_check_form(MomChecker *checker, const MomNode *list, const char *name, gboolean is_used)
{
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (strcmp(forms[i].name, name) != 0)
            continue;
        if (forms[i].walk)
            return forms[i].walk(checker, list, is_used);
        mom_check_walk_arguments(checker, list, 1);
        return forms[i].kind;
    }
    mom_check_walk_arguments(checker, list, 1);
    return MOM_KIND_UNKNOWN;
}

static MomKind
walk_symbol(MomChecker *checker, const MomNode *node)
{
    if (node->symbol->is_nil)
        return MOM_KIND_NIL;
    if (node->symbol->base)
        return mom_check_attribute(checker, node, node->symbol);
    mom_check_variable(checker, node, node->symbol, FALSE);
    return mom_check_kind(checker, node->symbol);
}

static MomKind
walk_list(MomChecker *checker, const MomNode *list, gboolean is_used)
{
    const MomNode *head = list->items;

    if (list->n == 0)
        mom_check_error(checker, list, "an empty list calls nothing");
    else if (head->kind == MOM_NODE_LIST)
        mom_check_error(checker, list, "a call starts with a name, not with a list");
    else if (head->kind == MOM_NODE_NUMBER || head->kind == MOM_NODE_STRING)
        mom_check_error(checker, head, "a call starts with a name, not with a %s",
                        head->kind == MOM_NODE_NUMBER ? "number" : "string");
    else
        return mom_check_call(checker, list, is_used);
    return MOM_KIND_UNKNOWN;
}

MomKind
mom_check_walk(MomChecker *checker, const MomNode *node, gboolean is_used)
{
    checker->time++;
    switch ((MomNodeKind)node->kind) {
    case MOM_NODE_NUMBER:
        return MOM_KIND_NUMBER;
    case MOM_NODE_STRING:
        return MOM_KIND_STRING;
    case MOM_NODE_SYMBOL:
        return walk_symbol(checker, node);
    case MOM_NODE_LIST:
        return walk_list(checker, node, is_used);
    case MOM_NODE_OPERATOR:
    default:
        mom_check_error(checker, node, "an operator is no value");
        return MOM_KIND_UNKNOWN;
    }
}

/* A policy behind a certain failure is never reached; one word about it is enough. */
void
mom_check_program(MomChecker *checker, const MomProgram *program)
{
    g_autofree char *place = NULL;

    checker->program = program;
    if (checker->failed && program->n > 0) {
        place = mom_check_place(checker, checker->failed_program, checker->failed);
        mom_check_warn(checker, &program->items[0],
                       "this policy is never reached: the error at %s ends every run before it",
                       place);
    }
    for (gsize i = 0; i < program->n; i++)
        mom_check_walk(checker, &program->items[i], FALSE);
}
