/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Policies on disk: one file, or a directory of NAME.policy files, read into a store.
 *
 * What cannot be read, is not trusted or does not load is told here, as nobody above handles it.
 * Nothing here decides whether the set is used.
 */
#pragma once

#include "agent/trust.h"
#include "policy/policy.h"

/* Reads FILE (the main policy), else what is in DIR; either may be NULL.  Of the policy TUNING_NAME
 * (NULL: there is none) nothing runs yet, see mom_set_aside_put.  FALSE if FILE or DIR cannot be
 * read, or DIR holds policies of which none loads. */
gboolean mom_policy_files_read(MomPolicyStore *store,
                               const char *file,
                               const char *dir,
                               const char *tuning_name,
                               const MomTrust *trust,
                               GError **error);

/* The names that FILE or DIR gives, whether their text can be used or not. Caller unrefs. */
GPtrArray *mom_policy_files_names(const char *file, const char *dir);
