/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The pace of a connection: how long an attempt may take, and how long to wait for the next one.
 *
 * Pure numbers; nothing waits here.
 */
#pragma once

#include <glib.h>

/* The pace of a connection, apart from its calls. */
typedef struct {
    guint connect_timeout_ms; /* from the first SYN to the CONNECTED frame */
    guint heart_beat_ms; /* asked of the server; vdsm raises it to 1000. Silent for twice as long:
                            dead */
    guint back_off_min_ms, back_off_max_ms;
} MomVdsmPace;

extern const MomVdsmPace mom_vdsm_pace_default;

/* The pace as the connection keeps it: pauses are no longer than WITHIN_MS (0: as they are), but
 * never shorter than the shortest. */
MomVdsmPace mom_vdsm_pace_within(const MomVdsmPace *pace, guint within_ms);

/* The pause after FAILURES failed attempts (1: the first); DICE in [0, 1) spreads it over its upper
 * half. */
guint mom_vdsm_back_off_ms(const MomVdsmPace *pace, guint failures, double dice);
