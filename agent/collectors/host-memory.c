/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HostMemory: the host's memory and swap, from /proc/meminfo and /proc/vmstat.
 *
 * Without total, free, buffers or cache there is no sample: a half-read host must not be judged.
 * Swap counters are growths; a kernel without swap has none, which is nil and no error.  What the
 * old names say is what they have always said, right or wrong: old policies' thresholds are made
 * for it.  The right numbers have names of their own.
 */
#include "agent/collectors/collector.h"
#include "agent/collectors/hostfile.h"
#include "agent/collectors/parse.h"

typedef struct {
    gboolean seen;
    gint64 swapped_in;
    gint64 swapped_out;
} State;

static gpointer
state_new(const MomCollector *self)
{
    return g_new0(State, 1);
}

static gboolean
set_sizes(MomSample *sample, const char *text, GError **error)
{
    static const char *const keys[] = {"MemTotal:", "MemFree:", "Buffers:", "Cached:"};
    gint64 kib[G_N_ELEMENTS(keys)];
    gint64 swap_total, swap_free;
    gboolean has_swap;

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (!mom_parse_key(text, keys[i], &kib[i]) || kib[i] < (i == 0) ||
            kib[i] > G_MAXINT64 / 4) {
            g_set_error(error, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_COLLECTION,
                        "/proc/meminfo has no usable line %s", keys[i]);
            return FALSE;
        }
    }
    has_swap = mom_parse_key(text, "SwapTotal:", &swap_total) &&
               mom_parse_key(text, "SwapFree:", &swap_free) && swap_free >= 0 && swap_total >= 0;
    mom_sample_set(sample, "mem_available", mom_value_int(kib[0]));
    mom_sample_set(sample, "mem_unused", mom_value_int(kib[1]));
    mom_sample_set(sample, "mem_free", mom_value_int(kib[1] + kib[2] + kib[3]));
    mom_sample_set(sample, "anon_pages", mom_parse_key_value(text, "AnonPages:"));
    mom_sample_set(sample, "swap_total", has_swap ? mom_value_int(swap_total) : MOM_NIL);
    mom_sample_set(sample, "swap_usage",
                   has_swap ? mom_value_int(swap_total - swap_free) : MOM_NIL);
    return TRUE;
}

/* Memory set aside as huge pages of all sizes, used or not.  Kernels older than the line Hugetlb
 * tell of the default size only, and one without huge pages of none. */
static gint64
hugepages_kib(const char *text)
{
    gint64 pools_kib, pages, page_kib;

    if (mom_parse_key(text, "Hugetlb:", &pools_kib))
        return pools_kib;
    if (mom_parse_key(text, "HugePages_Total:", &pages) &&
        mom_parse_key(text, "Hugepagesize:", &page_kib) &&
        !__builtin_mul_overflow(pages, page_kib, &pools_kib))
        return pools_kib;
    return 0;
}

/* MemAvailable is the kernel's own estimate of what can be had without swapping.  Neither huge
 * pages nor shared memory (tmpfs, guests behind a memfd) are in it, while Cached has the latter and
 * MemTotal the former. */
static void
set_real_sizes(MomSample *sample, const char *text)
{
    gint64 total_kib = 0, pools_kib = hugepages_kib(text), available_kib;

    mom_parse_key(text, "MemTotal:", &total_kib);
    if (mom_parse_key(text, "MemAvailable:", &available_kib) && available_kib >= 0)
        mom_sample_set(sample, "mem_free_real", mom_value_int(available_kib));
    if (pools_kib >= 0 && pools_kib < total_kib)
        mom_sample_set(sample, "mem_total_managed", mom_value_int(total_kib - pools_kib));
}

static void
set_swapping(State *state, const MomCollectInput *input, MomSample *sample, const char *text)
{
    gint64 in, out;
    gboolean has_swap = mom_parse_key(text, "pswpin", &in) && in >= 0 &&
                        mom_parse_key(text, "pswpout", &out) && out >= 0;

    if (!has_swap) {
        mom_sample_set(sample, "swap_in", MOM_NIL);
        mom_sample_set(sample, "swap_out", MOM_NIL);
        return;
    }
    mom_sample_set(sample, "swap_in", mom_value_int(state->seen ? in - state->swapped_in : 0));
    mom_sample_set(sample, "swap_out", mom_value_int(state->seen ? out - state->swapped_out : 0));
    if (input->interim && state->seen)
        return;
    state->swapped_in = in;
    state->swapped_out = out;
    state->seen = TRUE;
}

static gboolean
collect(gpointer data, const MomCollectInput *input, MomSample *sample, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *meminfo = NULL, *vmstat = NULL;

    meminfo = mom_hostfile_read(input->root, "proc/meminfo", MOM_HOSTFILE_CAP, &failure);
    if (meminfo)
        vmstat = mom_hostfile_read(input->root, "proc/vmstat", MOM_HOSTFILE_CAP, &failure);
    if (!vmstat) {
        g_set_error_literal(error, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_COLLECTION,
                            failure->message);
        return FALSE;
    }
    if (!set_sizes(sample, meminfo, error))
        return FALSE;
    set_real_sizes(sample, meminfo);
    set_swapping(data, input, sample, vmstat);
    return TRUE;
}

static const char *const fields[] = {
    "mem_available", "mem_unused", "mem_free",   "swap_in", "swap_out",
    "anon_pages",    "swap_total", "swap_usage", NULL,
};
static const char *const optional[] = {"mem_free_real", "mem_total_managed", NULL};

const MomCollector mom_collector_host_memory = {
    .name = "HostMemory",
    .for_host = TRUE,
    .fields = fields,
    .optional = optional,
    .state_new = state_new,
    .state_free = g_free,
    .collect = collect,
};
