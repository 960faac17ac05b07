/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What vdsm told of its guests, for the time in which libvirt speaks in its place.
 *
 * libvirt knows neither what the engine guarantees to a guest nor whether it may be ballooned,
 * calls some things otherwise and leaves some out.  Here its word is made into what vdsm would have
 * said, so that names, histories and limits go on.  A guest of which nothing is known from oVirt is
 * none of ours.  Pure: asks nobody, and never invents a guarantee.
 */
#pragma once

#include "agent/hypervisor/source.h"

typedef struct MomKnownGuests MomKnownGuests;

MomKnownGuests *mom_known_guests_new(void);
void mom_known_guests_free(MomKnownGuests *known);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomKnownGuests, mom_known_guests_free)

/* GUESTS (of MomGuestData) are all that vdsm lists: what it does not tell of one this time is still
 * what it told last, and guests that it lists no more are forgotten. */
void mom_known_guests_learn(MomKnownGuests *known, GPtrArray *guests);

/* GUESTS, all that libvirt lists at NOW_US, as vdsm would tell them: changed in place, and those
 * that are not oVirt's left out of the array that is returned.  It borrows them; caller unrefs. */
GPtrArray *mom_known_guests_translate(MomKnownGuests *known, GPtrArray *guests, gint64 now_us);

/* Some time may pass until the next translation. */
void mom_known_guests_pause(MomKnownGuests *known);

/* TRUE if GUESTS, of vdsm, lack none of those that were translated last and tell of each what vdsm
 * has told before: a vdsm that has just started may list fewer, or with less. */
gboolean mom_known_guests_are_all_in(const MomKnownGuests *known, GPtrArray *guests);
