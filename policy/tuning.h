/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tuning policy: one bad line of it must not cost the others.
 *
 * vdsm sends with every push all keys that it ever saw, one line each, whether a policy knows them
 * or not and whatever their values are.  So this policy is cut into pieces, most of them a line,
 * and a piece that is at fault is set aside: it is blank in the text that is run, where all else
 * keeps its place.  What is at fault beyond the syntax is told by who looks at the whole set. Pure:
 * no log, no store.  It must never let an open bracket or string reach into the next line's piece.
 */
#pragma once

#include "policy/policy.h"

/* So many are listed one by one, the others only counted. */
#define MOM_TUNING_MAX_LISTED 32

/* A piece that is set aside. */
typedef struct {
    guint line; /* where the fault is; both count from 1 */
    guint column;
    char *text; /* the piece for people: one line of printable text, shortened */
    char *why;
} MomSetAside;

typedef struct MomTuning MomTuning;

/* Cuts TEXT (copied), which belongs to the policy NAME, and sets aside what does not parse.  A text
 * that is a program is cut between its expressions.  Any other is cut at its line ends where no
 * bracket is open, and in any case before a line that begins with an opening bracket which stands
 * no further to the right than the piece's own first character.  NULL with an error of
 * MOM_POLICY_ERROR, with its place, if TEXT is no text or too long. */
MomTuning *mom_tuning_new(const char *name, const char *text, gsize length, GError **error);
void mom_tuning_free(MomTuning *tuning);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomTuning, mom_tuning_free)

/* Sets aside the piece that LINE belongs to, for the fault WHY at that place. FALSE if LINE is in
 * none, or in one that is set aside already. */
gboolean mom_tuning_set_aside(MomTuning *tuning, guint line, guint column, const char *why);

const char *mom_tuning_name(const MomTuning *tuning);
/* What is to be run: as long as the text and with the same lines. Caller frees. */
char *mom_tuning_kept(const MomTuning *tuning);
/* How many pieces are set aside, and how many are not. */
guint mom_tuning_n_aside(const MomTuning *tuning);
guint mom_tuning_n_kept(const MomTuning *tuning);
/* Of MomSetAside, by line, up to MOM_TUNING_MAX_LISTED of them. Borrowed. */
GPtrArray *mom_tuning_listed(const MomTuning *tuning);
