/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Why a guest has what it has, or a knob is where it is: the story in plain words, and its parts.
 *
 * Made of what is remembered (decisions.h) and of the present sample; nothing is asked of a
 * hypervisor and nothing is made up: what is not known is not said.
 */
#pragma once

#include "agent/decisions/condition.h"
#include "agent/decisions/decisions.h"

/* The guests that stories are of. */
typedef struct {
    GPtrArray *guests; /* the MomEntity* that are there, managed or not */
    /* The condition of the data of guest UUID, borrowed; NULL: not known.  May be NULL itself. */
    const MomCondition *(*condition)(const char *uuid, gpointer data);
    gpointer data;
    gint64 now_us; /* monotonic */
} MomExplainGuests;

/* WHAT is a guest's name or uuid, or else a knob ("ksm", "ksm_run", "balloon"); "knob:NAME" is
 * never a guest.  The answer has the members about ("guest" or "knob"), name, uuid (of a guest),
 * decisions (the last ones, oldest first) and text, the story.  NULL: nothing is known of it, and
 * the error says what to ask for.  Caller puts. */
json_object *mom_explain(const MomDecisions *decisions,
                         MomEntity *host,
                         const MomExplainGuests *guests,
                         const char *what,
                         GError **error);

/* One object for each of GUESTS: name, uuid, balloon_cur, balloon_min, balloon_max, mem_unused,
 * used (KiB; nil if unknown), target (the policy's present wish, KiB or nil), held (why the wish
 * was not sent, or nil), last_decision and last_decision_time (nil: none), and what condition.h
 * adds. Of one that is not managed no size is told.  Caller puts. */
json_object *mom_explain_guests(const MomDecisions *decisions, const MomExplainGuests *guests);
