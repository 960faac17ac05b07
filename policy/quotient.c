/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Long division to 55 bits or more and one bit that says whether anything is left over.
 *
 * With two bits more than a double holds, and that last one, the conversion to double rounds as if
 * the quotient were exact.
 */
#include "policy/quotient.h"

#include <math.h>

typedef unsigned __int128 Wide;

#define EXACT_IN_DOUBLE (G_GINT64_CONSTANT(1) << 53)
#define WANTED_BITS 55

static int
bits(Wide n)
{
    int count = 0;

    for (; n; n >>= 1)
        count++;
    return count;
}

static double
divide(Wide a, guint64 b)
{
    int shift = MAX(0, WANTED_BITS + bits(b) - bits(a));
    Wide q = (a << shift) / b;
    gboolean rest = (a << shift) % b != 0;

    /* A sum of many samples may need more than the 64 bits that convert in one rounding. */
    for (; q >> 64; q >>= 1, shift--)
        rest = rest || (q & 1);
    return ldexp((double)((guint64)q | rest), -shift);
}

double
mom_quotient(__int128 a, gint64 b)
{
    Wide magnitude = a < 0 ? -(Wide)a : (Wide)a;
    guint64 divisor = b < 0 ? -(guint64)b : (guint64)b;
    double q;

    if (magnitude <= EXACT_IN_DOUBLE && divisor <= EXACT_IN_DOUBLE)
        return (double)a / (double)b;
    q = divide(magnitude, divisor);
    return (a < 0) != (b < 0) ? -q : q;
}
