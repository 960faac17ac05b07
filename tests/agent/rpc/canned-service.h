/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A MomRpcService that keeps policies in a table and answers with canned statistics.
 *
 * A policy that begins with "bad" is refused, so that refusals can be seen on the wire; "parse" is
 * refused as a policy that does not parse, with its place.
 */
#pragma once

#include "agent/rpc/service.h"

/* So many guests' statistics are written at once. */
#define CANNED_GUESTS_A_PART 100

typedef struct {
    MomRpcService base;
    GHashTable *policies;
    char *verbosity;
    json_object
        *statistics; /* {"host", "guests"}; what is missing or no object is given as empty */
    guint64 changes;
    gboolean slow;   /* changes are kept only when released */
    GArray *waiting; /* who waits for that */
} CannedService;

void canned_service_init(CannedService *service);
/* All changes so far are kept. */
void canned_service_release(CannedService *service);
/* Releases, and frees. */
void canned_service_clear(CannedService *service);
