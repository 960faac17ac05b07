/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The policies in force: read from disk, changed by RPC, never lost by a bad one.
 *
 * What RPC changed lies over what the disk has, and stays there when the disk is read again.
 * A change is made on a copy of the store and tried there; only what loads and passes the trial
 * takes the copy's place.  So a refused policy leaves no trace, whatever was wrong with it.
 */
#pragma once

#include "agent/config/trust.h"
#include "agent/policies/pushed.h"
#include "policy/checker.h"
#include "policy/policy.h"

typedef struct MomPolicies MomPolicies;

/* Runs CANDIDATE without consequences. FALSE: it fails there. */
typedef gboolean (*MomPolicyTrial)(MomPolicyStore *candidate, gpointer data, GError **error);

/* FILE is one policy (the main one); else DIR holds NAME.policy files; either may be NULL or "".
 * Nothing is read yet. TRIAL may be NULL. */
MomPolicies *
mom_policies_new(const char *file, const char *dir, MomPolicyTrial trial, gpointer data);
void mom_policies_free(MomPolicies *policies);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomPolicies, mom_policies_free)

/* Finds what is wrong with CANDIDATE without running it: of MomFinding, no more than MAX_FINDINGS
 * (0: the checker's own limit), caller unrefs. */
typedef GPtrArray *(*MomPolicyCheck)(MomPolicyStore *candidate, guint max_findings, gpointer data);

/* CHECK gets the data of `new`.  From now on a change in which it finds an error is refused, and a
 * file in which it does is left out. Its warnings are logged. */
void mom_policies_use_check(MomPolicies *policies, MomPolicyCheck check);

/* NAME is the tuning policy, of which a line that is at fault is set aside and costs only itself;
 * any other policy with such a fault is refused.  Its text stays as it was pushed, and is looked at
 * anew with every change of any policy.  "": there is none. */
void mom_policies_use_tuning(MomPolicies *policies, const char *name);
/* The lines that are set aside, for people: with place and reason. Caller frees. */
char **mom_policies_set_aside(const MomPolicies *policies);

/* From now on a file that others could change is as one that cannot be read, and so is a directory.
 * TRUST (NULL: all may be read) is borrowed. */
void mom_policies_use_trust(MomPolicies *policies, const MomTrust *trust);

/* What the administrator set. Borrowed, until the next change. */
MomPolicyStore *mom_policies_store(MomPolicies *policies);
/* What is to be run: the same, or, while that has failed too often, the last set that worked.
 * Borrowed, until the next change or outcome. */
MomPolicyStore *mom_policies_running(MomPolicies *policies);

/* The outcome of a cycle's run.  TRUE from `failed` if it was one too many: from now on the last
 * set that worked is run, until the next change.  AFTER 0 means never. */
void mom_policies_worked(MomPolicies *policies);
gboolean mom_policies_failed(MomPolicies *policies, guint after);
/* TRUE while another set is run than the administrator's. */
gboolean mom_policies_fell_back(const MomPolicies *policies);

/* What was pushed, for who keeps it over a restart: filled before the first reload, read later.
 * Borrowed. */
MomPushed *mom_policies_pushed(MomPolicies *policies);
/* WATCH is called after each change of what was pushed. */
typedef void (*MomPushedWatch)(gpointer data);
void mom_policies_watch(MomPolicies *policies, MomPushedWatch watch, gpointer data);

/* Reads from disk and lays what was pushed over it.  A file that cannot be read or does not load,
 * and a pushed policy that does not pass the checks of a push, is left out and logged; what was
 * pushed is kept and tried again at the next reload.  FALSE if nothing is left of what should be on
 * disk, or the directory cannot be read: then what is in force stays; if nothing is in force, what
 * was pushed is.
 */
gboolean mom_policies_reload(MomPolicies *policies, GError **error);
/* Reads from disk anew, FILE and DIR as in new, and lays over it what RPC has set since `reload`.
 * FALSE if a policy that is in force would be lost, as its new text cannot be used, if the set
 * fails in the trial and the one in force does not, or if nothing can be read: then all stays as it
 * is, FILE and DIR too. */
gboolean
mom_policies_reread(MomPolicies *policies, const char *file, const char *dir, GError **error);
/* As RPC's resetPolicies: reads from disk and forgets what was pushed.  FALSE as in reload; then
 * nothing is forgotten. */
gboolean mom_policies_reset(MomPolicies *policies, GError **error);
/* As RPC's setNamedPolicy: NAME NULL is the main policy, TEXT NULL forgets NAME. */
gboolean
mom_policies_set(MomPolicies *policies, const char *name, const char *text, GError **error);
/* What `set` would say, without setting anything: of MomFinding, in order of policy and line. First
 * what does not load or the check finds; if none of that is an error, what the trial meets.  Caller
 * unrefs. */
GPtrArray *mom_policies_check(MomPolicies *policies, const char *name, const char *text);
/* As RPC's setPolicy: TEXT as the only policy. */
gboolean mom_policies_replace(MomPolicies *policies, const char *text, GError **error);
