/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One function for each kind of knob that says when two settings are the same.
 */
#include "controllers/setting.h"

#include "controllers/rails.h"

gboolean
mom_setting_same_size(const MomSetting *a, const MomSetting *b)
{
    return ABS((double)a->number - (double)b->number) < MOM_SETTING_PAGE_KIB;
}

gboolean
mom_setting_same_number(const MomSetting *a, const MomSetting *b)
{
    return a->number == b->number;
}

gboolean
mom_setting_same_cpu(const MomSetting *a, const MomSetting *b)
{
    gboolean a_unlimited = mom_cpu_quota_is_unlimited(a->cpu.quota_us);
    gboolean b_unlimited = mom_cpu_quota_is_unlimited(b->cpu.quota_us);

    if (a_unlimited || b_unlimited)
        return a_unlimited && b_unlimited;
    return a->cpu.quota_us == b->cpu.quota_us && a->cpu.period_us == b->cpu.period_us;
}

static gint64
limit_or_none(const MomLimits *limits, int limit)
{
    return limits->present & 1u << limit ? limits->value[limit].integer : 0;
}

gboolean
mom_setting_same_io(const MomSetting *a, const MomSetting *b)
{
    for (int i = 0; i < MOM_N_LIMITS; i++)
        if (a->limits.present & 1u << i &&
            limit_or_none(&a->limits, i) != limit_or_none(&b->limits, i))
            return FALSE;
    return TRUE;
}

MomLimits
mom_setting_plain_limits(const MomLimits *limits)
{
    MomLimits plain = {0};

    for (int i = 0; i < MOM_N_LIMITS; i++) {
        gint64 limit;

        if (limits->present & 1u << i && mom_value_to_int(limits->value[i], &limit))
            mom_limits_set(&plain, (MomLimit)i, mom_value_int(limit));
    }
    return plain;
}
