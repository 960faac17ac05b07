/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether momd sees what it decides on: data with a gap in it, or none for too long, is blindness.
 *
 * After a gap (vdsm was away, the host slept, momd was stopped) policies go on with averages that
 * look back to a time before it.  Until the samples since then are the majority, nobody is shrunk
 * on their word.  Judges times of samples only, tells once when blindness begins and when it ends,
 * and refuses nothing itself.
 */
#pragma once

#include "agent/fault.h"
#include "policy/entity.h"

/* That there is enough data again is told after so many looks that saw all: a guest whose data
 * comes now and then is no news each time. */
#define MOM_SIGHT_WELL_AFTER 12

typedef struct {
    gint64 after_us;  /* so long without data is a gap; 0: nothing ever is */
    gint64 now_us;    /* of the last look */
    gboolean host;    /* blind for the host, and so for all */
    guint guests;     /* how many of the guests are not seen */
    int memory_field; /* of guests' samples, what tells of their memory; -1: nothing does */
    guint well;       /* looks that are to see all until its end is told */
    MomFault fault;
} MomSight;

/* DOMAIN: the logger's name, static. */
void mom_sight_init(MomSight *sight, const char *domain);
void mom_sight_clear(MomSight *sight);

/* BLIND_AFTER_US (0: never) is what is configured; SPACING_US is how far apart samples are meant to
 * be. Three of these are no gap. */
void mom_sight_set(MomSight *sight, gint64 blind_after_us, gint64 spacing_us);

/* HOST and GUESTS (of MomEntity) as they are about to be judged at NOW_US.  WAS_SILENT: that the
 * source gave no data was told, and so its consequence is not. TRUE: the latter lasts. */
gboolean mom_sight_look(
    MomSight *sight, MomEntity *host, GPtrArray *guests, gint64 now_us, gboolean was_silent);

/* TRUE if GUEST must not be shrunk on what is known, as of the last look. */
gboolean mom_sight_is_blind(const MomSight *sight, MomEntity *guest);

/* What is to be told of it at present; NULL: all is seen. Borrowed. */
const char *mom_sight_fault(const MomSight *sight);
