/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The paths that a configuration names, looked at before momd works with them.
 *
 * For the start and for `--check-config`.  Policies and the bus's certificates are not here: who
 * reads them looks at them, each time.  Opens nothing, changes nothing.
 */
#pragma once

#include "agent/config/config.h"
#include "agent/config/trust.h"

/* For the password of libvirt, which may be vdsm's: its user's files are believed as well. */
MomTrust mom_vet_password_trust(const MomTrust *trust);

/* COMPLAINTS (of char*) gets, with their places, the paths that others could change or read.  FALSE
 * with an error if one of them is where momd learns of its host, or what it would run. */
gboolean mom_vet_paths(const MomConfig *config,
                       const MomTrust *trust,
                       GPtrArray *complaints,
                       GError **error);
