/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Branches: which are taken, which never are, and what is defined behind them.
 *
 * Only constants, and objects, which are always true, decide a condition here.  Nothing is
 * computed: of a condition like (< 1 2) it is known that it never changes, and not which branch is
 * meant.
 */
#include "policy/checker-private.h"

#include <string.h>

static gboolean
is_constant(const MomNode *node)
{
    return node->kind <= MOM_NODE_STRING || (node->kind == MOM_NODE_SYMBOL && node->symbol->is_nil);
}

static MomCertainty truth_of(const MomNode *node);

/* `and` and `or` take the last value that decides. */
static MomCertainty
truth_of_all(const MomNode *list, MomCertainty deciding)
{
    MomCertainty truth = MOM_YES + MOM_NO - deciding;

    for (guint32 i = 1; i < list->n; i++) {
        MomCertainty one = truth_of(&list->items[i]);

        if (one == deciding)
            return deciding;
        if (one == MOM_MAYBE)
            truth = MOM_MAYBE;
    }
    return truth;
}

/* As far as constants alone decide: one `nil` in an `and` is how code is switched off. */
static MomCertainty
truth_of(const MomNode *node)
{
    const MomBuiltin *builtin;

    if (is_constant(node))
        return node->kind != MOM_NODE_SYMBOL && mom_value_truth(node->value) ? MOM_YES : MOM_NO;
    if (node->kind != MOM_NODE_LIST || node->n < 2 || node->items[0].kind != MOM_NODE_SYMBOL)
        return MOM_MAYBE;
    builtin = mom_check_builtin(node->items[0].symbol);
    if (builtin && builtin->apply == mom_operator_and)
        return truth_of_all(node, MOM_NO);
    if (builtin && builtin->apply == mom_operator_or)
        return truth_of_all(node, MOM_YES);
    if (builtin && builtin->apply == mom_operator_not)
        return MOM_YES + MOM_NO - truth_of(&node->items[1]);
    return MOM_MAYBE;
}

/* Nothing but constants and operators: the value is the same in every run. */
static gboolean
is_closed(const MomNode *node)
{
    const MomBuiltin *builtin;
    MomCertainty truth;

    if (is_constant(node))
        return TRUE;
    if (node->kind != MOM_NODE_LIST || node->n == 0 || node->items[0].kind < MOM_NODE_SYMBOL ||
        node->items[0].kind == MOM_NODE_LIST)
        return FALSE;
    builtin = mom_check_builtin(node->items[0].symbol);
    if (!builtin || (builtin->form && builtin->form != mom_form_if))
        return FALSE;
    if (builtin->form && node->n == 4 && (truth = truth_of(&node->items[1])) != MOM_MAYBE)
        return is_closed(&node->items[truth == MOM_YES ? 2 : 3]);
    for (guint32 i = 1; i < node->n; i++)
        if (!is_closed(&node->items[i]))
            return FALSE;
    return TRUE;
}

/* The same text, but for blanks. Costs no more than the smaller of both. */
static gboolean
is_same(const MomNode *a, const MomNode *b)
{
    if (a->kind != b->kind)
        return FALSE;
    switch ((MomNodeKind)a->kind) {
    case MOM_NODE_NUMBER:
        return a->value.type == b->value.type && mom_value_equal(a->value, b->value);
    case MOM_NODE_STRING:
        return strcmp(a->value.string, b->value.string) == 0;
    case MOM_NODE_SYMBOL:
    case MOM_NODE_OPERATOR:
        return a->symbol == b->symbol;
    case MOM_NODE_LIST:
    default:
        break;
    }
    if (a->n != b->n)
        return FALSE;
    for (guint32 i = 0; i < a->n; i++)
        if (!is_same(&a->items[i], &b->items[i]))
            return FALSE;
    return TRUE;
}

static MomKind
join_kinds(MomKind a, MomKind b)
{
    return a == b ? a : MOM_KIND_UNKNOWN;
}

/* NODE is never evaluated. */
static void
walk_dead(MomChecker *checker, const MomNode *node)
{
    guint first = checker->bound->len;

    checker->dead++;
    mom_check_walk(checker, node, TRUE);
    checker->dead--;
    mom_check_hide(checker, first);
}

static MomKind
walk_known_if(MomChecker *checker, const MomNode *list, gboolean truth, gboolean is_used)
{
    MomKind kind;

    mom_check_warn(checker, &list->items[1],
                   "the condition is always %s, so the %s branch is never taken",
                   truth ? "true" : "false", truth ? "second" : "first");
    if (truth) {
        kind = mom_check_walk(checker, &list->items[2], is_used);
        walk_dead(checker, &list->items[3]);
        return kind;
    }
    walk_dead(checker, &list->items[2]);
    return mom_check_walk(checker, &list->items[3], is_used);
}

/* Objects are true whatever they hold. */
static gboolean
is_always_true(MomKind kind)
{
    return kind == MOM_KIND_HOST || kind == MOM_KIND_GUEST || kind == MOM_KIND_TUNE ||
           kind == MOM_KIND_CALLABLE;
}

static void
check_effect(MomChecker *checker, const MomNode *list, gboolean is_used)
{
    const MomNode *head = list->items;

    if (is_same(&list->items[2], &list->items[3]))
        mom_check_warn(checker, head, "both branches of this if are the same");
    else if (!is_used && is_constant(&list->items[2]) && is_constant(&list->items[3]))
        mom_check_warn(checker, head, "this if has no effect, as its value is not used");
}

static MomKind
walk_branches(MomChecker *checker, const MomNode *list, gboolean is_used)
{
    guint first = checker->bound->len;
    guint second;
    MomKind kind;

    checker->branches++;
    kind = mom_check_walk(checker, &list->items[2], is_used);
    second = checker->bound->len;
    mom_check_hide(checker, first);
    kind = join_kinds(kind, mom_check_walk(checker, &list->items[3], is_used));
    checker->branches--;
    mom_check_join(checker, first, second);
    return kind;
}

MomKind
mom_check_if(MomChecker *checker, const MomNode *list, gboolean is_used)
{
    const MomNode *condition = &list->items[1];
    gboolean closed = is_closed(condition);
    MomKind kind = mom_check_walk(checker, condition, TRUE);
    MomCertainty truth = is_always_true(kind) ? MOM_YES : truth_of(condition);

    if (truth != MOM_MAYBE)
        return walk_known_if(checker, list, truth == MOM_YES, is_used);
    check_effect(checker, list, is_used);
    if (closed)
        mom_check_warn(checker, condition,
                       "the condition is the same in every run, so one branch is never taken");
    /* Which of them is not worked out, so either may be the one that never fails. */
    checker->dead += closed;
    kind = walk_branches(checker, list, is_used);
    checker->dead -= closed;
    return kind;
}

static void
walk_clause(MomChecker *checker, const MomNode *clause, gboolean is_used)
{
    guint first;

    mom_check_walk(checker, &clause->items[0], TRUE);
    first = checker->bound->len;
    checker->branches++;
    mom_check_walk(checker, &clause->items[1], is_used);
    checker->branches--;
    mom_check_hide(checker, first);
    mom_check_join(checker, first, checker->bound->len);
}

/* What the first test binds is there for certain, what later ones do is not. */
MomKind
mom_check_cond(MomChecker *checker, const MomNode *list, gboolean is_used)
{
    guint first = 0;

    for (guint32 i = 1; i < list->n; i++) {
        const MomNode *clause = &list->items[i];

        if (i == 2) {
            first = checker->bound->len;
            checker->branches++;
        }
        if (clause->kind == MOM_NODE_LIST && clause->n == 2)
            walk_clause(checker, clause, is_used);
        else
            mom_check_error(checker, clause, "cond wants clauses (TEST VALUE)");
    }
    if (list->n > 2) {
        checker->branches--;
        mom_check_hide(checker, first);
        mom_check_join(checker, first, checker->bound->len);
    }
    return MOM_KIND_UNKNOWN;
}
