/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The order of numbers, exact across integers and floats.
 *
 * Converting an integer to a double first would make 2^53 + 1 equal to 2^53; the language says that
 * exact values are compared (SEMANTICS section 8), so nothing here may round.
 */
#pragma once

#include "policy/value.h"

/* In this order, so that a difference of comparisons is one. */
typedef enum {
    MOM_ORDER_LESS,
    MOM_ORDER_EQUAL,
    MOM_ORDER_GREATER,
    MOM_ORDER_NONE, /* NaN is among them */
} MomOrder;

/* How A stands to B; both are numbers (mom_value_is_number). */
MomOrder mom_value_order(MomValue a, MomValue b);
