/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Controllers: from the controls that a policy set to calls of an actuator.
 *
 * A controller is one small vtable; one array lists them all.  It reads the controls and attributes
 * of entities after a run that ended well, and calls the actuator for what its triggers (SEMANTICS
 * 14) ask for.  It keeps no state, knows no rail, and never lets one guest's odd value touch
 * another guest: such a value costs that guest's call (for KSM: that key) and is reported through
 * COMPLAIN.
 */
#pragma once

#include "controllers/actuator.h"

/* Told why a wish was passed over. ENTITY is the guest or host it concerns, CONTROL the control's
 * name. */
typedef void (*MomComplaint)(MomEntity *entity,
                             const char *control,
                             const char *why,
                             gpointer data);

typedef struct {
    MomActuator *actuator;
    MomComplaint complain; /* may be NULL */
    gpointer complain_data;
} MomControllerContext;

typedef struct {
    const char *name; /* as written in the option `controllers`: "Balloon" */
    /* The names of the controls it reads, NULL-terminated; for the policy checker. */
    const char *const *controls;
    /* GUESTS holds MomEntity*. */
    void (*apply)(const MomControllerContext *context, MomEntity *host, GPtrArray *guests);
} MomController;

/* All controllers, ended by one whose name is NULL. */
extern const MomController *const mom_controllers[];

/* The controller of that name (exact case), or NULL. */
const MomController *mom_controller_find(const char *name);
