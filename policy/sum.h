/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A sum of numbers as the language adds up many of them, for `sum` and StatAvg.
 *
 * Integers are summed exactly; from the first float on the sum is a float.  128 bits hold more
 * integers than there is memory for, so nothing overflows here.
 */
#pragma once

#include "policy/value.h"

typedef struct {
    __int128 whole; /* if not IS_REAL */
    double real;
    gboolean is_real;
    gint64 n; /* numbers added */
} MomSum;

/* FALSE if V is no number. */
gboolean mom_sum_add(MomSum *sum, MomValue v);
