/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See source.h: the one struct that crosses from hypervisors to collectors, made and freed.
 */
#include "agent/source.h"

MomGuestData *
mom_guest_data_new(const char *uuid, const char *name)
{
    MomGuestData *data = g_new0(MomGuestData, 1); /* zero is nil */

    data->uuid = g_strdup(uuid);
    data->name = g_strdup(name);
    data->io_policies = g_array_new(FALSE, TRUE, sizeof(MomTune));
    data->io_states = g_array_new(FALSE, TRUE, sizeof(MomTuneState));
    return data;
}

void
mom_guest_data_free(MomGuestData *data)
{
    if (data == NULL)
        return;
    g_free(data->uuid);
    g_free(data->name);
    g_array_unref(data->io_policies);
    g_array_unref(data->io_states);
    g_clear_pointer(&data->strings, g_string_chunk_free);
    g_free(data);
}
