/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ksm-keys.h.  A new knob of the kernel is a key, its name here, its bounds in rails.c and its
 * place among the files in agent/hypervisor/ksm-files.c; HostKSM has to read it.
 */
#include "controllers/ksm-keys.h"

#include <string.h>

#define PREFIX "ksm_"

const char *const mom_ksm_controls[MOM_N_KSM_KEYS + 1] = {
    [MOM_KSM_RUN] = PREFIX "run",
    [MOM_KSM_PAGES_TO_SCAN] = PREFIX "pages_to_scan",
    [MOM_KSM_SLEEP_MILLISECS] = PREFIX "sleep_millisecs",
    [MOM_KSM_MERGE_ACROSS_NODES] = PREFIX "merge_across_nodes",
    [MOM_KSM_MAX_PAGE_SHARING] = PREFIX "max_page_sharing",
    [MOM_KSM_USE_ZERO_PAGES] = PREFIX "use_zero_pages",
    [MOM_KSM_SMART_SCAN] = PREFIX "smart_scan",
    [MOM_KSM_ADVISOR_MODE] = PREFIX "advisor_mode",
    [MOM_KSM_ADVISOR_MAX_CPU] = PREFIX "advisor_max_cpu",
    [MOM_KSM_ADVISOR_TARGET_SCAN_TIME] = PREFIX "advisor_target_scan_time",
    [MOM_KSM_ADVISOR_MIN_PAGES_TO_SCAN] = PREFIX "advisor_min_pages_to_scan",
    [MOM_KSM_ADVISOR_MAX_PAGES_TO_SCAN] = PREFIX "advisor_max_pages_to_scan",
};

static const char *const advisor_modes[] = {
    [MOM_KSM_ADVISOR_NONE] = "none",
    "scan-time",
    NULL,
};

const char *
mom_ksm_key_name(MomKsmKey key)
{
    return mom_ksm_controls[key] + strlen(PREFIX);
}

const char *const *
mom_ksm_words(MomKsmKey key)
{
    return key == MOM_KSM_ADVISOR_MODE ? advisor_modes : NULL;
}

MomValue
mom_ksm_value(MomKsmKey key, gint64 number)
{
    const char *const *words = mom_ksm_words(key);

    for (gint64 i = 0; words && words[i]; i++)
        if (i == number)
            return mom_value_string(words[i]);
    return mom_value_int(number);
}

gboolean
mom_ksm_number(MomKsmKey key, MomValue v, gint64 *number)
{
    const char *const *words = mom_ksm_words(key);

    if (!words)
        return mom_value_to_int(v, number);
    if (v.type != MOM_VALUE_STRING)
        return FALSE;
    for (gint64 i = 0; words[i]; i++) {
        if (strcmp(words[i], v.string) == 0) {
            *number = i;
            return TRUE;
        }
    }
    return FALSE;
}
