/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the log was told of pushed policies, so that the same push is not told again and again.
 *
 * vdsm pushes all parameters it ever got with each new one, and the engine pushes them whenever it
 * likes: what is refused for the same reason as before, or is in force already, is no news.
 */
#pragma once

#include <glib.h>

typedef struct MomPushes MomPushes;

/* Refusals of more pushes than this at a time are not remembered. */
#define MOM_PUSHES_REMEMBERED 100

MomPushes *mom_pushes_new(void);
void mom_pushes_free(MomPushes *pushes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomPushes, mom_pushes_free)

/* WHAT, "setNamedPolicy(01-parameters)", was refused for the reason WHY: told unless it is the
 * reason of last time. */
void mom_pushes_refused(MomPushes *pushes, const char *what, const char *why);
/* WHAT was accepted: told if it CHANGED what is in force, or was refused before. */
void mom_pushes_accepted(MomPushes *pushes, const char *what, gboolean changed);
