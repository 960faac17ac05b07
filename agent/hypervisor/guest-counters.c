/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See guest-counters.h.  A table, so that a counter that is added is treated as the others are.
 */
#include "agent/hypervisor/guest-counters.h"

#include <math.h>
#include <stddef.h>

static const gsize offsets[MOM_N_GUEST_COUNTERS] = {
    offsetof(MomGuestData, major_faults),
    offsetof(MomGuestData, minor_faults),
    offsetof(MomGuestData, swap_in),
    offsetof(MomGuestData, swap_out),
};

MomValue *
mom_guest_counter(MomGuestData *data, gsize i)
{
    return (MomValue *)(gpointer)((char *)data + offsets[i]);
}

MomValue
mom_guest_counter_rate(MomValue before, MomValue now, gint64 span_us)
{
    gint64 from, to, growth;

    if (!mom_value_to_int(before, &from) || !mom_value_to_int(now, &to) ||
        __builtin_sub_overflow(to, from, &growth) || growth < 0)
        return MOM_NIL;
    return mom_value_int((gint64)llround((double)growth * G_USEC_PER_SEC / (double)span_us));
}
