/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the two files of the policies share: policies.c knows the set and changes it,
 * policies-read.c makes one from files and from what was pushed.  For these two only.
 */
#pragma once

#include "agent/policies/policies.h"
#include "policy/tuning.h"

struct MomPolicies {
    char *file;
    char *dir;
    MomPolicyTrial trial;
    MomPolicyCheck check; /* NULL: nothing is found */
    gpointer data;
    const MomTrust *trust;
    char *tuning_name; /* NULL: no policy is treated like it */
    MomTuning *tuning; /* of `store`; NULL: it has none */
    MomPushed *pushed;
    MomPushedWatch watch; /* NULL: nobody */
    gpointer watch_data;
    GHashTable *on_disk; /* names of policies that have a file, good or bad; NULL: not known */
    MomPolicyStore *store;
    MomPolicyStore *worked; /* the last set that did; NULL if none has since the start */
    gboolean untried;       /* `store` is not known to be `worked` */
    gboolean fell_back;     /* `worked` is run in place of `store` */
    guint failures;         /* of `store`, in a row */
};

/* Looks at STORE's tuning policy anew, in the light of its other policies.  *TUNING is what came of
 * it: NULL if there is none, and with FALSE. */
gboolean mom_policies_settle(const MomPolicies *policies,
                             MomPolicyStore *store,
                             MomTuning **tuning,
                             GError **error);

/* The first error that the checker finds in STORE, or NULL. */
GError *mom_policies_find_error(const MomPolicies *policies, MomPolicyStore *store);

/* Whether STORE may be used, as far as can be told before. */
gboolean mom_policies_pass(MomPolicies *policies, MomPolicyStore *store, GError **error);

/* The same, but lines of the tuning policy that fail in the trial are set aside like those that the
 * checker knows; what fails elsewhere is WHY. */
gboolean mom_policies_pass_in_part(MomPolicies *policies,
                                   MomPolicyStore *store,
                                   MomTuning *tuning,
                                   GError **why);

/* STORE and its TUNING (both taken over) are the administrator's set from now on. */
void mom_policies_adopt(MomPolicies *policies, MomPolicyStore *store, MomTuning *tuning);

/* Logs the checker's doubts of policy NAME, or of all if it is NULL. */
void mom_policies_log_doubts(MomPolicies *policies, const char *name);

/* What was pushed has changed. */
void mom_policies_tell_pushed(MomPolicies *policies);
