/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See release.h.  A failure, or a rail that refuses, leaves the knob and what was found of it: the
 * next life of momd may yet bring it back.
 */
#define G_LOG_DOMAIN "mom.PolicyEngine"

#include "agent/engine/release.h"

#include "agent/engine/distress.h"
#include "agent/engine/engine-private.h"
#include "agent/engine/room.h"

#define WHY "momd stops, and what it changed goes back"

struct MomRelease {
    MomEngine *engine;
    MomOnStop how;
    MomReleased done; /* NULL: it was called */
    gpointer data;
    guint deadline;
    gboolean looking; /* what was under way has ended */
    gboolean asked;   /* all calls have left */
    guint awaited, answered, failed;
    gboolean in_part; /* something is left as it is without a call that fails */
    guint kept_ksm;   /* the same of these knobs of KSM, as a mask */
};

typedef struct {
    MomEntity *guest;
    gint64 heading_kib; /* where its balloon goes by itself */
    gint64 least_kib;   /* what it can have at no cost to the host, as it has it still */
} Growth;

gboolean
mom_on_stop_parse(const char *text, MomOnStop *how)
{
    static const char *const words[] = {
        [MOM_ON_STOP_LEAVE] = "leave",
        [MOM_ON_STOP_RELEASE] = "release",
        [MOM_ON_STOP_MAXIMUM] = "maximum",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_str_equal(text, words[i])) {
            *how = (MomOnStop)i;
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- the end ---- */

static void
finish(MomRelease *release)
{
    MomReleased done = g_steal_pointer(&release->done);

    if (release->deadline) {
        mom_clock_cancel(release->engine->clock, release->deadline);
        release->deadline = 0;
    }
    done(release->data);
}

static void
forget_found_ksm(const MomRelease *release, MomFound *found)
{
    guint kept = found->ksm & release->kept_ksm;

    mom_found_forget(found, NULL);
    for (int key = 0; key < MOM_N_KSM_KEYS; key++)
        if (kept & MOM_KSM_BIT(key))
            mom_found_ksm(found, key, found->ksm_value[key]);
}

/* What went back has been turned by nobody. */
static void
forget_found(MomRelease *release)
{
    MomEngine *engine = release->engine;
    MomFound *found = mom_guard_found(engine->guard);
    g_autoptr(GPtrArray) guests = mom_guests_ready(engine->guests);

    if (release->failed > 0 || release->in_part || mom_guard_is_dry(engine->guard))
        return;
    forget_found_ksm(release, found);
    for (guint i = 0; i < guests->len; i++)
        mom_found_forget(found, mom_entity_get_string_property(guests->pdata[i], "uuid"));
}

static void
end_if_answered(MomRelease *release)
{
    if (!release->done || !release->asked || release->awaited > 0)
        return;
    g_info("Released: %u calls went well, %u did not", release->answered - release->failed,
           release->failed);
    forget_found(release);
    mom_engine_tell_found(release->engine);
    finish(release);
}

static void
on_deadline(gpointer data)
{
    MomRelease *release = data;

    release->deadline = 0;
    if (release->asked) {
        g_warning("Released in part: %u of %u calls are not answered", release->awaited,
                  release->awaited + release->answered);
    } else {
        g_warning("Nothing is released: %s does not answer",
                  mom_engine_source_name(release->engine));
    }
    finish(release);
}

static void
on_answer(const GError *error, gpointer data)
{
    MomRelease *release = data;

    release->awaited--;
    release->answered++;
    release->failed += error ? 1 : 0;
    end_if_answered(release);
}

void
mom_engine_release_abandon(MomEngine *engine)
{
    MomRelease *release = engine->release;

    if (release && release->deadline) {
        mom_clock_cancel(engine->clock, release->deadline);
        release->deadline = 0;
    }
    if (release)
        release->done = NULL;
}

void
mom_engine_release_free(MomEngine *engine)
{
    mom_engine_release_abandon(engine);
    g_clear_pointer(&engine->release, g_free);
}

/* ---- balloons ---- */

/* What the guest has and is to have: no more than its maximum, and FALSE if there is nothing to
 * undo. What cannot be undone as its size is not told is left for later. */
static gboolean
find_wish(MomRelease *release, MomEntity *guest, gint64 *present_kib, gint64 *wish_kib)
{
    const MomFoundGuest *found = mom_found_lookup(mom_guard_found(release->engine->guard), guest);
    gboolean was_turned = found && found->has_balloon;
    gint64 max_kib;

    if (!mom_entity_get_int(guest, "balloon_cur", present_kib) ||
        !mom_entity_get_int(guest, "balloon_max", &max_kib)) {
        release->in_part |= was_turned;
        return FALSE;
    }
    if (release->how == MOM_ON_STOP_MAXIMUM) {
        *wish_kib = max_kib;
        return TRUE;
    }
    if (was_turned)
        *wish_kib = MIN(found->balloon_kib, max_kib);
    return was_turned;
}

static void
add_growth(MomRelease *release, MomEntity *guest, GArray *growths, GArray *shares)
{
    MomEngine *engine = release->engine;
    const MomSample *sample = mom_entity_latest(guest);
    Growth growth = {.guest = guest};
    gint64 present_kib, wish_kib, min_kib = 0;
    MomRoomShare share;

    if (!find_wish(release, guest, &present_kib, &wish_kib))
        return;
    /* What nobody may touch takes no part of the room either. */
    if (mom_rail_balloon_refusal(sample, &engine->rails)) {
        release->in_part = TRUE;
        return;
    }
    growth.heading_kib = mom_guard_heading_kib(engine->guard, guest, present_kib);
    if (wish_kib - growth.heading_kib < MOM_SETTING_PAGE_KIB)
        return;
    mom_entity_get_int(guest, "balloon_min", &min_kib);
    growth.least_kib = MAX(growth.heading_kib, MIN(wish_kib, present_kib));
    share.lack_kib = wish_kib - growth.least_kib;
    share.owed_kib = CLAMP(min_kib - growth.least_kib, 0, share.lack_kib);
    share.in_need = mom_distress_guest(guest, &engine->rails);
    g_array_append_val(growths, growth);
    g_array_append_val(shares, share);
}

static void
release_balloons(MomRelease *release, GPtrArray *guests)
{
    MomEngine *engine = release->engine;
    g_autoptr(GArray) growths = g_array_new(FALSE, FALSE, sizeof(Growth));
    g_autoptr(GArray) shares = g_array_new(FALSE, FALSE, sizeof(MomRoomShare));
    gint64 room_kib;

    for (guint i = 0; i < guests->len; i++)
        add_growth(release, g_ptr_array_index(guests, i), growths, shares);
    if (growths->len == 0)
        return;
    if (!mom_guard_room_kib(engine->guard, &room_kib)) {
        g_warning("The balloons stay: what memory the host has is not known");
        release->in_part = TRUE;
        return;
    }
    mom_room_share((MomRoomShare *)(gpointer)shares->data, shares->len, room_kib);
    for (guint i = 0; i < growths->len; i++) {
        const Growth *growth = &g_array_index(growths, Growth, i);
        gint64 given_kib = g_array_index(shares, MomRoomShare, i).given_kib;
        gint64 target_kib = growth->least_kib + given_kib;

        release->in_part |= given_kib < g_array_index(shares, MomRoomShare, i).lack_kib;
        if (target_kib - growth->heading_kib < MOM_SETTING_PAGE_KIB)
            continue; /* the host has nothing for it */
        release->awaited++;
        mom_actuator_set_balloon_target(mom_guard_actuator(engine->guard), growth->guest,
                                        target_kib, on_answer, release);
    }
}

/* ---- the other knobs ---- */

/* Of a guest without a quota a hypervisor may tell no period either, and it matters to nobody then;
 * but it must be one. */
static gint64
found_period_us(MomEntity *guest, const MomFoundGuest *found)
{
    gint64 period_us = found->period_us;

    if (mom_rail_cpu(found->quota_us, period_us) && mom_cpu_quota_is_unlimited(found->quota_us))
        mom_entity_get_int(guest, "vcpu_period", &period_us);
    return period_us;
}

static void
release_cpu(MomRelease *release, MomEntity *guest, const MomFoundGuest *found)
{
    if (!found->has_cpu)
        return;
    release->awaited++;
    mom_actuator_set_cpu_tune(mom_guard_actuator(release->engine->guard), guest, found->quota_us,
                              found_period_us(guest, found), on_answer, release);
}

/* As it was found; a limit that it had not then is none. */
static MomLimits
found_limits(const MomLimits *found, const MomLimits *present)
{
    MomLimits limits = {0};

    for (int i = 0; i < MOM_N_LIMITS; i++)
        if (found->present & 1u << i)
            mom_limits_set(&limits, (MomLimit)i, found->value[i]);
        else if (present->present & 1u << i)
            mom_limits_set(&limits, (MomLimit)i, mom_value_int(0));
    return limits;
}

static void
release_io(MomRelease *release, MomEntity *guest, const MomFoundGuest *found)
{
    gsize n, n_changes = 0;
    const MomTuneState *const *states = mom_entity_tune_states(guest, &n);
    g_autofree MomIoTuneChange *changes = g_new0(MomIoTuneChange, n + 1);

    for (gsize i = 0; i < n; i++) {
        const char *disk = !states[i] ? NULL : states[i]->path ? states[i]->path : states[i]->name;
        const MomLimits *limits = disk ? g_hash_table_lookup(found->disks, disk) : NULL;

        if (limits) {
            changes[n_changes++] = (MomIoTuneChange){
                .name = states[i]->name,
                .path = states[i]->path,
                .io_tune = found_limits(limits, &states[i]->io_tune),
            };
        }
    }
    release->in_part |= n_changes < g_hash_table_size(found->disks);
    if (n_changes > 0) {
        release->awaited++;
        mom_actuator_set_io_tune(mom_guard_actuator(release->engine->guard), guest, changes,
                                 n_changes, on_answer, release);
    }
}

static void
release_ksm(MomRelease *release, MomEntity *host)
{
    const MomFound *found = mom_guard_found(release->engine->guard);
    MomActuator *actuator = mom_guard_actuator(release->engine->guard);
    MomKsmTune tune = {0};
    guint refused = 0;

    for (int key = 0; key < MOM_N_KSM_KEYS; key++) {
        MomValue present = MOM_NIL;
        gint64 number;

        mom_entity_get_attribute(host, mom_ksm_controls[key], &present);
        if (!(found->ksm & MOM_KSM_BIT(key)) ||
            (mom_ksm_number(key, present, &number) && number == found->ksm_value[key]))
            continue;
        tune.present |= MOM_KSM_BIT(key);
        tune.value[key] = found->ksm_value[key];
    }
    release->kept_ksm = tune.present & ~mom_actuator_ksm_keys(actuator);
    tune.present &= mom_actuator_ksm_keys(actuator);
    for (int key = 0; key < MOM_N_KSM_KEYS; key++)
        if (tune.present & MOM_KSM_BIT(key) && mom_rail_ksm_on_host(host, &tune, key))
            refused |= MOM_KSM_BIT(key);
    release->kept_ksm |= refused;
    if (tune.present & ~refused) {
        release->awaited++;
        mom_actuator_set_ksm(actuator, host, &tune, on_answer, release);
    } else if (refused) { /* which is told, and holds up nothing else */
        mom_actuator_set_ksm(actuator, host, &tune, NULL, NULL);
    }
}

/* ---- the beginning ---- */

static void
ask_for_all(MomRelease *release, GPtrArray *guests)
{
    MomEngine *engine = release->engine;
    MomEntity *host = mom_monitor_entity(engine->host);

    release_ksm(release, host);
    for (guint i = 0; i < guests->len; i++) {
        MomEntity *guest = g_ptr_array_index(guests, i);
        const MomFoundGuest *found = mom_found_lookup(mom_guard_found(engine->guard), guest);

        if (found) {
            release_cpu(release, guest, found);
            release_io(release, guest, found);
        }
    }
    release_balloons(release, guests);
}

void
mom_engine_release_sampled(MomEngine *engine, const GError *error)
{
    MomRelease *release = engine->release;
    MomEntity *host = mom_monitor_entity(engine->host);
    g_autoptr(GPtrArray) guests = NULL;
    gboolean host_known;

    if (!release->done || !release->looking || release->asked)
        return;
    mom_engine_collect_host(engine);
    host_known = mom_monitor_ready(engine->host) == MOM_READY_YES;
    if (error) {
        g_warning("No guest is released: %s: %s", mom_engine_source_name(engine), error->message);
        guests = g_ptr_array_new();
        release->in_part = TRUE;
    } else {
        guests = mom_guests_ready(engine->guests);
    }
    /* Controls of the last cycle are not why this is done. */
    mom_engine_begin_run(host, guests);
    mom_decisions_begin_cycle(engine->decisions, engine->cycles + 1);
    mom_guard_begin_cycle(engine->guard, host_known ? host : NULL, guests,
                          mom_clock_now_us(engine->clock));
    mom_guard_begin_release(engine->guard, WHY);
    ask_for_all(release, guests);
    mom_decisions_end_cycle(engine->decisions);
    release->asked = TRUE;
    end_if_answered(release);
}

/* What was under way at the signal has come, or it would be taken for what the host has. */
static void
look_at_all(gpointer data)
{
    MomRelease *release = data;

    if (release->done) {
        release->looking = TRUE;
        mom_engine_sample(release->engine);
    }
}

void
mom_engine_release(MomEngine *engine, MomOnStop how, MomReleased done, gpointer data)
{
    MomRelease *release = g_new0(MomRelease, 1);

    g_return_if_fail(!engine->release);
    mom_engine_stop(engine);
    release->engine = engine;
    release->how = how;
    release->done = done;
    release->data = data;
    release->deadline =
        mom_clock_after(engine->clock, MOM_RELEASE_DEADLINE_US, on_deadline, release);
    engine->release = release;
    g_info("Releasing what was changed");
    mom_guard_when_idle(engine->guard, look_at_all, release);
}
