/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Settings: the value of one knob, and when two of them are the same.
 *
 * What a hypervisor shows is seldom spelled as what was sent: balloons stop at whole pages, "no
 * limit" has many numbers.  Whoever compares settings does it here.  A setting borrows nothing.
 */
#pragma once

#include "policy/iotune.h"

/* A balloon moves in whole pages: a size nearer to another than this is the same. */
#define MOM_SETTING_PAGE_KIB 4

/* Which member counts, the knob knows. */
typedef union {
    gint64 number;
    struct {
        gint64 quota_us;
        gint64 period_us;
    } cpu;
    MomLimits limits; /* as mom_setting_plain_limits makes them */
} MomSetting;

/* Whether B does what A asks for. */
typedef gboolean (*MomSettingSame)(const MomSetting *a, const MomSetting *b);

gboolean mom_setting_same_size(const MomSetting *a, const MomSetting *b);
gboolean mom_setting_same_number(const MomSetting *a, const MomSetting *b);

/* Quota and period; without a limit the period means nothing. */
gboolean mom_setting_same_cpu(const MomSetting *a, const MomSetting *b);

/* Only limits that A has count; one that B lacks is 0, "unlimited". */
gboolean mom_setting_same_io(const MomSetting *a, const MomSetting *b);

/* LIMITS as integers.  A nil one is left out, as it is no wish: vdsm fails on it, and leaves limits
 * alone that are not named. */
MomLimits mom_setting_plain_limits(const MomLimits *limits);
