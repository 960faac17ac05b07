/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A decision: one act on one knob, or one refusal, with all that is known of how it came about.
 *
 * A record that owns what it holds and outlives guest, policy and cycle.  Attempts that follow one
 * another for the same reason (a call that fails in every cycle, a rail that acts in every cycle)
 * are one decision that is counted, so that trouble does not push the rest out of memory.  Knows
 * nothing of logs and of who asks.
 */
#pragma once

#include <json-c/json.h>

#include "controllers/guard.h"

typedef enum {
    MOM_DECISION_SENT,        /* not answered yet */
    MOM_DECISION_DONE,        /* the hypervisor accepted it */
    MOM_DECISION_FAILED,      /* it did not */
    MOM_DECISION_RAILED,      /* refused by a rail */
    MOM_DECISION_PASSED_OVER, /* a controller could not make sense of the wish */
    MOM_DECISION_DRY,         /* it would have been sent; this knob is in a dry run */
    MOM_DECISION_STUCK,       /* the guest does not follow its target */
    MOM_DECISION_FOLLOWS,     /* one that was stuck moves again */
} MomDecisionVerdict;

/* Strings are GRefStrings unless something else is said; NULL is unknown. */
typedef struct {
    guint64 number;           /* from 1, in order, never used again */
    gint64 first_us, last_us; /* of the first and the last attempt or answer; since the epoch */
    guint64 cycle;            /* of the last attempt */
    guint64 times;            /* attempts */
    guint64 failures;         /* of them */
    MomDecisionVerdict verdict;
    char *uuid, *name; /* NULL: the host */
    const char *knob;  /* interned by GLib, as is the rail */
    char *disk;
    MomValue from, to; /* owned: see mom_decision_value_copy */
    const char *rail;
    char *reason; /* why it failed, was refused or changed; for people */
    char *policy;
    guint line, column;
    MomReadNames
        *read_names; /* shared with others, and the function that set the control; NULL: unknown */
    MomValue *reads; /* one for each of them, owned */
    gboolean repeated; /* the knob was not where it was sent to, and was sent there again */
} MomDecision;

MomDecision *mom_decision_new(void);
void mom_decision_free(MomDecision *decision);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomDecision, mom_decision_free)

/* Puts a copy of TEXT (NULL: none) in place of what *PLACE holds. */
void mom_decision_set_text(char **place, const char *text);
/* The same for an empty place; KNOWN (may be NULL) is shared if it is the same, which is cheaper.
 */
void mom_decision_share_text(char **place, const char *text, char *known);
/* Puts a copy of V in place of what *PLACE owns. */
void mom_decision_set_value(MomValue *place, MomValue v);

/* Puts a copy of READS (NULL: none) in place of what DECISION has. */
void mom_decision_set_reads(MomDecision *decision, const MomReads *reads);
/* How many values were read on the way to the control; 0 if that is unknown. */
gsize mom_decision_n_reads(const MomDecision *decision);
/* What read INDEX is called, the nearest being 0: "guest.balloon_cur", "guest.StatAvg mem_unused",
 * "floor()". Caller frees. */
char *mom_decision_read_name(const MomDecision *decision, gsize index);
/* The function that set the control; NULL: it was set at top level, or that is unknown. */
const char *mom_decision_function(const MomDecision *decision);

/* A copy of V for keeping: nil, booleans, numbers, strings up to MOM_DECISION_TEXT_BYTES, limits
 * without extras; of anything else what it reads like, as a string. */
#define MOM_DECISION_TEXT_BYTES 200
MomValue mom_decision_value_copy(MomValue v);
void mom_decision_value_clear(MomValue *v);
/* As the language compares, limits by what they hold. */
gboolean mom_decision_value_equal(MomValue a, MomValue b);

/* "sent", "done", "failed", "railed", "passed-over", "dry", "stuck", "follows". */
const char *mom_decision_verdict_name(MomDecisionVerdict verdict);
/* FALSE if there is none of that NAME. */
gboolean mom_decision_verdict_parse(const char *name, MomDecisionVerdict *out);

/* V as people read it: "unknown" for nil, strings in quotes, limits as name=value. */
void mom_decision_append_value(GString *line, MomValue v);
/* One line: "balloon_target of vm-3: 4194304 -> 3984588 (02-balloon:31)". Caller frees. */
char *mom_decision_line(const MomDecision *decision);
/* All of it as an object, times in seconds since the epoch; caller puts. */
json_object *mom_decision_json(const MomDecision *decision);
