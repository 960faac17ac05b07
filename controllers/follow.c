/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See follow.h.
 *
 * Movement counts in either direction: a guest that is asked for memory while its workload grows
 * may well give in one look and take in the next, and is not stuck.
 */
#include "controllers/follow.h"

static gboolean
is_near(gint64 a_kib, gint64 b_kib)
{
    return ABS(a_kib - b_kib) < MOM_SETTING_PAGE_KIB;
}

static MomFollowNews
end_stuck(MomFollow *follow)
{
    gboolean was_stuck = follow->stuck;

    follow->stuck = FALSE;
    follow->tries = 0;
    return was_stuck ? MOM_FOLLOW_AGAIN : MOM_FOLLOW_NO_NEWS;
}

MomFollowNews
mom_follow_look(
    MomFollow *follow, const MomSent *sent, gint64 present_kib, gint64 patience_us, gint64 now_us)
{
    gboolean moved = !is_near(follow->seen_kib, present_kib);

    follow->seen_kib = present_kib;
    if (moved)
        follow->moved_us = now_us;
    if (moved && follow->stuck)
        return end_stuck(follow);
    if (sent->phase != MOM_SENT_ACCEPTED)
        return MOM_FOLLOW_NO_NEWS;
    follow->waiting = !sent->reached && !is_near(sent->value.number, present_kib);
    if (moved || !follow->waiting || patience_us <= 0)
        return end_stuck(follow);
    if (follow->stuck || now_us - follow->moved_us < patience_us)
        return MOM_FOLLOW_NO_NEWS;
    follow->stuck = TRUE;
    return MOM_FOLLOW_STUCK;
}

void
mom_follow_begin(MomFollow *follow, gint64 now_us)
{
    if (follow->stuck)
        follow->tries++;
    else if (!follow->waiting)
        follow->moved_us = now_us;
    follow->waiting = TRUE;
}

gboolean
mom_follow_may_try(const MomFollow *follow, const MomSent *sent, gint64 now_us)
{
    return !follow->stuck || now_us - sent->time_us >= mom_sent_repeat_after_us(follow->tries);
}
