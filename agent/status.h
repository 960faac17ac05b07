/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How the daemon fares, in few words: for the service manager's status line and for getStatus.
 *
 * Only reads the engine. What is asked in full is in service.c.
 */
#pragma once

#include <json-c/json.h>

#include "agent/engine/engine.h"

/* A line is no longer than this, its NUL included: systemctl shows one row. */
#define MOM_STATUS_BYTES 320

/* "12 guests, host 23 % free, vdsm connected"; "waiting for vdsm: ..." with why the last question
 * failed; before either, what is wrong with the policies.  One line of valid UTF-8 without control
 * characters. Caller frees. */
char *mom_status_line(MomEngine *engine);

/* Adds "host_free_percent" (free, buffers and cache, of the last sample) and "pressure" (percent,
 * see pressure.h) to OUT, nil where it is not known. */
void mom_status_add_host(json_object *out, MomEngine *engine);
