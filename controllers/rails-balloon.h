/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The rails of balloons: which guests are left alone, and how far a target may go.
 *
 * Pure questions, as in rails.h.  What a rail needs beside the attributes that policies see comes
 * in the sample's undeclared keys (below), so that a source that does not tell something switches
 * off no more than the rail that needs it.  A guest that is paused or migrating needs none: sources
 * report running guests only.  The guaranteed minimum is the stronger promise: no other rail keeps
 * a guest below it.
 */
#pragma once

#include "controllers/rails.h"

/* The sample's keys that only rails read.  Absent or nil: not known. */
#define MOM_RAIL_KEY_ENABLED "ballooning_enabled"    /* boolean: the administrator's switch */
#define MOM_RAIL_KEY_DEVICE "balloon_device"         /* boolean: the guest has a balloon device */
#define MOM_RAIL_KEY_DRIVER "balloon_driver"         /* boolean: its driver has reported */
#define MOM_RAIL_KEY_AGE "guest_age"                 /* seconds since the guest was started */
#define MOM_RAIL_KEY_PASSTHROUGH "guest_passthrough" /* boolean: a host device pins its memory */
#define MOM_RAIL_KEY_HUGEPAGES "guest_hugepages"     /* boolean: its memory is huge pages */
#define MOM_RAIL_KEY_FREE "mem_free"                 /* KiB: unused and reclaimable in the guest */
#define MOM_RAIL_KEY_STALE "mem_report_stale"        /* boolean: what it uses is no longer told */

/* How far the rails go; a 0 switches off the one it belongs to. */
typedef struct {
    double settle_s;              /* a guest younger than this is left alone */
    double guest_reserve_percent; /* of its size, left to a shrinking guest above what it uses */
    double host_reserve_percent;  /* of the host's memory, not given away to growing guests */
    double host_critical_percent; /* at so little free memory the guests' reserve does not hold */
    double max_change_percent;    /* of a guest's maximum, in a second */
    double blind_after_s;         /* without data for so long, whoever judges sight is blind */
    double stuck_after_s;         /* away from its target and standing still, a guest is stuck */
    gboolean allow_passthrough;   /* balloon guests whose memory is pinned */
    gboolean allow_hugepages;     /* or made of huge pages */
    gboolean allow_stale;         /* shrink guests whose report is old */
} MomRailLimits;

extern const MomRailLimits mom_rail_limits_default;

/* The host as it is at the beginning of a cycle. */
typedef struct {
    gboolean known;      /* whether the following are */
    gint64 total_kib;    /* all of the host's memory, but huge pages if it tells of them */
    gint64 free_kib;     /* free and reclaimable */
    gint64 promised_kib; /* of that, what guests were given and have not taken yet */
} MomRailHost;

/* Reads HOST's newest sample; nothing is promised yet. */
MomRailHost mom_rail_host(MomEntity *host);

/* What HOST, which is known, has to give above its own reserve; never less than 0. */
gint64 mom_rail_host_room_kib(const MomRailHost *host, const MomRailLimits *limits);

/* NULL if the guest of whom SAMPLE was taken may be ballooned at all, else why not. A missing size
 * or bound is no such reason. */
const MomRail *mom_rail_balloon_refusal(const MomSample *sample, const MomRailLimits *limits);

/* One wish for a guest's memory. */
typedef struct {
    const MomRailLimits *limits;
    const MomRailHost *host;
    gint64 wish_kib;
    gint64 idle_us;    /* since a target was last sent to this guest; negative: never */
    gint64 sent_kib;   /* that target, if the guest is still on its way to it, else 0 */
    gboolean is_blind; /* what the wish was made on has a gap */
} MomRailWish;

/* TRUE and *TARGET_KIB, which is the wish held to what the rails leave, with *RAIL the last one
 * that held it (else NULL).  FALSE and *RAIL if nothing may be sent. */
gboolean mom_rail_balloon(MomEntity *guest,
                          const MomRailWish *wish,
                          gint64 *target_kib,
                          const MomRail **rail);
