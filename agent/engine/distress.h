/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Signs that memory is short now: of the host, or of a guest that could be helped.
 *
 * Used to hasten a cycle, never to decide: what is done about it is the policy's.  Looks at the
 * newest samples only, so that it costs next to nothing for a thousand guests.
 */
#pragma once

#include "controllers/rails-balloon.h"

/* The host has no more free memory than the rails call critical. FALSE if it is not known. */
gboolean mom_distress_host(MomEntity *host, const MomRailLimits *limits);

/* GUEST has less than its maximum and may be ballooned: it could come to need what it lacks. */
gboolean mom_distress_is_possible(MomEntity *guest, const MomRailLimits *limits);

/* GUEST is below its maximum, may be ballooned, and either has less free memory than the reserve
 * that the rails leave it, or has swapped in or faulted from disk markedly more in its newest
 * sample than in the one before. */
gboolean mom_distress_guest(MomEntity *guest, const MomRailLimits *limits);
