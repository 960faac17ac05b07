/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guard's face to the controllers: one function a knob.
 *
 * Each makes parts of the call it gets, asks the rails about them, and hands them to the way that
 * all calls go (guard.c).  What is special to a knob is here and nowhere else.
 */
#include "controllers/guard-private.h"

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

/* A difference of less than this part of the present size. */
#define NEARLY_THE_SAME 100

/* Of GUEST; NULL: nothing was ever sent to it. */
static GuestRecord *
record_of(const MomGuard *guard, MomEntity *guest)
{
    const char *uuid = mom_entity_get_string_property(guest, "uuid");

    return uuid ? g_hash_table_lookup(guard->guests, uuid) : NULL;
}

/* TRUE if the guest has been given a target, as far as is known, and has not come to it yet. */
static gboolean
is_on_its_way(const MomGuard *guard, const GuestRecord *record)
{
    return record && record->balloon.phase != MOM_SENT_NOTHING && !record->balloon.reached &&
           record->balloon.call > guard->forgotten;
}

gint64
mom_guard_heading_kib(const MomGuard *guard, MomEntity *guest, gint64 present_kib)
{
    const GuestRecord *record = record_of(guard, guest);

    return is_on_its_way(guard, record) ? record->balloon.value.number : present_kib;
}

/* What a rail holds a target to moves with every look at the guest.  While the last one is not
 * reached, one that is nearly the same is the same, or each breath of the guest would be a call. */
static void
keep_to_what_was_sent(MomGuard *guard, GuestRecord *record, Part *part)
{
    MomSetting sent;

    if (!is_on_its_way(guard, record))
        return;
    sent = record->balloon.value;
    if (ABS(sent.number - part->to.number) < part->from.number / NEARLY_THE_SAME &&
        mom_sent_hold(&record->balloon, mom_setting_same_size, &sent, &part->from, guard->now_us))
        part->to = sent;
}

/* What is on its way to the guest itself is no reason against it. */
static MomRailHost
host_without(const MomGuard *guard, const GuestRecord *record)
{
    MomRailHost host = guard->host;

    host.promised_kib -= record ? record->owed_kib : 0;
    return host;
}

static void
set_balloon_target(
    MomActuator *self, MomEntity *guest, gint64 target_kib, MomActuatorDone done, gpointer data)
{
    MomGuard *guard = (MomGuard *)self;
    Part part = {.knob = MOM_GUARD_BALLOON, .place = place_of(guest, "balloon_target")};
    GuestRecord *record = record_of(guard, guest);
    MomRailHost host = host_without(guard, record);
    MomRailWish wish = {
        .limits = &guard->options.rails,
        .host = &host,
        .wish_kib = target_kib,
        .idle_us = record && record->balloon.call ? guard->now_us - record->balloon.time_us : -1,
        .sent_kib = is_on_its_way(guard, record) ? record->balloon.value.number : 0,
        .is_blind = guard->is_blind && guard->is_blind(guest, guard->blind_data),
    };
    GArray *parts = parts_new();
    gboolean fits;
    gint64 sent_kib;
    Call *call;

    part.from_known = mom_entity_get_int(guest, "balloon_cur", &part.from.number);
    part.to.number = target_kib;
    fits = mom_rail_balloon(guest, &wish, &part.to.number, &part.rail);
    if (fits && part.rail)
        keep_to_what_was_sent(guard, record, &part);
    sent_kib = part.to.number;
    mom_guard_judge(guard, guest, &part, !fits, parts);
    call = mom_guard_leave(guard, guest, parts, !fits, FALSE, done, data);
    if (call)
        mom_actuator_set_balloon_target(guard->behind, guest, sent_kib, mom_guard_finish, call);
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
        Part part = {
            .knob = MOM_GUARD_KSM, .key = key, .place = place_of(host, mom_ksm_controls[key])};
        MomValue present = MOM_NIL;

        if (!(tune->present & MOM_KSM_BIT(key)))
            continue;
        mom_entity_get_attribute(host, mom_ksm_controls[key], &present);
        part.from_known = mom_ksm_number(key, present, &part.from.number);
        part.to.number = tune->value[key];
        part.rail = mom_rail_ksm_on_host(host, tune, key);
        refused |= part.rail != NULL;
        mom_guard_judge(guard, host, &part, part.rail != NULL, parts);
    }
    for (guint i = 0; i < parts->len; i++) {
        const Part *part = &g_array_index(parts, Part, i);

        sent.present |= MOM_KSM_BIT(part->key);
        sent.value[part->key] = part->to.number;
    }
    call = mom_guard_leave(guard, host, parts, refused, TRUE, done, data);
    if (call)
        mom_actuator_set_ksm(guard->behind, host, &sent, mom_guard_finish, call);
}

static guint
ksm_keys(MomActuator *self)
{
    return mom_actuator_ksm_keys(((MomGuard *)self)->behind);
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
        .knob = MOM_GUARD_CPU,
        .place = place_of(guest, "vcpu_quota"),
        .period_place = place_of(guest, "vcpu_period"),
        .rail = mom_rail_guest(mom_entity_latest(guest)),
    };
    Call *call;

    if (!part.rail)
        part.rail = mom_rail_cpu(quota_us, period_us);

    part.from_known = mom_entity_get_int(guest, "vcpu_quota", &part.from.cpu.quota_us) &&
                      mom_entity_get_int(guest, "vcpu_period", &part.from.cpu.period_us);
    /* The one spelling that vdsm and libvirt take: what they show for it they refuse, and 0 is no
     * value to libvirt, which then leaves the old limit. */
    if (mom_cpu_quota_is_unlimited(quota_us))
        quota_us = MOM_CPU_QUOTA_UNLIMITED;
    part.to.cpu.quota_us = quota_us;
    part.to.cpu.period_us = period_us;
    mom_guard_judge(guard, guest, &part, part.rail != NULL, parts);
    call = mom_guard_leave(guard, guest, parts, part.rail != NULL, FALSE, done, data);
    if (call)
        mom_actuator_set_cpu_tune(guard->behind, guest, quota_us, period_us, mom_guard_finish,
                                  call);
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
    mom_actuator_set_io_tune(guard->behind, guest, sent, n, mom_guard_finish, call);
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
    const MomRail *alone = mom_rail_guest(mom_entity_latest(guest));
    GArray *parts = parts_new();
    gboolean refused = FALSE;
    Call *call;

    for (gsize i = 0; i < n; i++) {
        Part part = {
            .knob = MOM_GUARD_IO,
            .change = i,
            .disk = changes[i].path ? changes[i].path : changes[i].name,
            .rail = alone ? alone : mom_rail_io(&changes[i].io_tune),
            .place = changes[i].place,
        };

        if (!part.disk)
            continue;
        part.from_known = find_state(guest, &changes[i], &part.from.limits);
        part.to.limits = mom_setting_plain_limits(&changes[i].io_tune);
        refused |= part.rail != NULL;
        if (part.rail || part.to.limits.present)
            mom_guard_judge(guard, guest, &part, part.rail != NULL, parts);
        else
            mom_guard_tell_now(
                guard,
                (MomGuardReport){.verdict = MOM_GUARD_UNCHANGED, .why = "no limit is wished"},
                guest, &part);
    }
    call = mom_guard_leave(guard, guest, parts, refused, FALSE, done, data);
    if (call)
        send_io(guard, guest, changes, call);
}

const MomActuatorClass mom_guard_class = {
    .set_balloon_target = set_balloon_target,
    .set_ksm = set_ksm,
    .ksm_keys = ksm_keys,
    .set_cpu_tune = set_cpu_tune,
    .set_io_tune = set_io_tune,
};
