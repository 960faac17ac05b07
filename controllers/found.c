/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See found.h.  A guest's process tells its lives apart: migrated away and back, or shut down and
 * started, it is another one, whose knobs are as its new start has set them.
 */
#include "controllers/found.h"

static void
guest_free(gpointer data)
{
    MomFoundGuest *guest = data;

    g_hash_table_unref(guest->disks);
    g_free(guest);
}

MomFound *
mom_found_new(void)
{
    MomFound *found = g_new0(MomFound, 1);

    found->guests = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, guest_free);
    return found;
}

void
mom_found_free(MomFound *found)
{
    if (!found)
        return;
    g_hash_table_unref(found->guests);
    g_free(found);
}

void
mom_found_forget(MomFound *found, const char *uuid)
{
    if (uuid)
        g_hash_table_remove(found->guests, uuid);
    else
        found->ksm = 0;
    found->notes++;
}

void
mom_found_ksm(MomFound *found, MomKsmKey key, gint64 value)
{
    if (found->ksm & MOM_KSM_BIT(key))
        return;
    found->ksm |= MOM_KSM_BIT(key);
    found->ksm_value[key] = value;
    found->notes++;
}

/* ---- guests ---- */

static void
drop_longest_unused(MomFound *found)
{
    GHashTableIter iter;
    gpointer uuid, guest;
    const char *oldest = NULL;
    guint age = 0;

    g_hash_table_iter_init(&iter, found->guests);
    while (g_hash_table_iter_next(&iter, &uuid, &guest)) {
        guint its_age = found->used - ((MomFoundGuest *)guest)->used;

        if (!oldest || its_age > age) {
            oldest = uuid;
            age = its_age;
        }
    }
    g_hash_table_remove(found->guests, oldest);
}

static gboolean
is_another_life(const MomFoundGuest *guest, gint64 pid)
{
    return guest->pid != 0 && pid != 0 && guest->pid != pid;
}

MomFoundGuest *
mom_found_guest(MomFound *found, const char *uuid, gint64 pid)
{
    MomFoundGuest *guest = g_hash_table_lookup(found->guests, uuid);

    if (!guest || is_another_life(guest, pid)) {
        if (!guest && g_hash_table_size(found->guests) >= MOM_FOUND_GUESTS_MAX)
            drop_longest_unused(found);
        guest = g_new0(MomFoundGuest, 1);
        guest->disks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_hash_table_insert(found->guests, g_strdup(uuid), guest);
    }
    if (pid != 0)
        guest->pid = pid;
    guest->used = ++found->used;
    return guest;
}

static gint64
pid_of(MomEntity *guest)
{
    MomValue v;
    gint64 pid;

    return mom_entity_get_property(guest, "pid", &v) && mom_value_to_int(v, &pid) ? pid : 0;
}

/* NULL: a guest that cannot be told from others. */
static MomFoundGuest *
record_of(MomFound *found, MomEntity *guest)
{
    const char *uuid = mom_entity_get_string_property(guest, "uuid");

    return uuid ? mom_found_guest(found, uuid, pid_of(guest)) : NULL;
}

const MomFoundGuest *
mom_found_lookup(MomFound *found, MomEntity *guest)
{
    const char *uuid = mom_entity_get_string_property(guest, "uuid");
    MomFoundGuest *record = uuid ? g_hash_table_lookup(found->guests, uuid) : NULL;

    if (!record || is_another_life(record, pid_of(guest)))
        return NULL;
    record->used = ++found->used;
    return record;
}

void
mom_found_balloon(MomFound *found, MomEntity *guest, gint64 size_kib)
{
    MomFoundGuest *record = record_of(found, guest);

    if (!record || record->has_balloon)
        return;
    record->has_balloon = TRUE;
    record->balloon_kib = size_kib;
    found->notes++;
}

void
mom_found_cpu(MomFound *found, MomEntity *guest, gint64 quota_us, gint64 period_us)
{
    MomFoundGuest *record = record_of(found, guest);

    if (!record || record->has_cpu)
        return;
    record->has_cpu = TRUE;
    record->quota_us = quota_us;
    record->period_us = period_us;
    found->notes++;
}

void
mom_found_io(MomFound *found, MomEntity *guest, const char *disk, const MomLimits *limits)
{
    MomFoundGuest *record = record_of(found, guest);

    if (!record || g_hash_table_contains(record->disks, disk) ||
        g_hash_table_size(record->disks) >= MOM_FOUND_DISKS_MAX)
        return;
    g_hash_table_insert(record->disks, g_strdup(disk), g_memdup2(limits, sizeof *limits));
    found->notes++;
}
