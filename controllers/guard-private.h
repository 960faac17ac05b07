/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of the guard share: its state, a call's parts, and the way every call goes.
 *
 * guard.c keeps records and calls, guard-knobs.c has one entry function a knob, guard-report.c
 * tells verdicts.  For these three only.
 */
#pragma once

#include "controllers/follow.h"
#include "controllers/guard.h"

struct MomGuard {
    MomActuator actuator; /* first: controllers hold it */
    MomActuator *behind;
    MomGuardVerdictFunc report;
    gpointer report_data;
    guint references; /* the owner's and one for each call under way */
    gboolean closed;  /* the owner's is gone */
    guint last_call;
    guint forgotten; /* calls up to this one count for nothing */
    guint pretended; /* likewise: may only have been said to be sent, in a dry run */
    MomGuardOptions options;
    const char *held_back; /* why nothing is sent at all; NULL: it is */
    gint64 now_us;
    MomRailHost host;
    GHashTable *guests;     /* uuid -> GuestRecord */
    MomGuardBlind is_blind; /* may be NULL */
    gpointer blind_data;
    MomGuardIdle idle; /* who waits for all calls to end, or NULL */
    gpointer idle_data;
    MomFound *found;
    const char *release; /* why all is undone; NULL: it is not */
    MomSent ksm[MOM_N_KSM_KEYS];
};

typedef struct {
    MomSent balloon;
    MomFollow follow;
    gint64 owed_kib; /* its part of the host's promised_kib, in this cycle */
    MomSent cpu;
    GHashTable *disks; /* path or name -> MomSent; NULL until needed */
} GuestRecord;

/* One knob's share of a call. */
typedef struct {
    MomGuardKnob knob;
    MomKsmKey key;
    gsize change; /* the disk's index in the controller's call */
    const char *disk;
    gboolean from_known;
    MomSetting from;
    MomSetting to;
    const MomRail *rail;
    MomPlace place;
    MomPlace period_place;
} Part;

typedef struct {
    MomGuard *guard;
    guint number;
    char *uuid; /* NULL: the host */
    char *name;
    GStringChunk *strings;
    GArray *parts; /* of Part */
    MomActuatorDone done;
    gpointer data;
} Call;

/* The record of the guest of that UUID, made if need be. */
GuestRecord *mom_guard_record(MomGuard *guard, const char *uuid);

/* Tells what becomes of PART and keeps it in PARTS if it is to be sent.  REFUSED: its rail forbids
 * it. */
void
mom_guard_judge(MomGuard *guard, MomEntity *entity, Part *part, gboolean refused, GArray *parts);

/* PARTS (taken over) are about to be sent: the call to give behind with mom_guard_finish; or NULL
 * if nothing is to be sent, then DONE was called.  REFUSED tells a refusal from "nothing to do". */
Call *mom_guard_leave(MomGuard *guard,
                      MomEntity *entity,
                      GArray *parts,
                      gboolean refused,
                      gboolean for_host,
                      MomActuatorDone done,
                      gpointer data);

/* A MomActuatorDone; DATA is the Call. */
void mom_guard_finish(const GError *error, gpointer data);

/* Tells REPORT, which has verdict, guest and reason, of PART's knob. */
void mom_guard_tell(MomGuard *guard, MomGuardReport *report, const Part *part);
/* The same while ENTITY is there to be named. */
void
mom_guard_tell_now(MomGuard *guard, MomGuardReport report, MomEntity *entity, const Part *part);

extern const MomActuatorClass mom_guard_class;
