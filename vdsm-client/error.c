/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The domain of errors and the questions callers ask of it.
 *
 * Texts are made where the error happens; nothing is logged here.
 */
#include "vdsm-client/error.h"

G_DEFINE_QUARK(mom - vdsm - error, mom_vdsm_error)

gboolean
mom_vdsm_err_answered(const GError *error)
{
    return error && error->domain == MOM_VDSM_ERROR && error->code < MOM_VDSM_ERROR_NOT_CONNECTED;
}

gboolean
mom_vdsm_err_not_yet(const GError *error)
{
    return g_error_matches(error, MOM_VDSM_ERROR, MOM_VDSM_ERROR_RECOVERING) ||
           g_error_matches(error, MOM_VDSM_ERROR, MOM_VDSM_ERROR_BUSY);
}
