/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What was found: the value that each knob had before it was first turned.
 *
 * The first note of a knob stays, whatever is noted later, so that what momd changed can go back to
 * what others had set.  A guest that is started anew has been turned by nobody.  A pure record: it
 * turns nothing itself, and never holds more guests than its cap.
 */
#pragma once

#include "controllers/ksm-keys.h"
#include "controllers/setting.h"

/* The guests that were not noted or asked for longest go first. */
#define MOM_FOUND_GUESTS_MAX 4096
#define MOM_FOUND_DISKS_MAX 256

typedef struct {
    gint64 pid; /* of its process; 0: not known */
    guint used; /* grows with each use of the record */
    gboolean has_balloon;
    gint64 balloon_kib;
    gboolean has_cpu;
    gint64 quota_us;
    gint64 period_us;
    GHashTable *disks; /* path, else name -> MomLimits, plain and owned; never NULL */
} MomFoundGuest;

typedef struct {
    guint ksm; /* of MOM_KSM_BIT: those that are noted */
    gint64 ksm_value[MOM_N_KSM_KEYS];
    GHashTable *guests; /* uuid -> MomFoundGuest */
    guint used;
    guint notes; /* how many were taken in all: whoever keeps a copy sees whether it is old */
} MomFound;

MomFound *mom_found_new(void);
void mom_found_free(MomFound *found);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomFound, mom_found_free)

/* Forgets all of the guest of UUID; NULL: all of the host. */
void mom_found_forget(MomFound *found, const char *uuid);

void mom_found_ksm(MomFound *found, MomKsmKey key, gint64 value);
void mom_found_balloon(MomFound *found, MomEntity *guest, gint64 size_kib);
void mom_found_cpu(MomFound *found, MomEntity *guest, gint64 quota_us, gint64 period_us);
/* LIMITS as mom_setting_plain_limits makes them. DISK is its path, else its name. */
void mom_found_io(MomFound *found, MomEntity *guest, const char *disk, const MomLimits *limits);

/* The record of the guest of UUID and PID (0: not known), made if need be, for whoever brings back
 * what was noted in an earlier life of momd. */
MomFoundGuest *mom_found_guest(MomFound *found, const char *uuid, gint64 pid);
/* The record of GUEST as it runs now, or NULL: nothing of it was turned. Borrowed. */
const MomFoundGuest *mom_found_lookup(MomFound *found, MomEntity *guest);
