/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The life of one guest's raw data, and what of a source is optional.
 *
 * All is nil until an adapter sets it.  The lists of disks may be shared between several guests'
 * data, or with an adapter that keeps them between two samples: only references are dropped here.
 */
#include "agent/hypervisor/source.h"

MomGuestData *
mom_guest_data_new(const char *uuid, const char *name)
{
    /* Zero is nil. */
    MomGuestData *data = g_new0(MomGuestData, 1);

    data->uuid = g_strdup(uuid);
    data->name = g_strdup(name);
    return data;
}

void
mom_guest_data_free(MomGuestData *data)
{
    if (!data)
        return;
    g_free(data->uuid);
    g_free(data->name);
    g_clear_pointer(&data->io_policies, g_array_unref);
    g_clear_pointer(&data->io_states, g_array_unref);
    g_clear_pointer(&data->strings, g_string_chunk_free);
    g_free(data);
}

const char *
mom_source_name(const MomSource *self)
{
    return self->klass->name_now ? self->klass->name_now(self) : self->klass->name;
}

const char *
mom_source_note(MomSource *self)
{
    return self->klass->note ? self->klass->note(self) : NULL;
}

const char *
mom_source_hold(MomSource *self)
{
    return self->klass->hold ? self->klass->hold(self) : NULL;
}
