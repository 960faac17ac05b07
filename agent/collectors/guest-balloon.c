/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestBalloon and GuestBalloonOptional: a guest's size, guarantee and maximum.
 *
 * Whether ballooning is switched on for the guest goes along undeclared: policies never saw it, the
 * guard needs it.
 */
#include "agent/collectors/collector.h"

static gboolean
collect(gpointer state, const MomCollectInput *input, MomSample *sample, GError **error)
{
    const MomGuestData *guest = input->guest;

    if (!guest->has_balloon)
        return TRUE;
    mom_sample_set(sample, "balloon_cur", guest->balloon_cur_kib);
    mom_sample_set(sample, "balloon_max", guest->balloon_max_kib);
    mom_sample_set(sample, "balloon_min", guest->balloon_min_kib);
    if (!mom_value_is_nil(guest->ballooning_enabled))
        mom_sample_set(sample, "ballooning_enabled",
                       mom_value_bool(mom_value_truth(guest->ballooning_enabled)));
    return TRUE;
}

static const char *const fields[] = {"balloon_cur", "balloon_max", "balloon_min", NULL};
static const char *const none[] = {NULL};

const MomCollector mom_collector_guest_balloon = {
    .name = "GuestBalloon",
    .fields = fields,
    .optional = none,
    .collect = collect,
};

const MomCollector mom_collector_guest_balloon_optional = {
    .name = "GuestBalloonOptional",
    .fields = none,
    .optional = fields,
    .collect = collect,
};
