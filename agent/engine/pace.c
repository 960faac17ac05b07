/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See pace.h.
 */
#include "agent/engine/pace.h"

void
mom_pace_init(MomPace *pace, gint64 interval_us, gint64 least_us, gboolean adapts)
{
    gint64 fastest_us = MAX(interval_us / MOM_PACE_SPEEDUP, least_us);

    *pace = (MomPace){
        .calm_us = interval_us,
        .fastest_us = adapts ? MIN(fastest_us, interval_us) : interval_us,
        .present_us = interval_us,
    };
}

gint64
mom_pace_after(MomPace *pace, gboolean pressed, gboolean acted)
{
    pace->idle = pressed && !acted ? pace->idle + 1 : 0;
    if (pressed && pace->idle <= MOM_PACE_PATIENCE)
        pace->present_us = pace->fastest_us;
    else
        pace->present_us = MIN(2 * pace->present_us, pace->calm_us);
    return pace->present_us;
}

gboolean
mom_pace_hurries(const MomPace *pace)
{
    return pace->present_us < pace->calm_us;
}

gboolean
mom_pace_adapts(const MomPace *pace)
{
    return pace->fastest_us < pace->calm_us;
}
