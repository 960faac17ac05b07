/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See error.h.  Which of libvirt's codes mean the same to a caller is written in tables here, once.
 */
#include "libvirt-client/error.h"

#include <errno.h>

#include "libvirt-client/autoptr.h"

G_DEFINE_QUARK(mom - virt - error - quark, mom_virt_error)

static const int gone_codes[] = {VIR_ERR_NO_DOMAIN};

static const int unsupported_codes[] = {
    VIR_ERR_NO_SUPPORT,
    VIR_ERR_ARGUMENT_UNSUPPORTED,
    VIR_ERR_CONFIG_UNSUPPORTED,
    VIR_ERR_OPERATION_UNSUPPORTED,
};

static const int denied_codes[] = {
    VIR_ERR_OPERATION_DENIED, VIR_ERR_ACCESS_DENIED,    VIR_ERR_AUTH_FAILED,
    VIR_ERR_AUTH_CANCELLED,   VIR_ERR_AUTH_UNAVAILABLE,
};

static const int connection_codes[] = {
    MOM_VIRT_ERROR_TIMEOUT,
    MOM_VIRT_ERROR_BUSY,
    MOM_VIRT_ERROR_DISCONNECTED,
    MOM_VIRT_ERROR_CLOSED,
    VIR_ERR_NO_CONNECT,
    VIR_ERR_INVALID_CONN,
    VIR_ERR_RPC,
};

static gboolean
is_one_of(const GError *error, const int *codes, gsize n)
{
    if (error == NULL || error->domain != MOM_VIRT_ERROR)
        return FALSE;
    for (gsize i = 0; i < n; i++)
        if (error->code == codes[i])
            return TRUE;
    return FALSE;
}

/* A socket that its mode keeps us out of is a system error to libvirt, with errno beside it. */
static int
code_of(const virError *last)
{
    if (last->code == VIR_ERR_SYSTEM_ERROR && (last->int1 == EACCES || last->int1 == EPERM))
        return VIR_ERR_ACCESS_DENIED;
    return last->code;
}

gboolean
mom_virt_fail(GError **error, const char *what, const char *subject)
{
    const virError *last = virGetLastError();
    const char *gap = subject != NULL ? " " : "";

    /* libvirt may fail without setting an error; ours must be set all the same. */
    if (last == NULL || last->code == VIR_ERR_OK)
        g_set_error(error, MOM_VIRT_ERROR, VIR_ERR_INTERNAL_ERROR,
                    "%s%s%s: libvirt failed and did not say why", what, gap,
                    subject ? subject : "");
    else
        g_set_error(error, MOM_VIRT_ERROR, code_of(last), "%s%s%s: %s", what, gap,
                    subject ? subject : "", last->message ? last->message : "no message");
    return FALSE;
}

gboolean
mom_virt_err_gone(const GError *error)
{
    return is_one_of(error, gone_codes, G_N_ELEMENTS(gone_codes));
}

gboolean
mom_virt_err_unsupported(const GError *error)
{
    return is_one_of(error, unsupported_codes, G_N_ELEMENTS(unsupported_codes));
}

gboolean
mom_virt_err_denied(const GError *error)
{
    return is_one_of(error, denied_codes, G_N_ELEMENTS(denied_codes));
}

gboolean
mom_virt_err_connection(const GError *error)
{
    return is_one_of(error, connection_codes, G_N_ELEMENTS(connection_codes));
}
