/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * I/O limits of a guest's disks, as policies see and change them (SEMANTICS 12.3).
 *
 * A sample holds, for a guest, a list of tunes (what its I/O policy allows, and what is set) and
 * a list of states (what is set now) in the same order.  A policy's setters change `current` of the
 * copy that belongs to the present run, never the sample: see entity.h.
 */
#pragma once

#include "policy/reads.h"

typedef enum {
    MOM_LIMIT_TOTAL_BYTES,
    MOM_LIMIT_READ_BYTES,
    MOM_LIMIT_WRITE_BYTES,
    MOM_LIMIT_TOTAL_IOPS,
    MOM_LIMIT_READ_IOPS,
    MOM_LIMIT_WRITE_IOPS,
} MomLimit;

#define MOM_N_LIMITS 6

/* "total_bytes_sec" ... "write_iops_sec", in the order of MomLimit. */
extern const char *const mom_limit_names[MOM_N_LIMITS];

/* A limit of a name that is none of the six. */
typedef struct {
    const char *name;
    MomValue value;
} MomExtraLimit;

/* A map of limits.  A limit that is not present differs from one that is present and nil.
 * Values are nil or numbers; bytes or operations per second, 0 means unlimited.  Extras are there
 * for policies to read and make two maps differ; what is sent to a hypervisor is the six, as no
 * client knows of others, so rails and adapters leave extras out. */
typedef struct {
    guint present; /* bit 1 << MomLimit */
    guint n_extra;
    MomValue value[MOM_N_LIMITS];
    const MomExtraLimit *extra; /* N_EXTRA, each name once, in any order */
} MomLimits;

struct MomTune {
    const char *name; /* NULL is nil; the guest's name of the disk, "sda" */
    const char *path; /* NULL is nil; the volume's path on the host */
    MomLimits guaranteed;
    MomLimits maximum;
    MomLimits current;
    /* Of the setter that a run used last; no part of the value.  Borrowed from the store, until its
     * next run. */
    MomPlace place;
    const MomReads *reads; /* NULL unless the run was traced */
};

typedef struct {
    const char *name;
    const char *path;
    MomLimits io_tune;
} MomTuneState;

/* Sets LIMIT of LIMITS; V is nil or a number. */
void mom_limits_set(MomLimits *limits, MomLimit limit, MomValue v);

/* TRUE and *OUT if LIMITS has an extra of that NAME. */
gboolean mom_limits_get_extra(const MomLimits *limits, const char *name, MomValue *out);

/* TRUE if both have the same limits present, extras included, with equal values (1 equals 1.0). */
gboolean mom_limits_equal(const MomLimits *a, const MomLimits *b);

/* The limit of that NAME, or -1. */
int mom_limit_by_name(const char *name);
