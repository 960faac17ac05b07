/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestBalloon and GuestBalloonOptional: a guest's size, guarantee and maximum.
 *
 * What the rails need beside goes along undeclared: policies never saw it.  Policies see what comes
 * of it, whether the guest may be ballooned and which rail forbids it, in the words of the guard.
 */
#include "agent/collectors/collector.h"
#include "controllers/rails-balloon.h"

/* Absent where the source does not tell, as nil would be a key more in each guest's statistics. */
static void
set_flag(MomSample *sample, const char *key, MomValue told)
{
    if (!mom_value_is_nil(told))
        mom_sample_set(sample, key, mom_value_bool(mom_value_truth(told)));
}

static void
set_rail_keys(MomSample *sample, const MomGuestData *guest)
{
    set_flag(sample, MOM_RAIL_KEY_ENABLED, guest->ballooning_enabled);
    set_flag(sample, MOM_RAIL_KEY_DEVICE, guest->balloon_device);
    set_flag(sample, MOM_RAIL_KEY_DRIVER, guest->balloon_driver);
    set_flag(sample, MOM_RAIL_KEY_PASSTHROUGH, guest->passthrough);
    set_flag(sample, MOM_RAIL_KEY_HUGEPAGES, guest->hugepages);
    if (!mom_value_is_nil(guest->age_s))
        mom_sample_set(sample, MOM_RAIL_KEY_AGE, guest->age_s);
}

static gboolean
collect(gpointer state, const MomCollectInput *input, MomSample *sample, GError **error)
{
    const MomGuestData *guest = input->guest;
    const MomRail *refusal;

    if (!guest->has_balloon)
        return TRUE;
    mom_sample_set(sample, "balloon_cur", guest->balloon_cur_kib);
    mom_sample_set(sample, "balloon_max", guest->balloon_max_kib);
    mom_sample_set(sample, "balloon_min", guest->balloon_min_kib);
    mom_collector_set_origin(sample, guest);
    set_rail_keys(sample, guest);
    mom_collector_set_doubts(sample, guest);
    refusal =
        mom_rail_balloon_refusal(sample, input->rails ? input->rails : &mom_rail_limits_default);
    mom_sample_set(sample, "balloon_allowed", mom_value_bool(!refusal));
    mom_sample_set(sample, "balloon_refusal", refusal ? mom_value_string(refusal->name) : MOM_NIL);
    return TRUE;
}

static const char *const sizes[] = {"balloon_cur", "balloon_max", "balloon_min", NULL};
static const char *const extra[] = {"balloon_allowed", "balloon_refusal", MOM_FIELD_DATA_SOURCE,
                                    MOM_FIELD_DATA_AGE, NULL};
static const char *const none[] = {NULL};
static const char *const all[] = {
    "balloon_cur",     "balloon_max",         "balloon_min",      "balloon_allowed",
    "balloon_refusal", MOM_FIELD_DATA_SOURCE, MOM_FIELD_DATA_AGE, NULL,
};

const MomCollector mom_collector_guest_balloon = {
    .name = "GuestBalloon",
    .fields = sizes,
    .optional = extra,
    .collect = collect,
};

const MomCollector mom_collector_guest_balloon_optional = {
    .name = "GuestBalloonOptional",
    .fields = none,
    .optional = all,
    .collect = collect,
};
