/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What vdsm's own configuration says that we must know: whether its bus is TLS, its port, and how
 * it calls the tuning policy.
 *
 * Read as vdsm reads it: its file, then the *.conf files of its drop-in directories, all of them in
 * order of their base names, each over the ones before.  Where a value cannot be used, the one
 * before it is.
 */
#pragma once

#include "agent/config/trust.h"

typedef struct {
    /* KEY of our [SECTION] has VALUE, by ORIGIN ("FILE:LINE"). */
    void (*found)(
        const char *section, const char *key, const char *value, const char *origin, gpointer data);
    /* What is wrong, with its place; not fatal. */
    void (*complain)(const char *text, gpointer data);
} MomVdsmConfFuncs;

/* The drop-in directory of FILE is FILE.d; where FILE is ROOT/etc/NAME/NAME.conf also
 * ROOT/usr/lib/NAME/NAME.conf.d and ROOT/run/NAME/NAME.conf.d; of equal base names the one in etc
 * counts most, the one in usr/lib least.  Files that are not there, and ones that TRUST refuses
 * (a complaint), say nothing. */
void mom_vdsm_conf_read(const char *file,
                        const MomTrust *trust,
                        const MomVdsmConfFuncs *funcs,
                        gpointer data);
