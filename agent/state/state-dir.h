/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The directory in which state survives: files that are replaced whole, and durably, or not at all.
 *
 * Whoever reads a file finds the old content or the new one, whenever the power fails.  Every
 * function blocks for as long as the disk takes, so the main loop calls none of them while it runs;
 * threads that do take turns.  Never trusts a file or directory that others may write.
 */
#pragma once

#include <gio/gio.h>

/* So many damaged files of one name are kept; the oldest go. */
#define MOM_STATE_DIR_DAMAGED 3
/* Larger files are neither read nor written. */
#define MOM_STATE_DIR_MAX_BYTES (256 * 1024 * 1024)

/* All files that momd keeps in it. */
#define MOM_STATE_PUSHED "pushed"
#define MOM_STATE_HISTORY "history"
#define MOM_STATE_FOUND "found"

typedef struct MomStateDir MomStateDir;

/* Touches nothing yet. */
MomStateDir *mom_state_dir_new(const char *path);
void mom_state_dir_free(MomStateDir *dir);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomStateDir, mom_state_dir_free)
const char *mom_state_dir_path(const MomStateDir *dir);

/* Makes the directory (mode 0700, in one that exists) if it is missing, and takes it for this
 * process: a second momd gets an error.  What was left of a write of the above that did not end is
 * removed, and nothing else.  All functions below do this first, so that a directory that comes
 * late is used. */
gboolean mom_state_dir_open(MomStateDir *dir, GError **error);
/* How often the path has led to another directory than the one taken before it, as when a file
 * system is mounted there: its files are not those that were read. */
guint mom_state_dir_changes(MomStateDir *dir);

/* The content of NAME.  G_IO_ERROR_NOT_FOUND: there is none.  Only a regular file, no link, that is
 * ours or root's and that nobody else may write, is read. */
GBytes *mom_state_dir_read(MomStateDir *dir, const char *name, GError **error);
/* CHUNKS (of GBytes) in a row are the content of NAME from now on, mode 0600: written beside it,
 * fsync, rename, fsync of the directory.  On error the old content is there. */
gboolean
mom_state_dir_replace(MomStateDir *dir, const char *name, GPtrArray *chunks, GError **error);
/* There is no NAME from now on; durable too. One that is not there is no error. */
gboolean mom_state_dir_remove(MomStateDir *dir, const char *name, GError **error);
/* Keeps what NAME is under a second name, NAME.damaged-TIME, and leaves NAME as it is, so that no
 * moment is without it; what cannot have two names is moved. The new name, or NULL. */
char *mom_state_dir_keep_damaged(MomStateDir *dir, const char *name, GError **error);
