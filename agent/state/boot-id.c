/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See boot-id.h.
 */
#include "agent/state/boot-id.h"

#include <glib.h>

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

char *
mom_boot_id(void)
{
    char *id = NULL;

    return g_file_get_contents(BOOT_ID, &id, NULL, NULL) ? g_strstrip(id) : g_strdup("");
}
