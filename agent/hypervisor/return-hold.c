/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See return-hold.h.
 *
 * Doubling ends at the longest hold, long before a shift could overflow.
 */
#include "agent/hypervisor/return-hold.h"

/* The outage of which on the hold is the longest: 30 s x 2^5 > 600 s. */
#define MOST_DOUBLINGS 5

void
mom_return_hold_away(MomReturnHold *hold, gint64 now_us)
{
    gboolean calm = hold->outages == 0 || now_us - hold->returned_us >= MOM_RETURN_CALM_US;

    hold->outages = calm ? 1 : hold->outages + 1;
}

void
mom_return_hold_back(MomReturnHold *hold, gint64 now_us)
{
    hold->returned_us = now_us;
}

gint64
mom_return_hold_us(const MomReturnHold *hold)
{
    if (hold->outages < 2)
        return 0;
    return MIN(MOM_RETURN_HOLD_US << MIN(hold->outages - 2, MOST_DOUBLINGS),
               MOM_RETURN_HOLD_LONGEST_US);
}
