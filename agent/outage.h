/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An outage of a peer that is tried again and again: one line when it begins and one when it ends.
 *
 * Between them its cause changes as attempts fail in one way or another (closed, refused, no
 * answer), which is noise; but a cause that somebody must mend (a certificate, a file) is told when
 * it shows, each once in an outage.  Where agent/fault.h tells each change, this one does not.
 */
#pragma once

#include <glib.h>

/* So many causes to mend are told in one outage. */
#define MOM_OUTAGE_MAX_TOLD 10

typedef struct {
    const char *domain; /* the logger's name; static */
    GPtrArray *told;    /* messages of the outage that stands; NULL: all is well */
} MomOutage;

#define MOM_OUTAGE_INIT(name) ((MomOutage){.domain = (name)})

/* The peer is away: logs MESSAGE as a warning if that is new, or if it is to be mended by somebody
 * and was not told yet. */
void mom_outage_goes_on(MomOutage *outage, const char *message, gboolean to_be_mended);
/* The peer is back: logs MESSAGE as info if it was away. */
void mom_outage_end(MomOutage *outage, const char *message);
gboolean mom_outage_stands(const MomOutage *outage);
/* Frees, without a word. */
void mom_outage_clear(MomOutage *outage);
