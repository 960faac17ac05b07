/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See changeable.h.  The hang is looked for first: to a guest that hangs even the question for its
 * jobs would wait.
 */
#include "libvirt-client/changeable.h"

/* What libvirt may be at with a guest; NULL: that does not mind a change (a backup goes on for
 * hours and copies disks, not memory). */
static const char *const jobs[] = {
    [VIR_DOMAIN_JOB_OPERATION_UNKNOWN] = "a job",
    [VIR_DOMAIN_JOB_OPERATION_START] = "its start",
    [VIR_DOMAIN_JOB_OPERATION_SAVE] = "saving it",
    [VIR_DOMAIN_JOB_OPERATION_RESTORE] = "restoring it",
    [VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN] = "its migration",
    [VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT] = "its migration",
    [VIR_DOMAIN_JOB_OPERATION_SNAPSHOT] = "a snapshot",
    [VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_REVERT] = "a snapshot",
    [VIR_DOMAIN_JOB_OPERATION_DUMP] = "dumping it",
    [VIR_DOMAIN_JOB_OPERATION_BACKUP] = NULL,
};

gboolean
mom_virt_hangs(guint64 held_ms)
{
    return held_ms >= MOM_VIRT_HANG_MS;
}

guint64
mom_virt_held_ms(virDomainPtr domain)
{
    virDomainControlInfo info;

    if (virDomainGetControlInfo(domain, &info, 0) < 0 || info.state != VIR_DOMAIN_CONTROL_OCCUPIED)
        return 0;
    return info.stateTime;
}

/* What is under way with DOMAIN and must not be disturbed; NULL: nothing.  A driver that knows no
 * jobs has none. */
static const char *
find_job(virDomainPtr domain)
{
    g_auto(MomVirtParams) params = {0};
    int type = VIR_DOMAIN_JOB_NONE;
    int operation = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;

    if (virDomainGetJobStats(domain, &type, &params.items, &params.n, 0) < 0 ||
        type == VIR_DOMAIN_JOB_NONE)
        return NULL;
    if (virTypedParamsGetInt(params.items, params.n, VIR_DOMAIN_JOB_OPERATION, &operation) != 1 ||
        operation < 0 || (gsize)operation >= G_N_ELEMENTS(jobs))
        operation = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;
    return jobs[operation];
}

gboolean
mom_virt_check_changeable(virDomainPtr domain, const char *uuid, GError **error)
{
    const char *job;

    if (mom_virt_hangs(mom_virt_held_ms(domain))) {
        g_set_error(error, MOM_VIRT_ERROR, MOM_VIRT_ERROR_LEFT_ALONE,
                    "guest %s is left alone: its QEMU does not answer", uuid);
        return FALSE;
    }
    job = find_job(domain);
    if (job != NULL) {
        g_set_error(error, MOM_VIRT_ERROR, MOM_VIRT_ERROR_LEFT_ALONE,
                    "guest %s is left alone: %s is under way", uuid, job);
        return FALSE;
    }
    return TRUE;
}
