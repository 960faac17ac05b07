/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guard: an actuator in front of the real one, with rails and "nothing changed, nothing sent".
 *
 * Whatever controllers ask for passes here.  What may not be set is refused or held to its bounds
 * (rails.h), what is set already or on its way is not sent again (sent.h), and every wish gets a
 * verdict that is told.  The guard knows no clock: each cycle brings its time.  It never sends what
 * nobody asked for.
 */
#pragma once

#include "controllers/found.h"
#include "controllers/rails-balloon.h"

typedef enum {
    MOM_GUARD_SENT,      /* given to the hypervisor; a rail may have changed the value */
    MOM_GUARD_DONE,      /* the hypervisor accepted what was sent */
    MOM_GUARD_FAILED,    /* it did not; the wish may be sent again in the next cycle */
    MOM_GUARD_UNCHANGED, /* not sent, as nothing would change; `why` tells which case */
    MOM_GUARD_RAILED,    /* refused by `rail` */
    MOM_GUARD_DRY,       /* would have been sent; this knob is in a dry run */
    MOM_GUARD_STUCK,     /* the guest does not follow its target; told once */
    MOM_GUARD_FOLLOWS,   /* one that was stuck moves again */
} MomGuardVerdict;

typedef enum {
    MOM_GUARD_BALLOON,
    MOM_GUARD_KSM,
    MOM_GUARD_CPU,
    MOM_GUARD_IO,
} MomGuardKnob;

typedef struct {
    MomRailLimits rails;
    guint dry_knobs; /* bit 1 << MomGuardKnob: does everything but send */
} MomGuardOptions;

/* One verdict on one knob. A call that sets several (KSM keys, disks, quota and period) gives
 * one report for each. All is borrowed for the call. */
typedef struct {
    MomGuardVerdict verdict;
    MomEntity *entity; /* NULL with DONE and FAILED: the guest may be gone by then */
    const char *uuid;  /* of the guest; NULL for the host */
    const char *name;  /* of the guest; NULL for the host */
    const char *knob;  /* "balloon_target", "ksm_run" ..., "vcpu_quota", "vcpu_period", "io_tune" */
    const char *disk;  /* of "io_tune": its path, else its name */
    MomValue from;     /* what is set now; nil if that is not known */
    MomValue to;       /* what is or would be sent; of "io_tune" both are MOM_VALUE_LIMITS */
    const char *rail;  /* the rail that acted, or NULL */
    const char *why;   /* for people; NULL if there is nothing to explain */
    const GError *error; /* with FAILED: BEHIND's, of which `why` is the text; else NULL */
    guint call;     /* from 1; of what left together, with SENT and its DONE or FAILED; else 0 */
    guint repeats;  /* with SENT: how often the same was sent before and not reached */
    MomPlace place; /* of the control; of "io_tune" that of the disk's last setter */
} MomGuardReport;

typedef void (*MomGuardVerdictFunc)(const MomGuardReport *report, gpointer data);

typedef struct MomGuard MomGuard;

/* BEHIND is borrowed and must outlive the guard. REPORT may be NULL. */
MomGuard *mom_guard_new(MomActuator *behind, MomGuardVerdictFunc report, gpointer data);

/* Calls under way may still come back; they are told to nobody. */
void mom_guard_free(MomGuard *guard);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomGuard, mom_guard_free)

/* What controllers are given, borrowed.  A call's DONE: no error if it was accepted or needed no
 * sending, G_IO_ERROR_PERMISSION_DENIED if all of it was refused by rails, else BEHIND's error. */
MomActuator *mom_guard_actuator(MomGuard *guard);

/* TRUE if what is known of GUEST, or of the host, is too old to shrink it on. */
typedef gboolean (*MomGuardBlind)(MomEntity *guest, gpointer data);

/* Who is asked whether a guest is seen, when its balloon is wished to be turned; at first nobody,
 * and all are. */
void mom_guard_use_sight(MomGuard *guard, MomGuardBlind is_blind, gpointer data);

/* From the next call on; at first the rails are mom_rail_limits_default and nothing is dry. */
void mom_guard_set_options(MomGuard *guard, const MomGuardOptions *options);

/* To be told before controllers run: HOST and GUESTS (MomEntity*) as they are now, either may be
 * NULL; NOW_US is monotonic.  Tells which guests do not follow their targets. */
void mom_guard_begin_cycle(MomGuard *guard, MomEntity *host, GPtrArray *guests, gint64 now_us);

/* Until it is told otherwise nothing is sent, for the reason WHY (static, for people); what would
 * have been is told as unchanged.  NULL: all goes as usual. */
void mom_guard_hold(MomGuard *guard, const char *why);

/* How many calls have left in all. */
guint mom_guard_calls(const MomGuard *guard);

/* TRUE while the guest of that UUID does not follow its target. */
gboolean mom_guard_is_stuck(MomGuard *guard, const char *uuid);

/* The guest of that UUID is gone: all that is known of it is dropped, and calls under way are told
 * to nobody. Unknown ones are no error. */
void mom_guard_forget(MomGuard *guard, const char *uuid);

/* The hypervisor may have lost what was sent so far: a wish that is not seen is sent again at once,
 * and not only after the time that a setting may take to show. */
void mom_guard_forget_sent(MomGuard *guard);

/* TRUE if some knob is in a dry run. */
gboolean mom_guard_is_dry(const MomGuard *guard);

/* What each knob was before the guard let it be turned for the first time; of guests that are gone
 * too, as they may come back.  Borrowed; others may add what an earlier life of momd had found. */
MomFound *mom_guard_found(MomGuard *guard);

/* From now on what is asked for is to undo what was done before momd ends: reports say WHY
 * (static), nothing is noted as found, and guests may grow at once: neither max_change holds, nor
 * mom_guard_hold, nor the rare tries of a guest that does not follow.  What would be put off now
 * would never come.  To be told after mom_guard_begin_cycle. */
void mom_guard_begin_release(MomGuard *guard, const char *why);

/* Calls FUNC once: when no call is under way, which may be at once.  One may wait; NULL: nobody. */
typedef void (*MomGuardIdle)(gpointer data);
void mom_guard_when_idle(MomGuard *guard, MomGuardIdle func, gpointer data);

/* Where the balloon of GUEST, which has PRESENT_KIB, goes: there if it was sent nowhere else. */
gint64 mom_guard_heading_kib(const MomGuard *guard, MomEntity *guest, gint64 present_kib);

/* What the host has above its own reserve and what guests were given and have not taken yet; FALSE:
 * that is not known.  As of mom_guard_begin_cycle, less what was given away since. */
gboolean mom_guard_room_kib(const MomGuard *guard, gint64 *room_kib);

/* "sent", "done", "failed", "unchanged", "railed", "dry", "stuck", "follows". */
const char *mom_guard_verdict_name(MomGuardVerdict verdict);
