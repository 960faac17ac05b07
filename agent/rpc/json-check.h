/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether a text is JSON as RFC 8259 has it, within limits; asked before json-c reads it.
 *
 * json-c takes NaN, 'single quotes', control characters in strings and more for JSON, even when
 * told to be strict. Pure; looks at each byte once and never beyond the length told.
 */
#pragma once

#include <glib.h>

#define MOM_JSON_CHECK_ERROR (mom_json_check_error_quark())
GQuark mom_json_check_error_quark(void);

typedef enum {
    MOM_JSON_CHECK_ERROR_SYNTAX, /* no JSON; the message names the byte, from 0 */
    MOM_JSON_CHECK_ERROR_LIMIT, /* nested too deep, or a name with a NUL, at which C would end it */
} MomJsonCheckErrorCode;

/* DEPTH: how deep arrays and objects may nest; 1 allows one around plain values. */
gboolean mom_json_check(const char *text, gsize length, guint depth, GError **error);
