/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Collecting: which names the whole set binds, sets, reads and defines, before anything is walked.
 *
 * Order and scopes do not count here.  A form that is malformed binds nothing; its parts are read.
 */
#include "policy/checker-private.h"

#include <string.h>

typedef struct {
    MomChecker *checker;
    const MomProgram *program;
    gboolean is_parameters; /* the program is the one that an engine pushes */
    guint inside;           /* definitions around */
    guint scopes;           /* scopes around */
} Collector;

static void collect(Collector *collector, const MomNode *node);

static MomSymbolInfo *
note(Collector *collector, const MomSymbol *symbol)
{
    MomSymbolInfo *info = mom_check_info(collector->checker, symbol);

    info->symbol = symbol;
    return info;
}

static void
note_read(Collector *collector, const MomSymbol *symbol)
{
    note(collector, symbol)->n_reads += !collector->is_parameters;
    if (symbol->base)
        note(collector, symbol->base)->n_reads += !collector->is_parameters;
}

static void
note_binding(Collector *collector, const MomNode *node)
{
    MomSymbolInfo *info = note(collector, node->symbol);
    gboolean at_top = collector->inside == 0 && collector->scopes == 0;

    if (info->n_bindings == 0 || (at_top && !info->is_bound_at_top)) {
        info->bound_program = collector->program;
        info->bound_node = node;
        info->is_bound_at_top = at_top;
    }
    info->n_bindings++;
}

static void
collect_from(Collector *collector, const MomNode *list, guint32 first)
{
    for (guint32 i = first; i < list->n; i++)
        collect(collector, &list->items[i]);
}

/* The number of parameters that a call must give, or -1. */
static gint64
collect_parameters(Collector *collector, const MomNode *parameters)
{
    gboolean right = TRUE;

    if (parameters->kind != MOM_NODE_LIST)
        return -1;
    for (guint32 i = 0; i < parameters->n; i++)
        if (parameters->items[i].kind == MOM_NODE_SYMBOL)
            note_binding(collector, &parameters->items[i]);
        else
            right = FALSE;
    return right ? (gint64)parameters->n : -1;
}

static gboolean
collect_def(Collector *collector, const MomNode *list)
{
    MomSymbolInfo *info;
    gint64 arity;

    if (list->n != 4 || list->items[1].kind != MOM_NODE_SYMBOL)
        return FALSE;
    info = note(collector, list->items[1].symbol);
    info->is_defined_inside = info->is_defined_inside || collector->inside > 0;
    collector->inside++;
    arity = collect_parameters(collector, &list->items[2]);
    collect(collector, &list->items[3]);
    collector->inside--;
    info->is_malformed = info->is_malformed || arity < 0;
    if (info->n_definitions++ == 0) {
        info->arity = arity;
        info->definition_program = collector->program;
        info->definition = &list->items[1];
    } else if (info->arity != arity) {
        info->arity = -1;
    }
    return TRUE;
}

static gboolean
collect_defvar(Collector *collector, const MomNode *list)
{
    if (list->n != 3 || list->items[1].kind != MOM_NODE_SYMBOL)
        return FALSE;
    note_binding(collector, &list->items[1]);
    collect(collector, &list->items[2]);
    return TRUE;
}

static gboolean
collect_set(Collector *collector, const MomNode *list)
{
    if (list->n != 3 || list->items[1].kind != MOM_NODE_SYMBOL)
        return FALSE;
    note(collector, list->items[1].symbol)->n_sets++;
    collect(collector, &list->items[2]);
    return TRUE;
}

static gboolean
collect_let(Collector *collector, const MomNode *list)
{
    if (list->n < 3 || list->items[1].kind != MOM_NODE_LIST)
        return FALSE;
    collector->scopes++;
    for (guint32 i = 0; i < list->items[1].n; i++) {
        const MomNode *pair = &list->items[1].items[i];

        if (pair->kind == MOM_NODE_LIST && pair->n == 2 && pair->items[0].kind == MOM_NODE_SYMBOL) {
            note_binding(collector, &pair->items[0]);
            collect(collector, &pair->items[1]);
        }
    }
    collect_from(collector, list, 2);
    collector->scopes--;
    return TRUE;
}

/* `with` and `sort-by`. */
static gboolean
collect_loop(Collector *collector, const MomNode *list)
{
    if (list->n != 4 || list->items[2].kind != MOM_NODE_SYMBOL)
        return FALSE;
    collect(collector, &list->items[1]);
    collector->scopes++;
    note_binding(collector, &list->items[2]);
    collect(collector, &list->items[3]);
    collector->scopes--;
    return TRUE;
}

static const struct {
    const char *name;
    gboolean (*collect)(Collector *collector, const MomNode *list);
} forms[] = {
    {"def", collect_def},   {"defun", collect_def},    {"defvar", collect_defvar},
    {"set", collect_set},   {"setq", collect_set},     {"let", collect_let},
    {"with", collect_loop}, {"sort-by", collect_loop},
};

static void
collect_list(Collector *collector, const MomNode *list)
{
    const MomNode *head = list->items;

    if (list->n > 0 && head->kind == MOM_NODE_SYMBOL) {
        note_read(collector, head->symbol);
        for (gsize i = 0; i < G_N_ELEMENTS(forms); i++)
            if (strcmp(forms[i].name, head->symbol->name) == 0 && forms[i].collect(collector, list))
                return;
        collect_from(collector, list, 1);
        return;
    }
    collect_from(collector, list, 0);
}

static void
collect(Collector *collector, const MomNode *node)
{
    if (node->kind == MOM_NODE_SYMBOL)
        note_read(collector, node->symbol);
    else if (node->kind == MOM_NODE_LIST)
        collect_list(collector, node);
}

void
mom_check_collect(MomChecker *checker, const MomProgram *program)
{
    const MomCheckWorld *world = checker->world;
    Collector collector = {.checker = checker, .program = program};

    collector.is_parameters =
        world->parameters_policy && strcmp(world->parameters_policy, program->name) == 0;
    for (gsize i = 0; i < program->n; i++)
        collect(&collector, &program->items[i]);
}
