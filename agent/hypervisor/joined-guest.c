/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See joined-guest.h.
 *
 * A guest reports every few seconds, and is read oftener: what it counted is divided by the time
 * between two reports, not between two readings, or a rate would be 0 and five times too much in
 * turn.
 */
#include "agent/hypervisor/joined-guest.h"

#include "agent/hypervisor/guest-counters.h"

/* Of two readings that are less apart no rate is made, if the guest does not date its reports. */
#define LEAST_S 1.0

struct MomJoinedGuest {
    MomGuestData *data; /* NULL: nothing was told yet */
    gint64 read_us;
    gboolean hangs;
    MomGuestData *base; /* what rates count from; NULL: nothing */
    double base_s;
    MomValue rates[MOM_N_GUEST_COUNTERS];
};

MomJoinedGuest *
mom_joined_guest_new(void)
{
    return g_new0(MomJoinedGuest, 1);
}

void
mom_joined_guest_free(MomJoinedGuest *self)
{
    if (!self)
        return;
    mom_guest_data_free(self->data);
    mom_guest_data_free(self->base);
    g_free(self);
}

static void
forget_rates(MomJoinedGuest *self)
{
    g_clear_pointer(&self->base, mom_guest_data_free);
    for (gsize i = 0; i < MOM_N_GUEST_COUNTERS; i++)
        self->rates[i] = MOM_NIL;
}

/* When DATA's numbers were taken; by the guest's own report if it is dated. */
static double
time_of(const MomGuestData *data, gint64 read_us)
{
    gint64 report_s;

    return mom_value_to_int(data->report_time_s, &report_s) ? (double)report_s
                                                            : (double)read_us / G_USEC_PER_SEC;
}

static void
count_on(MomJoinedGuest *self)
{
    double now_s = time_of(self->data, self->read_us);
    double seconds = now_s - self->base_s;

    if (!self->data->has_memory) {
        forget_rates(self);
        return;
    }
    if (self->base && (mom_value_is_nil(self->base->report_time_s) !=
                           mom_value_is_nil(self->data->report_time_s) ||
                       seconds < 0))
        forget_rates(self);
    if (self->base && seconds < LEAST_S)
        return;
    for (gsize i = 0; self->base && i < MOM_N_GUEST_COUNTERS; i++) {
        self->rates[i] = mom_guest_counter_rate(*mom_guest_counter(self->base, i),
                                                *mom_guest_counter(self->data, i),
                                                (gint64)(seconds * G_USEC_PER_SEC));
    }
    mom_guest_data_free(self->base);
    self->base = mom_guest_data_share(self->data);
    self->base_s = now_s;
}

void
mom_joined_guest_take(MomJoinedGuest *self, const MomGuestData *told, gint64 now_us)
{
    self->hangs = told->hangs;
    if (told->hangs || told->is_unanswered)
        return;
    mom_guest_data_free(self->data);
    self->data = mom_guest_data_share(told);
    /* Limits of disks are vdsm's affair, and TOLD's strings do not last. */
    g_clear_pointer(&self->data->io_policies, g_array_unref);
    g_clear_pointer(&self->data->io_states, g_array_unref);
    self->read_us = now_us;
    count_on(self);
}

static void
prefer(MomValue *to, MomValue told)
{
    if (!mom_value_is_nil(told))
        *to = told;
}

static void
take_memory(MomGuestData *to, MomJoinedGuest *self)
{
    const MomGuestData *told = self->data;
    gint64 report_age_s;

    to->has_memory = told->has_memory;
    to->is_stale = told->is_stale;
    to->report_age_s = told->report_age_s;
    if (mom_value_to_int(told->report_age_s, &report_age_s))
        to->report_age_s = mom_value_int(report_age_s + to->data_age_s.integer);
    to->report_time_s = told->report_time_s;
    to->mem_available_kib = told->mem_available_kib;
    to->mem_unused_kib = told->mem_unused_kib;
    to->mem_free_kib = told->mem_free_kib;
    to->mem_usable_kib = told->mem_usable_kib;
    to->disk_caches_kib = told->disk_caches_kib;
    /* Until there are two reports vdsm's rates are the best there are. */
    for (gsize i = 0; i < MOM_N_GUEST_COUNTERS; i++)
        prefer(mom_guest_counter(to, i), self->rates[i]);
}

static void
take_balloon(MomGuestData *to, const MomGuestData *told)
{
    prefer(&to->balloon_cur_kib, told->balloon_cur_kib);
    prefer(&to->balloon_device, told->balloon_device);
    prefer(&to->balloon_driver, told->balloon_driver);
    prefer(&to->passthrough, told->passthrough);
    prefer(&to->hugepages, told->hugepages);
}

/* As under libvirt alone: only that it is there. */
static MomGuestData *
hanging(const MomGuestData *listed)
{
    MomGuestData *guest = mom_guest_data_new(listed->uuid, listed->name);

    guest->pid = listed->pid;
    guest->age_s = listed->age_s;
    guest->data_source = listed->data_source;
    guest->data_age_s = listed->data_age_s;
    guest->hangs = TRUE;
    return guest;
}

static void
take_process(MomGuestData *to, const MomGuestData *told)
{
    if (mom_value_is_nil(to->pid))
        to->pid = told->pid;
    if (mom_value_is_nil(to->age_s))
        to->age_s = told->age_s;
    /* These vdsm does not tell. */
    prefer(&to->agent_connected, told->agent_connected);
    prefer(&to->vsock_cid, told->vsock_cid);
}

MomGuestData *
mom_joined_guest_without(const MomJoinedGuest *self, const MomGuestData *listed)
{
    MomGuestData *guest = mom_guest_data_share(listed);

    if (self && self->data)
        take_process(guest, self->data);
    return guest;
}

MomGuestData *
mom_joined_guest_join(const MomJoinedGuest *self, const MomGuestData *listed, gint64 now_us)
{
    MomGuestData *guest;

    if (self && self->hangs)
        return hanging(listed);
    guest = mom_joined_guest_without(self, listed);
    guest->is_one_sided = !self;
    if (!self || !self->data || now_us - self->read_us > MOM_JOINED_KEEP_US)
        return guest;
    guest->data_source = self->data->data_source;
    guest->data_age_s = mom_value_int((now_us - self->read_us) / G_USEC_PER_SEC);
    take_memory(guest, (MomJoinedGuest *)self);
    take_balloon(guest, self->data);
    return guest;
}
