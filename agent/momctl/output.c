/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Printing, see output.h.
 *
 * Widths are counted in characters, as names need not be ASCII.
 */
#include "agent/momctl/output.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

#include "agent/decisions/words.h"

void
mom_ctl_print_json(json_object *json)
{
    puts(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                                  JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* Without newlines too if IS_CELL. */
static char *
harmless(const char *text, gboolean is_cell)
{
    char *copy = g_utf8_make_valid(text, -1);

    for (char *p = copy; *p; p++)
        if (((guchar)*p < 0x20 || *p == 0x7f) && (is_cell || *p != '\n'))
            *p = '?';
    return copy;
}

void
mom_ctl_print_text(const char *text)
{
    g_autofree char *copy = harmless(text, FALSE);

    fputs(copy, stdout);
    if (!g_str_has_suffix(copy, "\n"))
        putchar('\n');
}

/* ---- tables ---- */

static void
print_cell(const MomCtlColumn *column, const char *text, gsize width, gboolean is_last)
{
    gsize length = (gsize)g_utf8_strlen(text, -1);
    int fill = length < width ? (int)(width - length) : 0;

    if (column->is_number)
        printf("%*s%s", fill, "", text);
    else
        printf("%s%*s", text, is_last ? 0 : fill, "");
    fputs(is_last ? "\n" : "  ", stdout);
}

static void
print_row(const MomCtlColumn *columns, gsize n, char *const *cells, const gsize *widths)
{
    for (gsize i = 0; i < n; i++) {
        g_autofree char *text = harmless(cells[i] ? cells[i] : "-", TRUE);

        print_cell(&columns[i], text, widths[i], i + 1 == n);
    }
}

void
mom_ctl_print_table(const MomCtlColumn *columns, gsize n, GPtrArray *rows)
{
    g_autofree gsize *widths = g_new0(gsize, n);
    g_autofree char **titles = g_new0(char *, n);

    for (gsize i = 0; i < n; i++) {
        titles[i] = (char *)columns[i].title;
        widths[i] = strlen(columns[i].title);
        for (guint row = 0; row < rows->len; row++) {
            char *const *cells = g_ptr_array_index(rows, row);
            g_autofree char *text = harmless(cells[i] ? cells[i] : "-", TRUE);

            widths[i] = MAX(widths[i], (gsize)g_utf8_strlen(text, -1));
        }
    }
    print_row(columns, n, titles, widths);
    for (guint row = 0; row < rows->len; row++)
        print_row(columns, n, g_ptr_array_index(rows, row), widths);
}

/* ---- members ---- */

char *
mom_ctl_member_text(json_object *object, const char *name)
{
    json_object *member = json_object_object_get(object, name);

    return member ? g_strdup(json_object_get_string(member)) : NULL;
}

char *
mom_ctl_member_size(json_object *object, const char *name)
{
    json_object *member = json_object_object_get(object, name);
    GString *text;

    if (!json_object_is_type(member, json_type_int))
        return mom_ctl_member_text(object, name);
    text = g_string_new(NULL);
    mom_words_append_size(text, json_object_get_int64(member));
    return g_string_free(text, FALSE);
}

char *
mom_ctl_member_age(json_object *object, const char *name)
{
    json_object *member = json_object_object_get(object, name);
    double age_s;

    if (!member)
        return NULL;
    age_s =
        MAX((double)g_get_real_time() / (double)G_USEC_PER_SEC - json_object_get_double(member), 0);
    if (age_s < 120)
        return g_strdup_printf("%.0f s", age_s);
    if (age_s < 120 * 60)
        return g_strdup_printf("%.0f min", age_s / 60);
    if (age_s < 48 * 3600)
        return g_strdup_printf("%.0f h", age_s / 3600);
    return g_strdup_printf("%.0f d", age_s / 86400);
}

double
mom_ctl_member_number(json_object *object, const char *name)
{
    json_object *member = json_object_object_get(object, name);

    return member ? json_object_get_double(member) : -DBL_MAX;
}
