/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What every command needs that runs policies: a state to run them on, and where `debug` goes.
 */
#pragma once

#include "agent/state/state-json.h"
#include "policy/policy.h"

/* The state in the file PATH, "-" being standard input. NULL: the error names the file. */
MomState *mom_ctl_read_state(const char *path, GError **error);
/* A host and no guests, of whom nothing is known. */
MomState *mom_ctl_empty_state(void);

/* A MomPolicyDebugFunc: to standard error, so that it can be told from what was asked for. */
void mom_ctl_print_debug(const MomPlace *place, const char *text, gpointer unused);
