/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See pace.h.
 */
#include "vdsm-client/pace.h"

const MomVdsmPace mom_vdsm_pace_default = {
    .connect_timeout_ms = 10000,
    .heart_beat_ms = 10000,
    .back_off_min_ms = 500,
    .back_off_max_ms = 15000,
};

MomVdsmPace
mom_vdsm_pace_within(const MomVdsmPace *pace, guint within_ms)
{
    MomVdsmPace within = *pace;
    if (within_ms > 0)
        within.back_off_max_ms = MIN(pace->back_off_max_ms, MAX(within_ms, pace->back_off_min_ms));
    return within;
}

guint
mom_vdsm_back_off_ms(const MomVdsmPace *pace, guint failures, double dice)
{
    guint doublings = MIN(failures > 0 ? failures - 1 : 0, 16);
    guint64 whole = MIN((guint64)pace->back_off_min_ms << doublings, pace->back_off_max_ms);
    return (guint)(whole / 2 + (guint64)((double)whole / 2 * dice));
}
