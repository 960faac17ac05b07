/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HostHugepages: what the host has set aside as huge pages, from /sys/kernel/mm/hugepages.
 *
 * Memory in these pools is no guest's that a balloon could help, and no page that could be merged:
 * a policy that knows of them does not take the rest of the host for poor.  Sizes are KiB over the
 * pools of all page sizes.  A kernel without huge pages has pools of 0, not nil.
 */
#include "agent/collectors/collector.h"
#include "agent/collectors/hugepages.h"

#define DIRECTORY "sys/kernel/mm/hugepages"

static gboolean
collect(gpointer state, const MomCollectInput *input, MomSample *sample, GError **error)
{
    g_autoptr(GError) failure = NULL;
    MomHugepages pools;

    if (!mom_hugepages_read(input->root, DIRECTORY, &pools, &failure)) {
        g_set_error_literal(error, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_COLLECTION,
                            failure->message);
        return FALSE;
    }
    mom_sample_set(sample, "hugepages_total", mom_value_int(pools.total_kib));
    mom_sample_set(sample, "hugepages_free", mom_value_int(pools.free_kib));
    mom_sample_set(sample, "hugepages_reserved", mom_value_int(pools.reserved_kib));
    mom_sample_set(sample, "hugepages_surplus", mom_value_int(pools.surplus_kib));
    return TRUE;
}

static const char *const fields[] = {NULL};
static const char *const optional[] = {
    "hugepages_total", "hugepages_free", "hugepages_reserved", "hugepages_surplus", NULL,
};

const MomCollector mom_collector_host_hugepages = {
    .name = "HostHugepages",
    .for_host = TRUE,
    .fields = fields,
    .optional = optional,
    .collect = collect,
};
