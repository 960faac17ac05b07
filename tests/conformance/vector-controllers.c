/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Kind controllers, and the calls of other kinds: real controllers before an actuator that only
 * writes down what it is asked.
 *
 * Nothing stands between them: the vectors ask what a controller wants, before any rail.
 */
#include "controllers/controller.h"
#include "tests/conformance/vector-kinds.h"
#include "agent/value-json.h"

typedef struct {
    MomActuator actuator;
    json_object *calls;
} Recorder;

static json_object *
new_call(Recorder *recorder, const char *function)
{
    json_object *call = json_object_new_array();

    json_object_array_add(call, json_object_new_string(function));
    json_object_array_add(recorder->calls, call);
    return call;
}

static void
add_uuid(json_object *call, MomEntity *guest)
{
    const char *uuid = mom_entity_get_string_property(guest, "uuid");

    json_object_array_add(call, uuid ? json_object_new_string(uuid) : NULL);
}

static void
finish(MomActuatorDone done, gpointer data)
{
    if (done)
        done(NULL, data);
}

static void
set_balloon_target(
    MomActuator *self, MomEntity *guest, gint64 target_kib, MomActuatorDone done, gpointer data)
{
    json_object *call = new_call((Recorder *)self, "setVmBalloonTarget");

    add_uuid(call, guest);
    json_object_array_add(call, mom_value_to_json(mom_value_int(target_kib)));
    finish(done, data);
}

static void
set_ksm(
    MomActuator *self, MomEntity *host, const MomKsmTune *tune, MomActuatorDone done, gpointer data)
{
    json_object *call = new_call((Recorder *)self, "ksmTune");
    json_object *keys = json_object_new_object();

    for (int i = 0; i < MOM_N_KSM_KEYS; i++)
        if (tune->present & 1u << i)
            json_object_object_add(keys, mom_ksm_key_name(i),
                                   mom_value_to_json(mom_value_int(tune->value[i])));
    json_object_array_add(call, keys);
    finish(done, data);
}

static void
set_cpu_tune(MomActuator *self,
             MomEntity *guest,
             gint64 quota_us,
             gint64 period_us,
             MomActuatorDone done,
             gpointer data)
{
    json_object *call = new_call((Recorder *)self, "setVmCpuTune");

    add_uuid(call, guest);
    json_object_array_add(call, mom_value_to_json(mom_value_int(quota_us)));
    json_object_array_add(call, mom_value_to_json(mom_value_int(period_us)));
    finish(done, data);
}

static void
set_io_tune(MomActuator *self,
            MomEntity *guest,
            const MomIoTuneChange *changes,
            gsize n,
            MomActuatorDone done,
            gpointer data)
{
    json_object *call = new_call((Recorder *)self, "setVmIoTune");
    json_object *list = json_object_new_array();

    for (gsize i = 0; i < n; i++)
        json_object_array_add(
            list, mom_tune_state_to_json(changes[i].name, changes[i].path, &changes[i].io_tune));
    add_uuid(call, guest);
    json_object_array_add(call, list);
    finish(done, data);
}

static const MomActuatorClass recorder_class = {
    .set_balloon_target = set_balloon_target,
    .set_ksm = set_ksm,
    .set_cpu_tune = set_cpu_tune,
    .set_io_tune = set_io_tune,
};

json_object *
mom_vector_calls(json_object *vector, MomState *state)
{
    Recorder recorder = {.actuator = {.klass = &recorder_class}, .calls = json_object_new_array()};
    const MomControllerContext context = {.actuator = &recorder.actuator};
    json_object *names = json_object_object_get(vector, "controllers");

    for (gsize i = 0; names && i < json_object_array_length(names); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(names, i));
        const MomController *controller = mom_controller_find(name ? name : "");

        if (controller)
            controller->apply(&context, state->host, state->guests);
    }
    return recorder.calls;
}

json_object *
mom_vector_controllers(json_object *vector, const char *policy_dir)
{
    g_autoptr(MomState) state = mom_state_from_json(vector);
    json_object *answer = json_object_new_object();

    mom_state_set_controls(state, vector);
    json_object_object_add(answer, "calls", mom_vector_calls(vector, state));
    return answer;
}
