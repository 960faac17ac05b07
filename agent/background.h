/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Going to the background (momd -d), in the way old service managers and init scripts know.
 *
 * The starter waits until the daemon says that it runs, so that "started" is true when the command
 * returns and a failed start is its exit code.
 */
#pragma once

#include <glib.h>

/* Forks twice and leaves the terminal; returns in the daemon with a descriptor for _ready, or -1
 * with ERROR in the process that was called.  The starter does not return: it exits 0 or 1 as the
 * daemon reports.  To be called before any thread runs. */
int mom_background_enter(GError **error);
/* Writes the PID file, lets stdin, stdout and stderr go to /dev/null and lets the starter exit with
 * 0. */
gboolean mom_background_ready(int descriptor, const char *pid_file, GError **error);
