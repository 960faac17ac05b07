/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * KSM through vdsm: the four knobs that it takes, and what to say when it does not.
 *
 * Part of the adapter hypervisor-vdsm.c, which owns it.  It asks vdsm and nobody else: what vdsm
 * has no key for is refused, never written to the kernel's files behind its back.
 */
#pragma once

#include "agent/fault.h"
#include "controllers/actuator.h"
#include "vdsm-client/vdsm.h"

/* What Host.setKsmTune takes. */
#define MOM_VDSM_KSM_KEYS                                                                          \
    (MOM_KSM_BIT(MOM_KSM_RUN) | MOM_KSM_BIT(MOM_KSM_PAGES_TO_SCAN) |                               \
     MOM_KSM_BIT(MOM_KSM_SLEEP_MILLISECS) | MOM_KSM_BIT(MOM_KSM_MERGE_ACROSS_NODES))

typedef struct {
    MomVdsm *vdsm; /* borrowed */
    MomFault fault;
} MomVdsmKsm;

/* Sets TUNE in one call.  DONE, which may be NULL, gets vdsm's error, or G_IO_ERROR_NOT_SUPPORTED
 * if TUNE has a key beyond MOM_VDSM_KSM_KEYS: then nothing is sent.  SELF must outlive the call. */
void
mom_vdsm_ksm_set(MomVdsmKsm *self, const MomKsmTune *tune, MomActuatorDone done, gpointer data);
