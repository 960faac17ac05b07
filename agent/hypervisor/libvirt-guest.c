/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See libvirt-guest.h.
 */
#include "agent/hypervisor/libvirt-guest.h"

#define NO_VCPU_LIMIT_PERCENT 100
#define NAME_CHUNK_BYTES 128

/* libvirt's limits are numbered as it documents them, ours as policies name them. */
static const MomLimit limit_of[MOM_VIRT_N_LIMITS] = {
    MOM_LIMIT_TOTAL_BYTES, MOM_LIMIT_READ_BYTES, MOM_LIMIT_WRITE_BYTES,
    MOM_LIMIT_TOTAL_IOPS,  MOM_LIMIT_READ_IOPS,  MOM_LIMIT_WRITE_IOPS,
};

static MomValue
stat_value(const MomVirtGuest *guest, MomVirtStat stat)
{
    guint64 value;

    if (!mom_virt_guest_get(guest, stat, &value) || value > G_MAXINT64)
        return MOM_NIL;
    return mom_value_int((gint64)value);
}

static MomValue
field_value(const MomVirtGuest *guest, MomVirtDomainField field, MomValue otherwise)
{
    gint64 value;

    if (guest->domain == NULL)
        return MOM_NIL;
    return mom_virt_domain_get(guest->domain, field, &value) ? mom_value_int(value) : otherwise;
}

/* As vdsm reckons it: unused and caches. */
static MomValue
free_memory(MomValue unused, MomValue caches)
{
    if (mom_value_is_nil(unused) || mom_value_is_nil(caches) ||
        caches.integer > G_MAXINT64 - unused.integer)
        return unused;
    return mom_value_int(unused.integer + caches.integer);
}

/* A report cannot be from the future, but clocks are set now and then. */
#define CLOCK_SLACK_S 5
/* Nor from before the guest, or if that is not known from before anything that still runs
 * (libvirt's test driver tells 1989). */
#define LONGEST_AGE_S (10 * 365 * (gint64)86400)

static MomValue
report_age(const MomVirtGuest *guest, const MomLibvirtView *view)
{
    gint64 longest_s = LONGEST_AGE_S;
    MomValue last_s = stat_value(guest, MOM_VIRT_LAST_UPDATE_S);
    gint64 age_s;

    if (mom_value_is_nil(last_s) || last_s.integer == 0)
        return MOM_NIL;
    if (mom_value_to_int(view->age_s, &longest_s))
        longest_s += CLOCK_SLACK_S;
    age_s = view->wall_s - last_s.integer;
    if (age_s < -CLOCK_SLACK_S || age_s > longest_s)
        return MOM_NIL;
    return mom_value_int(MAX(age_s, 0));
}

/* A period that somebody else set is in the XML. */
static gint64
stale_after_s(const MomVirtGuest *guest, const MomLibvirtView *view)
{
    guint period_s = view->period_s;

    if (period_s == 0 && guest->domain != NULL)
        period_s = guest->domain->stats_period_s;
    return MAX(MOM_LIBVIRT_STALE_PERIODS * (gint64)period_s, MOM_LIBVIRT_STALE_S);
}

/* FALSE: the report is too old for any of its numbers to be used. */
static gboolean
date_report(MomGuestData *data, const MomVirtGuest *guest, const MomLibvirtView *view)
{
    gint64 age_s;

    data->report_age_s = report_age(guest, view);
    if (!mom_value_to_int(data->report_age_s, &age_s))
        return TRUE;
    data->report_time_s = stat_value(guest, MOM_VIRT_LAST_UPDATE_S);
    data->is_stale = age_s > stale_after_s(guest, view);
    return !data->is_stale;
}

static void
fill_memory(MomGuestData *data, const MomVirtGuest *guest, const MomLibvirtView *view)
{
    if (!date_report(data, guest, view))
        return;
    data->mem_usable_kib = stat_value(guest, MOM_VIRT_USABLE_KIB);
    data->disk_caches_kib = stat_value(guest, MOM_VIRT_DISK_CACHES_KIB);
    data->mem_available_kib = stat_value(guest, MOM_VIRT_AVAILABLE_KIB);
    data->mem_unused_kib = stat_value(guest, MOM_VIRT_UNUSED_KIB);
    data->mem_free_kib = free_memory(data->mem_unused_kib, data->disk_caches_kib);
    data->major_faults = stat_value(guest, MOM_VIRT_MAJOR_FAULTS);
    data->minor_faults = stat_value(guest, MOM_VIRT_MINOR_FAULTS);
    data->swap_in = stat_value(guest, MOM_VIRT_SWAP_IN_KIB);
    data->swap_out = stat_value(guest, MOM_VIRT_SWAP_OUT_KIB);
    data->has_memory =
        !mom_value_is_nil(data->mem_available_kib) && !mom_value_is_nil(data->mem_unused_kib);
}

/* What vdsm keeps with the guests that it made. */
static void
fill_ovirt(MomGuestData *data, const MomVirtGuest *guest)
{
    MomValue enabled = field_value(guest, MOM_VIRT_BALLOONING_ENABLED, MOM_NIL);

    data->ovirt_guarantee_kib = field_value(guest, MOM_VIRT_OVIRT_GUARANTEE_KIB, MOM_NIL);
    if (!mom_value_is_nil(enabled))
        data->ballooning_enabled = mom_value_bool(enabled.integer != 0);
}

/* QEMU tells 0 for the time of the guest's last report until its driver has made the first one. */
static void
fill_driver(MomGuestData *data, const MomVirtGuest *guest)
{
    guint64 last_update_s;

    if (mom_virt_guest_get(guest, MOM_VIRT_LAST_UPDATE_S, &last_update_s))
        data->balloon_driver = mom_value_bool(last_update_s > 0);
}

static MomValue
agent_connected(const MomVirtDomain *domain)
{
    if (domain->agent == MOM_VIRT_AGENT_UNKNOWN)
        return MOM_NIL;
    return mom_value_bool(domain->agent == MOM_VIRT_AGENT_CONNECTED);
}

static void
fill_memory_kind(MomGuestData *data, const MomVirtDomain *domain)
{
    data->passthrough = mom_value_bool(domain->passthrough);
    data->hugepages = mom_value_bool(domain->hugepages);
}

/* libvirt's word counts more than the configuration's. */
static MomValue
guarantee(const MomVirtGuest *guest, const MomGuarantees *guarantees, MomValue max_kib)
{
    MomValue known = field_value(guest, MOM_VIRT_MIN_GUARANTEE_KIB, mom_value_int(-1));
    gint64 max, kib = 0;

    if (mom_value_is_nil(known) || known.integer >= 0)
        return known;
    if (guarantees != NULL && guest->name != NULL && mom_value_to_int(max_kib, &max))
        mom_guarantees_find(guarantees, guest->name, max, &kib);
    return mom_value_int(kib);
}

static void
fill_balloon(MomGuestData *data, const MomVirtGuest *guest, const MomLibvirtView *view)
{
    MomVirtBalloon balloon =
        guest->domain != NULL ? guest->domain->balloon : MOM_VIRT_BALLOON_UNKNOWN;

    data->balloon_cur_kib = stat_value(guest, MOM_VIRT_BALLOON_CURRENT_KIB);
    data->balloon_max_kib = stat_value(guest, MOM_VIRT_BALLOON_MAXIMUM_KIB);
    data->balloon_min_kib = guarantee(guest, view->guarantees, data->balloon_max_kib);
    if (balloon != MOM_VIRT_BALLOON_UNKNOWN)
        data->balloon_device = mom_value_bool(balloon == MOM_VIRT_BALLOON_PRESENT);
    fill_driver(data, guest);
    fill_ovirt(data, guest);
    data->has_balloon = !mom_value_is_nil(data->balloon_cur_kib) &&
                        !mom_value_is_nil(data->balloon_max_kib) &&
                        !mom_value_is_nil(data->balloon_min_kib);
}

static void
fill_cpu(MomGuestData *data, const MomVirtGuest *guest)
{
    data->vcpu_user_limit =
        field_value(guest, MOM_VIRT_VCPU_LIMIT_PERCENT, mom_value_int(NO_VCPU_LIMIT_PERCENT));
    data->vcpu_quota_us = field_value(guest, MOM_VIRT_VCPU_QUOTA_US, MOM_NIL);
    data->vcpu_period_us = field_value(guest, MOM_VIRT_VCPU_PERIOD_US, MOM_NIL);
    data->vcpu_count = field_value(guest, MOM_VIRT_VCPUS, MOM_NIL);
}

static MomLimits
limits_of(const MomVirtLimits *limits)
{
    MomLimits result = {0};

    for (guint i = 0; i < MOM_VIRT_N_LIMITS; i++)
        if (limits->present & 1u << i && limits->value[i] <= G_MAXINT64)
            mom_limits_set(&result, limit_of[i], mom_value_int((gint64)limits->value[i]));
    return result;
}

/* What is set now: a limit that the XML does not name is unlimited, which libvirt writes as 0. */
static MomLimits
limits_in_force(const MomVirtDisk *disk)
{
    MomLimits result = {0};

    for (guint i = 0; i < MOM_VIRT_N_LIMITS; i++) {
        gboolean named = disk->limits.present & 1u << i && disk->limits.value[i] <= G_MAXINT64;

        mom_limits_set(&result, limit_of[i],
                       mom_value_int(named ? (gint64)disk->limits.value[i] : 0));
    }
    return result;
}

static const MomVirtDisk *
find_disk(const MomVirtDomain *domain, const MomVirtDiskPolicy *policy)
{
    for (guint i = 0; i < domain->disks->len; i++) {
        const MomVirtDisk *disk = domain->disks->pdata[i];

        if (policy->name != NULL
                ? g_strcmp0(disk->target, policy->name) == 0
                : policy->path != NULL && g_strcmp0(disk->source, policy->path) == 0)
            return disk;
    }
    return NULL;
}

static const char *
keep(MomGuestData *data, const char *string)
{
    return string != NULL ? g_string_chunk_insert_const(data->strings, string) : NULL;
}

static void
fill_disk(MomGuestData *data, const MomVirtDiskPolicy *policy, const MomVirtDisk *disk)
{
    MomTune tune = {
        .name = keep(data, disk->target),
        .path = keep(data, disk->source),
        .guaranteed = limits_of(&policy->guaranteed),
        .maximum = limits_of(&policy->maximum),
    };
    MomTuneState state = {.name = tune.name, .path = tune.path, .io_tune = limits_in_force(disk)};

    g_array_append_val(data->io_policies, tune);
    g_array_append_val(data->io_states, state);
}

static void
fill_disks(MomGuestData *data, const MomVirtDomain *domain)
{
    data->strings = g_string_chunk_new(NAME_CHUNK_BYTES);
    data->io_policies = g_array_new(FALSE, TRUE, sizeof(MomTune));
    data->io_states = g_array_new(FALSE, TRUE, sizeof(MomTuneState));
    for (guint i = 0; i < domain->policies->len; i++) {
        const MomVirtDiskPolicy *policy = domain->policies->pdata[i];
        const MomVirtDisk *disk = find_disk(domain, policy);

        if (disk != NULL)
            fill_disk(data, policy, disk);
    }
    data->has_io_tune = data->io_policies->len > 0;
}

MomGuestData *
mom_libvirt_guest_data(const MomVirtGuest *guest, const MomLibvirtView *view)
{
    MomGuestData *data = mom_guest_data_new(guest->uuid, guest->name);

    data->data_source = "libvirt";
    data->data_age_s = mom_value_int(0);
    data->is_unanswered = !guest->reached;
    data->hangs = view->hangs;
    data->pid = view->pid;
    data->age_s = view->age_s;
    data->vsock_cid = field_value(guest, MOM_VIRT_VSOCK_CID, MOM_NIL);
    if (view->hangs)
        return data;
    fill_memory(data, guest, view);
    fill_balloon(data, guest, view);
    fill_cpu(data, guest);
    if (guest->domain != NULL) {
        data->agent_connected = agent_connected(guest->domain);
        fill_memory_kind(data, guest->domain);
        fill_disks(data, guest->domain);
    }
    return data;
}

gboolean
mom_libvirt_limits(const MomLimits *limits, MomVirtLimits *out)
{
    MomVirtLimits result = {0};

    for (guint i = 0; i < MOM_VIRT_N_LIMITS; i++) {
        MomValue limit = limits->value[limit_of[i]];
        gint64 value = 0;

        if (!(limits->present & 1u << limit_of[i]))
            continue;
        if (!mom_value_is_nil(limit) && (!mom_value_to_int(limit, &value) || value < 0))
            return FALSE;
        result.present |= 1u << i;
        result.value[i] = (guint64)value;
    }
    *out = result;
    return TRUE;
}
