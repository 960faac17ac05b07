/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All pollers that the configuration wants, and the one table of their answers.
 *
 * A guest is asked only if a collector is configured that reads the answer.  A new slow source is a
 * row in pollers.c.
 */
#pragma once

#include "agent/config/config.h"
#include "agent/config/trust.h"
#include "agent/hypervisor/hypervisors.h"
#include "agent/pollers/poller.h"

typedef struct MomPollers MomPollers;

/* Everything is borrowed and must outlive the pollers. */
typedef struct {
    const MomConfig *config;
    const MomTrust *trust;       /* of programs that are run */
    guint wanted;                /* bit 1 << MomSlowSource: some collector reads it */
    MomHypervisors *hypervisors; /* say how libvirt is reached; NULL: guests are not asked by it */
    MomClock *clock;
    MomPollerDistress distress; /* a guest is short of memory, by its own word */
    gpointer distress_data;
} MomPollersOptions;

/* NULL if none is wanted. */
MomPollers *mom_pollers_new(const MomPollersOptions *options);
void mom_pollers_free(MomPollers *pollers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomPollers, mom_pollers_free)

/* For collectors; borrowed. POLLERS may be NULL, as in the following. */
const MomAnswers *mom_pollers_answers(const MomPollers *pollers);
/* See mom_poller_tend. */
void mom_pollers_tend(MomPollers *pollers, GPtrArray *guests);
/* CONFIG takes the place of the one before. */
void mom_pollers_reconfigure(MomPollers *pollers, const MomConfig *config);
