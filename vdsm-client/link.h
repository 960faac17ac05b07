/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One stream of bytes to vdsm, TCP or TLS: opened, read in bounded turns, written without waiting,
 * closed once.
 *
 * Reading takes turns, so that a flood of frames or a 4 MB answer leaves the main loop alive.  It
 * must never block, and never know what the bytes mean.  A link that failed is closed; the next
 * attempt takes a new one.
 */
#pragma once

#include <gio/gio.h>

#include "vdsm-client/stomp.h"
#include "vdsm-client/tls.h"

typedef struct MomVdsmLink MomVdsmLink;

/* Called from the link's main context; each may close the link. */
typedef struct {
    void (*opened)(gpointer owner);
    /* Takes from the front of BYTES, at least one; called again for the rest. TRUE: that was a
     * frame's end, of which a turn has but a few. */
    gboolean (*received)(MomStompBytes *bytes, gpointer owner);
    /* WHY is taken over; NULL for the end of the stream, clean or (as vdsm does it) not. */
    void (*failed)(GError *why, gpointer owner);
} MomVdsmLinkEvents;

/* Begins to open; opened or failed comes later. TLS NULL: plain TCP; it is taken over. EVENTS
 * outlives the link. */
MomVdsmLink *mom_vdsm_link_open(GMainContext *context,
                                const char *host,
                                guint16 port,
                                MomVdsmTls *tls,
                                const MomVdsmLinkEvents *events,
                                gpointer owner);
/* No event comes after it; frees LINK (what is left of an attempt goes with the main loop's next
 * turns). */
void mom_vdsm_link_close(MomVdsmLink *link);

/* Only once opened. A failure to write is told by failed, later. */
void mom_vdsm_link_send(MomVdsmLink *link, const char *bytes, gsize len);

/* Monotonic time at which bytes came last; now if some wait to be read. Only once opened. */
gint64 mom_vdsm_link_heard_us(MomVdsmLink *link);
