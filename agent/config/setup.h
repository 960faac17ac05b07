/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a configuration to what it names: which hypervisor, which collectors, which controllers,
 * whom to trust.
 *
 * Shared by the daemon's start, its reload and `--check-config', so that all three say the same of
 * a configuration.  Opens nothing, logs nothing.
 */
#pragma once

#include "agent/config/config.h"
#include "agent/config/trust.h"
#include "agent/engine/monitor.h"
#include "controllers/controller.h"

typedef struct {
    gboolean beside_vdsm; /* else libvirt */
    MomMonitorPlan *host_plan;
    MomMonitorPlan *guest_plan;
    GPtrArray *controllers; /* of const MomController*, ended by NULL */
} MomSetup;

/* COMPLAINTS (of char*) gets what is named and cannot be had, with its place; it is left out.
 * NULL with an error if momd could not start so. */
MomSetup *mom_setup_new(const MomConfig *config, GPtrArray *complaints, GError **error);
void mom_setup_free(MomSetup *setup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomSetup, mom_setup_free)

/* [main] controllers, of which some need what HOST_PLAN collects; ended by NULL. Caller unrefs. */
GPtrArray *mom_setup_controllers(const MomConfig *config,
                                 const MomMonitorPlan *host_plan,
                                 GPtrArray *complaints);
/* FALSE if one of them is none that momd has. */
gboolean mom_setup_knows_controllers(const MomConfig *config, GError **error);
/* TRUE and *BESIDE_VDSM if momd knows the interface. */
gboolean mom_setup_interface(const MomConfig *config, gboolean *beside_vdsm, GError **error);
gboolean mom_setup_declares(const MomMonitorPlan *plan, const char *field);
/* Whose files momd believes: beside vdsm also vdsm's. */
MomTrust mom_setup_trust(const MomConfig *config);
