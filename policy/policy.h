/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The policy language as the rest of momd sees it: a store of named policies, and the evaluation of
 * all of them over a host and its guests.
 *
 * Pure: no I/O, no clock, no log.  The same texts over the same entities give the same controls.
 * Each policy is scanned and parsed by itself, once, when it is stored; a run costs nothing of that
 * again.  SEMANTICS sections 2 to 12 are the rules, section 16 column "ours" what we do
 * differently.
 */
#pragma once

#include "policy/entity.h"

/* Limits, each with a test.  NESTING is of brackets in a text and of lists in a value, DEPTH of
 * calls of user functions, EVAL_NESTING of lists being evaluated within each other, through calls
 * too; MEMORY is what a run may allocate, VARIABLES and CONTROLS what one entity may have. */
#define MOM_POLICY_MAX_TEXT_BYTES (1024 * 1024)
#define MOM_POLICY_MAX_NESTING 256
#define MOM_POLICY_MAX_DEPTH 1000
#define MOM_POLICY_MAX_EVAL_NESTING 2000
#define MOM_POLICY_MAX_STEPS (10 * 1000 * 1000)
#define MOM_POLICY_MAX_LIST (1000 * 1000)
#define MOM_POLICY_MAX_STRING_BYTES (64 * 1024)
#define MOM_POLICY_MAX_MEMORY_BYTES (256 * 1024 * 1024)
#define MOM_POLICY_MAX_VARIABLES 1000
#define MOM_POLICY_MAX_CONTROLS 1000

/* The name of a policy that was given none. */
#define MOM_POLICY_MAIN_NAME "50_main_"

#define MOM_POLICY_ERROR (mom_policy_error_quark())
GQuark mom_policy_error_quark(void);

typedef enum {
    MOM_POLICY_ERROR_LOAD,  /* the text is no program */
    MOM_POLICY_ERROR_EVAL,  /* the program failed when it ran */
    MOM_POLICY_ERROR_LIMIT, /* a limit above was reached, at load or in a run */
} MomPolicyErrorCode;

/* Where ERROR (of this domain) happened.  The message of every such error begins with the same
 * place, "policy:line:column: ".  The result borrows from ERROR. */
MomPlace mom_policy_error_place(const GError *error);
/* ERROR's message without that place, if it begins with it. Borrowed. */
const char *mom_policy_error_text(const GError *error);

/* ---- store ---- */

typedef struct MomPolicyStore MomPolicyStore;

MomPolicyStore *mom_policy_store_new(void);
/* A second store with the same policies; parsed programs are shared, so this is cheap.  For trying
 * a change before it is taken over. */
MomPolicyStore *mom_policy_store_copy(const MomPolicyStore *store);
void mom_policy_store_free(MomPolicyStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomPolicyStore, mom_policy_store_free)

/* Stores TEXT (copied, any bytes: NUL and invalid UTF-8 are errors with a place; LENGTH -1 for a C
 * string) under NAME (NULL: 50_main_).  On error nothing has changed. */
gboolean mom_policy_store_set(
    MomPolicyStore *store, const char *name, const char *text, gssize length, GError **error);
/* The same, but RUN, a C string with as many lines, is what runs, while TEXT (valid UTF-8) is what
 * the store says that NAME is, and need not load: a policy of which some lines are left out
 * (tuning.h). */
gboolean mom_policy_store_set_in_part(
    MomPolicyStore *store, const char *name, const char *text, const char *run, GError **error);
/* Forgets NAME (NULL: 50_main_); an unknown one is no error. */
void mom_policy_store_remove(MomPolicyStore *store, const char *name);
/* Forgets all. */
void mom_policy_store_clear(MomPolicyStore *store);
/* TEXT alone, as 50_main_, in place of all; on error nothing has changed (Q24). */
gboolean
mom_policy_store_replace(MomPolicyStore *store, const char *text, gssize length, GError **error);

/* The names in ascending order of code points, NULL-terminated; free the array, not the strings. */
const char **mom_policy_store_names(const MomPolicyStore *store, gsize *n);
/* The text of NAME, or NULL. */
const char *mom_policy_store_get(const MomPolicyStore *store, const char *name);
/* All texts joined by newlines in order of name; "0" if that is empty. Caller frees. */
char *mom_policy_store_get_joined(const MomPolicyStore *store);

/* ---- evaluation ---- */

typedef void (*MomPolicyDebugFunc)(const MomPlace *place, const char *text, gpointer data);

/* What a run may be asked to do besides running; all zero is the plain run. */
typedef struct {
    guint64 max_steps;        /* 0: MOM_POLICY_MAX_STEPS */
    MomPolicyDebugFunc debug; /* gets what `(debug ...)` prints; NULL: dropped */
    gpointer debug_data;
    GArray *results; /* of MomValue: if not NULL, gets each top-level expression's value,
                        those before an error too; valid until the store's next run */
    gboolean trace;  /* note with each control and tune what led to it */
} MomPolicyRunOptions;

/* Begins a run on HOST and on every one of GUESTS (MomEntity*, in order), and evaluates all
 * policies of STORE in order of name.  OPTIONS may be NULL.  TRUE: the run's controls are what the
 * policies wish; the caller decides whether to mom_entity_commit_run.  FALSE: an error with its
 * place; the controls set before it are still readable, and must not be applied. */
gboolean mom_policy_evaluate(MomPolicyStore *store,
                             MomEntity *host,
                             GPtrArray *guests,
                             const MomPolicyRunOptions *options,
                             GError **error);
