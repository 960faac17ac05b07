/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a test's subject logs above debug, kept in place of being written: "W:message;I:message;".
 *
 * For tests only; kept_log_begin may be called once in a program, as GLib takes a writer but once.
 */
#pragma once

#include <glib.h>

/* Truncate it to forget. */
extern GString *told;

void kept_log_begin(void);
void kept_log_end(void);
