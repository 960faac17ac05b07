/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * vdsm as seen by its users: typed verbs, typed answers, events.  Nothing of MOM is known here.
 *
 * Built on connection.h (STOMP over TLS, reconnecting for ever) and jsonrpc.h.  All calls return at
 * once and end in a callback from the main loop of the context that was current at mom_vdsm_new,
 * exactly once, with an answer or an error; freeing the client ends all pending calls with
 * G_IO_ERROR_CANCELLED. Types are checked here: what vdsm sends as "12", 12, 12.0 or true (1) is an
 * integer, anything else is absent.
 */
#pragma once

#include <gio/gio.h>

#include "vdsm-client/connection.h" /* MomVdsmOptions, MomVdsmState, MomVdsmStateFunc */
#include "vdsm-client/error.h"

typedef struct MomVdsm MomVdsm;

/* An optional integer: what vdsm reported, if it did. */
typedef struct {
    gboolean set;
    gint64 value;
} MomVdsmInt;

/* One element of Host.getAllVmStats. Sizes in KiB. The comment names vdsm's key where it is not the
 * field's. */
typedef struct {
    char *vm_id;  /* vmId */
    char *name;   /* vmName; NULL if absent */
    char *status; /* "Up", "Paused", ... ; NULL if absent */
    MomVdsmInt pid;
    MomVdsmInt
        mem_usage_percent; /* memUsage; "0" also if no guest agent and no balloon driver tells it */
    gboolean has_memory_stats;         /* memoryStats was there and not empty; of it: */
    MomVdsmInt mem_total;              /* what the guest's kernel has; MOM calls it mem_available */
    MomVdsmInt mem_unused;             /* free without caches */
    MomVdsmInt mem_free;               /* unused plus disk caches */
    MomVdsmInt mem_available;          /* vdsm sends no such key today */
    MomVdsmInt major_faults;           /* majflt, per second */
    MomVdsmInt page_faults;            /* pageflt, per second, major ones included */
    MomVdsmInt swap_in, swap_out;      /* per second */
    MomVdsmInt swap_total, swap_usage; /* told by few guests */
    gboolean has_balloon_info;         /* balloonInfo was there and not empty; of it: */
    MomVdsmInt balloon_cur, balloon_max, balloon_min, balloon_target;
    MomVdsmInt ballooning_enabled; /* 0 or 1 */
    MomVdsmInt elapsed_s;          /* elapsedTime, since the VM was started */
    MomVdsmInt vcpu_count;         /* vcpuCount */
    MomVdsmInt vcpu_user_limit;    /* vcpuUserLimit, percent; absent: no limit */
    MomVdsmInt vcpu_quota;         /* vcpuQuota, us */
    MomVdsmInt vcpu_period;        /* vcpuPeriod, us */
} MomVdsmVmStats;

/* Six limits by name; absent ones are not set, null ones are `null`. */
typedef struct {
    MomVdsmInt total_bytes_sec, read_bytes_sec, write_bytes_sec;
    MomVdsmInt total_iops_sec, read_iops_sec, write_iops_sec;
    guint nulls; /* bit i: limit i, in the order above, was there and null */
} MomVdsmLimits;

typedef struct {
    char *name; /* NULL if null or absent */
    char *path;
    MomVdsmLimits guaranteed, maximum;
} MomVdsmIoPolicy;

typedef struct {
    char *name;
    char *path;
    MomVdsmLimits io_tune;
} MomVdsmIoState;

/* One VM of Host.getAllVmIoTunePolicies. */
typedef struct {
    char *vm_id;
    GArray *policies; /* of MomVdsmIoPolicy */
    GArray *states;   /* of MomVdsmIoState */
} MomVdsmVmIoTune;

typedef struct {
    const char *method; /* "|virt|VM_status|UUID" */
    const char *vm_id;  /* NULL if the event names none */
    const char *status; /* NULL if it tells none */
} MomVdsmEvent;

typedef void (*MomVdsmEventFunc)(const MomVdsmEvent *event, gpointer data);
/* Outcome of a verb that answers nothing of use; ERROR NULL is success. */
typedef void (*MomVdsmDone)(const GError *error, gpointer data);
/* STATS of MomVdsmVmStats*, borrowed; NULL with ERROR. A VM whose entry is no object or has no vmId
 * is left out. */
typedef void (*MomVdsmStatsDone)(GPtrArray *stats, const GError *error, gpointer data);
/* TUNES of MomVdsmVmIoTune*, borrowed; NULL with ERROR. */
typedef void (*MomVdsmIoTuneDone)(GPtrArray *tunes, const GError *error, gpointer data);

/* Not yet connecting. Files are read at each connection attempt, so that renewed certificates are
 * taken up; an unreadable one is the state's `why`, naming file and reason. */
MomVdsm *mom_vdsm_new(const MomVdsmOptions *options);
void mom_vdsm_free(MomVdsm *vdsm);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomVdsm, mom_vdsm_free)

/* WATCH is told every change of state, and every failed attempt (DISCONNECTED with why). Set before
 * start. */
void mom_vdsm_watch_state(MomVdsm *vdsm, MomVdsmStateFunc watch, gpointer data);
/* Asks for jms.queue.events on every connection. Set before start. */
void mom_vdsm_watch_events(MomVdsm *vdsm, MomVdsmEventFunc watch, gpointer data);
void mom_vdsm_start(MomVdsm *vdsm);
/* See mom_vdsm_connection_configure. */
gboolean mom_vdsm_configure(MomVdsm *vdsm, const MomVdsmOptions *options, GError **error);
MomVdsmState mom_vdsm_state(const MomVdsm *vdsm);

/* Ends the setters that were not sent yet with G_IO_ERROR_CANCELLED, before it returns; they are
 * never sent.  Questions and what is under way stay. */
void mom_vdsm_drop_unsent(MomVdsm *vdsm);

/* Every callback may make calls and may free the client; one that got CANCELLED must not make
 * calls, as the client may be being freed. A call while not connected fails at once (from the main
 * loop) with NOT_CONNECTED. DONE may be NULL where it is a MomVdsmDone. */
void mom_vdsm_ping(MomVdsm *vdsm, MomVdsmDone done, gpointer data);
void mom_vdsm_get_all_vm_stats(MomVdsm *vdsm, MomVdsmStatsDone done, gpointer data);
void mom_vdsm_get_all_vm_io_tune_policies(MomVdsm *vdsm, MomVdsmIoTuneDone done, gpointer data);
void mom_vdsm_set_balloon_target(
    MomVdsm *vdsm, const char *vm_id, gint64 target_kib, MomVdsmDone done, gpointer data);
void mom_vdsm_set_cpu_tune_quota(
    MomVdsm *vdsm, const char *vm_id, gint64 quota_us, MomVdsmDone done, gpointer data);
void mom_vdsm_set_cpu_tune_period(
    MomVdsm *vdsm, const char *vm_id, gint64 period_us, MomVdsmDone done, gpointer data);

typedef struct {
    const char *name, *path;
    MomVdsmLimits io_tune;
} MomVdsmIoTuneChange;
void mom_vdsm_set_io_tune(MomVdsm *vdsm,
                          const char *vm_id,
                          const MomVdsmIoTuneChange *changes,
                          gsize n,
                          MomVdsmDone done,
                          gpointer data);

/* Keys to set: those whose `set` is true. */
typedef struct {
    MomVdsmInt run, pages_to_scan, sleep_millisecs, merge_across_nodes;
} MomVdsmKsmTune;
void
mom_vdsm_set_ksm_tune(MomVdsm *vdsm, const MomVdsmKsmTune *tune, MomVdsmDone done, gpointer data);
