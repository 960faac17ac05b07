/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The special forms (SEMANTICS section 7): what does not simply take values.
 *
 * Arity is already checked.  Arguments are checked and evaluated strictly left to right, so that
 * what an earlier one did stands when a later one fails.
 */
#include "policy/builtins.h"
#include "policy/run.h"
#include "policy/trace.h"

static gboolean
check_symbol(MomRun *run, const MomNode *list, guint32 argument)
{
    if (list->items[argument].kind == MOM_NODE_SYMBOL)
        return TRUE;
    return mom_run_fail(run, list->items, "argument %u must be a name", argument);
}

gboolean
mom_form_def(MomRun *run, const MomNode *list, MomValue *out)
{
    const MomSymbol *symbol = list->items[1].symbol;
    MomFunction *function;

    if (!check_symbol(run, list, 1))
        return FALSE;
    function = mom_run_alloc(run, list->items, sizeof(MomFunction));
    if (!function)
        return FALSE;
    *function = (MomFunction){
        .program = run->program, .parameters = &list->items[2], .body = &list->items[3]};
    run->cells[symbol->id].function = function;
    *out = mom_value_string(symbol->name);
    return TRUE;
}

gboolean
mom_form_defvar(MomRun *run, const MomNode *list, MomValue *out)
{
    MomValue v;

    if (!check_symbol(run, list, 1) || !mom_run_eval(run, &list->items[2], &v))
        return FALSE;
    *out = mom_scope_bind(run, list->items[1].symbol, v);
    return TRUE;
}

gboolean
mom_form_set(MomRun *run, const MomNode *list, MomValue *out)
{
    const MomSymbol *symbol = list->items[1].symbol;

    if (!check_symbol(run, list, 1) || !mom_run_eval(run, &list->items[2], out))
        return FALSE;
    if (!mom_scope_assign(run, symbol, *out))
        return mom_run_fail(run, list->items, "undefined symbol %s; defvar makes a variable",
                            symbol->name);
    return TRUE;
}

/* The last of the items from FIRST on is the value. */
static gboolean
eval_body(MomRun *run, const MomNode *list, guint32 first, MomValue *out)
{
    for (guint32 i = first; i < list->n; i++)
        if (!mom_run_eval(run, &list->items[i], out))
            return FALSE;
    return TRUE;
}

static gboolean
bind_let(MomRun *run, const MomNode *list, const MomNode *pair)
{
    MomValue v;

    if (pair->kind != MOM_NODE_LIST || pair->n != 2)
        return mom_run_fail(run, list->items, "let wants pairs (NAME VALUE)");
    if (pair->items[0].kind != MOM_NODE_SYMBOL)
        return mom_run_fail(run, list->items, "let wants a name before each value");
    if (!mom_run_eval(run, &pair->items[1], &v))
        return FALSE;
    mom_scope_bind(run, pair->items[0].symbol, v);
    return TRUE;
}

gboolean
mom_form_let(MomRun *run, const MomNode *list, MomValue *out)
{
    const MomNode *pairs = &list->items[1];
    guint mark;

    if (pairs->kind != MOM_NODE_LIST)
        return mom_run_fail(run, list->items, "let wants a list of pairs (NAME VALUE)");
    mark = mom_scope_enter(run);
    for (guint32 i = 0; i < pairs->n; i++)
        if (!bind_let(run, list, &pairs->items[i]))
            return FALSE;
    if (!eval_body(run, list, 2, out))
        return FALSE;
    mom_scope_leave(run, mark);
    return TRUE;
}

gboolean
mom_form_if(MomRun *run, const MomNode *list, MomValue *out)
{
    if (!mom_run_eval(run, &list->items[1], out))
        return FALSE;
    return mom_run_eval(run, &list->items[mom_value_truth(*out) ? 2 : 3], out);
}

gboolean
mom_form_eval(MomRun *run, const MomNode *list, MomValue *out)
{
    return eval_body(run, list, 1, out);
}

/* ---- with ---- */

/* What `with` goes over: a list, the guests, or the characters of a string. */
typedef struct {
    MomValue over;
    gsize n;
    const char *at; /* in a string */
} Elements;

static gboolean
elements_of(MomRun *run, const MomNode *list, Elements *elements)
{
    MomValue v = elements->over;

    switch (v.type) {
    case MOM_VALUE_LIST:
        elements->n = v.list->length;
        return TRUE;
    case MOM_VALUE_GUESTS:
        elements->n = ((const GPtrArray *)v.object)->len;
        return TRUE;
    case MOM_VALUE_STRING:
        elements->n = (gsize)g_utf8_strlen(v.string, -1);
        elements->at = v.string;
        return TRUE;
    case MOM_VALUE_NIL:
    case MOM_VALUE_BOOL:
    case MOM_VALUE_INT:
    case MOM_VALUE_FLOAT:
    case MOM_VALUE_ENTITY:
    case MOM_VALUE_CALLABLE:
    case MOM_VALUE_TUNE:
    case MOM_VALUE_LIMITS:
    case MOM_VALUE_TUNE_STATE:
    default:
        return mom_run_fail(run, list->items, "with cannot go over %s, which is of type %s",
                            list->items[1].symbol->name, mom_value_type_name(v.type));
    }
}

static gboolean
next_character(MomRun *run, const MomNode *list, Elements *elements, MomValue *out)
{
    gsize length = (gsize)(g_utf8_next_char(elements->at) - elements->at);
    char *character = mom_run_alloc(run, list->items, length + 1);

    if (!character)
        return FALSE;
    for (gsize i = 0; i < length; i++)
        character[i] = elements->at[i];
    character[length] = '\0';
    elements->at += length;
    *out = mom_value_string(character);
    return TRUE;
}

static gboolean
element(MomRun *run, const MomNode *list, Elements *elements, gsize i, MomValue *out)
{
    if (elements->over.type == MOM_VALUE_STRING)
        return next_character(run, list, elements, out);
    if (elements->over.type == MOM_VALUE_LIST)
        *out = elements->over.list->items[i];
    else
        *out = (MomValue){.type = MOM_VALUE_ENTITY,
                          .entity = ((const GPtrArray *)elements->over.object)->pdata[i]};
    return TRUE;
}

/* The list is made before its items: `with` in `with` would otherwise need the stack for them. */
gboolean
mom_form_with(MomRun *run, const MomNode *list, MomValue *out)
{
    Elements elements = {.n = 0};
    guint depth = 0;
    MomValue *items;
    MomValue result;

    if (!check_symbol(run, list, 1) || !check_symbol(run, list, 2) ||
        !mom_scope_get(run, list->items, list->items[1].symbol, &elements.over) ||
        !elements_of(run, list, &elements))
        return FALSE;
    items = mom_run_list(run, list->items, elements.n, &result);
    if (!items)
        return FALSE;
    for (gsize i = 0; i < elements.n; i++) {
        guint read = run->trace ? mom_trace_mark(run->trace) : 0;
        guint mark = mom_scope_enter(run);
        MomValue v;

        if (!element(run, list, &elements, i, &v))
            return FALSE;
        mom_scope_bind(run, list->items[2].symbol, v);
        if (!mom_run_eval(run, &list->items[3], &items[i]))
            return FALSE;
        mom_scope_leave(run, mark);
        if (run->trace)
            mom_trace_release(run->trace, read);
        if (items[i].type == MOM_VALUE_LIST)
            depth = MAX(depth, items[i].list->depth + 1);
    }
    *out = result;
    return mom_run_nest(run, list->items, result, depth);
}
