/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The processes of guests: which one a guest is, how long it has been running, and whether it can
 * answer.
 *
 * The first two are looked up once for each run of a guest and kept; after that a round over all
 * guests reads one small file.  For guests whose pid file may not be read all processes are looked
 * at, once in a round and not in every one.  Reads below a root directory, which may be a
 * stand-in's; forks nothing.
 */
#pragma once

#include <glib.h>

#include "policy/value.h"

typedef struct MomQemuProcesses MomQemuProcesses;

/* One reference each, for whoever is in another thread. */
MomQemuProcesses *mom_qemu_processes_new(const char *root);
MomQemuProcesses *mom_qemu_processes_ref(MomQemuProcesses *self);
void mom_qemu_processes_unref(MomQemuProcesses *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomQemuProcesses, mom_qemu_processes_unref)

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

/* Of the guests of the last round, before the first one of all that run, those whose process cannot
 * answer: uuid -> since how many ms, as a pointer; caller unrefs.  From any thread; costs a small
 * file a guest, and holds up nobody meanwhile. */
GHashTable *mom_qemu_processes_find_silent(MomQemuProcesses *self);

/* Whether the process of guest UUID was stopped, as far as it is known. */
gboolean mom_qemu_processes_is_stopped(MomQemuProcesses *self, const char *uuid);
