/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * When the guest is in distress: its kernel's own word, or a look at its counters now and then.
 *
 * Distress is that tasks stalled for memory for a part of a window, as momd's own trigger on the
 * host says it (agent/engine/psi.h).  Without PSI there is none.
 */
#pragma once

#include "agent/guestd/facts.h"

/* Stalls of so much in so long a window; a multiple of 2 s needs no privilege. */
#define MOM_STALL_US 150000
#define MOM_STALL_WINDOW_US 2000000

typedef struct {
    int trigger;       /* to be polled for POLLPRI; -1: none, look instead */
    bool has_look;     /* there was one before */
    int64_t looked_us; /* the kernel's total then */
} MomStall;

/* Below ROOT, where a stand-in's file is no trigger. */
void mom_stall_open(MomStall *stall, const char *root);
void mom_stall_close(MomStall *stall);
/* For whoever has no trigger: true if it would have fired, to be asked once a window. */
bool mom_stall_look(MomStall *stall, const MomNumbers *now);
