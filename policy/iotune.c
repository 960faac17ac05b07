/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Maps of I/O limits: six names, each present or not.
 *
 * Knows nothing of who set a limit or of what it does to a disk.
 */
#include "policy/iotune.h"

#include <string.h>

const char *const mom_limit_names[MOM_N_LIMITS] = {
    "total_bytes_sec", "read_bytes_sec", "write_bytes_sec",
    "total_iops_sec",  "read_iops_sec",  "write_iops_sec",
};

void
mom_limits_set(MomLimits *limits, MomLimit limit, MomValue v)
{
    limits->present |= 1u << limit;
    limits->value[limit] = v;
}

gboolean
mom_limits_equal(const MomLimits *a, const MomLimits *b)
{
    if (a->present != b->present)
        return FALSE;
    for (guint i = 0; i < MOM_N_LIMITS; i++)
        if ((a->present & 1u << i) && !mom_value_equal(a->value[i], b->value[i]))
            return FALSE;
    return TRUE;
}

int
mom_limit_by_name(const char *name)
{
    for (int i = 0; i < MOM_N_LIMITS; i++)
        if (strcmp(name, mom_limit_names[i]) == 0)
            return i;
    return -1;
}
