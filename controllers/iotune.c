/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * IoTune: limits the disks of guests as the policy wishes.
 *
 * The wish is what the policy's setters left in a tune's `current`; it is compared with the state
 * at the same position (SEMANTICS 14).  All disks of a guest that differ go into one call.
 */
#include "controllers/wish.h"

#define CONTROL "io_tune"

/* FALSE: a disk has no state to compare with; complained. */
static gboolean
collect_changes(const MomControllerContext *context,
                MomEntity *guest,
                const MomTune *tunes,
                gsize n_tunes,
                const MomTuneState *const *states,
                gsize n_states,
                GArray *changes)
{
    for (gsize i = 0; i < n_tunes; i++) {
        if (i >= n_states || !states[i]) {
            mom_wish_complain(context, guest, CONTROL, "a disk's present limits are unknown");
            return FALSE;
        }
        if (!mom_limits_equal(&tunes[i].current, &states[i]->io_tune)) {
            MomIoTuneChange change = {
                .name = tunes[i].name,
                .path = tunes[i].path,
                .io_tune = tunes[i].current,
                .place = tunes[i].place,
            };

            g_array_append_val(changes, change);
        }
    }
    return TRUE;
}

static void
apply_to_guest(const MomControllerContext *context, MomEntity *guest)
{
    gsize n_tunes, n_states;
    const MomTune *tunes = mom_entity_tunes(guest, &n_tunes);
    const MomTuneState *const *states = mom_entity_tune_states(guest, &n_states);
    g_autoptr(GArray) changes = NULL;

    if (n_tunes == 0 || n_states == 0)
        return;
    changes = g_array_new(FALSE, FALSE, sizeof(MomIoTuneChange));
    if (!collect_changes(context, guest, tunes, n_tunes, states, n_states, changes) ||
        changes->len == 0)
        return;
    if (mom_wish_has_address(context, guest, CONTROL))
        mom_actuator_set_io_tune(context->actuator, guest,
                                 (const MomIoTuneChange *)(gpointer)changes->data, changes->len,
                                 NULL, NULL);
}

static void
apply(const MomControllerContext *context, MomEntity *host, GPtrArray *guests)
{
    for (guint i = 0; i < guests->len; i++)
        apply_to_guest(context, g_ptr_array_index(guests, i));
}

/* Wishes come through tune objects, not through controls. */
static const char *const controls[] = {NULL};

const MomController mom_controller_iotune = {
    .name = "IoTune",
    .controls = controls,
    .apply = apply,
};
