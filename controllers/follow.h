/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether a guest follows the target that its balloon was given.
 *
 * A hypervisor accepts any target; only the balloon's own movement tells that a driver is there and
 * finds pages.  A guest that stands still away from its target is stuck: it is told once, tried
 * again more and more rarely, and welcomed when it moves.  A pure record: time is a number that the
 * caller brings.
 */
#pragma once

#include "controllers/sent.h"

/* All zero is a guest that was given no target. */
typedef struct {
    gint64 seen_kib;
    gint64 moved_us;  /* when the size last changed, or a guest at rest was given a target */
    guint tries;      /* targets given while stuck */
    gboolean waiting; /* it is away from its target */
    gboolean stuck;
} MomFollow;

typedef enum {
    MOM_FOLLOW_NO_NEWS,
    MOM_FOLLOW_STUCK, /* from now on */
    MOM_FOLLOW_AGAIN, /* it moved, or is where it should be */
} MomFollowNews;

/* To be called with each look at the guest. SENT is what its balloon was last given; away from it a
 * balloon may stand still for PATIENCE_US, 0 being for ever. */
MomFollowNews mom_follow_look(
    MomFollow *follow, const MomSent *sent, gint64 present_kib, gint64 patience_us, gint64 now_us);

/* A target leaves for the guest. */
void mom_follow_begin(MomFollow *follow, gint64 now_us);

/* FALSE while a stuck guest is to be left in peace. */
gboolean mom_follow_may_try(const MomFollow *follow, const MomSent *sent, gint64 now_us);
