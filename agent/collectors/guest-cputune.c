/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestCpuTune: a guest's processors and how much of them it may use.
 *
 * Without a number of processors nothing can be said.  What the source leaves out of the rest has
 * the meaning that vdsm gives to silence: no limit by the user, no quota, no period.
 */
#include "agent/collectors/collector.h"

#define DEFAULT_USER_LIMIT_PERCENT 100

static void
set_or_default(MomSample *sample, const char *field, MomValue v, gint64 otherwise)
{
    mom_sample_set(sample, field, mom_value_is_nil(v) ? mom_value_int(otherwise) : v);
}

static gboolean
collect(gpointer state, const MomCollectInput *input, MomSample *sample, GError **error)
{
    const MomGuestData *guest = input->guest;

    if (mom_value_is_nil(guest->vcpu_count))
        return TRUE;
    mom_sample_set(sample, "vcpu_count", guest->vcpu_count);
    mom_collector_set_doubts(sample, guest);
    set_or_default(sample, "vcpu_user_limit", guest->vcpu_user_limit, DEFAULT_USER_LIMIT_PERCENT);
    set_or_default(sample, "vcpu_quota", guest->vcpu_quota_us, 0);
    set_or_default(sample, "vcpu_period", guest->vcpu_period_us, 0);
    return TRUE;
}

static const char *const fields[] = {
    "vcpu_quota", "vcpu_period", "vcpu_user_limit", "vcpu_count", NULL,
};
static const char *const none[] = {NULL};

const MomCollector mom_collector_guest_cpu_tune = {
    .name = "GuestCpuTune",
    .fields = fields,
    .optional = none,
    .collect = collect,
};
