/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * vdsm as source and actuator: vdsm-client's typed answers turned into guest data, knobs into
 * verbs.
 *
 * Only guests with status "Up" are reported (SEMANTICS 13).  I/O policies change rarely and cost
 * vdsm a log line per guest, so they are asked for every five minutes, and at once when a guest
 * came or a limit was set.  Knows vdsm's verbs and MOM's rules for reading them; decides nothing.
 */
#pragma once

#include "agent/clock.h"
#include "agent/hypervisor/source.h"
#include "controllers/actuator.h"
#include "vdsm-client/vdsm.h"

typedef struct MomHypervisorVdsm MomHypervisorVdsm;

/* Something happened that a cycle should look at soon. */
typedef void (*MomHypervisorHint)(const char *reason, gpointer data);

/* WITH_IO_TUNE: whether any collector wants I/O limits. HINT may be NULL. */
MomHypervisorVdsm *mom_hypervisor_vdsm_new(const MomVdsmOptions *options,
                                           MomClock *clock,
                                           gboolean with_io_tune,
                                           MomHypervisorHint hint,
                                           gpointer data);
/* Ends all calls under way; their callbacks get G_IO_ERROR_CANCELLED. */
void mom_hypervisor_vdsm_free(MomHypervisorVdsm *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomHypervisorVdsm, mom_hypervisor_vdsm_free)

/* Before start. CONNECTED is told each connection that stands, in place of the hint, with its data.
 */
void mom_hypervisor_vdsm_watch_connected(MomHypervisorVdsm *self, MomHypervisorHint connected);

void mom_hypervisor_vdsm_start(MomHypervisorVdsm *self);
/* From now on OPTIONS hold.  A connection that is made anew for it costs no sample: a question
 * waits. FALSE: certificate, key or CA cannot be used; then nothing has changed. */
gboolean mom_hypervisor_vdsm_configure(MomHypervisorVdsm *self,
                                       const MomVdsmOptions *options,
                                       GError **error);
/* Somebody else may have set I/O limits: they are asked for with the next sample. */
void mom_hypervisor_vdsm_renew_io_tunes(MomHypervisorVdsm *self);
MomSource *mom_hypervisor_vdsm_source(MomHypervisorVdsm *self);
MomActuator *mom_hypervisor_vdsm_actuator(MomHypervisorVdsm *self);

/* One VM's statistics as guest data, without I/O tune; for the adapter and its test. */
MomGuestData *mom_hypervisor_vdsm_guest(const MomVdsmVmStats *stats);
/* Adds the I/O policies and states of TUNE to DATA. */
void mom_hypervisor_vdsm_add_io_tune(MomGuestData *data, const MomVdsmVmIoTune *tune);
