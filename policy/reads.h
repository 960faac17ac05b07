/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where a control came from: the place in a policy that set it, and the values that were read
 * there.
 *
 * Plain data that is borrowed from whoever made it.  Who wants to keep it copies it.
 */
#pragma once

#include "policy/value.h"

/* Where in which policy something stands; lines and columns count from 1, 0 is unknown. */
typedef struct {
    const char *policy; /* NULL is unknown */
    guint line;
    guint column;
} MomPlace;

/* More are not kept for one control. */
#define MOM_MAX_READS 20

/* What was read on the way to a control. */
typedef struct {
    const char *name;     /* as the policy has it: "size", "guest.balloon_cur", "guest.StatAvg" */
    const char *argument; /* of a method: "mem_unused"; else NULL */
    gboolean is_call;     /* the answer of a user function */
} MomRead;

/* Which reads led to a control, the nearest first: by the function that set the control, by those
 * that called it, and by the definitions of the variables that these read.  A thousand guests that
 * take the same way through a policy share one of these.  Does not change once it is made. */
typedef struct {
    guint references;
    const char *function; /* the innermost; NULL: none, it was set at top level */
    gsize n;
    MomRead items[MOM_MAX_READS];
} MomReadNames;

/* Copies of FUNCTION and of the N ITEMS, of which there are no more than MOM_MAX_READS. */
MomReadNames *mom_read_names_new(const char *function, const MomRead *items, gsize n);
MomReadNames *mom_read_names_ref(MomReadNames *names);
void mom_read_names_unref(MomReadNames *names);

/* The same and what was read: nil, booleans, numbers and strings, one for each name. */
typedef struct {
    MomReadNames *names;
    MomValue values[];
} MomReads;
