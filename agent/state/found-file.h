/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What was found (controllers/found.h), kept over restarts: the file `found` of state-dir.
 *
 * Written by a thread of its own whenever something is turned for the first time, which is seldom,
 * so that a momd that is killed still knows in its next life.  Used in the same boot only.  Nothing
 * depends on it: what cannot be read is found anew, as it is then.
 */
#pragma once

#include <json-c/json.h>

#include "agent/clock.h"
#include "agent/state/state-dir.h"
#include "controllers/found.h"

typedef struct MomFoundFile MomFoundFile;

/* All are borrowed. DIR may be NULL: nothing is kept, and nothing below does anything. */
MomFoundFile *mom_found_file_new(MomStateDir *dir, MomFound *found, MomClock *clock);
/* Waits until what is to be written is. */
void mom_found_file_free(MomFoundFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomFoundFile, mom_found_file_free)

/* Adds what was kept. Blocks. */
void mom_found_file_load(MomFoundFile *file);
/* Writes what was found, if that has changed since the last time; does not wait for it.  What could
 * not be written is tried again after MOM_STATE_RETRY_US (state-writer.h). */
void mom_found_file_update(MomFoundFile *file);

/* The file's content as records, see state-records.h; for the above and for tests. Caller unrefs.
 */
GPtrArray *mom_found_to_records(MomFound *found);
/* Adds what RECORD (borrowed, any JSON) has to FOUND, for the next and for the fuzzer. */
void mom_found_add_record(MomFound *found, json_object *record);
/* Adds what TEXT has to FOUND.  NULL, or what is wrong with it; what is undamaged is added all the
 * same. Caller frees. */
char *mom_found_from_text(MomFound *found, const char *text, gsize length);
