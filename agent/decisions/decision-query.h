/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Asking for decisions: a filter, as RPC brings it, and what of the ring passes it.
 *
 * Every condition narrows; none gives the last MOM_DECISION_QUERY_LAST.  A condition that is
 * unknown or odd is an error that names it, as a filter that is silently ignored shows the wrong
 * things.
 */
#pragma once

#include "agent/decisions/decision-ring.h"

#define MOM_DECISION_QUERY_LAST 100
/* However many are kept: an answer must stay small enough to be made and sent at once.  Who wants
 * more asks again for those before the oldest. */
#define MOM_DECISION_QUERY_MAX 500

#define MOM_DECISION_QUERY_ERROR (mom_decision_query_error_quark())
GQuark mom_decision_query_error_quark(void);

typedef enum {
    MOM_DECISION_QUERY_ERROR_FILTER,  /* it is no filter */
    MOM_DECISION_QUERY_ERROR_SUBJECT, /* nothing is known of what was asked about */
} MomDecisionQueryErrorCode;

/* Strings are borrowed; NULL: any. */
typedef struct {
    const char *guest; /* name or uuid */
    const char *knob;  /* see mom_knob_matches */
    gboolean by_verdict;
    MomDecisionVerdict verdict;
    gint64 since_us; /* of the last attempt or answer; since the epoch */
    guint64 before;  /* only numbers below it; 0: all */
    guint last;
} MomDecisionQuery;

#define MOM_DECISION_QUERY_INIT ((MomDecisionQuery){.last = MOM_DECISION_QUERY_LAST})

/* Reads FILTER, an object with some of the members guest, knob, verdict, since (seconds), before
 * (a number) and last; NULL: none. *OUT borrows from it. */
gboolean mom_decision_query_parse(json_object *filter, MomDecisionQuery *out, GError **error);

/* TRUE if KNOB is the one of that NAME or of that family: "ksm" has "ksm_run", "balloon"
 * has "balloon_target". */
gboolean mom_knob_matches(const char *knob, const char *name);

/* The numbers of what passes, oldest first; caller unrefs. */
GArray *mom_decision_query_run(const MomDecisionQuery *query, const MomDecisionRing *ring);
/* The same as an array of mom_decision_json; caller puts. */
json_object *mom_decision_query_json(const MomDecisionQuery *query, const MomDecisionRing *ring);
