/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See distress.h.
 *
 * Swapping and faults are counters with libvirt and numbers per second with vdsm.  A growth between
 * two samples is a sign in both notations: of something that goes on, or of something that began.
 */
#include "agent/engine/distress.h"

/* Below these, growth is everyday life: a library read in, a page that came back. */
#define SWAP_IN_GROWTH_KIB 1024
#define MAJOR_FAULT_GROWTH 100

gboolean
mom_distress_host(MomEntity *host, const MomRailLimits *limits)
{
    MomRailHost facts = mom_rail_host(host);

    return facts.known &&
           (double)facts.free_kib <= (double)facts.total_kib * limits->host_critical_percent / 100;
}

static gboolean
read_number(const MomSample *sample, const char *key, gint64 *out)
{
    MomValue v;

    return mom_sample_get(sample, key, &v) && mom_value_to_int(v, out);
}

static gboolean
can_be_helped(const MomSample *sample, const MomRailLimits *limits, gint64 *present_kib)
{
    gint64 max_kib;

    return read_number(sample, "balloon_cur", present_kib) &&
           read_number(sample, "balloon_max", &max_kib) && *present_kib < max_kib &&
           !mom_rail_balloon_refusal(sample, limits);
}

static gboolean
is_short(const MomSample *sample, gint64 present_kib, const MomRailLimits *limits)
{
    gint64 free_kib, reclaimable_kib;

    if (!read_number(sample, "mem_unused", &free_kib))
        return FALSE;
    if (read_number(sample, MOM_RAIL_KEY_FREE, &reclaimable_kib))
        free_kib = MAX(free_kib, reclaimable_kib);
    return (double)free_kib < (double)present_kib * limits->guest_reserve_percent / 100;
}

static gboolean
grew(const MomSample *before, const MomSample *now, const char *key, gint64 least)
{
    gint64 was, is;

    return read_number(before, key, &was) && read_number(now, key, &is) && is > was &&
           (guint64)is - (guint64)was >= (guint64)least;
}

gboolean
mom_distress_is_possible(MomEntity *guest, const MomRailLimits *limits)
{
    const MomSample *now = mom_entity_latest(guest);
    gint64 present_kib;

    return now && can_be_helped(now, limits, &present_kib);
}

gboolean
mom_distress_guest(MomEntity *guest, const MomRailLimits *limits)
{
    const MomSample *now = mom_entity_latest(guest);
    gsize n = mom_entity_n_samples(guest);
    const MomSample *before = n > 1 ? mom_entity_sample(guest, n - 2) : NULL;
    gint64 present_kib;

    if (!now || !can_be_helped(now, limits, &present_kib))
        return FALSE;
    return is_short(now, present_kib, limits) ||
           (before && (grew(before, now, "swap_in", SWAP_IN_GROWTH_KIB) ||
                       grew(before, now, "major_fault", MAJOR_FAULT_GROWTH)));
}
