/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Samples and variables of host and guests over a restart: saved when momd stops, used if it comes
 * back soon.
 *
 * Saved on a clean stop and then only: it is useful for two cycles, so keeping it up to date for a
 * crash would mean writing all of it each cycle, for ever.  Nothing depends on it: whatever is odd
 * costs the history, which builds up again.
 */
#pragma once

#include "agent/state/state-dir.h"
#include "policy/entity.h"

typedef struct {
    MomEntity *host;
    GHashTable *guests; /* uuid -> MomEntity, owned */
    gint64 saved_us;    /* monotonic */
} MomHistory;

void mom_history_free(MomHistory *history);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomHistory, mom_history_free)

/* Writes HOST and GUESTS (of MomEntity) as they are at NOW_US, monotonic. Blocks. */
gboolean mom_history_save(
    MomStateDir *dir, MomEntity *host, GPtrArray *guests, gint64 now_us, GError **error);

/* What a history must be to be used. */
typedef struct {
    MomSchema *host; /* the declared fields must be the same */
    MomSchema *guest;
    gsize history_length; /* of older samples there are no more */
    gint64 now_us;        /* monotonic: of the same boot, not saved later than that, */
    gint64 max_age_us;    /* nor longer ago than this */
} MomHistoryWish;

/* What was saved, or NULL; why it is not used, if there was one, is logged. It is used once: the
 * file is gone then.  Blocks. */
MomHistory *mom_history_load(MomStateDir *dir, const MomHistoryWish *wish);
