/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The list of all collectors, and what several of them say.
 *
 * A new collector is one file like host-cpu.c and two lines here.  The order means nothing: the
 * options `collectors` say which run, and in which order.
 */
#include "agent/collectors/collector.h"

extern const MomCollector mom_collector_host_memory, mom_collector_host_ksm, mom_collector_host_cpu,
    mom_collector_host_time, mom_collector_host_pressure, mom_collector_host_numa,
    mom_collector_host_hugepages;
extern const MomCollector mom_collector_guest_memory, mom_collector_guest_memory_optional,
    mom_collector_guest_balloon, mom_collector_guest_balloon_optional, mom_collector_guest_cpu_tune,
    mom_collector_guest_io_tune, mom_collector_guest_io_tune_optional,
    mom_collector_guest_qemu_proc, mom_collector_guest_network_daemon, mom_collector_guest_pressure,
    mom_collector_guest_qemu_agent, mom_collector_guest_qemu_agent_optional;

G_DEFINE_QUARK(mom - collector - error - quark, mom_collector_error)

const MomCollector *const mom_collectors[] = {
    &mom_collector_host_memory,
    &mom_collector_host_ksm,
    &mom_collector_host_cpu,
    &mom_collector_host_time,
    &mom_collector_host_pressure,
    &mom_collector_host_numa,
    &mom_collector_host_hugepages,
    &mom_collector_guest_memory,
    &mom_collector_guest_memory_optional,
    &mom_collector_guest_balloon,
    &mom_collector_guest_balloon_optional,
    &mom_collector_guest_cpu_tune,
    &mom_collector_guest_io_tune,
    &mom_collector_guest_io_tune_optional,
    &mom_collector_guest_qemu_proc,
    &mom_collector_guest_network_daemon,
    &mom_collector_guest_pressure,
    &mom_collector_guest_qemu_agent,
    &mom_collector_guest_qemu_agent_optional,
    NULL,
};

const MomCollector *
mom_collector_find(const char *name)
{
    for (gsize i = 0; mom_collectors[i]; i++)
        if (g_str_equal(mom_collectors[i]->name, name))
            return mom_collectors[i];
    return NULL;
}

void
mom_collector_set_origin(MomSample *sample, const MomGuestData *guest)
{
    if (!guest->data_source)
        return;
    mom_sample_set(sample, MOM_FIELD_DATA_SOURCE, mom_value_string(guest->data_source));
    mom_sample_set(sample, MOM_FIELD_DATA_AGE, guest->data_age_s);
}

/* Absent where there is no doubt: a key more in each guest's statistics says nothing. */
void
mom_collector_set_doubts(MomSample *sample, const MomGuestData *guest)
{
    if (guest->is_one_sided)
        mom_sample_set(sample, MOM_RAIL_KEY_ONE_SIDED, mom_value_bool(TRUE));
    if (guest->is_stale)
        mom_sample_set(sample, MOM_RAIL_KEY_STALE, mom_value_bool(TRUE));
}
