/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What can go wrong between a caller and vdsm, as one domain of errors.
 *
 * vdsm's own numbers are kept as codes, so that a caller can ask for "no such VM" without reading
 * text.
 */
#pragma once

#include <glib.h>

#define MOM_VDSM_ERROR (mom_vdsm_error_quark())
GQuark mom_vdsm_error_quark(void);

/* Codes of this domain. An error that vdsm itself answered keeps vdsm's number as the code (1 no
 * such VM, 99 starting up, 1100 too many tasks, -32601 unknown method ...); ours lie beyond its
 * range. */
enum {
    MOM_VDSM_ERROR_NO_METHOD = -32601,
    MOM_VDSM_ERROR_NO_VM = 1,
    MOM_VDSM_ERROR_RECOVERING = 99,
    MOM_VDSM_ERROR_BUSY = 1100,
    MOM_VDSM_ERROR_NOT_CONNECTED = 1000001,
    MOM_VDSM_ERROR_TIMED_OUT,
    MOM_VDSM_ERROR_PROTOCOL, /* an answer that is none */
};

/* TRUE if ERROR is what vdsm itself answered; FALSE of NULL, and if there was no answer. */
gboolean mom_vdsm_err_answered(const GError *error);

/* TRUE if vdsm is alive but not ready (RECOVERING, BUSY): wait, do not complain. NULL is FALSE. */
gboolean mom_vdsm_err_not_yet(const GError *error);
