/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What was pushed: an overlay over the policies that are read from disk.
 *
 * Keeps the texts as they came, whether they can be used at present or not, and nothing of the
 * policies below.  Comes from and goes to the records of a file; reads and writes no file itself.
 */
#pragma once

#include <glib.h>

typedef struct MomPushed MomPushed;

MomPushed *mom_pushed_new(void);
void mom_pushed_free(MomPushed *pushed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomPushed, mom_pushed_free)

/* NAME has this TEXT from now on; NULL: there is no such policy, whatever is below. */
void mom_pushed_set(MomPushed *pushed, const char *name, const char *text);
/* Nothing was said of NAME. */
void mom_pushed_forget(MomPushed *pushed, const char *name);
/* What is below does not count any more; nothing was said of any name. */
void mom_pushed_replace_all(MomPushed *pushed);
/* Nothing was pushed. */
void mom_pushed_clear(MomPushed *pushed);

gboolean mom_pushed_is_empty(const MomPushed *pushed);
/* TRUE: what is below does not count. */
gboolean mom_pushed_replaces(const MomPushed *pushed);
/* Whether something was said of NAME; *TEXT (borrowed; may be NULL, as in set) is it. */
gboolean mom_pushed_get(const MomPushed *pushed, const char *name, const char **text);
/* Calls FUNC for every name in ascending order, with TEXT NULL for those that are removed. */
typedef void (*MomPushedFunc)(const char *name, const char *text, gpointer data);
void mom_pushed_foreach(const MomPushed *pushed, MomPushedFunc func, gpointer data);

/* The file's content (of GBytes), or NULL if nothing was pushed. Texts are shared, not copied.
 * Caller unrefs. */
GPtrArray *mom_pushed_to_records(const MomPushed *pushed);
/* Lays what the file's content TEXT says over PUSHED.  NULL, or what is wrong with it, for a
 * message; then whatever is undamaged was taken. Caller frees. */
char *mom_pushed_read(MomPushed *pushed, const char *text, gsize length);
