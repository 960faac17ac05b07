/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A connection to one guest's mom-guestd: lines out, lines in.
 *
 * Knows sockets and lines and not what they mean.  Never blocks; a peer that sends lines too long
 * or hangs up is told to the owner, and the connection is closed then.
 */
#pragma once

#include <gio/gio.h>

#include "agent/pollers/guest-address.h"

typedef struct MomGuestdLink MomGuestdLink;

typedef struct {
    /* It is open; lines may be sent. */
    void (*opened)(gpointer data);
    /* LINE without its newline, borrowed for the call. */
    void (*line)(const char *line, gpointer data);
    /* It could not be opened, or is no longer. */
    void (*closed)(const GError *error, gpointer data);
} MomGuestdLinkFuncs;

/* FUNCS is borrowed; called from the main loop, never from within a call of this file.  They may
 * close the link and open it anew, and must not free it. */
MomGuestdLink *mom_guestd_link_new(const MomGuestdLinkFuncs *funcs, gpointer data);
void mom_guestd_link_free(MomGuestdLink *link);

/* Begins to open; `opened' or `closed' follows. It must be closed. */
void mom_guestd_link_open(MomGuestdLink *link, const MomGuestAddress *address);
gboolean mom_guestd_link_is_open(const MomGuestdLink *link);
/* LINE without its newline, of an open link.  A line that cannot be sent whole at once closes the
 * link: `closed' follows. */
void mom_guestd_link_send(MomGuestdLink *link, const char *line);
/* No function is called any more. */
void mom_guestd_link_close(MomGuestdLink *link);
