/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One file of configuration from disk: who may have written it, how large it may be, its syntax.
 *
 * Knows no key.  Must never hold up its caller: only regular files are read.
 */
#pragma once

#include "agent/config/ini.h"
#include "agent/config/trust.h"

/* NULL with an error of MOM_CONFIG_ERROR that names the file, and the line if there is one.
 * TRUST NULL: anybody may have written it. */
MomIni *mom_config_file_read(const char *file, const MomTrust *trust, GError **error);
