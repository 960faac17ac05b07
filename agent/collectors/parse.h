/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the texts of /proc to numbers.
 *
 * Pure: text in, numbers out, no file and no state, so that every odd text can be tried as a
 * literal. Outputs are whole or untouched.
 */
#pragma once

#include "policy/value.h"

/* The integer after KEY at the start of a line of TEXT, blanks between: "MemTotal:", "pswpin". What
 * follows the number on its line is ignored ("kB").  FALSE if there is no such line or no number.
 */
gboolean mom_parse_key(const char *text, const char *key, gint64 *out);

/* The same as a value: nil where mom_parse_key is FALSE. */
MomValue mom_parse_key_value(const char *text, const char *key);

/* What is wanted of /proc/PID/stat. */
typedef struct {
    char state; /* as proc(5) lists them: 'S' sleeps, 'T' was stopped */
    gint64 minor_faults;
    gint64 major_faults;
    gint64 cpu_ticks; /* user and system together */
    gint64 size_bytes;
    gint64 rss_pages;
    char name[17]; /* comm, at most 16 bytes of it */
} MomProcStat;

/* The name may hold blanks and brackets. FALSE, *OUT untouched, if a field is missing or no number.
 */
gboolean mom_parse_proc_stat(const char *text, MomProcStat *out);

/* How many processors /proc/cpuinfo lists; 0 if none. */
gint64 mom_parse_cpu_count(const char *text);

/* One line of a file of /proc/pressure. */
typedef struct {
    double avg10; /* percent of the last so many seconds in which tasks waited */
    double avg60;
    double avg300;
    gint64 total_us; /* waited since boot */
} MomPressureLine;

/* The line that begins with KIND: "some" or "full". FALSE, *OUT untouched, if there is none that is
 * whole, or a share of it is no percentage. */
gboolean mom_parse_pressure(const char *text, const char *kind, MomPressureLine *out);
