/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Maps of I/O limits: six names, each present or not, and extras.
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
mom_limits_get_extra(const MomLimits *limits, const char *name, MomValue *out)
{
    for (guint i = 0; i < limits->n_extra; i++)
        if (strcmp(limits->extra[i].name, name) == 0) {
            *out = limits->extra[i].value;
            return TRUE;
        }
    return FALSE;
}

/* Both have as many extras, and each name once: what is in A and not in B shows. */
static gboolean
extras_equal(const MomLimits *a, const MomLimits *b)
{
    for (guint i = 0; i < a->n_extra; i++) {
        MomValue other;

        if (!mom_limits_get_extra(b, a->extra[i].name, &other) ||
            !mom_value_equal(a->extra[i].value, other))
            return FALSE;
    }
    return TRUE;
}

gboolean
mom_limits_equal(const MomLimits *a, const MomLimits *b)
{
    if (a->present != b->present || a->n_extra != b->n_extra)
        return FALSE;
    for (guint i = 0; i < MOM_N_LIMITS; i++)
        if ((a->present & 1u << i) && !mom_value_equal(a->value[i], b->value[i]))
            return FALSE;
    return extras_equal(a, b);
}

int
mom_limit_by_name(const char *name)
{
    for (int i = 0; i < MOM_N_LIMITS; i++)
        if (strcmp(name, mom_limit_names[i]) == 0)
            return i;
    return -1;
}
