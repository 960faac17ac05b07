/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Values as text, see print.h.
 *
 * Lists are printed by recursion: how deep they nest has a limit.
 */
#include "policy/print.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* The shortest text that reads back.  What can be written with 15 digits comes out so at once, but
 * near zero floats are that sparse that fewer digits do. */
static void
shortest(char text[G_ASCII_DTOSTR_BUF_SIZE], double f)
{
    int digits = fabs(f) < DBL_MIN ? 1 : DBL_DIG;

    do {
        char format[sizeof("%.17g")];

        g_snprintf(format, sizeof(format), "%%.%dg", digits);
        g_ascii_formatd(text, G_ASCII_DTOSTR_BUF_SIZE, format, f);
    } while (++digits <= DBL_DECIMAL_DIG && g_ascii_strtod(text, NULL) != f);
}

static void
print_float(GString *out, double f)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    if (isnan(f)) {
        g_string_append(out, "nan"); /* its sign means nothing */
        return;
    }
    shortest(text, f);
    g_string_append(out, text);
    if (!strpbrk(text, ".einE"))
        g_string_append(out, ".0");
}

static void
print_list(GString *out, const MomList *list)
{
    g_string_append_c(out, '(');
    for (gsize i = 0; i < list->length; i++) {
        if (i > 0)
            g_string_append_c(out, ' ');
        mom_value_print(out, list->items[i]);
    }
    g_string_append_c(out, ')');
}

void
mom_value_print(GString *out, MomValue v)
{
    switch (v.type) {
    case MOM_VALUE_NIL:
        g_string_append(out, "nil");
        return;
    case MOM_VALUE_BOOL:
        g_string_append(out, v.boolean ? "true" : "false");
        return;
    case MOM_VALUE_INT:
        g_string_append_printf(out, "%" G_GINT64_FORMAT, v.integer);
        return;
    case MOM_VALUE_FLOAT:
        print_float(out, v.real);
        return;
    case MOM_VALUE_STRING:
        g_string_append(out, v.string);
        return;
    case MOM_VALUE_LIST:
        print_list(out, v.list);
        return;
    case MOM_VALUE_ENTITY:
    case MOM_VALUE_GUESTS:
    case MOM_VALUE_CALLABLE:
    case MOM_VALUE_TUNE:
    case MOM_VALUE_LIMITS:
    case MOM_VALUE_TUNE_STATE:
    default:
        g_string_append_printf(out, "<%s>", mom_value_type_name(v.type));
    }
}
