/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Rails: what may not be set, whatever a policy says.
 *
 * Each rail is a small pure question about one wish and the entity it is for.  A rail knows nothing
 * of what was sent before, asks nobody, and never makes a wish bolder than it was.
 */
#pragma once

#include "controllers/actuator.h"

/* Static. */
typedef struct {
    const char *name; /* for filters and counters: "balloon-min" */
    const char *why;  /* for people */
} MomRail;

/* NULL if VALUE may be set; bounds are those of the kernel and of vdsm, the narrower counts. */
const MomRail *mom_rail_ksm(MomKsmKey key, gint64 value);

/* The same, and NULL only if HOST as it shows itself takes KEY of TUNE: its kernel has the knob,
 * and nothing stands against it that TUNE does not also change.  A HOST that shows nothing of KEY's
 * conditions is taken to fulfil them. */
const MomRail *mom_rail_ksm_on_host(MomEntity *host, const MomKsmTune *tune, MomKsmKey key);

/* NULL if the kernel takes this pair. */
const MomRail *mom_rail_cpu(gint64 quota_us, gint64 period_us);

/* The sample's keys by which all knobs of a guest are judged. */
#define MOM_RAIL_KEY_ONE_SIDED                                                                     \
    "guest_one_sided" /* boolean: only one of two who should knows it                              \
                       */

/* NULL if the guest of whom SAMPLE was taken (may be NULL) is one to be managed at all. */
const MomRail *mom_rail_guest(const MomSample *sample);

/* NULL if every limit that is present and not nil is an integer of 0 or more. */
const MomRail *mom_rail_io(const MomLimits *limits);

/* "No limit" as it is sent. */
#define MOM_CPU_QUOTA_UNLIMITED (-1)

/* TRUE if QUOTA_US means "no limit": 0 (libvirt: no value), anything negative, or as much as the
 * kernel's largest quota, as cgroup v2's "max" reads in several versions of libvirt. */
gboolean mom_cpu_quota_is_unlimited(gint64 quota_us);
