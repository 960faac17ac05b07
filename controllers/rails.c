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

/* 4 GiB of pages in one go: with more ksmd would never come to its sleep.  With 0 it never looks
 * at anything, and the advisor, that waits for the end of a scan, never wakes. */
#define MAX_PAGES_TO_SCAN (1024 * 1024)
/* The kernel takes any number of seconds and multiplies it. */
#define MAX_TARGET_SCAN_TIME_S (24 * 60 * 60)

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
    [MOM_KSM_MAX_PAGE_SHARING] = {2,
                                  G_MAXINT32,
                                  {"ksm-max-page-sharing", "max_page_sharing is 2 to 2147483647"}},
    [MOM_KSM_USE_ZERO_PAGES] = {0, 1, {"ksm-use-zero-pages", "use_zero_pages is 0 or 1"}},
    [MOM_KSM_SMART_SCAN] = {0, 1, {"ksm-smart-scan", "smart_scan is 0 or 1"}},
    [MOM_KSM_ADVISOR_MODE] = {MOM_KSM_ADVISOR_NONE,
                              1,
                              {"ksm-advisor-mode", "advisor_mode is none or scan-time"}},
    [MOM_KSM_ADVISOR_MAX_CPU] = {1,
                                 100,
                                 {"ksm-advisor-max-cpu", "advisor_max_cpu is 1 to 100 percent"}},
    [MOM_KSM_ADVISOR_TARGET_SCAN_TIME] = {1,
                                          MAX_TARGET_SCAN_TIME_S,
                                          {"ksm-advisor-target-scan-time",
                                           "advisor_target_scan_time is 1 to 86400 seconds"}},
    [MOM_KSM_ADVISOR_MIN_PAGES_TO_SCAN] = {1,
                                           MAX_PAGES_TO_SCAN,
                                           {"ksm-advisor-min-pages-to-scan",
                                            "advisor_min_pages_to_scan is 1 to 1048576"}},
    [MOM_KSM_ADVISOR_MAX_PAGES_TO_SCAN] = {1,
                                           MAX_PAGES_TO_SCAN,
                                           {"ksm-advisor-max-pages-to-scan",
                                            "advisor_max_pages_to_scan is 1 to 1048576"}},
};

static const MomRail ksm_absent = {"ksm-absent", "this host's kernel does not have it"};
static const MomRail ksm_advisor = {
    "ksm-advisor", "the kernel's advisor sets pages_to_scan as long as advisor_mode is not none"};
static const MomRail ksm_merged = {
    "ksm-merged", "it changes only while no pages are merged, or together with ksm_run 2"};

static const MomRail bad_quota = {"cpu-quota", "a CPU quota is at least 1000 us"};
static const MomRail bad_period = {"cpu-period", "a CPU period is 1000 to 1000000 us"};
static const MomRail one_sided = {
    "guest-one-sided", "of vdsm and libvirt only one knows the guest, which is coming or going"};
static const MomRail bad_limit = {"io-limit", "an I/O limit is an integer of 0 or more"};

const MomRail *
mom_rail_ksm(MomKsmKey key, gint64 value)
{
    gboolean fits = value >= ksm_bounds[key].min && value <= ksm_bounds[key].max;

    return fits ? NULL : &ksm_bounds[key].rail;
}

static gboolean
is_absent(MomEntity *host, MomKsmKey key)
{
    MomValue present;

    return mom_entity_get_attribute(host, mom_ksm_controls[key], &present) &&
           mom_value_is_nil(present);
}

/* Whether the advisor will be at work once TUNE is done.  A mode of which we do not know the name
 * is one. */
static gboolean
has_advisor(MomEntity *host, const MomKsmTune *tune)
{
    MomValue present = MOM_NIL;
    gint64 mode;

    if (tune->present & MOM_KSM_BIT(MOM_KSM_ADVISOR_MODE))
        return tune->value[MOM_KSM_ADVISOR_MODE] != MOM_KSM_ADVISOR_NONE;
    mom_entity_get_attribute(host, mom_ksm_controls[MOM_KSM_ADVISOR_MODE], &present);
    if (mom_ksm_number(MOM_KSM_ADVISOR_MODE, present, &mode))
        return mode != MOM_KSM_ADVISOR_NONE;
    return present.type == MOM_VALUE_STRING;
}

/* Whether pages will be merged while TUNE is done, which begins with unmerging. */
static gboolean
has_merged_pages(MomEntity *host, const MomKsmTune *tune)
{
    gint64 pages;

    if (tune->present & MOM_KSM_BIT(MOM_KSM_RUN) && tune->value[MOM_KSM_RUN] == MOM_KSM_RUN_UNMERGE)
        return FALSE;
    return mom_entity_get_int(host, "ksm_pages_shared", &pages) && pages > 0;
}

const MomRail *
mom_rail_ksm_on_host(MomEntity *host, const MomKsmTune *tune, MomKsmKey key)
{
    const MomRail *rail = mom_rail_ksm(key, tune->value[key]);

    if (rail)
        return rail;
    if (is_absent(host, key))
        return &ksm_absent;
    if (key == MOM_KSM_PAGES_TO_SCAN && has_advisor(host, tune))
        return &ksm_advisor;
    if ((key == MOM_KSM_MAX_PAGE_SHARING || key == MOM_KSM_MERGE_ACROSS_NODES) &&
        has_merged_pages(host, tune))
        return &ksm_merged;
    return NULL;
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
mom_rail_guest(const MomSample *sample)
{
    MomValue v;

    return sample && mom_sample_get(sample, MOM_RAIL_KEY_ONE_SIDED, &v) && mom_value_truth(v)
               ? &one_sided
               : NULL;
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
