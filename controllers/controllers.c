/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The list of all controllers.
 *
 * A new controller is one file like balloon.c and one line here.  The order here means nothing: the
 * option `controllers` says which run, and in which order.
 */
#include "controllers/controller.h"

extern const MomController mom_controller_balloon;
extern const MomController mom_controller_ksm;
extern const MomController mom_controller_cputune;
extern const MomController mom_controller_iotune;

/* The header promises an end whose name is NULL. */
static const MomController end = {.name = NULL};

const MomController *const mom_controllers[] = {
    &mom_controller_balloon,
    &mom_controller_ksm,
    &mom_controller_cputune,
    &mom_controller_iotune,
    &end,
};

const MomController *
mom_controller_find(const char *name)
{
    for (gsize i = 0; mom_controllers[i]->name; i++)
        if (g_str_equal(mom_controllers[i]->name, name))
            return mom_controllers[i];
    return NULL;
}
