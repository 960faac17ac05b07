/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The processes of guests: which one a guest is, and how long it has been running.
 *
 * Both are looked up once for each run of a guest and kept; after that a round over all guests
 * reads one small file.  For guests whose pid file may not be read all processes are looked at, once
 * in a round and not in every one.  Reads below a root directory, which may be a stand-in's; forks
 * nothing.
 */
#pragma once

#include <glib.h>

#include "policy/value.h"

typedef struct MomQemuProcesses MomQemuProcesses;

MomQemuProcesses *mom_qemu_processes_new(const char *root);
void mom_qemu_processes_free(MomQemuProcesses *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomQemuProcesses, mom_qemu_processes_free)

/* A round over all guests begins and ends: who was not asked for in it is forgotten. */
void mom_qemu_processes_begin(MomQemuProcesses *self);
void mom_qemu_processes_end(MomQemuProcesses *self);

/* The process of guest UUID, called NAME, in its RUN (libvirt's id), and the seconds since it was
 * started; each nil if it cannot be told. */
void mom_qemu_processes_find(MomQemuProcesses *self,
                             const char *uuid,
                             const char *name,
                             int run,
                             MomValue *pid,
                             MomValue *age_s);
