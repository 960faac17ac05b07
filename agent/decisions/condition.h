/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * In which condition a guest's data is: whose it is, how old, and whether it can be used at all.
 *
 * For people and for RPC.  What follows from it is decided elsewhere: collectors leave out what is
 * not to be used, rails refuse what is not to be done.
 */
#pragma once

#include <json.h>

#include "agent/hypervisor/source.h"

typedef struct {
    const char *source;    /* of memory and balloon, "vdsm", "libvirt"; NULL: not told; static */
    gint64 told_us;        /* when we were told, monotonic; at that time: */
    gint64 data_age_s;     /* since it was asked */
    MomValue report_age_s; /* of the guest's own report, or nil */
    const char *state;     /* NULL: all is well; "hangs", "one-sided", "stale"; static */
    gboolean is_managed;   /* its data is complete: policies see it */
} MomCondition;

/* Of DATA, which came at NOW_US. */
MomCondition mom_condition_of(const MomGuestData *data, gint64 now_us, gboolean is_managed);

/* Appends a line or two, the ages as of NOW_US. */
void mom_condition_append(GString *text, const MomCondition *condition, gint64 now_us);
/* Adds the members managed, data_source, data_age, report_age (seconds or nil) and state. */
void mom_condition_add(json_object *json, const MomCondition *condition, gint64 now_us);
