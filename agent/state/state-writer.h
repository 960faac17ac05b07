/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A thread that brings the newest content of one file to the disk, however slow the disk is.
 *
 * Contents that are set while one is being written collapse to the newest: a storm of changes costs
 * two writes.  Who asks is told, on the main context, when a write that holds all changes so far
 * has ended.  The thread runs one function and knows nothing of files.
 */
#pragma once

#include <gio/gio.h>

/* How soon what could not be written is to be tried again. */
#define MOM_STATE_RETRY_US (30 * G_USEC_PER_SEC)

typedef struct MomStateWriter MomStateWriter;

/* Runs in the thread and may block: makes CHUNKS (of GBytes; NULL: nothing) the content. */
typedef gboolean (*MomStateWrite)(GPtrArray *chunks, gpointer data, GError **error);
/* A write has ended, well (ERROR NULL) or not. */
typedef void (*MomStateOutcome)(const GError *error, gpointer data);
typedef void (*MomStateKept)(gpointer data);

/* Callbacks come on the thread-default main context of this call.  The thread starts with the
 * first content. */
MomStateWriter *mom_state_writer_new(MomStateWrite write, MomStateOutcome outcome, gpointer data);
/* Waits for what is to be written, however long that takes; then calls everyone who waits. OUTCOME
 * is not called any more. */
void mom_state_writer_free(MomStateWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomStateWriter, mom_state_writer_free)

/* CHUNKS (referenced; not to be changed any more) is the content that is wanted from now on. */
void mom_state_writer_set(MomStateWriter *writer, GPtrArray *chunks);
/* Writes again what was set last, if nothing is to be written anyway. */
void mom_state_writer_again(MomStateWriter *writer);
/* Calls DONE once: when everything set so far is durable or has failed to be; at once if it is. */
void mom_state_writer_when_kept(MomStateWriter *writer, MomStateKept done, gpointer data);
