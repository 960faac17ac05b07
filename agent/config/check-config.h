/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `momd --check-config`: what would be in force, and all that is wrong with it.
 *
 * Runs what the daemon runs at its start as far as that goes without consequences: nothing is
 * written, bound, connected to or started.
 */
#pragma once

#include "agent/config/options.h"

/* Prints what is in force to stdout, in the syntax of the file, each key below a comment that says
 * where it comes from; complaints to stderr.  The exit code: 0 momd would start, be it with
 * warnings; 1 it would not.  May be called once in a process, as GLib takes a log writer but once.
 */
int mom_check_config(const MomOptions *options);
