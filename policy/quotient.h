/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Division of whole numbers, rounded once.
 *
 * Dividing two doubles made of large integers would round three times; the language promises the
 * correctly rounded quotient (SEMANTICS section 8), and StatAvg one division of an exact sum.
 */
#pragma once

#include <glib.h>

/* A / B, rounded to the nearest double, ties to even. B is not 0. */
double mom_quotient(__int128 a, gint64 b);
