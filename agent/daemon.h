/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The daemon put together: from a configuration to a running engine, hypervisor and RPC server.
 *
 * What main() and the tests of the whole share.  Wishes the configuration names and momd cannot
 * meet are errors that say what to change; nothing is left out in silence.
 */
#pragma once

#include "agent/config/config.h"
#include "agent/engine/monitor.h"
#include "agent/engine/release.h"
#include "agent/log.h"
#include "agent/supervisor.h"

typedef struct MomDaemon MomDaemon;

/* Puts all together; nothing runs yet, but the RPC socket is bound. CONFIG and LOG are borrowed. */
MomDaemon *mom_daemon_new(const MomConfig *config, MomLog *log, GError **error);
/* Ends calls under way, closes and removes the socket. */
void mom_daemon_free(MomDaemon *daemon);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomDaemon, mom_daemon_free)

/* The service manager behind NOTIFY (taken over) is told of the daemon from its start on, and its
 * watchdog fed every half WATCHDOG_US (0: there is none). Before the start. */
void mom_daemon_supervise(MomDaemon *daemon, MomNotify *notify, gint64 watchdog_us);
/* Reads back what is to survive a restart, and begins to cycle. */
void mom_daemon_start(MomDaemon *daemon);
/* Ends cycling, and does what on-stop says of what was changed; DONE is called once, at once or
 * from the main loop, within MOM_RELEASE_DEADLINE_US. Serving goes on. Before the stop, or never.
 */
void mom_daemon_release(MomDaemon *daemon, MomReleased done, gpointer data);
/* Ends cycling and serving, and writes what is to survive a restart. Blocks. */
void mom_daemon_stop(MomDaemon *daemon);

/* For reload.h, while the daemon runs. */

/* What is collected of the host at present. Borrowed. */
const MomMonitorPlan *mom_daemon_host_plan(const MomDaemon *daemon);
/* CONFIG (borrowed, in place of the one before) holds from now on: intervals, history, CONTROLLERS
 * (ended by NULL; referenced), whom to trust.  What is known of host and guests stays. */
void mom_daemon_reconfigure(MomDaemon *daemon, const MomConfig *config, GPtrArray *controllers);
/* The connection to vdsm is by the present configuration and files from now on, see
 * mom_vdsm_connection_configure. FALSE: they cannot be used, the connection stays. */
gboolean mom_daemon_renew_connection(MomDaemon *daemon, GError **error);
/* See mom_policies_reread. */
gboolean mom_daemon_reread_policies(MomDaemon *daemon, GError **error);
/* For what main() knows first: reloading, stopping. NULL if nobody supervises. Borrowed. */
MomSupervisor *mom_daemon_supervisor(MomDaemon *daemon);
