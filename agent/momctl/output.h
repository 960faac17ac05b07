/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What momctl's commands print of a running momd: JSON, text, tables, ages.
 *
 * Names come from guests' owners and may hold anything; a terminal must not obey it.  No colours,
 * so that output is the same in a pipe.
 */
#pragma once

#include <glib.h>
#include <json-c/json.h>

/* Prints JSON readably, as it came. */
void mom_ctl_print_json(json_object *json);
/* Prints TEXT with a newline at its end; control characters but newlines become '?'. */
void mom_ctl_print_text(const char *text);

typedef struct {
    const char *title;
    gboolean is_number; /* aligned to the right */
} MomCtlColumn;

/* Prints a table of N columns; ROWS holds char*[N], NULL being "-". Without rows only the heading.
 */
void mom_ctl_print_table(const MomCtlColumn *columns, gsize n, GPtrArray *rows);

/* A member of OBJECT as text, number or size in KiB ("3.80 GiB"); NULL if it is nil or missing.
 * Caller frees. */
char *mom_ctl_member_text(json_object *object, const char *name);
char *mom_ctl_member_size(json_object *object, const char *name);
/* How long ago the time is that member NAME tells: "12 s", "5 min", "3 h", "2 d"; NULL likewise. */
char *mom_ctl_member_age(json_object *object, const char *name);
/* A number for sorting; DBL_MAX negative if it is nil or missing. */
double mom_ctl_member_number(json_object *object, const char *name);
