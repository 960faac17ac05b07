/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See tune.h.  A guest is looked up anew for each change: a handle kept from before could be of a
 * run that has ended.
 */
#include "libvirt-client/tune.h"

#include "libvirt-client/changeable.h"

static virDomainPtr
look_up(virConnectPtr connection, const char *uuid, GError **error)
{
    virDomainPtr domain = virDomainLookupByUUIDString(connection, uuid);

    if (domain == NULL)
        mom_virt_fail(error, "look up guest", uuid);
    return domain;
}

/* For a change: NULL also if the guest must be left alone at present. */
static virDomainPtr
look_up_to_change(virConnectPtr connection, const char *uuid, GError **error)
{
    g_autoptr(virDomain) domain = look_up(connection, uuid, error);

    if (domain == NULL || !mom_virt_check_changeable(domain, uuid, error))
        return NULL;
    return g_steal_pointer(&domain);
}

gboolean
mom_virt_tune_balloon(virConnectPtr connection,
                      const char *uuid,
                      guint64 target_kib,
                      GError **error)
{
    g_autoptr(virDomain) domain = look_up_to_change(connection, uuid, error);

    if (domain == NULL)
        return FALSE;
    if (virDomainSetMemoryFlags(domain, target_kib, VIR_DOMAIN_AFFECT_LIVE) < 0)
        return mom_virt_fail(error, "set the balloon of guest", uuid);
    return TRUE;
}

static gboolean
out_of_memory(GError **error)
{
    g_set_error_literal(error, MOM_VIRT_ERROR, VIR_ERR_NO_MEMORY,
                        "no memory for libvirt's parameters");
    return FALSE;
}

gboolean
mom_virt_tune_cpu(
    virConnectPtr connection, const char *uuid, gint64 quota_us, guint64 period_us, GError **error)
{
    g_autoptr(virDomain) domain = look_up_to_change(connection, uuid, error);
    g_auto(MomVirtParams) params = {0};

    if (domain == NULL)
        return FALSE;
    if (virTypedParamsAddLLong(&params.items, &params.n, &params.allocated,
                               VIR_DOMAIN_SCHEDULER_VCPU_QUOTA, quota_us) < 0 ||
        virTypedParamsAddULLong(&params.items, &params.n, &params.allocated,
                                VIR_DOMAIN_SCHEDULER_VCPU_PERIOD, period_us) < 0)
        return out_of_memory(error);
    if (virDomainSetSchedulerParametersFlags(domain, params.items, params.n,
                                             VIR_DOMAIN_AFFECT_LIVE) < 0)
        return mom_virt_fail(error, "set the CPU limits of guest", uuid);
    return TRUE;
}

gboolean
mom_virt_tune_disk(virConnectPtr connection,
                   const char *uuid,
                   const char *disk,
                   const MomVirtLimits *limits,
                   GError **error)
{
    g_autoptr(virDomain) domain = look_up_to_change(connection, uuid, error);
    g_autofree char *subject = g_strdup_printf("%s of guest %s", disk, uuid);
    g_auto(MomVirtParams) params = {0};

    if (domain == NULL)
        return FALSE;
    for (guint i = 0; i < MOM_VIRT_N_LIMITS; i++)
        if (limits->present & 1u << i &&
            virTypedParamsAddULLong(&params.items, &params.n, &params.allocated,
                                    mom_virt_limit_names[i], limits->value[i]) < 0)
            return out_of_memory(error);
    if (params.n == 0)
        return TRUE;
    if (virDomainSetBlockIoTune(domain, disk, params.items, params.n, VIR_DOMAIN_AFFECT_LIVE) < 0)
        return mom_virt_fail(error, "set the limits of disk", subject);
    return TRUE;
}

gboolean
mom_virt_read_disk_tune(virConnectPtr connection,
                        const char *uuid,
                        const char *disk,
                        MomVirtLimits *out,
                        GError **error)
{
    g_autoptr(virDomain) domain = look_up(connection, uuid, error);
    g_autofree char *subject = g_strdup_printf("%s of guest %s", disk, uuid);
    g_auto(MomVirtParams) params = {0};
    MomVirtLimits limits = {0};

    if (domain == NULL)
        return FALSE;
    if (virDomainGetBlockIoTune(domain, disk, NULL, &params.n, VIR_DOMAIN_AFFECT_LIVE) < 0)
        return mom_virt_fail(error, "read the limits of disk", subject);
    params.items = calloc((size_t)params.n + 1, sizeof *params.items);
    if (params.items == NULL) {
        params.n = 0;
        return out_of_memory(error);
    }
    if (virDomainGetBlockIoTune(domain, disk, params.items, &params.n, VIR_DOMAIN_AFFECT_LIVE) <
        0) {
        params.n = 0;
        return mom_virt_fail(error, "read the limits of disk", subject);
    }
    for (guint i = 0; i < MOM_VIRT_N_LIMITS; i++) {
        unsigned long long value;

        if (virTypedParamsGetULLong(params.items, params.n, mom_virt_limit_names[i], &value) != 1)
            continue;
        limits.present |= 1u << i;
        limits.value[i] = value;
    }
    *out = limits;
    return TRUE;
}
