/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One way for all knobs: a call is split into parts, each part passes its rail and the record of
 * what was sent, what remains goes behind in one call, and its outcome comes back to the records.
 *
 * Records are found again by uuid and call number when an answer comes: the guest, or the guard,
 * may be gone by then.  No knob is treated specially here.
 */
#include "controllers/guard-private.h"

#include <gio/gio.h>

static const MomSettingSame same_functions[] = {
    [MOM_GUARD_BALLOON] = mom_setting_same_size,
    [MOM_GUARD_KSM] = mom_setting_same_number,
    [MOM_GUARD_CPU] = mom_setting_same_cpu,
    [MOM_GUARD_IO] = mom_setting_same_io,
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

GuestRecord *
mom_guard_record(MomGuard *guard, const char *uuid)
{
    GuestRecord *record = g_hash_table_lookup(guard->guests, uuid);

    if (!record) {
        record = g_new0(GuestRecord, 1);
        g_hash_table_insert(guard->guests, g_strdup(uuid), record);
    }
    return record;
}

/* NULL only without CREATE. */
static MomSent *
find_sent(MomGuard *guard, const char *uuid, const Part *part, gboolean create)
{
    GuestRecord *record;

    if (part->knob == MOM_GUARD_KSM)
        return &guard->ksm[part->key];
    record = create ? mom_guard_record(guard, uuid) : g_hash_table_lookup(guard->guests, uuid);
    if (!record)
        return NULL;
    if (part->knob == MOM_GUARD_IO)
        return find_disk(record, part->disk, create);
    return part->knob == MOM_GUARD_BALLOON ? &record->balloon : &record->cpu;
}

/* ---- calls ---- */

static void
guard_unref(MomGuard *guard)
{
    if (--guard->references > 0)
        return;
    g_hash_table_unref(guard->guests);
    mom_found_free(guard->found);
    g_free(guard);
}

static void
tell_idle(MomGuard *guard)
{
    MomGuardIdle idle = g_steal_pointer(&guard->idle);

    if (idle)
        idle(guard->idle_data);
}

static void
call_free(Call *call)
{
    MomGuard *guard = call->guard;

    g_free(call->uuid);
    g_free(call->name);
    g_clear_pointer(&call->strings, g_string_chunk_free);
    g_array_unref(call->parts);
    g_free(call);
    /* The owner's reference and this one. */
    if (guard->references == 2 && !guard->closed)
        tell_idle(guard);
    guard_unref(guard);
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

void
mom_guard_finish(const GError *error, gpointer data)
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
        mom_guard_tell(guard, &report, part);
    }
    if (call->done && !guard->closed)
        call->done(error, call->data);
    call_free(call);
}

/* ---- one call from the controllers ---- */

static const MomRail no_uuid = {"no-uuid", "the guest has no uuid"};

/* Tells what becomes of PART and keeps it in PARTS if it is to be sent.  REFUSED: its rail forbids
 * it. */
void
mom_guard_judge(MomGuard *guard, MomEntity *entity, Part *part, gboolean refused, GArray *parts)
{
    const char *uuid = mom_entity_get_string_property(entity, "uuid");
    const char *held;
    MomSent *sent;

    if (!uuid && part->knob != MOM_GUARD_KSM) {
        part->rail = &no_uuid;
        refused = TRUE;
    }
    if (refused) {
        mom_guard_tell_now(guard, (MomGuardReport){.verdict = MOM_GUARD_RAILED}, entity, part);
        return;
    }
    sent = find_sent(guard, uuid, part, TRUE);
    if (sent->call <= guard->forgotten)
        mom_sent_forget(sent);
    held = mom_sent_hold(sent, same_functions[part->knob], &part->to,
                         part->from_known ? &part->from : NULL, guard->now_us);
    if (!held && part->knob == MOM_GUARD_BALLOON && !guard->release &&
        !mom_follow_may_try(&mom_guard_record(guard, uuid)->follow, sent, guard->now_us))
        held = "its balloon does not follow and is tried rarely";
    if (!held)
        held = guard->held_back;
    if (held)
        mom_guard_tell_now(guard, (MomGuardReport){.verdict = MOM_GUARD_UNCHANGED, .why = held},
                           entity, part);
    else
        g_array_append_val(parts, *part);
}

/* What GUEST's record has on its way is KIB from now on. */
static void
owe(MomGuard *guard, GuestRecord *record, gint64 kib)
{
    guard->host.promised_kib -= record->owed_kib;
    record->owed_kib = MAX(kib, 0);
    guard->host.promised_kib += record->owed_kib;
}

/* A target leaves: what was given to growing guests before is not given twice, and the guest is
 * watched. */
static void
note_balloon(MomGuard *guard, const char *uuid, const Part *part)
{
    GuestRecord *record = mom_guard_record(guard, uuid);

    owe(guard, record, part->to.number - part->from.number);
    mom_follow_begin(&record->follow, guard->now_us);
}

/* What is about to be changed for the first time. */
static void
note_found(MomGuard *guard, MomEntity *entity, const Part *part)
{
    if (guard->release || !part->from_known)
        return;
    switch (part->knob) {
    case MOM_GUARD_BALLOON:
        mom_found_balloon(guard->found, entity, part->from.number);
        break;
    case MOM_GUARD_KSM:
        mom_found_ksm(guard->found, part->key, part->from.number);
        break;
    case MOM_GUARD_CPU:
        mom_found_cpu(guard->found, entity, part->from.cpu.quota_us, part->from.cpu.period_us);
        break;
    case MOM_GUARD_IO:
        mom_found_io(guard->found, entity, part->disk, &part->from.limits);
        break;
    }
}

/* In a dry run a call is taken for accepted at once, so that a wish that would not be repeated is
 * not told again either. */
static void
pretend(MomGuard *guard, Call *call)
{
    for (guint i = 0; i < call->parts->len; i++) {
        const Part *part = &g_array_index(call->parts, Part, i);

        mom_sent_end(find_sent(guard, call->uuid, part, TRUE), call->number, TRUE);
    }
    if (call->done)
        call->done(NULL, call->data);
    call_free(call);
}

Call *
mom_guard_leave(MomGuard *guard,
                MomEntity *entity,
                GArray *parts,
                gboolean refused,
                gboolean for_host,
                MomActuatorDone done,
                gpointer data)
{
    gboolean dry = FALSE;
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

        dry = guard->options.dry_knobs & 1u << part->knob;
        mom_sent_begin(sent, same_functions[part->knob], &part->to, call->number, guard->now_us);
        if (part->knob == MOM_GUARD_BALLOON)
            note_balloon(guard, call->uuid, part);
        if (!dry)
            note_found(guard, entity, part);
        mom_guard_tell_now(guard,
                           (MomGuardReport){.verdict = dry ? MOM_GUARD_DRY : MOM_GUARD_SENT,
                                            .why = guard->release,
                                            .call = dry ? 0 : call->number,
                                            .repeats = sent->repeats},
                           entity, part);
    }
    if (dry)
        pretend(guard, g_steal_pointer(&call));
    return call;
}

/* ---- a cycle ---- */

static void
tell_follow(MomGuard *guard, MomEntity *guest, const GuestRecord *record, MomFollowNews news)
{
    Part part = {
        .knob = MOM_GUARD_BALLOON,
        .from_known = TRUE,
        .from.number = record->follow.seen_kib,
        .to.number = record->balloon.value.number,
    };

    if (news == MOM_FOLLOW_STUCK)
        mom_guard_tell_now(
            guard,
            (MomGuardReport){.verdict = MOM_GUARD_STUCK,
                             .why =
                                 "its balloon does not move; no driver, or nothing it could give"},
            guest, &part);
    else
        mom_guard_tell_now(guard, (MomGuardReport){.verdict = MOM_GUARD_FOLLOWS}, guest, &part);
}

/* What was only said to be sent, or may be lost, is not waited for.  What may be lost is most
 * likely not, and the guest still comes to take it; but of one that was stuck nothing is expected.
 */
static void
look_at_forgotten(MomGuard *guard, GuestRecord *record, gint64 present_kib)
{
    if (record->follow.stuck || record->balloon.call <= guard->pretended)
        mom_sent_forget(&record->balloon);
    else if (!record->balloon.reached)
        owe(guard, record, record->balloon.value.number - present_kib);
    record->follow.waiting = record->follow.stuck = FALSE;
}

/* What a guest was given and has not taken yet is the host's no more, unless it will never come to
 * take it. */
static void
look_at_guest(MomGuard *guard, MomEntity *guest)
{
    const char *uuid = mom_entity_get_string_property(guest, "uuid");
    GuestRecord *record = uuid ? g_hash_table_lookup(guard->guests, uuid) : NULL;
    MomSetting present = {0};
    MomFollowNews news;

    if (!record)
        return;
    record->owed_kib = 0; /* as the host's sum is, at the start of a cycle */
    if ((record->balloon.phase == MOM_SENT_NOTHING && !record->follow.stuck) ||
        guard->options.dry_knobs & 1u << MOM_GUARD_BALLOON ||
        !mom_entity_get_int(guest, "balloon_cur", &present.number))
        return;
    if (record->balloon.phase == MOM_SENT_ACCEPTED && record->balloon.call <= guard->forgotten) {
        look_at_forgotten(guard, record, present.number);
        return;
    }
    mom_sent_look(&record->balloon, mom_setting_same_size, &present);
    news = mom_follow_look(&record->follow, &record->balloon, present.number,
                           (gint64)(guard->options.rails.stuck_after_s * G_USEC_PER_SEC),
                           guard->now_us);
    if (news != MOM_FOLLOW_NO_NEWS)
        tell_follow(guard, guest, record, news);
    if (record->balloon.phase != MOM_SENT_NOTHING && !record->follow.stuck &&
        !record->balloon.reached)
        owe(guard, record, record->balloon.value.number - present.number);
}

void
mom_guard_begin_cycle(MomGuard *guard, MomEntity *host, GPtrArray *guests, gint64 now_us)
{
    guard->now_us = now_us;
    guard->host = host ? mom_rail_host(host) : (MomRailHost){0};
    for (guint i = 0; guests && i < guests->len; i++)
        look_at_guest(guard, g_ptr_array_index(guests, i));
}

/* ---- undoing ---- */

gboolean
mom_guard_is_dry(const MomGuard *guard)
{
    return guard->options.dry_knobs != 0;
}

MomFound *
mom_guard_found(MomGuard *guard)
{
    return guard->found;
}

void
mom_guard_begin_release(MomGuard *guard, const char *why)
{
    guard->release = why;
    guard->held_back = NULL;
    guard->options.rails.max_change_percent = 0;
}

void
mom_guard_when_idle(MomGuard *guard, MomGuardIdle func, gpointer data)
{
    guard->idle = func;
    guard->idle_data = data;
    if (guard->references == 1)
        tell_idle(guard);
}

gboolean
mom_guard_room_kib(const MomGuard *guard, gint64 *room_kib)
{
    if (guard->host.known)
        *room_kib = mom_rail_host_room_kib(&guard->host, &guard->options.rails);
    return guard->host.known;
}

/* ---- public ---- */

void
mom_guard_set_options(MomGuard *guard, const MomGuardOptions *options)
{
    /* What was only said to be sent was not. */
    if (guard->options.dry_knobs != options->dry_knobs) {
        mom_guard_forget_sent(guard);
        guard->pretended = guard->last_call;
    }
    guard->options = *options;
}

void
mom_guard_hold(MomGuard *guard, const char *why)
{
    guard->held_back = why;
}

void
mom_guard_use_sight(MomGuard *guard, MomGuardBlind is_blind, gpointer data)
{
    guard->is_blind = is_blind;
    guard->blind_data = data;
}

guint
mom_guard_calls(const MomGuard *guard)
{
    return guard->last_call;
}

gboolean
mom_guard_is_stuck(MomGuard *guard, const char *uuid)
{
    const GuestRecord *record = g_hash_table_lookup(guard->guests, uuid);

    return record && record->follow.stuck;
}

MomGuard *
mom_guard_new(MomActuator *behind, MomGuardVerdictFunc report, gpointer data)
{
    MomGuard *guard = g_new0(MomGuard, 1);

    guard->actuator.klass = &mom_guard_class;
    guard->options.rails = mom_rail_limits_default;
    guard->behind = behind;
    guard->report = report;
    guard->report_data = data;
    guard->references = 1;
    guard->guests = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, guest_record_free);
    guard->found = mom_found_new();
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
mom_guard_forget(MomGuard *guard, const char *uuid)
{
    g_hash_table_remove(guard->guests, uuid);
}

void
mom_guard_forget_sent(MomGuard *guard)
{
    guard->forgotten = guard->last_call;
}
