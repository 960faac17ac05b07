/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See pressure.h.  A kernel without the file, or with it switched off (psi=0: reading fails), is
 * one that does not tell.
 */
#include "agent/engine/pressure.h"

#include <string.h>

#include "agent/collectors/hostfile.h"

#define FILE_CAP 4096
#define LINE_START "some avg10="

gboolean
mom_pressure_parse(const char *text, double *percent)
{
    const char *line = g_str_has_prefix(text, LINE_START) ? text : strstr(text, "\n" LINE_START);
    const char *start;
    char *end;
    double value;

    if (!line) {
        return FALSE;
    }
    start = strchr(line, '=') + 1;
    value = g_ascii_strtod(start, &end);
    if (!g_ascii_isdigit(*start) || !g_ascii_isspace(*end) || !(value <= 100)) {
        return FALSE;
    }
    *percent = value;
    return TRUE;
}

gboolean
mom_pressure_read(const char *root, double *percent)
{
    g_autofree char *text = mom_hostfile_read(root, "proc/pressure/memory", FILE_CAP, NULL);

    return text && mom_pressure_parse(text, percent);
}
