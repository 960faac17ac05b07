/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One guest known to two: vdsm lists it, with its bounds and limits, and libvirt has numbers of
 * now.
 *
 * Pure: no clock, no calls.  vdsm's word counts for what is promised to a guest and what is set for
 * it, libvirt's for its memory, its balloon and its devices.  Policies were written for vdsm's
 * notation, so what libvirt counts since the guest's start becomes what vdsm makes of it: a number
 * per second.
 */
#pragma once

#include "agent/hypervisor/source.h"

/* So long the numbers of a guest that libvirt could not ask just now are used; vdsm's are as old.
 */
#define MOM_JOINED_KEEP_US (15 * (gint64)G_USEC_PER_SEC)

/* What libvirt told of one guest, over several readings. */
typedef struct MomJoinedGuest MomJoinedGuest;

MomJoinedGuest *mom_joined_guest_new(void);
void mom_joined_guest_free(MomJoinedGuest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomJoinedGuest, mom_joined_guest_free)

/* A reading of NOW_US (monotonic). */
void mom_joined_guest_take(MomJoinedGuest *self, const MomGuestData *told, gint64 now_us);

/* LISTED with vdsm's numbers, while there are none of now; but vdsm tells no process, and that is
 * what it was.  SELF may be NULL.  The same else. */
MomGuestData *mom_joined_guest_without(const MomJoinedGuest *self, const MomGuestData *listed);

/* LISTED with what SELF knows (NULL: libvirt does not know the guest) in place of vdsm's numbers.
 * Shares LISTED's lists of disks.  Caller frees. */
MomGuestData *
mom_joined_guest_join(const MomJoinedGuest *self, const MomGuestData *listed, gint64 now_us);
