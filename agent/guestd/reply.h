/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Replies: from numbers to the line that is sent.
 *
 * Pure, into a buffer of the caller's; the longest line of all numbers fits.
 */
#pragma once

#include "agent/guestd/facts.h"
#include "agent/guestd/protocol.h"

typedef struct {
    char text[MOM_GUESTD_MAX_REPLY + 1]; /* ends with a newline, and is no string */
    size_t length;
} MomReply;

/* What a connection was told last, so that growth can be told. Zeroed at first. */
typedef struct {
    bool asked;
    int64_t pages_in, pages_out;
} MomTold;

/* PREFIX stands before the list: "", or MOM_GUESTD_DISTRESS. */
void mom_reply_stats(MomReply *reply, const char *prefix, const MomNumbers *now, MomTold *told);
/* MIN_FREE and MAX_FREE as the configuration has them, at most MOM_REPLY_PROP bytes each. */
#define MOM_REPLY_PROP 16
void mom_reply_props(MomReply *reply, const char *min_free, const char *max_free);
void mom_reply_word(MomReply *reply, const char *word);
