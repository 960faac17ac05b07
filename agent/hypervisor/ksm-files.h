/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's KSM knobs, written directly: for hosts where nobody (vdsm) does it for us.
 *
 * Writing may take seconds (`run` = 2 gives merged pages back), so this is for a worker thread,
 * never for the main loop.  Which values are wise is not decided here.
 */
#pragma once

#include "controllers/actuator.h"

/* Writes the keys present in TUNE, and no others, below ROOT/sys/kernel/mm/ksm.  What the kernel
 * would refuse the others for goes first (run = 2, advisor_mode = none), what needs the others in
 * place last (advisor_mode on, then run).  Each key is tried whatever became of the others; the
 * error is the first one's and names the file. */
gboolean mom_ksm_files_write(const char *root, const MomKsmTune *tune, GError **error);
