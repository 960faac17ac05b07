/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The process of a guest, from libvirt's pid file, or where only root may read that, from the
 * command lines of all processes.
 *
 * A pid file may outlive its process and the number may be another's by then, so the process must
 * name the guest in its command line.  Reads a few bytes of /run and /proc; forks nothing.
 */
#pragma once

#include <glib.h>

/* The pid of guest NAME with UUID, found below ROOT; FALSE, *PID untouched, if there is none for
 * sure. */
gboolean mom_qemu_pid_find(const char *root, const char *name, const char *uuid, gint64 *pid);

/* All QEMU processes below ROOT that name a guest: its uuid -> the pid, as a pointer.  Walks over
 * /proc, so it is for once in a while.  Caller unrefs. */
GHashTable *mom_qemu_pid_scan(const char *root);
