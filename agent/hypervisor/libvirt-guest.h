/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From what libvirt tells of a guest to what collectors read: names, units and defaults, nothing
 * else.
 *
 * No I/O.  A number that libvirt did not give stays nil, except where the absence itself has a
 * meaning: no guarantee is a guarantee of 0, no CPU limit is 100 percent.  A guest's own report of
 * its memory is nil when it has become old: QEMU goes on to tell the last one for ever.
 */
#pragma once

#include "agent/config/guarantees.h"
#include "agent/hypervisor/source.h"
#include "libvirt-client/guest.h"

/* A report that is older than so many of its periods, and at least so old, is not used. */
#define MOM_LIBVIRT_STALE_PERIODS 3
#define MOM_LIBVIRT_STALE_S 60

/* What is known of a guest beside libvirt's answer. */
typedef struct {
    gint64 wall_s;                   /* now, since the epoch */
    guint period_s;                  /* how often guests were told to report; 0: their XML tells */
    gboolean hangs;                  /* nothing is to be concluded from what libvirt says of it */
    MomValue pid;                    /* of its process; nil: not known, as the next */
    MomValue age_s;                  /* since its process was started */
    const MomGuarantees *guarantees; /* where libvirt knows none; may be NULL */
} MomLibvirtView;

/* Caller frees. */
MomGuestData *mom_libvirt_guest_data(const MomVirtGuest *guest, const MomLibvirtView *view);

/* The other way: limits as a policy set them, nil being unlimited.  FALSE, *OUT untouched, if one
 * is neither nil nor a number from 0. */
gboolean mom_libvirt_limits(const MomLimits *limits, MomVirtLimits *out);
