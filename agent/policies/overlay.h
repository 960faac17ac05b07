/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What was pushed, laid over the policies that were read from disk.
 *
 * At a push the set of that day was checked; since then the files may have changed.  So the whole
 * is checked again, and only what fails in it is left out: the fewer, the better.  Changes nothing
 * of what was pushed, and decides nothing of what a sound policy is.
 */
#pragma once

#include "agent/policies/pushed.h"
#include "policy/policy.h"

typedef struct {
    /* Puts TEXT (as pushed) under NAME into STORE. */
    gboolean (*put)(
        MomPolicyStore *store, const char *name, const char *text, gpointer data, GError **error);
    /* Whether STORE may be used. */
    gboolean (*passes)(MomPolicyStore *store, gpointer data, GError **error);
    /* The pushed policy NAME (a removal, if there is no text) is left out; WHY names the place. */
    void (*left_out)(const char *name, const GError *why, gpointer data);
    gpointer data;
} MomOverlayRules;

/* Lays PUSHED over STORE. A policy that is left out does not hide the one below it. If STORE did
 * not pass before, what fails in its own policies is not held against what was pushed. */
void mom_overlay_lay(const MomPushed *pushed, MomPolicyStore *store, const MomOverlayRules *rules);
