/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What may be changed of a running guest, each by one blocking call.  Runs in the worker.
 *
 * Only the running guest is touched, never its stored definition: what a manager sets must be gone
 * after the guest's next start.  Success means that the hypervisor took the order: a balloon may
 * stop short of its target.  A guest that hangs or migrates is refused, see changeable.h.
 */
#pragma once

#include "libvirt-client/autoptr.h"
#include "libvirt-client/domain.h"

gboolean mom_virt_tune_balloon(virConnectPtr connection,
                               const char *uuid,
                               guint64 target_kib,
                               GError **error);
/* QUOTA_US -1 is unlimited. */
gboolean mom_virt_tune_cpu(
    virConnectPtr connection, const char *uuid, gint64 quota_us, guint64 period_us, GError **error);
/* DISK is the target's name, "vda", or the source's path.  Only the limits present are sent;
 * libvirt then clears their rivals (a total rules out reads and writes of its kind). */
gboolean mom_virt_tune_disk(virConnectPtr connection,
                            const char *uuid,
                            const char *disk,
                            const MomVirtLimits *limits,
                            GError **error);
gboolean mom_virt_read_disk_tune(virConnectPtr connection,
                                 const char *uuid,
                                 const char *disk,
                                 MomVirtLimits *out,
                                 GError **error);
