/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's own word on how short of memory the host is: pressure stall information.
 *
 * Read when it is asked for, one small file of /proc. Nothing is decided by it here.
 */
#pragma once

#include <glib.h>

/* The part of the last ten seconds, in percent, in which some task of the host waited for memory
 * ("some avg10" of ROOT/proc/pressure/memory). FALSE, and *PERCENT untouched, if the kernel does
 * not tell. */
gboolean mom_pressure_read(const char *root, double *percent);
/* The same of the file's TEXT. */
gboolean mom_pressure_parse(const char *text, double *percent);
