/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Cleanup functions for libvirt's types, so that no function here frees by hand.
 *
 * Include this in place of libvirt's own headers: without virterror.h some of its functions would
 * be implicit, and that crashes.  For worker threads only: the main loop never holds a libvirt
 * object.
 */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdlib.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomain, virDomainFree)

typedef virDomainStatsRecordPtr *MomVirtRecords;
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(MomVirtRecords, virDomainStatsRecordListFree, NULL)

/* A list of guests as libvirt gives it, ended by NULL. */
typedef virDomainPtr *MomVirtHandles;

static inline void
mom_virt_handles_free(MomVirtHandles handles)
{
    for (gsize i = 0; handles[i] != NULL; i++)
        virDomainFree(handles[i]);
    free(handles);
}
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(MomVirtHandles, mom_virt_handles_free, NULL)

/* A list of typed parameters that grows. All zero is an empty one. */
typedef struct {
    virTypedParameterPtr items;
    int n;
    int allocated;
} MomVirtParams;

static inline void
mom_virt_params_clear(MomVirtParams *params)
{
    virTypedParamsFree(params->items, params->n);
    *params = (MomVirtParams){0};
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MomVirtParams, mom_virt_params_clear)

/* A string that libvirt allocated with malloc. */
typedef char MomVirtString;
static inline void
mom_virt_string_free(MomVirtString *string)
{
    free(string);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomVirtString, mom_virt_string_free)
