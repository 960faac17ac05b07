/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How long a hypervisor interface that was away must answer before it is relied on again.
 *
 * After one outage it is taken at its word.  One that is away again soon after its return must
 * answer for a while, for twice as long each time, so that whoever comes and goes does not drag all
 * guests along.  Times only; asks no clock and nobody else.
 */
#pragma once

#include <glib.h>

/* After the second outage; then twice as long each time, up to the longest. */
#define MOM_RETURN_HOLD_US (30 * (gint64)G_USEC_PER_SEC)
#define MOM_RETURN_HOLD_LONGEST_US (600 * (gint64)G_USEC_PER_SEC)
/* Who was there for so long after its return is taken at its word again. */
#define MOM_RETURN_CALM_US (600 * (gint64)G_USEC_PER_SEC)

/* All zero: there was no outage yet. */
typedef struct {
    guint outages; /* that followed one another without calm */
    gint64 returned_us;
} MomReturnHold;

/* An outage has begun to count, or has ended. */
void mom_return_hold_away(MomReturnHold *hold, gint64 now_us);
void mom_return_hold_back(MomReturnHold *hold, gint64 now_us);
/* For how long it must have answered to be taken back. */
gint64 mom_return_hold_us(const MomReturnHold *hold);
