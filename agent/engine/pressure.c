/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See pressure.h.  A kernel without the file, or with it switched off (psi=0: reading fails), is
 * one that does not tell.
 */
#include "agent/engine/pressure.h"

#include "agent/collectors/hostfile.h"
#include "agent/collectors/parse.h"

#define FILE_CAP 4096

gboolean
mom_pressure_parse(const char *text, double *percent)
{
    MomPressureLine line;

    if (!mom_parse_pressure(text, "some", &line))
        return FALSE;
    *percent = line.avg10;
    return TRUE;
}

gboolean
mom_pressure_read(const char *root, double *percent)
{
    g_autofree char *text = mom_hostfile_read(root, "proc/pressure/memory", FILE_CAP, NULL);

    return text && mom_pressure_parse(text, percent);
}
