/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an evaluation needs of a store: its programs, its symbols, and the memory of its last run.
 *
 * For policy/ only; the checker may look at programs through this too.
 */
#pragma once

#include "policy/ast.h"
#include "policy/policy.h"
#include "policy/run.h"

/* The programs in order of name; N of them. Borrowed, valid until the store changes. */
MomProgram *mom_policy_store_program(const MomPolicyStore *store, gsize index);
gsize mom_policy_store_size(const MomPolicyStore *store);
MomSymbols *mom_policy_store_symbols(const MomPolicyStore *store);
/* The run whose buffers are used again and again. */
MomRun *mom_policy_store_run(MomPolicyStore *store);

/* ---- runs (evaluate.c) ---- */

MomRun *mom_run_new(void);
void mom_run_free(MomRun *run);
