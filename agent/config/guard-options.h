/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guard's options as the configuration has them: section [rails], and dry-run.
 *
 * Only reads the configuration, whose values are checked already.
 */
#pragma once

#include "agent/config/config.h"
#include "controllers/guard.h"

MomGuardOptions mom_guard_options_from_config(const MomConfig *config);
