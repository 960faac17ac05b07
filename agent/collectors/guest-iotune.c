/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestIoTune and GuestIoTuneOptional: what a guest's disks may use and what is set for them.
 *
 * Every entry of the guest's I/O policy is matched with the state of the same disk; one without
 * such a disk is left out, so that both lists have the same order and length.  The sample copies
 * both.
 */
#include "agent/collectors/collector.h"

static gboolean
is_same_string(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

/* By path (two unknown ones are equal), or by name where either path is unknown; the first counts.
 */
static const MomTuneState *
find_state(const GArray *states, const MomTune *entry)
{
    for (guint i = 0; i < states->len; i++) {
        const MomTuneState *state = &g_array_index(states, MomTuneState, i);

        if (is_same_string(entry->path, state->path))
            return state;
        if ((!entry->path || !state->path) && is_same_string(entry->name, state->name))
            return state;
    }
    return NULL;
}

/* All limits are there, unknown ones as nil: policies read them by name, and a missing name would
 * end the run for every guest. */
static MomLimits
with_all_names(MomLimits limits)
{
    for (int i = 0; i < MOM_N_LIMITS; i++)
        if (!(limits.present & 1u << i))
            mom_limits_set(&limits, (MomLimit)i, MOM_NIL);
    return limits;
}

static void
set_list(MomSample *sample, const char *field, const GArray *values)
{
    MomList list = {
        .length = values->len,
        .items = (const MomValue *)(gconstpointer)values->data,
    };

    mom_sample_set(sample, field, (MomValue){.type = MOM_VALUE_LIST, .list = &list});
}

static gboolean
collect(gpointer unused, const MomCollectInput *input, MomSample *sample, GError **error)
{
    const MomGuestData *guest = input->guest;
    g_autoptr(GArray) tunes = NULL, states = NULL;
    g_autofree MomTune *copies = NULL;

    if (!guest->has_io_tune || !guest->io_policies || guest->io_policies->len == 0 ||
        !guest->io_states || guest->io_states->len == 0)
        return TRUE;
    copies = g_new0(MomTune, guest->io_policies->len);
    tunes = g_array_new(FALSE, FALSE, sizeof(MomValue));
    states = g_array_new(FALSE, FALSE, sizeof(MomValue));
    for (guint i = 0; i < guest->io_policies->len; i++) {
        const MomTune *entry = &g_array_index(guest->io_policies, MomTune, i);
        const MomTuneState *state = find_state(guest->io_states, entry);
        MomValue tune_value = {.type = MOM_VALUE_TUNE, .object = &copies[i]};
        MomValue state_value = {.type = MOM_VALUE_TUNE_STATE, .object = state};

        if (!state)
            continue;
        copies[i] = *entry;
        copies[i].name = state->name;
        copies[i].path = state->path;
        copies[i].guaranteed = with_all_names(entry->guaranteed);
        copies[i].maximum = with_all_names(entry->maximum);
        copies[i].current = state->io_tune;
        g_array_append_val(tunes, tune_value);
        g_array_append_val(states, state_value);
    }
    set_list(sample, "io_tune", tunes);
    set_list(sample, "io_tune_current", states);
    mom_collector_set_doubts(sample, guest);
    return TRUE;
}

static const char *const fields[] = {"io_tune", "io_tune_current", NULL};
static const char *const none[] = {NULL};

const MomCollector mom_collector_guest_io_tune = {
    .name = "GuestIoTune",
    .fields = fields,
    .optional = none,
    .collect = collect,
};

const MomCollector mom_collector_guest_io_tune_optional = {
    .name = "GuestIoTuneOptional",
    .fields = none,
    .optional = fields,
    .collect = collect,
};
