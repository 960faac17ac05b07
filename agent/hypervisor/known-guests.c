/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See known-guests.h.  What may be older than the outage is kept only where libvirt has no word of
 * its own, or where vdsm's counts more: the guarantee, the name, whether a balloon is allowed.
 */
#include "agent/hypervisor/known-guests.h"

#include <stddef.h>

#include "agent/hypervisor/guest-rates.h"

/* The kernel's own way to say that there is no quota, as vdsm passes it on. */
#define NO_QUOTA_US G_GINT64_CONSTANT(17592186044415)

/* What vdsm told: of some things it counts in any case, of others where libvirt leaves them out. */
static const struct {
    gsize offset;
    gboolean in_any_case;
} kept[] = {
    {offsetof(MomGuestData, ballooning_enabled), TRUE},
    {offsetof(MomGuestData, swap_total_kib), FALSE},
    {offsetof(MomGuestData, swap_usage_kib), FALSE},
    {offsetof(MomGuestData, vcpu_period_us), FALSE},
    {offsetof(MomGuestData, vcpu_count), FALSE},
};

typedef struct {
    char *name;
    MomValue pid; /* of the process that all this is about */
    MomValue guarantee_kib;
    MomValue no_quota_us; /* what was told for no quota; nil: there was one */
    MomValue kept[G_N_ELEMENTS(kept)];
    gboolean had_memory, had_balloon; /* of vdsm */
    guint learnt;                     /* the last list of vdsm's it was in; 0: none */
    gboolean is_up;                   /* it was in the last translation */
} Known;

struct MomKnownGuests {
    GHashTable *by_uuid; /* uuid -> Known */
    MomGuestRates *rates;
    guint lists;
};

static void
known_free(gpointer data)
{
    Known *one = data;

    g_free(one->name);
    g_free(one);
}

MomKnownGuests *
mom_known_guests_new(void)
{
    MomKnownGuests *known = g_new0(MomKnownGuests, 1);

    known->by_uuid = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, known_free);
    known->rates = mom_guest_rates_new();
    return known;
}

void
mom_known_guests_free(MomKnownGuests *known)
{
    if (!known)
        return;
    g_hash_table_unref(known->by_uuid);
    mom_guest_rates_free(known->rates);
    g_free(known);
}

static MomValue *
field_of(const MomGuestData *guest, gsize offset)
{
    return (MomValue *)(gpointer)((char *)(gpointer)guest + offset);
}

static Known *
known_of(MomKnownGuests *known, const char *uuid)
{
    Known *one = g_hash_table_lookup(known->by_uuid, uuid);

    if (!one) {
        one = g_new0(Known, 1);
        g_hash_table_insert(known->by_uuid, g_strdup(uuid), one);
    }
    return one;
}

static void
keep(MomValue *place, MomValue told)
{
    if (!mom_value_is_nil(told))
        *place = told;
}

/* ---- vdsm's word ---- */

/* A guest that was started anew may be another one in all but its identity. */
static void
forget_former_run(Known *one, const MomGuestData *guest)
{
    if (!mom_value_is_nil(guest->pid) && !mom_value_is_nil(one->pid) &&
        !mom_value_equal(guest->pid, one->pid)) {
        g_free(one->name);
        *one = (Known){0};
    }
}

static void
learn_quota(Known *one, MomValue told)
{
    gint64 quota_us = -1;

    if (mom_value_is_nil(told))
        return;
    mom_value_to_int(told, &quota_us);
    one->no_quota_us = quota_us <= 0 || quota_us >= NO_QUOTA_US ? told : MOM_NIL;
}

static void
learn(MomKnownGuests *known, const MomGuestData *guest)
{
    Known *one = known_of(known, guest->uuid);

    forget_former_run(one, guest);
    one->pid = guest->pid; /* also unknown: whatever it is, this is told of it */
    if (guest->name) {
        g_free(one->name);
        one->name = g_strdup(guest->name);
    }
    keep(&one->guarantee_kib, guest->balloon_min_kib);
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
        keep(&one->kept[i], *field_of(guest, kept[i].offset));
    learn_quota(one, guest->vcpu_quota_us);
    one->had_memory |= guest->has_memory;
    one->had_balloon |= guest->has_balloon;
    one->learnt = known->lists;
    mom_guest_rates_learn(known->rates, guest);
}

static gboolean
is_not_in_last_list(gpointer uuid, gpointer one, gpointer data)
{
    MomKnownGuests *known = data;

    if (((Known *)one)->learnt == known->lists)
        return FALSE;
    mom_guest_rates_forget(known->rates, uuid);
    return TRUE;
}

void
mom_known_guests_learn(MomKnownGuests *known, GPtrArray *guests)
{
    known->lists++;
    for (guint i = 0; i < guests->len; i++) {
        const MomGuestData *guest = g_ptr_array_index(guests, i);

        if (guest->uuid)
            learn(known, guest);
    }
    g_hash_table_foreach_remove(known->by_uuid, is_not_in_last_list, known);
}

/* ---- libvirt's word ---- */

/* NULL if oVirt does not know GUEST, or not any more. */
static Known *
find_ours(MomKnownGuests *known, const MomGuestData *guest)
{
    Known *one = guest->uuid ? g_hash_table_lookup(known->by_uuid, guest->uuid) : NULL;

    if (one || !guest->uuid || mom_value_is_nil(guest->ovirt_guarantee_kib))
        return one;
    return known_of(known, guest->uuid);
}

/* The engine's guarantee, as vdsm told it or else keeps it with the guest.  Without one a guest may
 * not be ballooned: libvirt's adapter takes silence for no guarantee at all. */
static void
set_guarantee(MomGuestData *guest, Known *one)
{
    if (!one->learnt || mom_value_is_nil(one->guarantee_kib))
        keep(&one->guarantee_kib, guest->ovirt_guarantee_kib);
    guest->balloon_min_kib = one->guarantee_kib;
    guest->has_balloon = guest->has_balloon && !mom_value_is_nil(one->guarantee_kib);
}

static void
translate(MomKnownGuests *known, MomGuestData *guest, Known *one, gint64 now_us)
{
    forget_former_run(one, guest);
    keep(&one->pid, guest->pid);
    one->is_up = TRUE;
    if (one->name) {
        g_free(guest->name);
        guest->name = g_strdup(one->name);
    }
    set_guarantee(guest, one);
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
        MomValue *field = field_of(guest, kept[i].offset);

        if (kept[i].in_any_case || mom_value_is_nil(*field))
            keep(field, one->kept[i]);
    }
    if (mom_value_is_nil(guest->vcpu_quota_us))
        guest->vcpu_quota_us = one->no_quota_us;
    mom_guest_rates_apply(known->rates, guest, now_us);
}

static void
is_up_no_more(gpointer uuid, gpointer one, gpointer unused)
{
    ((Known *)one)->is_up = FALSE;
}

GPtrArray *
mom_known_guests_translate(MomKnownGuests *known, GPtrArray *guests, gint64 now_us)
{
    GPtrArray *ours = g_ptr_array_sized_new(guests->len);

    g_hash_table_foreach(known->by_uuid, is_up_no_more, NULL);
    for (guint i = 0; i < guests->len; i++) {
        MomGuestData *guest = g_ptr_array_index(guests, i);
        Known *one = find_ours(known, guest);

        if (one) {
            translate(known, guest, one, now_us);
            g_ptr_array_add(ours, guest);
        }
    }
    return ours;
}

void
mom_known_guests_pause(MomKnownGuests *known)
{
    mom_guest_rates_pause(known->rates);
}

/* ---- both ---- */

static guint
count_up(const MomKnownGuests *known)
{
    GHashTableIter iter;
    gpointer one;
    guint n = 0;

    g_hash_table_iter_init(&iter, known->by_uuid);
    while (g_hash_table_iter_next(&iter, NULL, &one))
        n += ((Known *)one)->is_up ? 1 : 0;
    return n;
}

static gboolean
is_told_in_full(const Known *one, const MomGuestData *guest)
{
    return (guest->has_memory || !one->had_memory) && (guest->has_balloon || !one->had_balloon);
}

gboolean
mom_known_guests_are_all_in(const MomKnownGuests *known, GPtrArray *guests)
{
    guint up = 0;

    for (guint i = 0; i < guests->len; i++) {
        const MomGuestData *guest = g_ptr_array_index(guests, i);
        const Known *one = guest->uuid ? g_hash_table_lookup(known->by_uuid, guest->uuid) : NULL;

        up += one && one->is_up && is_told_in_full(one, guest) ? 1 : 0;
    }
    return up >= count_up(known);
}
