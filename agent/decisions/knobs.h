/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is remembered of each knob of the host and of each guest from one cycle to the next: what
 * the policy last wished, why it was held, and what the log was last told of it.
 *
 * With it a policy that wishes the same impossible thing in every cycle is told once, and the
 * question why nothing moves has an answer without anything being recorded per cycle.  Only
 * remembers.
 */
#pragma once

#include "policy/value.h"

typedef struct {
    const char *name; /* of the knob; interned by GLib */
    char *disk;       /* NULL: it is no disk's */
    char *told;       /* the gist of the trouble that was last told; NULL: none stands */
    guint64 decision; /* the number of the last one; 0: none yet */
    MomValue wish;    /* as mom_decision_value_copy makes it */
    guint64 wish_cycle;
    const char *held;   /* why the wish was not sent; static; NULL: it was, or was refused */
    gboolean unreached; /* what was sent had to be sent again; told */
    gboolean stuck;     /* its guest does not follow; told */
} MomKnob;

typedef struct MomKnobs MomKnobs;

MomKnobs *mom_knobs_new(void);
void mom_knobs_free(MomKnobs *knobs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomKnobs, mom_knobs_free)

/* The knob of the guest UUID (NULL: the host), made if it is new.  DISK may be NULL. It is the
 * table's. */
MomKnob *mom_knobs_get(MomKnobs *knobs, const char *uuid, const char *name, const char *disk);
/* That of which something is remembered, or NULL. */
const MomKnob *mom_knobs_find(const MomKnobs *knobs, const char *uuid, const char *name);
/* All knobs of UUID, ordered by name and disk; caller unrefs the array. */
GPtrArray *mom_knobs_of(const MomKnobs *knobs, const char *uuid);
typedef void (*MomKnobFunc)(MomKnob *knob, gpointer data);
void mom_knobs_foreach(MomKnobs *knobs, MomKnobFunc func, gpointer data);
/* TRUE, once, if WHAT is not what was last told; other numbers in it are no news. */
gboolean mom_knob_is_news(MomKnob *knob, const char *what);
void mom_knobs_forget(MomKnobs *knobs, const char *uuid);
