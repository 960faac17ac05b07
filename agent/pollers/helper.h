/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The administrator's program that maps a guest's name to its address, run beside the main loop.
 *
 * Started without a shell, with the name as its only argument; what it prints is capped; it is
 * ended when nobody waits any more.  Whether it may be run at all is looked at each time.
 */
#pragma once

#include <gio/gio.h>

#include "agent/config/trust.h"

/* An address is a line; who prints more than this is no such program. */
#define MOM_HELPER_OUTPUT_BYTES 4096

typedef struct MomHelper MomHelper;

/* OUTPUT is borrowed for the call, or NULL with ERROR. */
typedef void (*MomHelperDone)(const char *output, const GError *error, gpointer data);

/* Runs PROGRAM NAME. DONE is called once, later, from the main loop, unless it is ended before;
 * then HELPER is gone.  NULL with an error if PROGRAM is not to be trusted (TRUST may be NULL) or
 * cannot be started. */
MomHelper *mom_helper_run(const char *program,
                          const char *name,
                          const MomTrust *trust,
                          MomHelperDone done,
                          gpointer data,
                          GError **error);
/* Kills it. DONE is not called. */
void mom_helper_end(MomHelper *helper);
