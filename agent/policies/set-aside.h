/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The lines of the tuning policy that are set aside: found, told once, listed for the status.
 *
 * policy/tuning.h cuts the text; here the checker's word about the whole set is brought to it.
 * Nothing here decides whether a set of policies is taken over.
 */
#pragma once

#include "agent/policies/policies.h"
#include "policy/tuning.h"

/* So often the whole set is looked at again, as a line that is set aside may have defined what the
 * next one needs.  Lines that hang together in longer chains cost the policy. */
#define MOM_SET_ASIDE_MAX_ROUNDS 8

/* Whether the policy NAME (NULL: the main one) is the TUNING_NAME (NULL: there is none). */
gboolean mom_set_aside_is_tuning(const char *tuning_name, const char *name);

/* As mom_policy_store_set, but for the tuning policy, whose text need not load: nothing of it runs
 * until its faults are looked for. */
gboolean mom_set_aside_put(MomPolicyStore *store,
                           const char *tuning_name,
                           const char *name,
                           const char *text,
                           gssize length,
                           GError **error);

/* Puts TEXT as the policy NAME into STORE without the lines that are at fault.  CHECK (NULL: only
 * syntax is looked at) gets DATA.  NULL with an error if TEXT is no text at all. */
MomTuning *mom_set_aside_faults(MomPolicyStore *store,
                                const char *name,
                                const char *text,
                                MomPolicyCheck check,
                                gpointer data,
                                GError **error);

/* If WHY happened in a line of TUNING, sets that aside too, in STORE as well. FALSE: it did not. */
gboolean mom_set_aside_one(MomPolicyStore *store, MomTuning *tuning, const GError *why);

/* An error if lines of TUNING are at fault and none is left. */
gboolean mom_set_aside_leaves_some(const MomTuning *tuning, GError **error);

/* Adds to FINDINGS, in their order, a warning for each line that is set aside. */
void mom_set_aside_add_findings(const MomTuning *tuning, GPtrArray *findings);

/* Logs what NOW has set aside and BEFORE had not, and what is set aside no longer.  Either may be
 * NULL. */
void mom_set_aside_tell(const MomTuning *before, const MomTuning *now);

/* "01-parameters:3:6: (set nosuch 5): why" of each, and how many more. Caller frees; TUNING NULL:
 * none. */
char **mom_set_aside_list(const MomTuning *tuning);
