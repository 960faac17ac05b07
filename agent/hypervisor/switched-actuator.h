/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An actuator that passes everything on to another one, which can be exchanged.
 *
 * What is under way over the one that is left is given up at that moment: whoever waits for it is
 * told, and a late answer is told to nobody.  Never sends anything to two of them, and decides
 * nothing.
 */
#pragma once

#include "controllers/actuator.h"

typedef struct MomSwitchedActuator MomSwitchedActuator;

/* TO (as in switch) is borrowed; it may answer what was sent to it after SELF is freed. */
MomSwitchedActuator *mom_switched_actuator_new(MomActuator *to);
/* Gives up what is under way, with G_IO_ERROR_CANCELLED. */
void mom_switched_actuator_free(MomSwitchedActuator *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomSwitchedActuator, mom_switched_actuator_free)

/* Changes go to TO from now on.  Those under way end with G_IO_ERROR_CANCELLED and WHY; the one
 * that is left is told to drop what it has not sent. */
void mom_switched_actuator_switch(MomSwitchedActuator *self, MomActuator *to, const char *why);
/* How many are under way. */
guint mom_switched_actuator_pending(const MomSwitchedActuator *self);
/* Borrowed; lives as long as SELF. */
MomActuator *mom_switched_actuator_base(MomSwitchedActuator *self);
