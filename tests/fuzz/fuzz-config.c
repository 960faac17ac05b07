/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fuzzes agent/ini: any bytes are sections and keys or an error, and every value can be
 * interpolated or not.
 *
 * Run by tests/fuzz/run.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *
look_up(const char *key, gpointer section)
{
    const MomIniEntry *entry = mom_ini_entry(section, key);

    return entry ? entry->value : NULL;
}

static void
interpolate_all(MomIniSection *section)
{
    for (guint i = 0; i < section->entries->len; i++) {
        const MomIniEntry *entry = g_ptr_array_index(section->entries, i);
        g_autoptr(GError) error = NULL;
        g_autofree char *value = mom_ini_interpolate(entry->value, look_up, section, &error);

        if (!value == !error || mom_ini_entry(section, entry->key) != entry || !entry->line)
            abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomIni) ini = mom_ini_parse((const char *)data, size, "fuzz", &error);

    if (!ini == !error)
        abort();
    for (guint i = 0; ini && i < ini->sections->len; i++)
        interpolate_all(g_ptr_array_index(ini->sections, i));
    return 0;
}
