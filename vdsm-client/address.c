/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Copies of what was set, see address.h.
 */
#include "vdsm-client/address.h"

#define DEFAULT_HOST "localhost"
#define DEFAULT_PORT 54321
#define DEFAULT_TIMEOUT_MS 10000

void
mom_vdsm_address_init(MomVdsmAddress *address, const MomVdsmOptions *options)
{
    *address = (MomVdsmAddress){
        .host = g_strdup(options->host ? options->host : DEFAULT_HOST),
        .port = options->port ? options->port : DEFAULT_PORT,
        .tls = options->tls,
        .ca_file = g_strdup(options->ca_file),
        .cert_file = g_strdup(options->cert_file),
        .key_file = g_strdup(options->key_file),
        .vet = options->vet,
        .vet_data = options->vet_data,
    };
}

void
mom_vdsm_address_clear(MomVdsmAddress *address)
{
    g_free(address->host);
    g_free(address->ca_file);
    g_free(address->cert_file);
    g_free(address->key_file);
    *address = (MomVdsmAddress){0};
}

char *
mom_vdsm_address_identity(const MomVdsmAddress *address, const MomVdsmTls *tls)
{
    return g_strdup_printf("%s %u %s", address->host, address->port,
                           tls ? mom_vdsm_tls_digest(tls) : "");
}

gboolean
mom_vdsm_address_load_tls(const MomVdsmAddress *address, MomVdsmTls **tls, GError **error)
{
    const char *const files[] = {address->ca_file, address->cert_file, address->key_file};
    *tls = NULL;
    if (!address->tls)
        return TRUE;
    for (gsize i = 0; address->vet && i < G_N_ELEMENTS(files); i++)
        if (files[i] && !address->vet(files[i], address->vet_data, error))
            return FALSE;
    *tls = mom_vdsm_tls_load(address->ca_file, address->cert_file, address->key_file, error);
    return *tls != NULL;
}

gint64
mom_vdsm_timeout_us(const MomVdsmOptions *options)
{
    guint ms = options->request_timeout_ms ? options->request_timeout_ms : DEFAULT_TIMEOUT_MS;
    return (gint64)ms * 1000;
}
