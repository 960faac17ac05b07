/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The daemon put together: from a configuration to a running engine, hypervisor and RPC server.
 *
 * What main() and the tests of the whole share.  Wishes the configuration names and momd cannot
 * meet are errors that say what to change; nothing is left out in silence.
 */
#pragma once

#include "agent/config.h"
#include "agent/log.h"

typedef struct MomDaemon MomDaemon;

/* Puts all together; nothing runs yet, but the RPC socket is bound. CONFIG and LOG are borrowed. */
MomDaemon *mom_daemon_new(const MomConfig *config, MomLog *log, GError **error);
/* Ends calls under way, closes and removes the socket. */
void mom_daemon_free(MomDaemon *daemon);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomDaemon, mom_daemon_free)

/* Reads back what is to survive a restart, and begins to cycle. */
void mom_daemon_start(MomDaemon *daemon);
/* Ends cycling and serving, and writes what is to survive a restart. Blocks. */
void mom_daemon_stop(MomDaemon *daemon);
