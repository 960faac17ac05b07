/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The checker: what is wrong with a set of policies, found without running it.
 *
 * Looks at all policies of a store together, in the order in which they run, and knows that scopes
 * are dynamic: what fails for certain whenever it is reached is an error, what may fail or has no
 * effect is a warning. Any branch and any function that something calls counts as reached some day;
 * a branch that a constant condition excludes and a function that nothing calls do not, and what is
 * wrong there is a warning. Every finding has its place.  Pure: no entity is looked at, nothing is
 * evaluated.
 */
#pragma once

#include "policy/policy.h"

typedef enum {
    MOM_FINDING_ERROR,   /* fails for certain: the set is to be refused */
    MOM_FINDING_WARNING, /* a doubt */
} MomFindingSeverity;

typedef struct {
    MomFindingSeverity severity;
    char *policy; /* the policy's name */
    guint line;   /* in that policy's own text, from 1; columns in characters, from 1 */
    guint column;
    char *message; /* without the place: "unknown function foo; did you mean floor?" */
} MomFinding;

void mom_finding_free(MomFinding *finding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomFinding, mom_finding_free)

/* What the policies will run in. What is NULL is not checked. */
typedef struct {
    const MomSchema *host;         /* fields that the host's collectors declare */
    const MomSchema *guest;        /* fields that the guests' collectors declare */
    const char *const *controls;   /* names that the configured controllers read, NULL-terminated */
    const char *parameters_policy; /* the policy that an engine pushes, "01-parameters" */
    guint max_findings;            /* the others are only counted; 0: 100 */
} MomCheckWorld;

/* All findings in order of policy, line and column; caller unrefs. WORLD may be NULL. */
GPtrArray *mom_policy_check(MomPolicyStore *store, const MomCheckWorld *world);

/* "policy:line:column: error: message", then, if TEXT (that policy's text) is given, the source
 * line and a caret below the place. Caller frees.  The line that tells how many more there are has
 * no place (line 0). */
char *mom_finding_format(const MomFinding *finding, const char *text);

/* The first error among FINDINGS as a GError of MOM_POLICY_ERROR (LOAD) with its place, or NULL. */
GError *mom_findings_error(GPtrArray *findings);
