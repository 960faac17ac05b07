/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Keeps what was pushed over restarts: state-dir, the file in it, the thread that writes it, and
 * the fault that stands while it cannot be written.
 *
 * What is in force never depends on it: a disk that is full or gone costs the keeping and nothing
 * else.  Blocks only in `load`, `finish` and `free`.
 */
#pragma once

#include "agent/clock.h"
#include "agent/policies/pushed.h"
#include "agent/state/state-dir.h"
#include "agent/state/state-writer.h"

/* How long `load` waits for a predecessor that still ends to leave the directory. */
#define MOM_KEEPER_BUSY_MS 5000

typedef struct MomKeeper MomKeeper;

/* PATH is the directory; "": nothing is kept, and `load` and `changed` do nothing.  PUSHED and
 * CLOCK are borrowed. */
MomKeeper *mom_keeper_new(const char *path, MomPushed *pushed, MomClock *clock);
/* Waits until what is to be written is; whoever waits for it is told. */
void mom_keeper_free(MomKeeper *keeper);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomKeeper, mom_keeper_free)

/* Lays what was kept over PUSHED.  A damaged file is set aside and told, and the undamaged rest
 * used.  A directory that another momd holds is waited for, for MOM_KEEPER_BUSY_MS. */
void mom_keeper_load(MomKeeper *keeper);
/* PUSHED has changed: it is to be written. */
void mom_keeper_changed(MomKeeper *keeper);
/* Calls DONE once: when all changes so far are on disk, or could not be brought there. */
void mom_keeper_when_kept(MomKeeper *keeper, MomStateKept done, gpointer data);
/* Why nothing is kept at present, as it was told in the log; NULL if all is well. Borrowed. */
const char *mom_keeper_fault(const MomKeeper *keeper);
/* The directory, for other files in it; NULL: nothing is kept.  It blocks, so the main loop leaves
 * it alone while it runs. Borrowed. */
MomStateDir *mom_keeper_dir(MomKeeper *keeper);
/* Waits until what is to be written is, and writes nothing from then on. */
void mom_keeper_finish(MomKeeper *keeper);
