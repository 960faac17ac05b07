/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One at a time at a path: a lock beside it, for as long as its owner looks whether the path is
 * taken and takes it.
 *
 * Of several momds that start in the same instant each could otherwise find a stale socket, remove
 * it, and remove the one that another has just made.  The lock is the kernel's, so that it goes
 * with its owner however that ends.
 */
#pragma once

#include <glib.h>

/* How long a start waits for another one. */
#define MOM_PATH_LOCK_MS 5000

typedef struct MomPathLock MomPathLock;

/* Locks PATH.lock, which only its maker can open, and so only its maker or root can hold. Waits
 * while somebody else holds it. NULL: an error that names it. */
MomPathLock *mom_path_lock_new(const char *path, GError **error);
/* Unlocks, and leaves no file behind. */
void mom_path_lock_free(MomPathLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomPathLock, mom_path_lock_free)
