/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Small files of the host, below a root directory that may be a stand-in's.
 *
 * Meant for /proc and /sys: a file is read whole, at once and never beyond a cap, whatever its
 * length claims to be.  Nothing is forked, nothing waits (a FIFO in a stand-in's place is an
 * error).
 */
#pragma once

#include <glib.h>

/* What is enough for any file that is read here but cpuinfo of a very big host. */
#define MOM_HOSTFILE_CAP (256 * 1024)

/* The text of ROOT/PATH, NUL-terminated; caller frees.  Errors are of G_FILE_ERROR and name the
 * file: G_FILE_ERROR_NOENT if it is missing, G_FILE_ERROR_FAILED if it is longer than CAP bytes. */
char *mom_hostfile_read(const char *root, const char *path, gsize cap, GError **error);

/* The same for a file that holds one integer and blanks; G_FILE_ERROR_INVAL if it holds anything
 * else. *OUT is untouched on error. */
gboolean mom_hostfile_read_int(const char *root, const char *path, gint64 *out, GError **error);

/* The same for a walk over very many files: below the open directory DIRECTORY, into BUFFER of SIZE
 * bytes, NUL-terminated, without an allocation.  FALSE: it cannot be read, or not whole with its
 * NUL. */
gboolean mom_hostfile_read_at(int directory, const char *path, char *buffer, gsize size);

/* The numbers (guint64, ascending) that follow NAME in the names of what lies in ROOT/PATH, such as
 * 3 of "node3"; other names, and numbers above MOST, are passed over.  NULL: there is no such
 * directory. Caller unrefs. */
GArray *mom_hostfile_numbers(const char *root, const char *path, const char *name, guint64 most);
