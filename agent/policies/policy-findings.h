/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Errors of loading and running among what the checker finds, so that one list tells all.
 *
 * Finds nothing itself.
 */
#pragma once

#include "policy/checker.h"

/* Adds ERROR to FINDINGS (of MomFinding); what has no place is of the policy NAME (NULL: the main
 * one). */
void mom_policy_findings_add(GPtrArray *findings, const char *name, const GError *error);
/* TRUE if one of FINDINGS is an error. */
gboolean mom_policy_findings_fail(GPtrArray *findings);
