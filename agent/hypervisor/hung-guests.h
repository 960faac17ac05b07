/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which guests hang: told by name when it begins and when it ends, and kept in between.
 *
 * A guest is passed over now and then because another client is just asking it something; only one
 * in which a call has been for long hangs.  It hangs until it was reached again.
 */
#pragma once

#include "libvirt-client/guest.h"

typedef struct MomHungGuests MomHungGuests;

MomHungGuests *mom_hung_guests_new(void);
void mom_hung_guests_free(MomHungGuests *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomHungGuests, mom_hung_guests_free)

/* Takes a reading of all GUESTS (of MomVirtGuest) and tells what is new. */
void mom_hung_guests_update(MomHungGuests *self, const GPtrArray *guests);
gboolean mom_hung_guests_contain(const MomHungGuests *self, const char *uuid);
