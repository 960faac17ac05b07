/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The rails themselves, most of them as tables.
 *
 * A new rail is a MomRail with its reason and one line where it is asked.  No state, no calls.
 */
#include "controllers/rails.h"

/* kernel/sched: MAX_BW in microseconds; what libvirt shows for "max" is this or more. */
#define LARGEST_QUOTA_US G_GINT64_CONSTANT(17592186044415)
#define MIN_QUOTA_US 1000
#define MIN_PERIOD_US 1000
#define MAX_PERIOD_US 1000000

/* 4 GiB of pages in one go: with more ksmd would never come to its sleep. */
#define MAX_PAGES_TO_SCAN (1024 * 1024)

static const struct {
    gint64 min;
    gint64 max;
    MomRail rail;
} ksm_bounds[MOM_N_KSM_KEYS] = {
    [MOM_KSM_RUN] = {0, 2, {"ksm-run", "run is 0, 1 or 2"}},
    [MOM_KSM_PAGES_TO_SCAN] = {1,
                               MAX_PAGES_TO_SCAN,
                               {"ksm-pages-to-scan", "pages_to_scan is 1 to 1048576"}},
    [MOM_KSM_SLEEP_MILLISECS] = {0,
                                 G_MAXUINT32,
                                 {"ksm-sleep-millisecs", "sleep_millisecs is 0 to 4294967295"}},
    [MOM_KSM_MERGE_ACROSS_NODES] = {0,
                                    1,
                                    {"ksm-merge-across-nodes", "merge_across_nodes is 0 or 1"}},
};

static const MomRail bad_quota = {"cpu-quota", "a CPU quota is at least 1000 us"};
static const MomRail bad_period = {"cpu-period", "a CPU period is 1000 to 1000000 us"};
static const MomRail bad_limit = {"io-limit", "an I/O limit is an integer of 0 or more"};

const MomRail *
mom_rail_ksm(MomKsmKey key, gint64 value)
{
    gboolean fits = value >= ksm_bounds[key].min && value <= ksm_bounds[key].max;

    return fits ? NULL : &ksm_bounds[key].rail;
}

const MomRail *
mom_rail_cpu(gint64 quota_us, gint64 period_us)
{
    if (period_us < MIN_PERIOD_US || period_us > MAX_PERIOD_US)
        return &bad_period;
    if (!mom_cpu_quota_is_unlimited(quota_us) && quota_us < MIN_QUOTA_US)
        return &bad_quota;
    return NULL;
}

const MomRail *
mom_rail_io(const MomLimits *limits)
{
    for (int i = 0; i < MOM_N_LIMITS; i++) {
        MomValue v = limits->value[i];
        gint64 limit;

        if (!(limits->present & 1u << i) || mom_value_is_nil(v))
            continue;
        if (!mom_value_is_number(v) || !mom_value_to_int(v, &limit) || limit < 0)
            return &bad_limit;
    }
    return NULL;
}

gboolean
mom_cpu_quota_is_unlimited(gint64 quota_us)
{
    return quota_us <= 0 || quota_us >= LARGEST_QUOTA_US;
}
