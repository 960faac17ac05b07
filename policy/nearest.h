/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The name that was probably meant: for "did you mean" in findings.
 *
 * A few typing errors are forgiven: a letter wrong, missing, too many, or two swapped; case does
 * not count.  Names are compared byte by byte.  It never answers for very short names, where
 * anything is near.
 */
#pragma once

#include <glib.h>

/* A search: fill in NAME, offer candidates, read BEST (NULL: nothing is near enough). */
typedef struct {
    const char *name;
    const char *best;
    guint distance; /* of BEST */
} MomNearest;

void mom_nearest_init(MomNearest *nearest, const char *name);
/* CANDIDATE is borrowed.  Of equally near ones the first offered wins. */
void mom_nearest_offer(MomNearest *nearest, const char *candidate);
