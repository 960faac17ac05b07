/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether the cycle is alive: its timer fires, and what it asks the source is answered.
 *
 * The engine notes what it does; others ask.  A source that is away answers too, with an error, and
 * the cycle that waits for it is alive: only a timer that does not fire, or a question that nobody
 * ends, is not.  Both are faults of ours, which no waiting mends.
 */
#pragma once

#include <glib.h>

typedef struct {
    gint64 due_us;   /* when the timer is to fire; 0: it is not set */
    gint64 asked_us; /* since when a question is open; 0: none is */
    guint64 answers; /* questions that have ended, either way */
    char *why;       /* what the last one failed with; NULL if it was answered */
} MomPulse;

/* How late a timer may be. The main loop makes no step that takes seconds. */
#define MOM_PULSE_LATE_US (30 * G_USEC_PER_SEC)

void mom_pulse_due(MomPulse *pulse, gint64 due_us);
void mom_pulse_asked(MomPulse *pulse, gint64 now_us);
/* ERROR NULL: answered. */
void mom_pulse_answered(MomPulse *pulse, const GError *error);

/* NULL if it is alive, else what is wrong, in static words. PATIENCE_US is within what time every
 * question ends, by the time-outs of who is asked. */
const char *mom_pulse_trouble(const MomPulse *pulse, gint64 now_us, gint64 patience_us);
/* Frees; the pulse is as new. */
void mom_pulse_clear(MomPulse *pulse);
