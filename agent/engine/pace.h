/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How soon the next decision follows: slow while all is calm, fast while memory is short.
 *
 * Pressure brings the pace to its fastest at once; calm brings it back by doubling.  Pressure about
 * which nothing is done for long is no reason to hurry: whatever the policy waits for, it comes
 * slowly.  Pure: knows no clock and measures nothing.
 */
#pragma once

#include <glib.h>

/* So many hurried decisions in a row may pass without anything being sent. */
#define MOM_PACE_PATIENCE 20
/* The fastest pace is so many times the configured one. */
#define MOM_PACE_SPEEDUP 10

typedef struct {
    gint64 calm_us;    /* the configured interval */
    gint64 fastest_us; /* the interval under pressure; CALM_US: it never changes */
    gint64 present_us;
    guint idle; /* hurried decisions without a deed, in a row */
} MomPace;

/* The pace of INTERVAL_US, which under pressure, if ADAPTS, is a tenth, but never below LEAST_US.
 */
void mom_pace_init(MomPace *pace, gint64 interval_us, gint64 least_us, gboolean adapts);

/* After a decision: the time until the next one. PRESSED: memory is short somewhere; ACTED:
 * something was sent. */
gint64 mom_pace_after(MomPace *pace, gboolean pressed, gboolean acted);

/* FALSE if nothing can change it. */
gboolean mom_pace_adapts(const MomPace *pace);

/* TRUE while it is faster than configured. */
gboolean mom_pace_hurries(const MomPace *pace);
