/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HostCpu: how many processors the host has, from /proc/cpuinfo.
 */
#include "agent/collectors/collector.h"
#include "agent/collectors/hostfile.h"
#include "agent/collectors/parse.h"

/* About 1.5 KiB for each processor: enough for 5000 of them. */
#define CPUINFO_CAP (8 * 1024 * 1024)

static gboolean
collect(gpointer state, const MomCollectInput *input, MomSample *sample, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *text = mom_hostfile_read(input->root, "proc/cpuinfo", CPUINFO_CAP, &failure);
    gint64 count;

    if (!text) {
        g_set_error_literal(error, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_COLLECTION,
                            failure->message);
        return FALSE;
    }
    count = mom_parse_cpu_count(text);
    mom_sample_set(sample, "cpu_count", count > 0 ? mom_value_int(count) : MOM_NIL);
    return TRUE;
}

static const char *const fields[] = {"cpu_count", NULL};
static const char *const optional[] = {NULL};

const MomCollector mom_collector_host_cpu = {
    .name = "HostCpu",
    .for_host = TRUE,
    .fields = fields,
    .optional = optional,
    .collect = collect,
};
