/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The rails of balloons, see rails-balloon.h.
 *
 * A wish passes the rails in one order: may the guest be ballooned, is its size known, its bounds,
 * what it uses, what the host can give, how fast.  Each may only bring the target nearer to the
 * present size; the bounds have the last word.
 */
#include "controllers/rails-balloon.h"

/* After so long without a target a guest may change by all that the pace allows in this time. */
#define PACE_MEMORY_US (60 * (gint64)G_USEC_PER_SEC)
/* What the rails leave of a wish is worth a call only if it is so much of the guest's size. */
#define LEAST_STEP_PERCENT 1

const MomRailLimits mom_rail_limits_default = {
    .settle_s = 60,
    .guest_reserve_percent = 5,
    .host_reserve_percent = 5,
    .host_critical_percent = 5,
    .max_change_percent = 10,
    .blind_after_s = 45,
    .stuck_after_s = 60,
};

static const MomRail no_size = {"balloon-absurd", "a target of 0 or less is no size"};
static const MomRail no_balloon = {"balloon-unknown", "the guest's present size is not known"};
static const MomRail no_bounds = {"balloon-no-bounds",
                                  "the guest's guaranteed minimum or its maximum is not known"};
static const MomRail crossed = {"balloon-crossed-bounds",
                                "the guest's guaranteed minimum is above its maximum"};
static const MomRail below_min = {"balloon-min", "held to the guest's guaranteed minimum"};
static const MomRail above_max = {"balloon-max", "held to the guest's maximum"};
static const MomRail in_use = {"balloon-guest-reserve",
                               "held to what the guest uses and its reserve"};
static const MomRail blind = {"balloon-blind",
                              "not shrunk, as there was no data for a while and averages are old"};
static const MomRail stale = {"balloon-stale",
                              "the guest's own report is too old to tell what it uses"};
static const MomRail host_reserve = {"balloon-host-reserve",
                                     "held to what the host has above its own reserve"};
static const MomRail too_fast = {"balloon-max-change", "held to the change allowed in this time"};

static const MomRail disabled = {"balloon-disabled", "ballooning is switched off for this guest"};
static const MomRail no_device = {"balloon-no-device", "the guest has no balloon device"};
static const MomRail no_driver = {"balloon-no-driver",
                                  "no balloon driver in the guest has reported yet"};
static const MomRail starting = {"balloon-settling", "the guest was started only a moment ago"};
static const MomRail passthrough = {
    "balloon-passthrough", "a device of the host is passed through, which pins the guest's memory"};
static const MomRail hugepages = {"balloon-hugepages",
                                  "the guest's memory is huge pages, which a balloon cannot free"};

/* ---- who is left alone ---- */

static MomValue
key_of(const MomSample *sample, const char *key)
{
    MomValue v;

    return sample && mom_sample_get(sample, key, &v) ? v : MOM_NIL;
}

static gboolean
is_false(const MomSample *sample, const char *key)
{
    MomValue v = key_of(sample, key);

    return !mom_value_is_nil(v) && !mom_value_truth(v);
}

static gboolean
is_true(const MomSample *sample, const char *key)
{
    MomValue v = key_of(sample, key);

    return !mom_value_is_nil(v) && mom_value_truth(v);
}

static gboolean
is_starting(const MomSample *sample, const MomRailLimits *limits)
{
    gint64 age_s;

    return mom_value_to_int(key_of(sample, MOM_RAIL_KEY_AGE), &age_s) &&
           (double)age_s < limits->settle_s;
}

const MomRail *
mom_rail_balloon_refusal(const MomSample *sample, const MomRailLimits *limits)
{
    const MomRail *guest = mom_rail_guest(sample);

    if (guest)
        return guest;
    if (is_false(sample, MOM_RAIL_KEY_ENABLED))
        return &disabled;
    if (is_false(sample, MOM_RAIL_KEY_DEVICE))
        return &no_device;
    if (is_true(sample, MOM_RAIL_KEY_PASSTHROUGH) && !limits->allow_passthrough)
        return &passthrough;
    if (is_true(sample, MOM_RAIL_KEY_HUGEPAGES) && !limits->allow_hugepages)
        return &hugepages;
    if (is_starting(sample, limits))
        return &starting;
    if (is_false(sample, MOM_RAIL_KEY_DRIVER))
        return &no_driver;
    return NULL;
}

/* ---- how far ---- */

/* The host's fields for all and for free memory, the better pair first.  The old names take huge
 * pages for memory that could be given away, and shared memory, which may be guests, for free. */
static const struct {
    const char *total;
    const char *free;
} host_fields[] = {{"mem_total_managed", "mem_free_real"}, {"mem_available", "mem_free"}};

MomRailHost
mom_rail_host(MomEntity *host)
{
    MomRailHost facts = {0};

    for (gsize i = 0; i < G_N_ELEMENTS(host_fields) && !facts.known; i++)
        facts.known = mom_entity_get_int(host, host_fields[i].total, &facts.total_kib) &&
                      mom_entity_get_int(host, host_fields[i].free, &facts.free_kib) &&
                      facts.total_kib > 0 && facts.free_kib >= 0;
    return facts;
}

static gint64
percent_of(gint64 whole, double percent)
{
    double part = (double)whole * percent / 100;

    return part < (double)(G_MAXINT64 / 2) ? (gint64)part : G_MAXINT64 / 2;
}

gint64
mom_rail_host_room_kib(const MomRailHost *host, const MomRailLimits *limits)
{
    gint64 reserve_kib = percent_of(host->total_kib, limits->host_reserve_percent);

    return MAX(host->free_kib - host->promised_kib - reserve_kib, 0);
}

static gboolean
is_critical(const MomRailWish *wish)
{
    return wish->host->known &&
           wish->host->free_kib <=
               percent_of(wish->host->total_kib, wish->limits->host_critical_percent);
}

/* What the guest uses, by its own account; FALSE if it gives none. */
static gboolean
read_used_kib(MomEntity *guest, gint64 present_kib, gint64 *used_kib)
{
    gint64 free_kib, reclaimable_kib;

    if (!mom_entity_get_int(guest, "mem_unused", &free_kib) || free_kib < 0)
        return FALSE;
    /* Caches go before a guest suffers. */
    if (mom_value_to_int(key_of(mom_entity_latest(guest), MOM_RAIL_KEY_FREE), &reclaimable_kib))
        free_kib = MAX(free_kib, reclaimable_kib);
    *used_kib = MAX(present_kib - MIN(free_kib, present_kib), 0);
    return TRUE;
}

typedef struct {
    gint64 present_kib;
    gint64 min_kib;
    gint64 max_kib;
    gint64 target_kib;
    const MomRail *rail;
} Held;

static void
hold_above(Held *held, gint64 least_kib, const MomRail *rail)
{
    if (held->target_kib < least_kib) {
        held->target_kib = least_kib;
        held->rail = rail;
    }
}

static void
hold_below(Held *held, gint64 most_kib, const MomRail *rail)
{
    if (held->target_kib > most_kib) {
        held->target_kib = most_kib;
        held->rail = rail;
    }
}

static void
hold_to_use(Held *held, MomEntity *guest, const MomRailWish *wish)
{
    gint64 used_kib, least_kib;

    if (held->target_kib >= held->present_kib || is_critical(wish))
        return;
    if (is_true(mom_entity_latest(guest), MOM_RAIL_KEY_STALE) && !wish->limits->allow_stale)
        hold_above(held, held->present_kib, &stale);
    if (wish->limits->guest_reserve_percent <= 0 ||
        !read_used_kib(guest, held->present_kib, &used_kib))
        return;
    least_kib = used_kib + percent_of(held->present_kib, wish->limits->guest_reserve_percent);
    hold_above(held, MIN(least_kib, held->present_kib), &in_use);
}

/* Also of a critical host, whose free memory is no wiser than its averages. */
static void
hold_in_blindness(Held *held, const MomRailWish *wish)
{
    if (wish->is_blind)
        hold_above(held, held->present_kib, &blind);
}

/* Growing up to the guarantee is not the host's to refuse: it was sold. */
static void
hold_to_host(Held *held, const MomRailWish *wish)
{
    gint64 room_kib;

    if (held->target_kib <= held->present_kib || !wish->host->known ||
        wish->limits->host_reserve_percent <= 0)
        return;
    room_kib = mom_rail_host_room_kib(wish->host, wish->limits);
    hold_below(held, MAX(held->present_kib + room_kib, held->min_kib), &host_reserve);
}

/* What was sent was fast enough then, and is not taken back because the guest is slower. */
static void
hold_to_pace(Held *held, const MomRailWish *wish)
{
    gint64 sent_kib = wish->sent_kib > 0 ? wish->sent_kib : held->present_kib;
    gint64 idle_us = wish->idle_us < 0 ? PACE_MEMORY_US : wish->idle_us;
    double seconds =
        (double)CLAMP(idle_us, (gint64)G_USEC_PER_SEC, PACE_MEMORY_US) / G_USEC_PER_SEC;
    gint64 step_kib;

    if (wish->limits->max_change_percent <= 0)
        return;
    step_kib = percent_of(held->max_kib, wish->limits->max_change_percent * seconds);
    hold_above(held, MIN(held->present_kib - step_kib, sent_kib), &too_fast);
    hold_below(held, MAX(MAX(held->present_kib + step_kib, sent_kib), held->min_kib), &too_fast);
}

/* FALSE if the rails left nothing worth a call.  A guest that is on its way to a target which they
 * would not allow now has to be told, even if it is to stay as it is. */
static gboolean
is_worth_it(const Held *held, const MomRailWish *wish)
{
    gint64 step_kib = ABS(held->target_kib - held->present_kib);

    if (wish->sent_kib > 0)
        step_kib = MAX(step_kib, ABS(held->target_kib - wish->sent_kib));
    return !held->rail || held->rail == &below_min || held->rail == &above_max ||
           step_kib >= percent_of(held->present_kib, LEAST_STEP_PERCENT);
}

static const MomRail *
read_guest(MomEntity *guest, Held *held)
{
    if (!mom_entity_get_int(guest, "balloon_cur", &held->present_kib) || held->present_kib <= 0)
        return &no_balloon;
    if (!mom_entity_get_int(guest, "balloon_min", &held->min_kib) || held->min_kib < 0 ||
        !mom_entity_get_int(guest, "balloon_max", &held->max_kib) || held->max_kib <= 0)
        return &no_bounds;
    return held->min_kib > held->max_kib ? &crossed : NULL;
}

gboolean
mom_rail_balloon(MomEntity *guest,
                 const MomRailWish *wish,
                 gint64 *target_kib,
                 const MomRail **rail)
{
    Held held = {.target_kib = wish->wish_kib};

    *rail = wish->wish_kib <= 0 ? &no_size
                                : mom_rail_balloon_refusal(mom_entity_latest(guest), wish->limits);
    if (!*rail)
        *rail = read_guest(guest, &held);
    if (*rail)
        return FALSE;
    hold_above(&held, held.min_kib, &below_min);
    hold_below(&held, held.max_kib, &above_max);
    hold_to_use(&held, guest, wish);
    hold_in_blindness(&held, wish);
    hold_to_host(&held, wish);
    hold_to_pace(&held, wish);
    hold_above(&held, held.min_kib, &below_min);
    hold_below(&held, held.max_kib, &above_max);
    *rail = held.rail;
    if (!is_worth_it(&held, wish))
        return FALSE;
    *target_kib = held.target_kib;
    return TRUE;
}
