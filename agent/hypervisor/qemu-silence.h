/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether a QEMU process can answer at all, by what the kernel tells of its main thread, which is
 * the one that answers libvirt.
 *
 * One that was stopped cannot.  One that waits in the kernel, as for storage that is gone, and has
 * not run for as long as libvirt-client calls a hang, does not: between two looks it may well have
 * answered, had it run.  A QEMU that waits for itself looks like one at rest, and is found by the
 * call that hangs in it.  Nobody is asked anything here and nothing waits.
 */
#pragma once

#include "agent/collectors/parse.h"

/* What was seen of one process. All zero: it was not looked at yet. */
typedef struct {
    char state;
    guint64 work; /* grows when it runs */
    gint64 since_us;
} MomQemuLook;

/* Takes what STAT says now.  For how many ms the process has not been able to answer, at least 1;
 * 0: it may answer. */
guint mom_qemu_silence_take(MomQemuLook *look, const MomProcStat *stat, gint64 now_us);

/* The same of process PID below ROOT; 0 too if it cannot be looked at. */
guint mom_qemu_silence_look(MomQemuLook *look, const char *root, gint64 pid, gint64 now_us);
