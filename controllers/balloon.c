/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Balloon: gives guests the memory that the policy wishes for them.
 *
 * Any target is passed on, also one equal to the present size (SEMANTICS 14): whether it is sent is
 * the guard's to say.  Bounds are not checked here.
 */
#include "controllers/wish.h"

#define CONTROL "balloon_target"

static void
apply_to_guest(const MomControllerContext *context, MomEntity *guest)
{
    gint64 target_kib;
    MomValue current;

    if (mom_wish_read(context, guest, CONTROL, &target_kib) != MOM_WISH_SET)
        return;
    if (!mom_wish_has_address(context, guest, CONTROL))
        return;
    if (!mom_entity_get_attribute(guest, "balloon_cur", &current)) {
        mom_wish_complain(context, guest, CONTROL, "no collector declares balloon_cur");
        return;
    }
    mom_actuator_set_balloon_target(context->actuator, guest, target_kib, NULL, NULL);
}

static void
apply(const MomControllerContext *context, MomEntity *host, GPtrArray *guests)
{
    for (guint i = 0; i < guests->len; i++)
        apply_to_guest(context, g_ptr_array_index(guests, i));
}

static const char *const controls[] = {CONTROL, NULL};

const MomController mom_controller_balloon = {
    .name = "Balloon",
    .controls = controls,
    .apply = apply,
};
