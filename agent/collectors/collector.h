/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Collectors: from what is known of a host or a guest to the fields of one sample.
 *
 * A collector is a vtable that declares its fields and reads them; one array lists them all.  State
 * that must last between two collections (counters, to report growth) belongs to the instance that
 * `new` makes, one per monitor.  A collector never waits, forks, or talks to a hypervisor: host
 * files are read below a root directory, guest data comes with the source's sample.
 */
#pragma once

#include "agent/hypervisor/source.h"
#include "agent/pollers/answers.h"
#include "controllers/rails-balloon.h"
#include "policy/entity.h"

/* Where a host collector reads, and what it may want to know. */
typedef struct {
    const char *root;           /* host files are below this directory: "/" or a stand-in's */
    gint64 interval_s;          /* the host's property "interval" */
    gint64 now_us;              /* monotonic, of this collection */
    gint64 spacing_us;          /* how far apart samples are meant to be; 0: every sample counts */
    gboolean interim;           /* taken before its time, and to be replaced by the next one: what
                                 * grows since the last collection goes on growing */
    gint64 wall_us;             /* since the epoch */
    const MomGuestData *guest;  /* NULL for the host */
    const MomRailLimits *rails; /* NULL: mom_rail_limits_default */
    const MomAnswers *answers;  /* what guests said last; NULL: none is asked */
} MomCollectInput;

#define MOM_COLLECTOR_ERROR (mom_collector_error_quark())
GQuark mom_collector_error_quark(void);

typedef enum {
    MOM_COLLECTOR_ERROR_COLLECTION, /* this time no data: the collector is passed over */
    MOM_COLLECTOR_ERROR_FATAL,      /* never any data: the monitor ends (SEMANTICS 13) */
    MOM_COLLECTOR_ERROR_AWAITED,    /* no data yet, the guest was asked: nothing to complain of */
} MomCollectorErrorCode;

typedef struct MomCollector MomCollector;

struct MomCollector {
    const char *name; /* as written in the options `collectors`: "HostMemory" */
    gboolean for_host;
    const char *const *fields;   /* mandatory, NULL-terminated */
    const char *const *optional; /* NULL-terminated */
    guint slow_sources;          /* bit 1 << MomSlowSource, of those that it reads the answers of */
    /* An instance's state; NULL if it needs none. SELF is the vtable, which may head a bigger
     * struct. */
    gpointer (*state_new)(const MomCollector *self);
    void (*state_free)(gpointer state);
    /* Sets what it knows in SAMPLE (a scratch sample of its own: the monitor merges). A collector
     * with nothing to say sets nothing and answers TRUE. FALSE: an error of this domain. */
    gboolean (*collect)(gpointer state,
                        const MomCollectInput *input,
                        MomSample *sample,
                        GError **error);
};

/* All collectors, ended by NULL. */
extern const MomCollector *const mom_collectors[];

/* For collectors of guest data: whose it is and how old, in the fields below. */
#define MOM_FIELD_DATA_SOURCE "data_source"
#define MOM_FIELD_DATA_AGE "data_age"
void mom_collector_set_origin(MomSample *sample, const MomGuestData *guest);
/* For collectors of what a controller turns: why a guest is to be left alone, for the rails. */
void mom_collector_set_doubts(MomSample *sample, const MomGuestData *guest);

/* The collector of that name (exact case), or NULL. */
const MomCollector *mom_collector_find(const char *name);
