/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The running guests with their numbers, read in one bulk call.
 *
 * Where a driver's bulk answer lacks the balloon's numbers (libvirt's test driver) they are read
 * guest by guest; never where it can give them, because there a missing number means a guest that
 * hangs, and asking it would hang too.  What the domain XML says is cached until an event; of many
 * guests that are new at once it is read in portions, or the first call would take too long.  Of
 * guests that are known not to answer only the names are read, which costs a second call.  Runs in
 * the worker.
 */
#pragma once

#include "libvirt-client/autoptr.h"
#include "libvirt-client/domain.h"

typedef enum {
    MOM_VIRT_BALLOON_CURRENT_KIB,
    MOM_VIRT_BALLOON_MAXIMUM_KIB,
    MOM_VIRT_SWAP_IN_KIB, /* counters since boot */
    MOM_VIRT_SWAP_OUT_KIB,
    MOM_VIRT_MAJOR_FAULTS,
    MOM_VIRT_MINOR_FAULTS,
    MOM_VIRT_UNUSED_KIB,
    MOM_VIRT_AVAILABLE_KIB, /* what the guest's kernel manages */
    MOM_VIRT_USABLE_KIB,
    MOM_VIRT_DISK_CACHES_KIB,
    MOM_VIRT_LAST_UPDATE_S, /* of the guest's own report, seconds since 1970 */
    MOM_VIRT_RSS_KIB,
} MomVirtStat;

#define MOM_VIRT_N_STATS 12

typedef struct {
    char uuid[VIR_UUID_STRING_BUFLEN];
    char *name;
    int id;           /* of this run of the guest */
    gboolean reached; /* FALSE: another call was in its QEMU, or it is known not to answer, so what
                       * only QEMU knows is missing */
    guint64 held_ms;  /* then: for how long that has been so; 0: no time to speak of */
    guint present;    /* bit 1 << MomVirtStat */
    guint64 value[MOM_VIRT_N_STATS];
    MomVirtDomain *domain; /* NULL if its XML could not be read, or not yet */
} MomVirtGuest;

void mom_virt_guest_free(MomVirtGuest *guest);
/* FALSE, *OUT untouched, if the guest did not report it. */
gboolean mom_virt_guest_get(const MomVirtGuest *guest, MomVirtStat stat, guint64 *out);

/* Takes what GUEST's part of a bulk answer says; an unknown name or a value that is no number from
 * 0 is passed over. */
void mom_virt_guest_take(MomVirtGuest *guest, const virTypedParameter *params, int n);

/* What the domain XML of each guest said. For both threads. */
typedef struct MomVirtCache MomVirtCache;

MomVirtCache *mom_virt_cache_new(void);
MomVirtCache *mom_virt_cache_ref(MomVirtCache *cache);
void mom_virt_cache_unref(MomVirtCache *cache);
/* UUID's is stale, and gone; NULL: all may be, and are read anew as soon as there is time.  What is
 * being read meanwhile is not kept. */
void mom_virt_cache_drop(MomVirtCache *cache, const char *uuid);
guint mom_virt_cache_size(MomVirtCache *cache);

/* What the domain XML is read for in one call, besides at least one guest. */
#define MOM_VIRT_PORTION_US (G_USEC_PER_SEC / 2)

typedef struct {
    guint period_s;     /* how often guests are to report their memory, set once for each run of a
                         * guest; 0: left as it is */
    gint64 portion_us;  /* see MOM_VIRT_PORTION_US */
    GHashTable *silent; /* who is known not to answer, and must not be asked: UUID -> for how many
                         * ms, as a pointer; NULL: nobody */
} MomVirtReading;

/* Appends all running guests to GUESTS (of MomVirtGuest).  A guest that vanishes meanwhile is left
 * out; one that cannot be read has less data.  Guests that another call is in are not waited for.
 */
gboolean mom_virt_guests_read(virConnectPtr connection,
                              MomVirtCache *cache,
                              const MomVirtReading *reading,
                              GPtrArray *guests,
                              GError **error);
