/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Entities: what a policy sees of the host or of one guest.
 *
 * An entity has a schema (the fields its collectors declare), properties (uuid, name, ...), a
 * window of samples, variables that policies keep (SetVar), and, for the present run, controls that
 * policies set and tunes they changed.  All but the run's part persists; the run's part is dropped
 * by mom_entity_begin_run, and the variables set in a run are kept only by mom_entity_commit_run,
 * so that a run that fails, or one that was only a trial, leaves no trace.
 *
 * Not thread-safe, does no I/O and knows no clock: times come with the samples.
 */
#pragma once

#include "policy/iotune.h"
#include "policy/value.h"

/* ---- schema: declared fields, shared by all entities of a kind ---- */

typedef struct MomSchema MomSchema;

/* A schema of the N field NAMES (copied; duplicates count once), in that order. */
MomSchema *mom_schema_new(const char *const *names, gsize n);
MomSchema *mom_schema_ref(MomSchema *schema);
void mom_schema_unref(MomSchema *schema);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomSchema, mom_schema_unref)

gsize mom_schema_size(const MomSchema *schema);
const char *mom_schema_name(const MomSchema *schema, gsize index);
/* The index of the field NAME, or -1 if no collector declares it. */
int mom_schema_index(const MomSchema *schema, const char *name);

/* ---- sample: one collection's values ---- */

typedef struct MomSample MomSample;

/* An empty sample of SCHEMA (referenced), taken at TIME_US (monotonic microseconds). */
MomSample *mom_sample_new(MomSchema *schema, gint64 time_us);
/* Shares it: from now on nobody may set a field. */
MomSample *mom_sample_ref(MomSample *sample);
/* Lets go of it; the last one frees it. */
void mom_sample_free(MomSample *sample);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomSample, mom_sample_free)

/* Sets field NAME to a deep copy of V (strings, lists, tunes, states; not entities).  A name the
 * schema lacks is kept as an extra: reported by RPC, invisible to policies. */
void mom_sample_set(MomSample *sample, const char *name, MomValue v);
/* TRUE and *OUT if NAME, declared or extra, is in the sample, be it nil. */
gboolean mom_sample_get(const MomSample *sample, const char *name, MomValue *out);
/* The same by the schema's index; FALSE if the key is absent. */
gboolean mom_sample_get_field(const MomSample *sample, gsize index, MomValue *out);
/* What INTO has not, or has as nil, becomes a copy of what FROM has, which is of the same schema.
 */
void mom_sample_merge(MomSample *into, const MomSample *from);
gint64 mom_sample_time_us(const MomSample *sample);
/* Calls FUNC for every key that is present: declared ones in schema order, then extras. */
typedef void (*MomSampleFunc)(const char *name, MomValue v, gpointer data);
void mom_sample_foreach(const MomSample *sample, MomSampleFunc func, gpointer data);

/* ---- entity ---- */

MomEntity *mom_entity_new(MomSchema *schema);
void mom_entity_free(MomEntity *entity);
/* What ENTITY is now: its properties, samples (shared, so that it costs little) and variables.
 * Nothing of a run. Caller frees. */
MomEntity *mom_entity_snapshot(const MomEntity *entity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomEntity, mom_entity_free)

const MomSchema *mom_entity_schema(const MomEntity *entity);

/* Properties: strings and numbers, copied. */
void mom_entity_set_property(MomEntity *entity, const char *name, MomValue v);
gboolean mom_entity_get_property(const MomEntity *entity, const char *name, MomValue *out);
/* A property that is a string, or NULL. */
const char *mom_entity_get_string_property(const MomEntity *entity, const char *name);
/* Calls FUNC for every property, in the order in which they were first set. */
typedef void (*MomVariableFunc)(const char *name, MomValue v, gpointer data);
void mom_entity_foreach_property(const MomEntity *entity, MomVariableFunc func, gpointer data);

/* Appends SAMPLE (taken over; its schema must be the entity's) and drops the oldest ones beyond
 * HISTORY_LENGTH. */
void mom_entity_add_sample(MomEntity *entity, MomSample *sample, gsize history_length);
/* Takes the newest sample away again, so that the next one stands in its place; nothing if there is
 * none. */
void mom_entity_drop_newest_sample(MomEntity *entity);
gsize mom_entity_n_samples(const MomEntity *entity);
/* Sample INDEX, 0 being the oldest. */
const MomSample *mom_entity_sample(const MomEntity *entity, gsize index);
/* The newest sample, or NULL. */
const MomSample *mom_entity_latest(const MomEntity *entity);

/* The attribute NAME of SEMANTICS 12.1: a declared field of the newest sample.  In a run whose
 * policy touched `io_tune`, that is the run's copy.  FALSE, *OUT untouched, if there is no such
 * attribute. */
gboolean mom_entity_get_attribute(MomEntity *entity, const char *name, MomValue *out);
/* The attribute NAME as an integer (mom_value_to_int); FALSE if absent, nil or no number. */
gboolean mom_entity_get_int(MomEntity *entity, const char *name, gint64 *out);

/* Variables: SetVar and GetVar.  A write belongs to the present run; a read sees the run's writes
 * first.  Values are nil, booleans, numbers, strings or lists of these, copied; anything else is
 * kept for the present run only. */
void mom_entity_set_variable(MomEntity *entity, const char *name, MomValue v);
gboolean mom_entity_get_variable(MomEntity *entity, const char *name, MomValue *out);
/* The time of the sample that was the newest when variable NAME last got a value different from the
 * one before, or its first. FALSE: no such variable, or there was no sample yet. */
gboolean mom_entity_get_variable_time(MomEntity *entity, const char *name, gint64 *out_us);
/* Makes V the kept value of NAME, as it was before a restart: CHANGED_US is what
 * mom_entity_get_variable_time told of it, or MOM_ENTITY_NO_TIME. Between runs only. */
#define MOM_ENTITY_NO_TIME G_MININT64
void
mom_entity_restore_variable(MomEntity *entity, const char *name, MomValue v, gint64 changed_us);
void mom_entity_foreach_variable(MomEntity *entity, MomVariableFunc func, gpointer data);

typedef struct {
    const char *name;
    MomValue value;
    MomPlace place; /* the expression that set it */
    const MomReads
        *reads; /* what led to it; NULL unless the run was traced; as long as the run lasts */
} MomControl;

/* Sets control NAME to V for the present run, in place of an earlier one; name, value and place are
 * copied. */
void mom_entity_set_control(MomEntity *entity, const char *name, MomValue v, MomPlace place);
/* Puts READS (borrowed from the run; NULL: unknown) beside the control NAME, which is set. */
void mom_entity_set_reads(MomEntity *entity, const char *name, const MomReads *reads);
/* The control NAME of the present run, or NULL. Valid until the next run or the next set_control.
 */
const MomControl *mom_entity_get_control(const MomEntity *entity, const char *name);
gsize mom_entity_n_controls(const MomEntity *entity);
/* Control INDEX in the order in which they were first set. */
const MomControl *mom_entity_control(const MomEntity *entity, gsize index);

/* The run's tunes: the newest sample's `io_tune`, copied at the first use in a run, with what
 * policies set in `current`; NULL and *N = 0 if there are none.  States: the newest sample's
 * `io_tune_current`, by position; NULL at a position that is no state. */
MomTune *mom_entity_tunes(MomEntity *entity, gsize *n);
const MomTuneState *const *mom_entity_tune_states(MomEntity *entity, gsize *n);

/* Starts a run: no controls, no changed tunes, no variables but the kept ones. */
void mom_entity_begin_run(MomEntity *entity);
/* Keeps the variables that the present run set.  Controls and tunes stay readable. */
void mom_entity_commit_run(MomEntity *entity);
