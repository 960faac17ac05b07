/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestMemory and GuestMemoryOptional: a guest's own view of its memory, as its source tells it.
 *
 * A guest that reports none gets no keys from here (but for the age of a report that is too old),
 * so that another collector may bring them. mem_free is in the sample but declared by nobody
 * (SEMANTICS 13).
 */
#include <stddef.h>

#include "agent/collectors/collector.h"

static const struct {
    const char *field;
    gsize offset;
} table[] = {
    {"mem_available", offsetof(MomGuestData, mem_available_kib)},
    {"mem_unused", offsetof(MomGuestData, mem_unused_kib)},
    {"mem_free", offsetof(MomGuestData, mem_free_kib)},
    {"major_fault", offsetof(MomGuestData, major_faults)},
    {"minor_fault", offsetof(MomGuestData, minor_faults)},
    {"swap_in", offsetof(MomGuestData, swap_in)},
    {"swap_out", offsetof(MomGuestData, swap_out)},
    {"swap_total", offsetof(MomGuestData, swap_total_kib)},
    {"swap_usage", offsetof(MomGuestData, swap_usage_kib)},
    {"mem_usable", offsetof(MomGuestData, mem_usable_kib)},
    {"mem_caches", offsetof(MomGuestData, disk_caches_kib)},
};

static gboolean
collect(gpointer state, const MomCollectInput *input, MomSample *sample, GError **error)
{
    const char *guest = (const char *)input->guest;

    /* Also of a report that is too old to be used: that is why. */
    if (!mom_value_is_nil(input->guest->report_age_s))
        mom_sample_set(sample, "mem_report_age", input->guest->report_age_s);
    if (!input->guest->has_memory)
        return TRUE;
    mom_collector_set_origin(sample, input->guest);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        MomValue v = *(const MomValue *)(gconstpointer)(guest + table[i].offset);

        mom_sample_set(sample, table[i].field, v);
    }
    return TRUE;
}

static const char *const fields[] = {
    "mem_available", "mem_unused", "major_fault", "minor_fault", "swap_in", "swap_out", NULL,
};
/* The reference's, and ours. */
static const char *const extra_fields[] = {
    "swap_total",     "swap_usage",          "mem_usable",       "mem_caches",
    "mem_report_age", MOM_FIELD_DATA_SOURCE, MOM_FIELD_DATA_AGE, NULL,
};
static const char *const all_fields[] = {
    "mem_available",  "mem_unused",          "major_fault",      "minor_fault", "swap_in",
    "swap_out",       "swap_total",          "swap_usage",       "mem_usable",  "mem_caches",
    "mem_report_age", MOM_FIELD_DATA_SOURCE, MOM_FIELD_DATA_AGE, NULL,
};
static const char *const none[] = {NULL};

const MomCollector mom_collector_guest_memory = {
    .name = "GuestMemory",
    .fields = fields,
    .optional = extra_fields,
    .collect = collect,
};

const MomCollector mom_collector_guest_memory_optional = {
    .name = "GuestMemoryOptional",
    .fields = none,
    .optional = all_fields,
    .collect = collect,
};
