/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The counters among a guest's data, and what they grow by.
 *
 * libvirt counts them since a guest's start, vdsm tells their growth in a second; whoever has both
 * turns the one into the other here and nowhere else.  Pure: what a rate is taken over, and for how
 * long it holds, is the caller's.
 */
#pragma once

#include "agent/hypervisor/source.h"

/* Page faults, major and minor, and memory swapped in and out. */
#define MOM_N_GUEST_COUNTERS 4

/* Counter I of DATA, to be read or written. */
MomValue *mom_guest_counter(MomGuestData *data, gsize i);

/* What a counter grew by in a second, BEFORE and NOW being SPAN_US (above 0) apart.  Nil if one of
 * the two is not known, or it went back: then it belongs to another life of the guest. */
MomValue mom_guest_counter_rate(MomValue before, MomValue now, gint64 span_us);
