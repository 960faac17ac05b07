/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who gets how much when several want of what is too little: the host's room shared out among
 * guests.
 *
 * Pure arithmetic.  What a guest is owed (up to its guarantee) it gets whatever the room; then come
 * those in need, then the others, and within each of these two each gets the same part of what it
 * lacks.  The sum of what is given above what is owed never exceeds the room.
 */
#pragma once

#include <glib.h>

typedef struct {
    gint64 owed_kib; /* of the lack: what it is guaranteed */
    gint64 lack_kib; /* all that it is to get; at least owed_kib, both 0 or more */
    gboolean in_need;
    gint64 given_kib; /* the answer */
} MomRoomShare;

/* Fills in given_kib of the N SHARES. ROOM_KIB: what there is, before any is owed. */
void mom_room_share(MomRoomShare *shares, gsize n, gint64 room_kib);
