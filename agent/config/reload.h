/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading all anew while momd runs: configuration, policies, certificates, the log's file.
 *
 * What is known of guests stays, and so does what was pushed by RPC.  A configuration that momd
 * would not start with, or only with defaults in place of what it says, is refused as a whole with
 * one message; policies and certificates that cannot be used leave those in force.  What cannot
 * change without a restart is said, and nothing is applied in silence.
 */
#pragma once

#include "agent/config/options.h"
#include "agent/daemon.h"

typedef struct MomReload MomReload;

/* CONFIG is what DAEMON was made with.  All are borrowed; DAEMON must be freed first, as it works
 * by a configuration that is kept here. */
MomReload *
mom_reload_new(const MomOptions *options, const MomConfig *config, MomDaemon *daemon, MomLog *log);
void mom_reload_free(MomReload *reload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomReload, mom_reload_free)

/* Does it now; when it returns, all that can change has. */
void mom_reload_run(MomReload *reload);

/* TRUE if KEY is taken up by mom_reload_run, FALSE if it needs a restart. */
gboolean mom_reload_is_live(const char *section, const char *key);
