/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Counters of guests made into what they grow by in a second.
 *
 * libvirt counts page faults and swapped memory since a guest's start; vdsm, of the same counters,
 * tells the growth in a second, over its own 15 s between two looks.  Where one stands beside or in
 * for the other both must speak alike, or an average would be over numbers of two kinds.  Keeps
 * what it needs from one reading to the next; asks nobody, and knows no clock.
 */
#pragma once

#include "agent/hypervisor/source.h"

typedef struct MomGuestRates MomGuestRates;

/* A rate is taken over at least so much time, as guests report every few seconds only and the
 * reports' times are whole seconds. */
#define MOM_GUEST_RATES_SPAN_US (10 * (gint64)G_USEC_PER_SEC)

MomGuestRates *mom_guest_rates_new(void);
void mom_guest_rates_free(MomGuestRates *rates);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomGuestRates, mom_guest_rates_free)

/* GUEST's rates are those that somebody else told of it: they hold until there are our own. */
void mom_guest_rates_learn(MomGuestRates *rates, const MomGuestData *guest);
/* Puts rates in place of GUEST's counters, which were read at NOW_US; nil while none is known. */
void mom_guest_rates_apply(MomGuestRates *rates, MomGuestData *guest, gint64 now_us);
/* Counters read so far count for nothing: some time may pass until the next are.  Rates stay. */
void mom_guest_rates_pause(MomGuestRates *rates);
/* Forgets UUID. */
void mom_guest_rates_forget(MomGuestRates *rates, const char *uuid);
