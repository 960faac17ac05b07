/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Knobs, values and times in words, for stories that people read.
 *
 * Appends to a text; pure but for the time zone.
 */
#pragma once

#include "agent/decisions/decision.h"

/* KIB as "3.80 GiB" or "512 MiB". */
void mom_words_append_size(GString *text, gint64 kib);
/* V as the knob means it: sizes with units, "no limit" for a CPU quota without one. */
void mom_words_append_value(GString *text, const char *knob, MomValue v);
/* "2026-11-23 20:41:51", local time. */
void mom_words_append_time(GString *text, gint64 time_us);
/* One or more lines: when, what, with which end, set by which line. */
void mom_words_append_decision(GString *text, const MomDecision *decision, gboolean with_guest);
