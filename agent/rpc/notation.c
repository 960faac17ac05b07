/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the notations share, see notation.h.
 *
 * A large answer holds tens of thousands of integers; hence they are written by hand.
 */
#include "agent/rpc/notation.h"

const char *
mom_rpc_digits(char text[MOM_RPC_DIGITS], gint64 value)
{
    char *first = text + MOM_RPC_DIGITS;
    guint64 left = value < 0 ? -(guint64)value : (guint64)value;

    do {
        *--first = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0)
        *--first = '-';
    return first;
}
