/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For collectors of slow sources: what the guest answered last, or why there is nothing.
 *
 * Reads the table of answers and waits for nobody.
 */
#pragma once

#include "agent/collectors/collector.h"

/* The last answer of INPUT's guest, borrowed for the collection, and in *AGE_S (may be NULL) how
 * old it is, in seconds.  NULL with MOM_COLLECTOR_ERROR_AWAITED if the guest is only being asked
 * for the first time, and with MOM_COLLECTOR_ERROR_COLLECTION, which says why, if it does not
 * answer. */
const MomAnswer *
mom_last_answer(const MomCollectInput *input, MomSlowSource source, gint64 *age_s, GError **error);
