/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See room.h.
 */
#include "agent/engine/room.h"

static gint64
give_what_is_owed(MomRoomShare *shares, gsize n, gint64 room_kib)
{
    for (gsize i = 0; i < n; i++) {
        shares[i].given_kib = shares[i].owed_kib;
        room_kib -= MIN(room_kib, shares[i].owed_kib);
    }
    return room_kib;
}

/* What is left of the room when those have had theirs who are IN_NEED, or are not. */
static gint64
give_to(MomRoomShare *shares, gsize n, gboolean in_need, gint64 room_kib)
{
    double lack_kib = 0;
    double part;
    gint64 left_kib = room_kib;

    for (gsize i = 0; i < n; i++)
        if (!shares[i].in_need == !in_need)
            lack_kib += (double)(shares[i].lack_kib - shares[i].owed_kib);
    part = lack_kib > (double)room_kib ? (double)room_kib / lack_kib : 1;
    for (gsize i = 0; i < n; i++) {
        gint64 lacks_kib = shares[i].lack_kib - shares[i].owed_kib;
        gint64 given_kib = MIN((gint64)((double)lacks_kib * part), left_kib);

        if (!shares[i].in_need != !in_need)
            continue;
        shares[i].given_kib += given_kib;
        left_kib -= given_kib;
    }
    return left_kib;
}

void
mom_room_share(MomRoomShare *shares, gsize n, gint64 room_kib)
{
    room_kib = give_what_is_owed(shares, n, MAX(room_kib, 0));
    room_kib = give_to(shares, n, TRUE, room_kib);
    give_to(shares, n, FALSE, room_kib);
}
