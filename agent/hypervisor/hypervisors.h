/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a configuration to the hypervisor that it names: one source to read, one actuator to turn
 * knobs with.  Beside vdsm libvirt stands by, for when vdsm is away.
 *
 * What stands behind the two is known here only; who uses them need not ask.  Opens the
 * connections, and neither reads nor changes anything.
 */
#pragma once

#include "agent/config/config.h"
#include "agent/config/trust.h"
#include "agent/hypervisor/hypervisor-vdsm.h"
#include "libvirt-client/session.h"

typedef struct MomHypervisors MomHypervisors;

/* Everything is borrowed and must outlive what is made of it. */
typedef struct {
    const MomConfig *config;
    const MomTrust *trust; /* of certificates and passwords; looked at whenever one is read */
    gboolean beside_vdsm;  /* else libvirt */
    gboolean with_io_tune; /* whether any collector wants I/O limits */
    /* Guests changed: a cycle is due soon. */
    MomHypervisorHint hint;
    /* The hypervisor is there, for the first time or after it was away: what was set may hold no
     * more. */
    MomHypervisorHint reconnected;
    /* Guests are read and tuned another way now: the same, but no cycle is due for it. */
    void (*changed)(gpointer data);
    gpointer data;
} MomHypervisorsOptions;

/* NULL with an error if libvirt's library cannot be used and is asked for. */
MomHypervisors *mom_hypervisors_new(const MomHypervisorsOptions *options, GError **error);
/* Drops a pending sample; answers pending changes with an error. */
void mom_hypervisors_free(MomHypervisors *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomHypervisors, mom_hypervisors_free)

void mom_hypervisors_start(MomHypervisors *self);

/* They live as long as SELF. */
MomSource *mom_hypervisors_source(MomHypervisors *self);
MomActuator *mom_hypervisors_actuator(MomHypervisors *self);
/* Readies libvirt's library, if that was not done yet, and says how libvirt is reached, also beside
 * vdsm.  The address and what it points to are borrowed and live as long as SELF and its
 * configuration. */
gboolean mom_hypervisors_libvirt_address(MomHypervisors *self, MomVirtAddress *out, GError **error);
/* How often the source may be asked for a guest that needs watching; 0: its numbers are no fresher
 * then. */
gint64 mom_hypervisors_watch_interval_us(const MomHypervisors *self);
/* Within this time every question to the source ends, by the time-outs of the clients. */
gint64 mom_hypervisors_patience_us(const MomConfig *config);

/* CONFIG takes the place of the one before: what can be taken over without a new connection is. */
void mom_hypervisors_reconfigure(MomHypervisors *self, const MomConfig *config);
/* The last questions come: libvirt stands in at once for a vdsm that does not answer soon. */
void mom_hypervisors_hurry(MomHypervisors *self);
/* Certificates, address and time-outs are read anew. FALSE: they cannot be used; then nothing has
 * changed. */
gboolean mom_hypervisors_renew_connection(MomHypervisors *self, GError **error);
