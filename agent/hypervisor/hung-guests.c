/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See hung-guests.h.
 */
#define G_LOG_DOMAIN "mom.libvirtInterface"

#include "agent/hypervisor/hung-guests.h"

#include "libvirt-client/changeable.h"

struct MomHungGuests {
    GHashTable *uuids; /* a set */
};

MomHungGuests *
mom_hung_guests_new(void)
{
    MomHungGuests *self = g_new0(MomHungGuests, 1);

    self->uuids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return self;
}

void
mom_hung_guests_free(MomHungGuests *self)
{
    if (!self)
        return;
    g_hash_table_unref(self->uuids);
    g_free(self);
}

gboolean
mom_hung_guests_contain(const MomHungGuests *self, const char *uuid)
{
    return g_hash_table_contains(self->uuids, uuid);
}

/* TRUE if GUEST hangs. */
static gboolean
judge(const MomHungGuests *self, const MomVirtGuest *guest)
{
    gboolean hung = mom_hung_guests_contain(self, guest->uuid);

    if (!guest->reached && !hung && mom_virt_hangs(guest->held_ms)) {
        g_warning("Guest %s (%s) hangs: its QEMU has not answered libvirt for %" G_GUINT64_FORMAT
                  " s. Nothing is known of it and nothing done to it until it answers; the other "
                  "guests are managed as before",
                  guest->name, guest->uuid, guest->held_ms / 1000);
        return TRUE;
    }
    if (guest->reached && hung)
        g_info("Guest %s (%s) answers again", guest->name, guest->uuid);
    return hung && !guest->reached;
}

void
mom_hung_guests_update(MomHungGuests *self, const GPtrArray *guests)
{
    g_autoptr(GHashTable) now = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < guests->len; i++) {
        const MomVirtGuest *guest = guests->pdata[i];

        if (judge(self, guest))
            g_hash_table_add(now, g_strdup(guest->uuid));
    }
    g_clear_pointer(&self->uuids, g_hash_table_unref);
    self->uuids = g_steal_pointer(&now);
}
