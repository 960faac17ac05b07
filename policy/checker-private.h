/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The state of one check, and what its files need of each other.
 *
 * For policy/checker*.c only.  First all names are collected (checker-collect.c); then the programs
 * are walked as a run would evaluate them, and after them the body of every function once
 * (checker-walk.c); what a body's free names mean depends on its callers and is asked last
 * (checker-reach.c). No file here may evaluate anything or look at an entity.
 */
#pragma once

#include "policy/ast.h"
#include "policy/builtins.h"
#include "policy/checker.h"

/* What is known of a value without running anything. */
typedef enum {
    MOM_KIND_UNKNOWN,
    MOM_KIND_NIL,
    MOM_KIND_NUMBER,
    MOM_KIND_STRING,
    MOM_KIND_LIST,
    MOM_KIND_TUNES, /* nil or a list of tunes */
    MOM_KIND_CALLABLE,
    MOM_KIND_GUESTS,
    MOM_KIND_HOST,
    MOM_KIND_GUEST,
    MOM_KIND_TUNE,
    MOM_KIND_LIMITS,
} MomKind;

typedef enum {
    MOM_NO,
    MOM_MAYBE,
    MOM_YES,
} MomCertainty;

#define MOM_NEVER G_MAXUINT32

/* What the whole set knows of one symbol; indexed by its id. */
typedef struct {
    const MomSymbol *symbol; /* NULL: does not occur */
    guint n_bindings;        /* places that make such a variable */
    guint n_sets;
    guint n_reads; /* outside of the parameters' policy */
    guint n_definitions;
    gint64 arity;          /* of all functions of that name; -1: they differ or are malformed */
    gboolean is_malformed; /* the parameters of one of them are */
    gboolean is_defined_inside; /* by a `def` in a function's body */
    gboolean is_reached;
    guint32 defined_at;                   /* time of the first `def` at top level */
    guint binding;                        /* innermost present one: index + 1 */
    guint made;                           /* last of its bindings' records: index + 1 */
    guint calls;                          /* last of the calls of this function: index + 1 */
    guint calls_out;                      /* last of the calls in its body: index + 1 */
    const MomProgram *definition_program; /* of the first `def` */
    const MomNode *definition;
    const MomProgram
        *bound_program; /* of the first place that binds it, at top level if there is one */
    const MomNode *bound_node;
    gboolean is_bound_at_top;
} MomSymbolInfo;

/* A variable during the walk, as in scope.c. */
typedef struct {
    const MomSymbol *symbol;
    MomKind kind;
    MomCertainty certainty; /* NO: made in the other branch of an `if` */
    MomCertainty hidden;    /* what it was before that */
    guint scope;
    guint shadowed;
    const MomProgram *program;
    const MomNode *node; /* NULL: not of the text */
} MomBound;

/* What stays of a variable when its scope is left. */
typedef struct {
    guint scope;
    guint32 time;
    guint next; /* of the same symbol: index + 1 */
} MomMade;

typedef struct {
    guint parent;              /* index; G_MAXUINT: none in this text */
    const MomSymbol *function; /* whose scope it is, if it has no parent; NULL: the bottom */
} MomCheckScope;

typedef struct {
    const MomSymbol *callee;
    guint scope;
    guint32 time;
    guint next;     /* of the same callee: index + 1 */
    guint next_out; /* of the same caller: index + 1 */
} MomCall;

typedef struct {
    const MomProgram *program;
    const MomNode *list; /* (def NAME PARAMETERS BODY) */
    gboolean is_dead;
} MomDefinition;

/* A name in a function's body that nothing in that body binds for certain. */
typedef struct {
    const MomProgram *program;
    const MomNode *node; /* where the finding is to stand */
    const MomSymbol *symbol;
    const MomSymbol *function;
    gboolean is_function; /* it is called and not read */
    gboolean is_set;
    gboolean is_doubted; /* for a warning at most */
} MomFree;

typedef struct {
    MomFindingSeverity severity;
    guint program; /* number */
    guint32 line;
    guint32 column;
    const MomSymbol *function; /* in whose body; NULL: none */
    char *message;
} MomFound;

typedef struct {
    const MomCheckWorld *world;
    MomSymbolInfo *info;
    gsize n_info;
    GHashTable *program_numbers; /* MomProgram -> number */
    /* Steps left for the two kinds of work that are not linear. */
    guint reach_budget;
    guint name_budget;

    GArray *bound; /* of MomBound: a stack */
    GArray *made;
    GArray *scopes;
    GArray *calls;
    GArray *definitions;
    GArray *free_names;
    guint calls_out; /* as in MomSymbolInfo, of the top level */

    guint scope; /* the innermost one */
    guint32 time;
    const MomProgram *program;
    const MomSymbol *function; /* whose body is walked */
    guint dead;                /* > 0: cannot be reached */
    guint muted;               /* > 0: too little is known for findings */
    guint branches;            /* > 0: need not be reached */

    GArray *found;
    guint n_found[2];
    guint n_dropped;
    /* The first thing that ends every run. */
    const MomProgram *failed_program;
    const MomNode *failed;
} MomChecker;

#define MOM_CHECK_NO_SCOPE G_MAXUINT

/* ---- checker.c ---- */

static inline MomSymbolInfo *
mom_check_info(const MomChecker *checker, const MomSymbol *symbol)
{
    return &checker->info[symbol->id];
}

void mom_check_error(MomChecker *checker, const MomNode *node, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
void mom_check_warn(MomChecker *checker, const MomNode *node, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* Where NODE of PROGRAM is, for a message: "line 3" or "policy:3". Caller frees. */
char *mom_check_place(const MomChecker *checker, const MomProgram *program, const MomNode *node);
/* An error if CERTAIN, else a warning. */
void mom_check_report(MomChecker *checker,
                      gboolean certain,
                      const MomNode *node,
                      const char *format,
                      ...) G_GNUC_PRINTF(4, 5);

/* ---- checker-collect.c ---- */

void mom_check_collect(MomChecker *checker, const MomProgram *program);

/* ---- checker-names.c ---- */

/* The forms and functions that old policies do not know; they give way to variables and functions.
 */
const MomBuiltin *mom_check_extension(const MomSymbol *symbol);
/* A form or operator that wins over functions; NULL: none. */
const MomBuiltin *mom_check_builtin(const MomSymbol *symbol);
/* What the dotted SYMBOL calls on an entity, or NULL. */
const MomMethod *mom_check_entity_method(const MomSymbol *symbol);

/* "; did you mean X?" or "". */
char *mom_check_near_function(MomChecker *checker, const char *name);
char *mom_check_near_variable(MomChecker *checker, const char *name);
char *mom_check_near_field(MomChecker *checker, const char *name, gboolean host, gboolean guest);
char *mom_check_near_method(MomChecker *checker, const char *name);
char *mom_check_near_control(MomChecker *checker, const char *name);

/* ---- checker-scope.c ---- */

guint mom_check_enter(MomChecker *checker, guint parent, const MomSymbol *function);
void mom_check_leave(MomChecker *checker, guint mark);
/* As mom_scope_bind; FALSE: the scope has it already. NODE may be NULL. */
gboolean
mom_check_bind(MomChecker *checker, const MomSymbol *symbol, const MomNode *node, MomKind kind);
const MomBound *mom_check_innermost(const MomChecker *checker, const MomSymbol *symbol);
/* The kind of the plain variable SYMBOL, if that is certain. */
MomKind mom_check_kind(const MomChecker *checker, const MomSymbol *symbol);

/* Around the branches of an `if`: what was bound from FIRST up to SECOND and from there on. */
void mom_check_hide(MomChecker *checker, guint first);
void mom_check_join(MomChecker *checker, guint first, guint second);

/* NODE needs a variable of the literal name SYMBOL.  FALSE: there cannot be one, reported. */
gboolean mom_check_variable(MomChecker *checker,
                            const MomNode *node,
                            const MomSymbol *symbol,
                            gboolean is_set);
void mom_check_add_call(MomChecker *checker, const MomSymbol *callee);

/* ---- checker-reach.c ---- */

/* Marks the functions that the top level calls, through others or not. */
void mom_check_mark_reached(MomChecker *checker);
void mom_check_free_names(MomChecker *checker);

/* ---- checker-fields.c ---- */

/* The dotted SYMBOL is read at NODE. */
MomKind mom_check_attribute(MomChecker *checker, const MomNode *node, const MomSymbol *symbol);
/* LIST calls a dotted name; its arguments are walked by the caller. */
void mom_check_method(MomChecker *checker, const MomNode *list);

/* ---- checker-call.c ---- */

MomKind mom_check_call(MomChecker *checker, const MomNode *list, gboolean is_used);
gboolean mom_check_arity(MomChecker *checker,
                         const MomNode *head,
                         const char *name,
                         gsize given,
                         guint min,
                         guint max,
                         gboolean certain);

/* ---- checker-branches.c ---- */

MomKind mom_check_if(MomChecker *checker, const MomNode *list, gboolean is_used);
MomKind mom_check_cond(MomChecker *checker, const MomNode *list, gboolean is_used);

/* ---- checker-walk.c ---- */

MomKind mom_check_walk(MomChecker *checker, const MomNode *node, gboolean is_used);
/* The arguments from FIRST on; answers the last one's kind. */
MomKind mom_check_walk_arguments(MomChecker *checker, const MomNode *list, guint32 first);
/* LIST is a call of the builtin or extension NAME within its arity. */
MomKind
mom_check_form(MomChecker *checker, const MomNode *list, const char *name, gboolean is_used);
void mom_check_program(MomChecker *checker, const MomProgram *program);
void mom_check_definition(MomChecker *checker, const MomDefinition *definition);
