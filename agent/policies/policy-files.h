/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The policies' files: one file with the main policy, or a directory of NAME.policy files.
 *
 * SEMANTICS section 2 says which files are read and under which name.  What cannot be read, is not
 * to be trusted or does not load is left out and logged here, once, as nobody above handles it.
 */
#pragma once

#include "agent/config/trust.h"

/* Takes the TEXT (LENGTH bytes) of policy NAME. FALSE: it does not load. */
typedef gboolean (*MomPolicyFileFunc)(
    const char *name, const char *text, gssize length, gpointer data, GError **error);

/* Calls TAKE for each policy of FILE, else of DIR, either of which may be NULL.  *NAMES is a set of
 * the names that have a file, good or bad, caller unrefs; NULL if the directory cannot be read.
 * TRUST NULL: whoever may have written them.  FALSE if the directory or the file cannot be read, or
 * none of its policies loads though there are some. */
gboolean mom_policy_files_read(const MomTrust *trust,
                               const char *file,
                               const char *dir,
                               MomPolicyFileFunc take,
                               gpointer data,
                               GHashTable **names,
                               GError **error);
