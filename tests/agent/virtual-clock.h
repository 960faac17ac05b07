/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A clock that stands still until a test moves it: what is due happens in order, at its time.
 *
 * For tests only; it never looks at real time.
 */
#pragma once

#include "agent/clock.h"

typedef struct VirtualClock VirtualClock;

VirtualClock *virtual_clock_new(void);
void virtual_clock_free(VirtualClock *clock);
MomClock *virtual_clock_base(VirtualClock *clock);
/* Moves on by US, calling what falls due. */
void virtual_clock_advance(VirtualClock *clock, gint64 us);
