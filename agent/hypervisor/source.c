/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The life of one guest's raw data, and what a source need not say itself.
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

MomGuestData *
mom_guest_data_share(const MomGuestData *data)
{
    MomGuestData *copy = g_memdup2(data, sizeof *data);

    copy->uuid = g_strdup(data->uuid);
    copy->name = g_strdup(data->name);
    copy->io_policies = data->io_policies ? g_array_ref(data->io_policies) : NULL;
    copy->io_states = data->io_states ? g_array_ref(data->io_states) : NULL;
    copy->strings = NULL;
    return copy;
}

static const char *
keep(MomGuestData *data, const char *text)
{
    return text ? g_string_chunk_insert_const(data->strings, text) : NULL;
}

/* DATA's own list in place of the one it shares. */
static void
own_policies(MomGuestData *data)
{
    GArray *shared = data->io_policies;

    if (!shared)
        return;
    data->io_policies = g_array_copy(shared);
    g_array_unref(shared);
    for (guint i = 0; i < data->io_policies->len; i++) {
        MomTune *tune = &g_array_index(data->io_policies, MomTune, i);

        tune->name = keep(data, tune->name);
        tune->path = keep(data, tune->path);
    }
}

static void
own_states(MomGuestData *data)
{
    GArray *shared = data->io_states;

    if (!shared)
        return;
    data->io_states = g_array_copy(shared);
    g_array_unref(shared);
    for (guint i = 0; i < data->io_states->len; i++) {
        MomTuneState *state = &g_array_index(data->io_states, MomTuneState, i);

        state->name = keep(data, state->name);
        state->path = keep(data, state->path);
    }
}

MomGuestData *
mom_guest_data_copy(const MomGuestData *data)
{
    MomGuestData *copy = mom_guest_data_share(data);

    if (copy->io_policies || copy->io_states)
        copy->strings = g_string_chunk_new(256);
    own_policies(copy);
    own_states(copy);
    return copy;
}

const char *
mom_source_data_source(MomSource *source)
{
    return source->klass->data_source ? source->klass->data_source(source) : source->klass->name;
}

gboolean
mom_source_is_live(MomSource *source)
{
    return !source->klass->is_live || source->klass->is_live(source);
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
