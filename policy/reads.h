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

/* One value that was read on the way to a control. */
typedef struct {
    const char *name;     /* as the policy has it: "size", "guest.balloon_cur", "guest.StatAvg" */
    const char *argument; /* of a method: "mem_unused"; else NULL */
    gboolean is_call;     /* the answer of a user function */
    MomValue value;       /* nil, boolean, number or string */
} MomRead;

/* What was read, the nearest first: by the function that set the control, by those that called it,
 * and by the definitions of the variables that these read. */
typedef struct {
    const char *function; /* the innermost; NULL: none, it was set at top level */
    gsize n;
    MomRead items[MOM_MAX_READS];
} MomReads;
