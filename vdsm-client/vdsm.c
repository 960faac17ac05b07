/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The verbs: parameters by vdsm's names, answers through answers.h, one small record a call.
 *
 * A call that fails is told to who made it; nothing is retried and nothing is logged here.
 */
#include "vdsm-client/vdsm.h"

#include <json.h>
#include <string.h>

#include "vdsm-client/answers.h"

struct MomVdsm {
    MomVdsmConnection *connection;
    MomVdsmEventFunc watch;
    gpointer watch_data;
};

/* What a call's end is told to: one of the three, as its verb says. */
typedef struct {
    const char *method;
    MomVdsmDone done;
    MomVdsmStatsDone stats_done;
    MomVdsmIoTuneDone io_tune_done;
    gpointer data;
} Ending;

MomVdsm *
mom_vdsm_new(const MomVdsmOptions *options)
{
    MomVdsm *vdsm = g_new0(MomVdsm, 1);
    vdsm->connection = mom_vdsm_connection_new(options, &mom_vdsm_pace_default);
    return vdsm;
}

void
mom_vdsm_free(MomVdsm *vdsm)
{
    if (!vdsm)
        return;
    mom_vdsm_connection_free(vdsm->connection);
    g_free(vdsm);
}

void
mom_vdsm_watch_state(MomVdsm *vdsm, MomVdsmStateFunc watch, gpointer data)
{
    mom_vdsm_connection_watch_state(vdsm->connection, watch, data);
}

static void
on_event(const char *method, struct json_object *params, gpointer data)
{
    MomVdsm *vdsm = data;
    MomVdsmEvent event;
    g_autofree char *text = NULL;
    mom_vdsm_parse_event(method, params, &event, &text);
    vdsm->watch(&event, vdsm->watch_data);
}

void
mom_vdsm_watch_events(MomVdsm *vdsm, MomVdsmEventFunc watch, gpointer data)
{
    vdsm->watch = watch;
    vdsm->watch_data = data;
    mom_vdsm_connection_watch_events(vdsm->connection, on_event, vdsm);
}

void
mom_vdsm_start(MomVdsm *vdsm)
{
    mom_vdsm_connection_start(vdsm->connection);
}

gboolean
mom_vdsm_configure(MomVdsm *vdsm, const MomVdsmOptions *options, GError **error)
{
    return mom_vdsm_connection_configure(vdsm->connection, options, error);
}

MomVdsmState
mom_vdsm_state(const MomVdsm *vdsm)
{
    return mom_vdsm_connection_state(vdsm->connection);
}

/* Some verbs answer {"code": N, "message": ...}, where only 0 is success. */
static GError *
status_error(const char *method, struct json_object *result)
{
    struct json_object *code = NULL, *message = NULL;
    if (!json_object_is_type(result, json_type_object) ||
        !json_object_object_get_ex(result, "code", &code))
        return NULL;
    MomVdsmInt number = mom_vdsm_int(code);
    if (!number.set || number.value == 0)
        return NULL;
    json_object_object_get_ex(result, "message", &message);
    gboolean fits = number.value > G_MININT && number.value < MOM_VDSM_ERROR_NOT_CONNECTED;
    return g_error_new(MOM_VDSM_ERROR, fits ? (int)number.value : MOM_VDSM_ERROR_PROTOCOL,
                       "%s: vdsm answered status %" G_GINT64_FORMAT ": %s", method, number.value,
                       message ? json_object_get_string(message) : "no message");
}

static void
on_done(struct json_object *result, const GError *error, gpointer data)
{
    g_autofree Ending *ending = data;
    g_autoptr(GError) status = error ? NULL : status_error(ending->method, result);
    if (ending->done)
        ending->done(error ? error : status, ending->data);
}

static void
on_stats(struct json_object *result, const GError *error, gpointer data)
{
    g_autofree Ending *ending = data;
    g_autoptr(GError) odd = NULL;
    g_autoptr(GPtrArray) stats = error ? NULL : mom_vdsm_parse_stats(result, &odd);
    ending->stats_done(stats, error ? error : odd, ending->data);
}

static void
on_io_tunes(struct json_object *result, const GError *error, gpointer data)
{
    g_autofree Ending *ending = data;
    g_autoptr(GError) odd = NULL;
    g_autoptr(GPtrArray) tunes = error ? NULL : mom_vdsm_parse_io_tunes(result, &odd);
    ending->io_tune_done(tunes, error ? error : odd, ending->data);
}

static void
call(MomVdsm *vdsm, struct json_object *params, MomJsonrpcDone done, Ending ending)
{
    Ending *copy = g_memdup2(&ending, sizeof ending);
    mom_vdsm_connection_call(vdsm->connection, ending.method, params, done, copy);
}

void
mom_vdsm_ping(MomVdsm *vdsm, MomVdsmDone done, gpointer data)
{
    call(vdsm, NULL, on_done, (Ending){.method = "Host.ping2", .done = done, .data = data});
}

void
mom_vdsm_get_all_vm_stats(MomVdsm *vdsm, MomVdsmStatsDone done, gpointer data)
{
    call(vdsm, NULL, on_stats,
         (Ending){.method = "Host.getAllVmStats", .stats_done = done, .data = data});
}

void
mom_vdsm_get_all_vm_io_tune_policies(MomVdsm *vdsm, MomVdsmIoTuneDone done, gpointer data)
{
    call(vdsm, NULL, on_io_tunes,
         (Ending){.method = "Host.getAllVmIoTunePolicies", .io_tune_done = done, .data = data});
}

/* A verb of one VM with one more parameter, which is taken over. */
static void
call_vm(MomVdsm *vdsm,
        const char *method,
        const char *vm_id,
        const char *key,
        struct json_object *value,
        MomVdsmDone done,
        gpointer data)
{
    struct json_object *params = json_object_new_object();
    json_object_object_add(params, "vmID", json_object_new_string(vm_id));
    json_object_object_add(params, key, value);
    call(vdsm, params, on_done, (Ending){.method = method, .done = done, .data = data});
}

void
mom_vdsm_set_balloon_target(
    MomVdsm *vdsm, const char *vm_id, gint64 target_kib, MomVdsmDone done, gpointer data)
{
    struct json_object *target = json_object_new_int64(target_kib);
    call_vm(vdsm, "VM.setBalloonTarget", vm_id, "target", target, done, data);
}

void
mom_vdsm_set_cpu_tune_quota(
    MomVdsm *vdsm, const char *vm_id, gint64 quota_us, MomVdsmDone done, gpointer data)
{
    struct json_object *quota = json_object_new_int64(quota_us);
    call_vm(vdsm, "VM.setCpuTuneQuota", vm_id, "quota", quota, done, data);
}

void
mom_vdsm_set_cpu_tune_period(
    MomVdsm *vdsm, const char *vm_id, gint64 period_us, MomVdsmDone done, gpointer data)
{
    struct json_object *period = json_object_new_int64(period_us);
    call_vm(vdsm, "VM.setCpuTunePeriod", vm_id, "period", period, done, data);
}

void
mom_vdsm_set_io_tune(MomVdsm *vdsm,
                     const char *vm_id,
                     const MomVdsmIoTuneChange *changes,
                     gsize n,
                     MomVdsmDone done,
                     gpointer data)
{
    struct json_object *tunables = json_object_new_array();
    for (gsize i = 0; i < n; i++) {
        struct json_object *tunable = json_object_new_object();
        if (changes[i].name)
            json_object_object_add(tunable, "name", json_object_new_string(changes[i].name));
        if (changes[i].path)
            json_object_object_add(tunable, "path", json_object_new_string(changes[i].path));
        json_object_object_add(tunable, "ioTune", mom_vdsm_limits_to_json(&changes[i].io_tune));
        json_object_array_add(tunables, tunable);
    }
    call_vm(vdsm, "VM.setIoTune", vm_id, "tunables", tunables, done, data);
}

void
mom_vdsm_set_ksm_tune(MomVdsm *vdsm, const MomVdsmKsmTune *tune, MomVdsmDone done, gpointer data)
{
    const struct {
        const char *key;
        MomVdsmInt value;
    } keys[] = {{"run", tune->run},
                {"pages_to_scan", tune->pages_to_scan},
                {"sleep_millisecs", tune->sleep_millisecs},
                {"merge_across_nodes", tune->merge_across_nodes}};
    struct json_object *tuning = json_object_new_object(), *params = json_object_new_object();
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        if (keys[i].value.set)
            json_object_object_add(tuning, keys[i].key, json_object_new_int64(keys[i].value.value));
    json_object_object_add(params, "tuningParams", tuning);
    call(vdsm, params, on_done, (Ending){.method = "Host.setKsmTune", .done = done, .data = data});
}

/* "VM.setBalloonTarget": all verbs here that change something. */
static gboolean
is_setter(const char *method)
{
    return strstr(method, ".set") != NULL;
}

void
mom_vdsm_drop_unsent(MomVdsm *vdsm)
{
    mom_vdsm_connection_drop_waiting(vdsm->connection, is_setter);
}
