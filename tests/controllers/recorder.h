/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For tests of controllers and the guard: an actuator that writes down what it was asked for, and
 * entities made from a few fields.
 *
 * The recorder answers at once, later, or with an error, as the test says.  It judges nothing
 * itself.
 */
#pragma once

#include "tests/mom-test.h"

#include <gio/gio.h>

#include "controllers/controller.h"

typedef struct {
    MomActuator actuator;
    GString *log; /* one call after another: "u0 balloon 900; " */
    guint n_calls;
    gboolean later; /* keep answers back until recorder_answer */
    gboolean fail;
    MomActuatorDone done[64];
    gpointer data[64];
    guint n_waiting;
    GString *complaints;
    guint ksm_keys; /* that it takes */
} Recorder;

static inline const char *
recorder_uuid(const MomEntity *entity)
{
    const char *uuid = mom_entity_get_string_property(entity, "uuid");

    return uuid ? uuid : "-";
}

static inline void
recorder_reply(Recorder *recorder, MomActuatorDone done, gpointer data)
{
    g_autoptr(GError) error = NULL;

    recorder->n_calls++;
    if (recorder->later) {
        g_assert(recorder->n_waiting < G_N_ELEMENTS(recorder->done));
        recorder->done[recorder->n_waiting] = done;
        recorder->data[recorder->n_waiting++] = data;
        return;
    }
    if (recorder->fail)
        error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, "the host said no");
    if (done)
        done(error, data);
}

/* All answers that were kept back. */
static inline void
recorder_answer(Recorder *recorder, const GError *error)
{
    guint n = recorder->n_waiting;

    recorder->n_waiting = 0;
    for (guint i = 0; i < n; i++)
        if (recorder->done[i])
            recorder->done[i](error, recorder->data[i]);
}

static inline void
recorder_balloon(
    MomActuator *self, MomEntity *guest, gint64 target_kib, MomActuatorDone done, gpointer data)
{
    Recorder *recorder = (Recorder *)self;

    g_string_append_printf(recorder->log, "%s balloon %" G_GINT64_FORMAT "; ", recorder_uuid(guest),
                           target_kib);
    recorder_reply(recorder, done, data);
}

static inline void
recorder_ksm(
    MomActuator *self, MomEntity *host, const MomKsmTune *tune, MomActuatorDone done, gpointer data)
{
    Recorder *recorder = (Recorder *)self;

    g_string_append(recorder->log, "ksm");
    for (int key = 0; key < MOM_N_KSM_KEYS; key++) {
        MomValue v = mom_ksm_value(key, tune->value[key]);

        if (!(tune->present & MOM_KSM_BIT(key)))
            continue;
        g_string_append_printf(recorder->log, " %s=", mom_ksm_key_name(key));
        if (v.type == MOM_VALUE_STRING)
            g_string_append(recorder->log, v.string);
        else
            g_string_append_printf(recorder->log, "%" G_GINT64_FORMAT, v.integer);
    }
    g_string_append(recorder->log, "; ");
    recorder_reply(recorder, done, data);
}

static inline void
recorder_cpu(MomActuator *self,
             MomEntity *guest,
             gint64 quota_us,
             gint64 period_us,
             MomActuatorDone done,
             gpointer data)
{
    Recorder *recorder = (Recorder *)self;

    g_string_append_printf(recorder->log, "%s cpu %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT "; ",
                           recorder_uuid(guest), quota_us, period_us);
    recorder_reply(recorder, done, data);
}

static inline void
recorder_io(MomActuator *self,
            MomEntity *guest,
            const MomIoTuneChange *changes,
            gsize n,
            MomActuatorDone done,
            gpointer data)
{
    Recorder *recorder = (Recorder *)self;

    g_string_append_printf(recorder->log, "%s io", recorder_uuid(guest));
    for (gsize i = 0; i < n; i++) {
        g_string_append_printf(recorder->log, " %s(", changes[i].name ? changes[i].name : "?");
        for (int limit = 0; limit < MOM_N_LIMITS; limit++) {
            gint64 value;

            if (!(changes[i].io_tune.present & 1u << limit))
                continue;
            if (mom_value_to_int(changes[i].io_tune.value[limit], &value))
                g_string_append_printf(recorder->log, "%s=%" G_GINT64_FORMAT " ",
                                       mom_limit_names[limit], value);
            else
                g_string_append_printf(recorder->log, "%s=nil ", mom_limit_names[limit]);
        }
        g_string_append_c(recorder->log, ')');
    }
    g_string_append(recorder->log, "; ");
    recorder_reply(recorder, done, data);
}

static inline guint
recorder_ksm_keys(MomActuator *self)
{
    return ((Recorder *)self)->ksm_keys;
}

static const MomActuatorClass recorder_class = {
    .set_balloon_target = recorder_balloon,
    .set_ksm = recorder_ksm,
    .ksm_keys = recorder_ksm_keys,
    .set_cpu_tune = recorder_cpu,
    .set_io_tune = recorder_io,
};

static inline void
recorder_complain(MomEntity *entity, const char *control, const char *why, gpointer data)
{
    Recorder *recorder = data;

    g_string_append_printf(recorder->complaints, "%s %s: %s; ", recorder_uuid(entity), control,
                           why);
}

static inline Recorder *
recorder_new(void)
{
    Recorder *recorder = g_new0(Recorder, 1);

    recorder->actuator.klass = &recorder_class;
    recorder->log = g_string_new(NULL);
    recorder->complaints = g_string_new(NULL);
    recorder->ksm_keys = MOM_KSM_ALL_KEYS;
    return recorder;
}

static inline void
recorder_free(Recorder *recorder)
{
    g_string_free(recorder->log, TRUE);
    g_string_free(recorder->complaints, TRUE);
    g_free(recorder);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recorder, recorder_free)

static inline MomControllerContext
recorder_context(Recorder *recorder)
{
    return (MomControllerContext){
        .actuator = &recorder->actuator,
        .complain = recorder_complain,
        .complain_data = recorder,
    };
}

/* What was called since the last look. */
#define assert_calls(recorder, expected)                                                           \
    do {                                                                                           \
        assert_string_equal((recorder)->log->str, expected);                                       \
        g_string_truncate((recorder)->log, 0);                                                     \
    } while (0)

typedef struct {
    const char *name;
    MomValue value;
} Field;

/* An entity with one sample of FIELDS; UUID NULL: without properties. */
static inline MomEntity *
entity_with(const char *uuid, const Field *fields, gsize n)
{
    g_autofree const char **names = g_new0(const char *, n + 1);
    g_autoptr(MomSchema) schema = NULL;
    MomEntity *entity;
    MomSample *sample;

    for (gsize i = 0; i < n; i++)
        names[i] = fields[i].name;
    schema = mom_schema_new(names, n);
    entity = mom_entity_new(schema);
    sample = mom_sample_new(schema, 0);
    for (gsize i = 0; i < n; i++)
        mom_sample_set(sample, fields[i].name, fields[i].value);
    mom_entity_add_sample(entity, sample, 10);
    if (uuid) {
        mom_entity_set_property(entity, "uuid", mom_value_string(uuid));
        mom_entity_set_property(entity, "name", mom_value_string(uuid));
    }
    return entity;
}

/* Adds a sample that differs in one field. */
static inline void
entity_update(MomEntity *entity, const char *name, MomValue v)
{
    const MomSchema *schema = mom_entity_schema(entity);
    const MomSample *last = mom_entity_latest(entity);
    MomSample *sample = mom_sample_new((MomSchema *)(gpointer)schema, 0);

    for (gsize i = 0; i < mom_schema_size(schema); i++) {
        MomValue old;

        if (mom_sample_get_field(last, i, &old))
            mom_sample_set(sample, mom_schema_name(schema, i), old);
    }
    mom_sample_set(sample, name, v);
    mom_entity_add_sample(entity, sample, 10);
}

/* A new run with one control. */
static inline void
entity_wish(MomEntity *entity, const char *name, MomValue v)
{
    mom_entity_set_control(entity, name, v,
                           (MomPlace){.policy = "50_test", .line = 7, .column = 3});
}

static inline GPtrArray *
guests_of(MomEntity *first, MomEntity *second)
{
    GPtrArray *guests = g_ptr_array_new();

    if (first)
        g_ptr_array_add(guests, first);
    if (second)
        g_ptr_array_add(guests, second);
    return guests;
}

/* Runs the controller NAME over HOST and at most two guests. */
static inline void
run_controller(
    Recorder *recorder, const char *name, MomEntity *host, MomEntity *first, MomEntity *second)
{
    MomControllerContext context = recorder_context(recorder);
    g_autoptr(GPtrArray) guests = guests_of(first, second);

    mom_controller_find(name)->apply(&context, host, guests);
}
