/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What stands behind a dot: fields, methods, and the names that methods are given.
 *
 * A variable that has not the attribute is passed over for an outer one (Q15), so "it has none" is
 * certain only where all variables of that name are known.
 */
#include "policy/checker-private.h"

#include <string.h>

/* What the name before the dot means for one attribute. */
typedef struct {
    MomKind kind;       /* of the variable that has it, or of the last that has it not */
    MomCertainty found; /* MAYBE: it is not known what the variable is */
    gboolean is_exact;  /* if not found: there is no other variable of that name */
} Owner;

static MomCertainty
entity_has(const MomSchema *schema, const MomSymbol *symbol)
{
    if (mom_check_entity_method(symbol))
        return MOM_YES;
    if (!schema)
        return MOM_MAYBE;
    return mom_schema_index(schema, symbol->attribute) >= 0 ? MOM_YES : MOM_NO;
}

static MomCertainty
has(const MomChecker *checker, MomKind kind, const MomSymbol *symbol)
{
    switch (kind) {
    case MOM_KIND_UNKNOWN:
        return MOM_MAYBE;
    case MOM_KIND_HOST:
        return entity_has(checker->world->host, symbol);
    case MOM_KIND_GUEST:
        return entity_has(checker->world->guest, symbol);
    case MOM_KIND_TUNE:
        return symbol->tune_member >= 0 ? MOM_YES : MOM_NO;
    case MOM_KIND_LIMITS:
        return symbol->limit >= 0 ? MOM_YES : MOM_MAYBE; /* limits may have any name */
    case MOM_KIND_NIL:
    case MOM_KIND_NUMBER:
    case MOM_KIND_STRING:
    case MOM_KIND_LIST:
    case MOM_KIND_TUNES:
    case MOM_KIND_CALLABLE:
    case MOM_KIND_GUESTS:
    default:
        return MOM_NO;
    }
}

static Owner
find_owner(const MomChecker *checker, const MomSymbol *symbol)
{
    const MomSymbolInfo *info = mom_check_info(checker, symbol->base);
    Owner owner = {.kind = MOM_KIND_UNKNOWN, .found = MOM_MAYBE};
    guint n = 0; /* variables of the text that were passed over */

    if (!mom_check_innermost(checker, symbol->base))
        return owner;
    for (guint i = info->binding; i;) {
        const MomBound *bound = &g_array_index(checker->bound, MomBound, i - 1);
        gboolean is_known = bound->certainty == MOM_YES && info->n_sets == 0 &&
                            !(checker->function && bound->scope == 0 && info->n_bindings > n);

        i = bound->shadowed;
        if (bound->certainty == MOM_NO)
            continue;
        owner.kind = is_known ? bound->kind : MOM_KIND_UNKNOWN;
        owner.found = has(checker, owner.kind, symbol);
        if (owner.found != MOM_NO)
            return owner;
        n += bound->node != NULL;
    }
    owner.is_exact = !checker->function || n >= info->n_bindings;
    return owner;
}

static const char *
kind_name(MomKind kind)
{
    static const char *const names[] = {
        [MOM_KIND_UNKNOWN] = "an unknown value",
        [MOM_KIND_NIL] = "nil",
        [MOM_KIND_NUMBER] = "a number",
        [MOM_KIND_STRING] = "a string",
        [MOM_KIND_LIST] = "a list",
        [MOM_KIND_TUNES] = "a list of tunes",
        [MOM_KIND_CALLABLE] = "a function",
        [MOM_KIND_GUESTS] = "the list of guests",
        [MOM_KIND_HOST] = "the host",
        [MOM_KIND_GUEST] = "a guest",
        [MOM_KIND_TUNE] = "a tune",
        [MOM_KIND_LIMITS] = "a set of limits",
    };

    return names[kind];
}

static gboolean
is_entity(MomKind kind)
{
    return kind == MOM_KIND_HOST || kind == MOM_KIND_GUEST;
}

/* ---- fields ---- */

static gboolean
is_declared(const MomSchema *schema, const char *field)
{
    return !schema || mom_schema_index(schema, field) >= 0;
}

/* FIELD of an entity of this KIND (UNKNOWN: host or guest, then it is a doubt at most). */
static void
check_field(
    MomChecker *checker, const MomNode *node, MomKind kind, const char *field, gboolean certain)
{
    gboolean host = kind != MOM_KIND_GUEST;
    gboolean guest = kind != MOM_KIND_HOST;
    g_autofree char *near = NULL;

    if ((host && is_declared(checker->world->host, field)) ||
        (guest && is_declared(checker->world->guest, field)))
        return;
    near = mom_check_near_field(checker, field, host, guest);
    mom_check_report(checker, certain && is_entity(kind), node,
                     "no configured collector declares the field %s%s%s", field,
                     host && guest ? ""
                     : host        ? " of the host"
                                   : " of guests",
                     near);
}

static void
report_missing(MomChecker *checker, const MomNode *node, const MomSymbol *symbol, Owner owner)
{
    if (is_entity(owner.kind))
        check_field(checker, node, owner.kind, symbol->attribute, owner.is_exact);
    else
        mom_check_report(checker, owner.is_exact, node, "%s is %s and has no %s",
                         symbol->base->name, kind_name(owner.kind), symbol->attribute);
}

static gboolean
is_known_anywhere(const MomSymbol *symbol)
{
    return symbol->tune_member >= 0 || symbol->limit >= 0 || mom_check_entity_method(symbol);
}

static MomKind
kind_of_attribute(const MomSymbol *symbol, MomKind owner)
{
    if (owner == MOM_KIND_TUNE)
        return symbol->tune_member >= MOM_N_TUNE_ATTRIBUTES ? MOM_KIND_CALLABLE
               : symbol->tune_member >= MOM_TUNE_GUARANTEED ? MOM_KIND_LIMITS
                                                            : MOM_KIND_UNKNOWN;
    if (!is_entity(owner))
        return MOM_KIND_UNKNOWN;
    if (mom_check_entity_method(symbol))
        return MOM_KIND_CALLABLE;
    return strcmp(symbol->attribute, "io_tune") == 0 ? MOM_KIND_TUNES : MOM_KIND_UNKNOWN;
}

MomKind
mom_check_attribute(MomChecker *checker, const MomNode *node, const MomSymbol *symbol)
{
    Owner owner;

    if (!mom_check_variable(checker, node, symbol->base, FALSE))
        return MOM_KIND_UNKNOWN;
    owner = find_owner(checker, symbol);
    if (owner.found == MOM_NO) {
        report_missing(checker, node, symbol, owner);
        return MOM_KIND_UNKNOWN;
    }
    if (owner.found == MOM_MAYBE && owner.kind == MOM_KIND_LIMITS)
        mom_check_warn(checker, node, "%s is a set of limits, and none is usually named %s",
                       symbol->base->name, symbol->attribute);
    else if (owner.found == MOM_MAYBE && !is_known_anywhere(symbol))
        check_field(checker, node, owner.kind, symbol->attribute, FALSE);
    return owner.found == MOM_YES ? kind_of_attribute(symbol, owner.kind) : MOM_KIND_UNKNOWN;
}

/* ---- methods ---- */

static void
check_control(MomChecker *checker, const MomNode *node)
{
    const char *const *control = checker->world->controls;
    g_autofree char *near = NULL;

    if (!control || node->kind != MOM_NODE_STRING)
        return;
    for (; *control; control++)
        if (strcmp(*control, node->value.string) == 0)
            return;
    near = mom_check_near_control(checker, node->value.string);
    mom_check_warn(checker, node, "no configured controller reads the control %s%s",
                   node->value.string, near);
}

/* The name that METHOD is given, if it is written there. */
static void
check_name(MomChecker *checker, const MomNode *node, const char *method, MomKind kind)
{
    gboolean is_field = g_str_has_prefix(method, "Stat");

    if (strcmp(method, "Control") == 0)
        check_control(checker, node);
    if (!is_field && strcmp(method, "Prop") != 0)
        return;
    if (node->kind == MOM_NODE_NUMBER || (node->kind == MOM_NODE_SYMBOL && node->symbol->is_nil))
        mom_check_error(checker, node, "%s takes a name, which is a string", method);
    else if (is_field && node->kind == MOM_NODE_STRING)
        check_field(checker, node, kind, node->value.string, TRUE);
}

static void
report_no_method(MomChecker *checker, const MomNode *head)
{
    const char *name = head->symbol->attribute;
    g_autofree char *near = mom_check_near_method(checker, name);

    if (is_known_anywhere(head->symbol) || is_declared(checker->world->host, name) ||
        is_declared(checker->world->guest, name))
        mom_check_error(checker, head, "%s is no method and cannot be called%s", head->symbol->name,
                        near);
    else
        mom_check_error(checker, head, "unknown method %s%s", name, near);
}

void
mom_check_method(MomChecker *checker, const MomNode *list)
{
    const MomNode *head = list->items;
    const MomSymbol *symbol = head->symbol;
    int setter = symbol->tune_member - MOM_N_TUNE_ATTRIBUTES;
    const MomMethod *method = mom_check_entity_method(symbol);
    Owner owner;

    if (!mom_check_variable(checker, head, symbol->base, FALSE))
        return;
    if (!method && setter >= 0)
        method = &mom_tune_methods[setter];
    if (!method) {
        report_no_method(checker, head);
        return;
    }
    owner = find_owner(checker, symbol);
    if (owner.found == MOM_NO)
        mom_check_report(checker, owner.is_exact, head, "%s is %s and has no method %s",
                         symbol->base->name, kind_name(owner.kind), method->name);
    else if (mom_check_arity(checker, head, method->name, list->n - 1, method->min, method->max,
                             TRUE) &&
             setter < 0)
        check_name(checker, &list->items[1], method->name,
                   owner.found == MOM_YES ? owner.kind : MOM_KIND_UNKNOWN);
}
