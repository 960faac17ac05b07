/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A source that gives no guest data: what the log is told of it, and the status.
 *
 * One that only needs time is no fault, and one that is away has been told by its adapter (see
 * source.h); whatever else keeps the data away is a fault of its own.
 */
#pragma once

#include "agent/fault.h"

typedef struct {
    const char *source; /* its name; borrowed */
    gboolean waiting;   /* it is there but not ready; told */
    MomFault fault;     /* its message is for the status */
} MomSilence;

/* DOMAIN (static) is the logger's name, SOURCE what the source is called. */
void mom_silence_init(MomSilence *silence, const char *domain, const char *source);
/* It is SOURCE that is asked now: what was told of another one is no more to be ended. */
void mom_silence_turn_to(MomSilence *silence, const char *source);
/* No data came, for ERROR. */
void mom_silence_goes_on(MomSilence *silence, const GError *error);
/* TRUE if no data came when it was last asked for. */
gboolean mom_silence_lasts(const MomSilence *silence);
/* Data came. */
void mom_silence_end(MomSilence *silence);
/* Frees, without a word. */
void mom_silence_clear(MomSilence *silence);
