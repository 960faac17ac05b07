/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * vdsm's numbers read as guest data: pure, no calls.
 *
 * The rules are the reference's (SEMANTICS 13): no memory statistics where memUsage is 0;
 * `mem_available` is what vdsm calls mem_total; minor faults are all page faults less the major
 * ones.  What vdsm did not send, or sent as no number, is nil and costs only itself.
 */
#include "agent/hypervisor/hypervisor-vdsm.h"

static MomValue
value_of(MomVdsmInt number)
{
    return number.set ? mom_value_int(number.value) : MOM_NIL;
}

static MomValue
minor_faults(const MomVdsmVmStats *stats)
{
    gint64 minor;

    if (!stats->page_faults.set || !stats->major_faults.set ||
        __builtin_sub_overflow(stats->page_faults.value, stats->major_faults.value, &minor))
        return MOM_NIL;
    return mom_value_int(minor);
}

static void
read_memory(MomGuestData *guest, const MomVdsmVmStats *stats)
{
    guest->has_memory = stats->has_memory_stats &&
                        !(stats->mem_usage_percent.set && stats->mem_usage_percent.value == 0);
    guest->mem_available_kib = value_of(stats->mem_total);
    guest->mem_unused_kib = value_of(stats->mem_unused);
    guest->mem_free_kib = value_of(stats->mem_free);
    guest->major_faults = value_of(stats->major_faults);
    guest->minor_faults = minor_faults(stats);
    guest->swap_in = value_of(stats->swap_in);
    guest->swap_out = value_of(stats->swap_out);
    /* vdsm leaves the swap's size out where the guest has none to tell; the reference reads that as
     * 0. */
    guest->swap_total_kib = mom_value_int(stats->swap_total.set ? stats->swap_total.value : 0);
    guest->swap_usage_kib = mom_value_int(stats->swap_usage.set ? stats->swap_usage.value : 0);
}

static void
read_balloon(MomGuestData *guest, const MomVdsmVmStats *stats)
{
    guest->has_balloon = stats->has_balloon_info;
    guest->balloon_cur_kib = value_of(stats->balloon_cur);
    guest->balloon_max_kib = value_of(stats->balloon_max);
    guest->balloon_min_kib = value_of(stats->balloon_min);
    if (stats->ballooning_enabled.set)
        guest->ballooning_enabled = mom_value_bool(stats->ballooning_enabled.value != 0);
}

MomGuestData *
mom_hypervisor_vdsm_guest(const MomVdsmVmStats *stats)
{
    MomGuestData *guest = mom_guest_data_new(stats->vm_id, stats->name);

    guest->data_source = "vdsm";
    guest->data_age_s = mom_value_int(0);
    guest->pid = value_of(stats->pid);
    guest->age_s = value_of(stats->elapsed_s);
    read_memory(guest, stats);
    read_balloon(guest, stats);
    guest->vcpu_user_limit = value_of(stats->vcpu_user_limit);
    guest->vcpu_quota_us = value_of(stats->vcpu_quota);
    guest->vcpu_period_us = value_of(stats->vcpu_period);
    guest->vcpu_count = value_of(stats->vcpu_count);
    return guest;
}

static MomLimits
limits_of(const MomVdsmLimits *in)
{
    const MomVdsmInt *const limit[MOM_N_LIMITS] = {
        &in->total_bytes_sec, &in->read_bytes_sec, &in->write_bytes_sec,
        &in->total_iops_sec,  &in->read_iops_sec,  &in->write_iops_sec,
    };
    MomLimits out = {0};

    for (guint i = 0; i < MOM_N_LIMITS; i++)
        if (limit[i]->set)
            mom_limits_set(&out, (MomLimit)i, mom_value_int(limit[i]->value));
        else if (in->nulls & (1u << i))
            mom_limits_set(&out, (MomLimit)i, MOM_NIL);
    return out;
}

static const char *
keep(MomGuestData *guest, const char *text)
{
    return text ? g_string_chunk_insert_const(guest->strings, text) : NULL;
}

void
mom_hypervisor_vdsm_add_io_tune(MomGuestData *guest, const MomVdsmVmIoTune *tune)
{
    guest->has_io_tune = TRUE;
    guest->strings = g_string_chunk_new(256);
    guest->io_policies = g_array_new(FALSE, TRUE, sizeof(MomTune));
    guest->io_states = g_array_new(FALSE, TRUE, sizeof(MomTuneState));
    for (guint i = 0; i < tune->policies->len; i++) {
        const MomVdsmIoPolicy *policy = &g_array_index(tune->policies, MomVdsmIoPolicy, i);
        MomTune out = {
            .name = keep(guest, policy->name),
            .path = keep(guest, policy->path),
            .guaranteed = limits_of(&policy->guaranteed),
            .maximum = limits_of(&policy->maximum),
        };

        g_array_append_val(guest->io_policies, out);
    }
    for (guint i = 0; i < tune->states->len; i++) {
        const MomVdsmIoState *state = &g_array_index(tune->states, MomVdsmIoState, i);
        MomTuneState out = {
            .name = keep(guest, state->name),
            .path = keep(guest, state->path),
            .io_tune = limits_of(&state->io_tune),
        };

        g_array_append_val(guest->io_states, out);
    }
}
