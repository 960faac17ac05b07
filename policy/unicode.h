/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What counts as a blank, for the scanner and for numbers written in strings.
 *
 * The set is SEMANTICS section 3, alternative 12, which is neither the C library's nor GLib's, so
 * it is written out.  Nothing here may depend on the locale.
 */
#pragma once

#include <glib.h>

static inline gboolean
mom_is_blank(gunichar c)
{
    if (c < 0x80)
        return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
           c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}
