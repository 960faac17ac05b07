/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's KSM knobs, written directly: for hosts where nobody (vdsm) does it for us.
 *
 * Writing may take seconds (`run` = 2 gives merged pages back), so this is for a worker thread,
 * never for the main loop.  Which values are wise is not decided here.
 */
#pragma once

#include "controllers/actuator.h"

/* Writes the keys present in TUNE below ROOT/sys/kernel/mm/ksm, `run` last.  Each key is tried
 * whatever became of the others; the error is the first one's and names the file.  The kernel's own
 * advisor is turned off before pages_to_scan, which it would refuse otherwise. */
gboolean mom_ksm_files_write(const char *root, const MomKsmTune *tune, GError **error);
