/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which boot of the host this is: what some states mean only as long as it lasts.
 *
 * Monotonic times, process numbers and settings of the kernel are gone with it.  Reads one small
 * file of /proc, and waits for nobody.
 */
#pragma once

/* "" if the kernel does not tell, which is never the same as another one. Caller frees. */
char *mom_boot_id(void);
