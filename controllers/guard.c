/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One way for all four knobs: a call is split into parts, each part passes its rail and the record
 * of what was sent, what remains goes behind in one call, and its outcome comes back to the
 * records.
 *
 * Records are found again by uuid and call number when an answer comes: the guest, or the guard,
 * may be gone by then.  No knob is treated specially outside its own entry function.
 */
#include "controllers/guard.h"

#include <gio/gio.h>

#include "controllers/sent.h"

struct MomGuard {
    MomActuator actuator; /* first: controllers hold it */
    MomActuator *behind;
    MomGuardVerdictFunc report;
    gpointer report_data;
    guint references; /* the owner's and one for each call under way */
    gboolean closed;  /* the owner's is gone */
    guint last_call;
    gint64 now_us;
    GHashTable *guests; /* uuid -> GuestRecord */
    MomSent ksm[MOM_N_KSM_KEYS];
};

typedef struct {
    MomSent balloon;
    MomSent cpu;
    GHashTable *disks; /* path or name -> MomSent; NULL until needed */
} GuestRecord;

typedef enum {
    KNOB_BALLOON,
    KNOB_KSM,
    KNOB_CPU,
    KNOB_IO,
} Knob;

/* One knob's share of a call. */
typedef struct {
    Knob knob;
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

static const MomSettingSame same_functions[] = {
    [KNOB_BALLOON] = mom_setting_same_size,
    [KNOB_KSM] = mom_setting_same_number,
    [KNOB_CPU] = mom_setting_same_cpu,
    [KNOB_IO] = mom_setting_same_io,
};

/* ---- records ---- */

static void
guest_record_free(gpointer data)
{
    GuestRecord *record = data;

    g_clear_pointer(&record->disks, g_hash_table_unref);
    g_free(record);
}

static MomSent *
find_disk(GuestRecord *record, const char *disk, gboolean create)
{
    MomSent *sent = record->disks ? g_hash_table_lookup(record->disks, disk) : NULL;

    if (sent || !create)
        return sent;
    if (!record->disks)
        record->disks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    sent = g_new0(MomSent, 1);
    g_hash_table_insert(record->disks, g_strdup(disk), sent);
    return sent;
}

/* NULL only without CREATE. */
static MomSent *
find_sent(MomGuard *guard, const char *uuid, const Part *part, gboolean create)
{
    GuestRecord *record;

    if (part->knob == KNOB_KSM)
        return &guard->ksm[part->key];
    record = g_hash_table_lookup(guard->guests, uuid);
    if (!record && !create)
        return NULL;
    if (!record) {
        record = g_new0(GuestRecord, 1);
        g_hash_table_insert(guard->guests, g_strdup(uuid), record);
    }
    if (part->knob == KNOB_IO)
        return find_disk(record, part->disk, create);
    return part->knob == KNOB_BALLOON ? &record->balloon : &record->cpu;
}

/* ---- reports ---- */

static const char *const ksm_knobs[MOM_N_KSM_KEYS] = {
    [MOM_KSM_RUN] = "ksm_run",
    [MOM_KSM_PAGES_TO_SCAN] = "ksm_pages_to_scan",
    [MOM_KSM_SLEEP_MILLISECS] = "ksm_sleep_millisecs",
    [MOM_KSM_MERGE_ACROSS_NODES] = "ksm_merge_across_nodes",
};

static void
tell_one(MomGuard *guard,
         MomGuardReport *report,
         const char *knob,
         const Part *part,
         MomValue from,
         MomValue to)
{
    report->knob = knob;
    report->from = part->from_known ? from : MOM_NIL;
    report->to = to;
    guard->report(report, guard->report_data);
}

static MomValue
limits_value(const MomLimits *limits)
{
    return (MomValue){.type = MOM_VALUE_LIMITS, .object = limits};
}

static void
tell(MomGuard *guard, MomGuardReport *report, const Part *part)
{
    MomValue from = mom_value_int(part->from.number), to = mom_value_int(part->to.number);

    if (!guard->report)
        return;
    report->rail = part->rail ? part->rail->name : NULL;
    if (!report->why && part->rail)
        report->why = part->rail->why;
    report->place = part->place;
    report->disk = part->disk;
    switch (part->knob) {
    case KNOB_BALLOON:
        tell_one(guard, report, "balloon_target", part, from, to);
        break;
    case KNOB_KSM:
        tell_one(guard, report, ksm_knobs[part->key], part, from, to);
        break;
    case KNOB_CPU:
        tell_one(guard, report, "vcpu_quota", part, mom_value_int(part->from.cpu.quota_us),
                 mom_value_int(part->to.cpu.quota_us));
        report->place = part->period_place;
        tell_one(guard, report, "vcpu_period", part, mom_value_int(part->from.cpu.period_us),
                 mom_value_int(part->to.cpu.period_us));
        break;
    case KNOB_IO:
        tell_one(guard, report, "io_tune", part, limits_value(&part->from.limits),
                 limits_value(&part->to.limits));
        break;
    }
}

static void
tell_now(MomGuard *guard, MomGuardReport report, MomEntity *entity, const Part *part)
{
    report.entity = entity;
    if (part->knob != KNOB_KSM) {
        report.uuid = mom_entity_get_string_property(entity, "uuid");
        report.name = mom_entity_get_string_property(entity, "name");
    }
    tell(guard, &report, part);
}

/* ---- calls ---- */

static void
guard_unref(MomGuard *guard)
{
    if (--guard->references > 0)
        return;
    g_hash_table_unref(guard->guests);
    g_free(guard);
}

static void
call_free(Call *call)
{
    guard_unref(call->guard);
    g_free(call->uuid);
    g_free(call->name);
    g_clear_pointer(&call->strings, g_string_chunk_free);
    g_array_unref(call->parts);
    g_free(call);
}

/* Whatever a part borrows must last until the answer. */
static void
keep_strings(Call *call, const char **borrowed)
{
    if (*borrowed)
        *borrowed = g_string_chunk_insert_const(call->strings, *borrowed);
}

/* PARTS is taken over. */
static Call *
call_new(MomGuard *guard, MomEntity *guest, GArray *parts, MomActuatorDone done, gpointer data)
{
    Call *call = g_new0(Call, 1);

    call->guard = guard;
    guard->references++;
    call->number = ++guard->last_call;
    if (guest) {
        call->uuid = g_strdup(mom_entity_get_string_property(guest, "uuid"));
        call->name = g_strdup(mom_entity_get_string_property(guest, "name"));
    }
    call->strings = g_string_chunk_new(128);
    call->parts = parts;
    call->done = done;
    call->data = data;
    for (guint i = 0; i < parts->len; i++) {
        Part *part = &g_array_index(parts, Part, i);

        keep_strings(call, &part->disk);
        keep_strings(call, &part->place.policy);
        keep_strings(call, &part->period_place.policy);
    }
    return call;
}

static void
finish(const GError *error, gpointer data)
{
    Call *call = data;
    MomGuard *guard = call->guard;

    for (guint i = 0; i < call->parts->len; i++) {
        const Part *part = &g_array_index(call->parts, Part, i);
        MomSent *sent = find_sent(guard, call->uuid, part, FALSE);
        MomGuardReport report = {
            .verdict = error ? MOM_GUARD_FAILED : MOM_GUARD_DONE,
            .uuid = call->uuid,
            .name = call->name,
            .why = error ? error->message : NULL,
            .error = error,
            .call = call->number,
        };

        if (!sent) /* forgotten */
            continue;
        mom_sent_end(sent, call->number, !error);
        tell(guard, &report, part);
    }
    if (call->done && !guard->closed)
        call->done(error, call->data);
    call_free(call);
}

/* ---- one call from the controllers ---- */

static const MomRail no_uuid = {"no-uuid", "the guest has no uuid"};

/* Tells what becomes of PART and keeps it in PARTS if it is to be sent.  REFUSED: its rail forbids
 * it. */
static void
judge(MomGuard *guard, MomEntity *entity, Part *part, gboolean refused, GArray *parts)
{
    const char *uuid = mom_entity_get_string_property(entity, "uuid");
    const char *held;
    MomSent *sent;

    if (!uuid && part->knob != KNOB_KSM) {
        part->rail = &no_uuid;
        refused = TRUE;
    }
    if (refused) {
        tell_now(guard, (MomGuardReport){.verdict = MOM_GUARD_RAILED}, entity, part);
        return;
    }
    sent = find_sent(guard, uuid, part, TRUE);
    held = mom_sent_hold(sent, same_functions[part->knob], &part->to,
                         part->from_known ? &part->from : NULL, guard->now_us);
    if (held)
        tell_now(guard, (MomGuardReport){.verdict = MOM_GUARD_UNCHANGED, .why = held}, entity,
                 part);
    else
        g_array_append_val(parts, *part);
}

/* PARTS (taken over) are about to be sent: the call to give behind with `finish`; or NULL if
 * nothing is to be sent, then DONE was called.  N_REFUSED tells a refusal from "nothing to do". */
static Call *
leave(MomGuard *guard,
      MomEntity *entity,
      GArray *parts,
      gboolean refused,
      gboolean for_host,
      MomActuatorDone done,
      gpointer data)
{
    Call *call;

    if (parts->len == 0) {
        g_autoptr(GError) error = NULL;

        g_array_unref(parts);
        if (refused)
            error = g_error_new(G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "refused by a rail");
        if (done)
            done(error, data);
        return NULL;
    }
    call = call_new(guard, for_host ? NULL : entity, parts, done, data);
    for (guint i = 0; i < parts->len; i++) {
        const Part *part = &g_array_index(parts, Part, i);
        MomSent *sent = find_sent(guard, call->uuid, part, TRUE);

        mom_sent_begin(sent, same_functions[part->knob], &part->to, call->number, guard->now_us);
        tell_now(guard,
                 (MomGuardReport){
                     .verdict = MOM_GUARD_SENT, .call = call->number, .repeats = sent->repeats},
                 entity, part);
    }
    return call;
}

static GArray *
parts_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(Part));
}

static MomPlace
place_of(const MomEntity *entity, const char *name)
{
    const MomControl *control = mom_entity_get_control(entity, name);

    return control ? control->place : (MomPlace){0};
}

static void
set_balloon_target(
    MomActuator *self, MomEntity *guest, gint64 target_kib, MomActuatorDone done, gpointer data)
{
    MomGuard *guard = (MomGuard *)self;
    Part part = {.knob = KNOB_BALLOON, .place = place_of(guest, "balloon_target")};
    GArray *parts = parts_new();
    gboolean fits;
    gint64 sent_kib;
    Call *call;

    part.from_known = mom_entity_get_int(guest, "balloon_cur", &part.from.number);
    part.to.number = target_kib;
    fits = mom_rail_balloon(guest, target_kib, &part.to.number, &part.rail);
    sent_kib = part.to.number;
    judge(guard, guest, &part, !fits, parts);
    call = leave(guard, guest, parts, !fits, FALSE, done, data);
    if (call)
        mom_actuator_set_balloon_target(guard->behind, guest, sent_kib, finish, call);
}

static void
set_ksm(
    MomActuator *self, MomEntity *host, const MomKsmTune *tune, MomActuatorDone done, gpointer data)
{
    MomGuard *guard = (MomGuard *)self;
    GArray *parts = parts_new();
    MomKsmTune sent = {0};
    gboolean refused = FALSE;
    Call *call;

    for (int key = 0; key < MOM_N_KSM_KEYS; key++) {
        Part part = {.knob = KNOB_KSM, .key = key, .place = place_of(host, ksm_knobs[key])};

        if (!(tune->present & 1u << key))
            continue;
        part.from_known = mom_entity_get_int(host, ksm_knobs[key], &part.from.number);
        part.to.number = tune->value[key];
        part.rail = mom_rail_ksm(key, tune->value[key]);
        refused |= part.rail != NULL;
        judge(guard, host, &part, part.rail != NULL, parts);
    }
    for (guint i = 0; i < parts->len; i++) {
        const Part *part = &g_array_index(parts, Part, i);

        sent.present |= 1u << part->key;
        sent.value[part->key] = part->to.number;
    }
    call = leave(guard, host, parts, refused, TRUE, done, data);
    if (call)
        mom_actuator_set_ksm(guard->behind, host, &sent, finish, call);
}

static void
set_cpu_tune(MomActuator *self,
             MomEntity *guest,
             gint64 quota_us,
             gint64 period_us,
             MomActuatorDone done,
             gpointer data)
{
    MomGuard *guard = (MomGuard *)self;
    GArray *parts = parts_new();
    Part part = {
        .knob = KNOB_CPU,
        .place = place_of(guest, "vcpu_quota"),
        .period_place = place_of(guest, "vcpu_period"),
        .rail = mom_rail_cpu(quota_us, period_us),
    };
    Call *call;

    part.from_known = mom_entity_get_int(guest, "vcpu_quota", &part.from.cpu.quota_us) &&
                      mom_entity_get_int(guest, "vcpu_period", &part.from.cpu.period_us);
    part.to.cpu.quota_us = quota_us;
    part.to.cpu.period_us = period_us;
    judge(guard, guest, &part, part.rail != NULL, parts);
    call = leave(guard, guest, parts, part.rail != NULL, FALSE, done, data);
    if (call)
        mom_actuator_set_cpu_tune(guard->behind, guest, quota_us, period_us, finish, call);
}

static gboolean
is_same_name(const char *a, const char *b)
{
    return a && b && g_str_equal(a, b);
}

/* The disk as it is set now; FALSE if the guest shows none like it. */
static gboolean
find_state(MomEntity *guest, const MomIoTuneChange *change, MomLimits *out)
{
    gsize n;
    const MomTuneState *const *states = mom_entity_tune_states(guest, &n);

    for (gsize i = 0; i < n; i++) {
        if (states[i] && (change->path ? is_same_name(states[i]->path, change->path)
                                       : is_same_name(states[i]->name, change->name))) {
            *out = mom_setting_plain_limits(&states[i]->io_tune);
            return TRUE;
        }
    }
    return FALSE;
}

static void
send_io(MomGuard *guard, MomEntity *guest, const MomIoTuneChange *changes, Call *call)
{
    guint n = call->parts->len;
    g_autofree MomIoTuneChange *sent = g_new0(MomIoTuneChange, n);

    for (guint i = 0; i < n; i++) {
        const Part *part = &g_array_index(call->parts, Part, i);

        sent[i] = changes[part->change];
        sent[i].io_tune = part->to.limits;
    }
    mom_actuator_set_io_tune(guard->behind, guest, sent, n, finish, call);
}

static void
set_io_tune(MomActuator *self,
            MomEntity *guest,
            const MomIoTuneChange *changes,
            gsize n,
            MomActuatorDone done,
            gpointer data)
{
    MomGuard *guard = (MomGuard *)self;
    GArray *parts = parts_new();
    gboolean refused = FALSE;
    Call *call;

    for (gsize i = 0; i < n; i++) {
        Part part = {
            .knob = KNOB_IO,
            .change = i,
            .disk = changes[i].path ? changes[i].path : changes[i].name,
            .rail = mom_rail_io(&changes[i].io_tune),
            .place = changes[i].place,
        };

        if (!part.disk)
            continue;
        part.from_known = find_state(guest, &changes[i], &part.from.limits);
        part.to.limits = mom_setting_plain_limits(&changes[i].io_tune);
        refused |= part.rail != NULL;
        if (part.rail || part.to.limits.present)
            judge(guard, guest, &part, part.rail != NULL, parts);
        else
            tell_now(guard,
                     (MomGuardReport){.verdict = MOM_GUARD_UNCHANGED, .why = "no limit is wished"},
                     guest, &part);
    }
    call = leave(guard, guest, parts, refused, FALSE, done, data);
    if (call)
        send_io(guard, guest, changes, call);
}

/* ---- public ---- */

static const MomActuatorClass guard_class = {
    .set_balloon_target = set_balloon_target,
    .set_ksm = set_ksm,
    .set_cpu_tune = set_cpu_tune,
    .set_io_tune = set_io_tune,
};

MomGuard *
mom_guard_new(MomActuator *behind, MomGuardVerdictFunc report, gpointer data)
{
    MomGuard *guard = g_new0(MomGuard, 1);

    guard->actuator.klass = &guard_class;
    guard->behind = behind;
    guard->report = report;
    guard->report_data = data;
    guard->references = 1;
    guard->guests = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, guest_record_free);
    return guard;
}

void
mom_guard_free(MomGuard *guard)
{
    if (!guard)
        return;
    guard->report = NULL;
    guard->closed = TRUE;
    guard_unref(guard);
}

MomActuator *
mom_guard_actuator(MomGuard *guard)
{
    return &guard->actuator;
}

void
mom_guard_begin_cycle(MomGuard *guard, gint64 now_us)
{
    guard->now_us = now_us;
}

void
mom_guard_forget(MomGuard *guard, const char *uuid)
{
    g_hash_table_remove(guard->guests, uuid);
}

const char *
mom_guard_verdict_name(MomGuardVerdict verdict)
{
    static const char *const names[] = {
        [MOM_GUARD_SENT] = "sent",     [MOM_GUARD_DONE] = "done",
        [MOM_GUARD_FAILED] = "failed", [MOM_GUARD_UNCHANGED] = "unchanged",
        [MOM_GUARD_RAILED] = "railed",
    };

    return names[verdict];
}
