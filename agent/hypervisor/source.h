/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What may be read of a hypervisor: the running guests and their raw data, in one asynchronous
 * call.
 *
 * A source can read and cannot write.  Collectors turn its guest data into fields; they never call
 * it. Adapters (hypervisor-vdsm, hypervisor-libvirt) implement it; tests bring their own.  A datum
 * that the hypervisor did not report, or reported in a form that is no number, is nil here: one odd
 * value must never cost more than itself.
 */
#pragma once

#include <gio/gio.h>

#include "policy/iotune.h"

/* One running guest, as the hypervisor reports it. MomValue members are nil or integers unless
 * said. */
typedef struct {
    char *uuid;
    char *name;
    MomValue pid;             /* of the qemu process */
    MomValue vsock_cid;       /* nil: it has no vsock device, or none is known */
    MomValue agent_connected; /* boolean: QEMU's agent in it is at its channel; nil: not known */

    const char *data_source; /* who told memory and balloon: "vdsm", "libvirt"; static */
    MomValue data_age_s;     /* since it was asked for them; not how old they were to it */
    gboolean is_unanswered;  /* it could not ask the guest just now: what is missing is not known */
    gboolean is_stale;       /* the guest's own report is too old, and none of it is here */
    gboolean hangs;          /* its process does not answer: nothing is to be concluded or done */
    gboolean is_one_sided;   /* of two who should know the guest only one does */

    gboolean has_memory;        /* the guest reports memory statistics at all */
    MomValue mem_available_kib; /* memory the guest's kernel manages */
    MomValue mem_unused_kib;    /* free and unused in the guest */
    MomValue mem_free_kib;      /* free and reclaimable, where reported */
    MomValue major_faults;      /* counters since boot */
    MomValue minor_faults;
    MomValue swap_in;
    MomValue swap_out;
    MomValue mem_usable_kib;  /* what new programs in the guest could have without swapping */
    MomValue disk_caches_kib; /* of that, what the guest's kernel could drop at once */
    MomValue report_age_s;    /* of the guest's own report, of which these numbers are */
    MomValue report_time_s;   /* the same since the epoch, by the host's clock */
    MomValue swap_total_kib;
    MomValue swap_usage_kib;

    gboolean has_balloon;
    MomValue balloon_cur_kib;
    MomValue balloon_max_kib;
    MomValue balloon_min_kib;     /* the guaranteed minimum */
    MomValue ovirt_guarantee_kib; /* what oVirt's metadata in libvirt say of it; nil: it has none */
    MomValue ballooning_enabled;  /* boolean; nil where not told, as the following */
    MomValue balloon_device;      /* boolean: it has one */
    MomValue balloon_driver;      /* boolean: the driver in the guest has reported at least once */
    MomValue passthrough;         /* boolean: a device of the host is passed through */
    MomValue hugepages;           /* boolean: its memory is made of huge pages */
    MomValue age_s;               /* since it was started */

    MomValue vcpu_user_limit; /* percent */
    MomValue vcpu_quota_us;
    MomValue vcpu_period_us;
    MomValue vcpu_count;

    gboolean has_io_tune;
    GArray
        *io_policies;  /* of MomTune: name, path, guaranteed, maximum; strings owned by `strings` */
    GArray *io_states; /* of MomTuneState */
    GStringChunk *strings; /* may be NULL if no disk is listed */
} MomGuestData;

MomGuestData *mom_guest_data_new(const char *uuid, const char *name);
void mom_guest_data_free(MomGuestData *data);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomGuestData, mom_guest_data_free)
/* A copy that lasts, and one whose lists of disks are DATA's, which must outlast it.  Caller frees.
 */
MomGuestData *mom_guest_data_copy(const MomGuestData *data);
MomGuestData *mom_guest_data_share(const MomGuestData *data);

typedef struct MomSource MomSource;

/* GUESTS (of MomGuestData*, borrowed for the call) are all guests that run, or NULL with ERROR if
 * the hypervisor could not be asked: then nothing is known, and nothing may be concluded.
 * G_IO_ERROR_BUSY: it is there and needs time (vdsm starting up), which is nobody's fault.
 * G_IO_ERROR_NOT_CONNECTED: it is away, which the source has told and whose end it will tell. */
typedef void (*MomSourceDone)(GPtrArray *guests, const GError *error, gpointer data);

typedef struct {
    /* Asks for all running guests; DONE is called exactly once, later, from the main loop, unless
     * the source is freed first.  At most one call at a time. */
    void (*sample)(MomSource *self, MomSourceDone done, gpointer data);
    /* What this interface is called in log and status: "vdsm". */
    const char *name;
    /* The same where it may change; borrowed.  NULL: it does not. */
    const char *(*name_now)(const MomSource *self);
    /* What the status adds for people, until the next call; NULL, also of the function: nothing. */
    const char *(*note)(MomSource *self);
    /* Asked once when a decision over what was told last begins: why nothing may be changed by it,
     * for people, static; NULL, also of the function: it may. */
    const char *(*hold)(MomSource *self);
    /* NULL, or whose the numbers of memory and balloon are at present. */
    const char *(*data_source)(MomSource *self);
    /* NULL, or whether looking at guests oftener would show anything new at present. */
    gboolean (*is_live)(MomSource *self);
} MomSourceClass;

struct MomSource {
    const MomSourceClass *klass;
};

/* The name that it has now. */
const char *mom_source_name(const MomSource *self);
/* See the class. */
const char *mom_source_note(MomSource *self);
const char *mom_source_hold(MomSource *self);
/* By default its name, and TRUE. */
const char *mom_source_data_source(MomSource *source);
gboolean mom_source_is_live(MomSource *source);
