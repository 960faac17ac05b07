/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Adding one number to a sum.
 *
 * The order of the numbers is the caller's, as it matters for floats.
 */
#include "policy/sum.h"

gboolean
mom_sum_add(MomSum *sum, MomValue v)
{
    gint64 n = v.type == MOM_VALUE_BOOL ? v.boolean : v.integer;

    if (!mom_value_is_number(v))
        return FALSE;
    sum->n++;
    if (v.type != MOM_VALUE_FLOAT && !sum->is_real) {
        sum->whole += n;
        return TRUE;
    }
    if (!sum->is_real)
        sum->real = (double)sum->whole;
    sum->is_real = TRUE;
    sum->real += v.type == MOM_VALUE_FLOAT ? v.real : (double)n;
    return TRUE;
}
