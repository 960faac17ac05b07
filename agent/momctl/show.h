/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * States and what a run left on them, for people.
 *
 * Appends lines to a text and prints nothing itself.
 */
#pragma once

#include "agent/state/state-json.h"

/* A value as a policy would write it: strings in quotes. */
void mom_ctl_show_value(GString *out, MomValue v);
/* Controls with their places, variables and I/O limits of the host and of every guest. */
void mom_ctl_show_outcome(GString *out, const MomState *state);
/* The fields that policies see, with their newest values. */
void mom_ctl_show_state(GString *out, const MomState *state);
