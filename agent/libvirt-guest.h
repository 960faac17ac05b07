/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From what libvirt tells of a guest to what collectors read: names, units and defaults, nothing
 * else.
 *
 * No I/O.  A number that libvirt did not give stays nil, except where the absence itself has a
 * meaning: no guarantee is a guarantee of 0, no CPU limit is 100 percent.
 */
#pragma once

#include "agent/source.h"
#include "libvirt-client/guest.h"

/* Caller frees. The pid is left nil. */
MomGuestData *mom_libvirt_guest_data(const MomVirtGuest *guest);

/* The other way: limits as a policy set them, nil being unlimited.  FALSE, *OUT untouched, if one
 * is neither nil nor a number from 0. */
gboolean mom_libvirt_limits(const MomLimits *limits, MomVirtLimits *out);
