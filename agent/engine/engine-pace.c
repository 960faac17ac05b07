/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What hastens the engine's cycle: hints, the kernel's word of pressure, guests in distress.
 *
 * All of it only moves the next decision forward, never nearer to the last than the shortest cycle;
 * what is decided then is the policy's.
 */
#define G_LOG_DOMAIN "mom.PolicyEngine"

#include "agent/engine/distress.h"
#include "agent/engine/engine-private.h"

/* The kernel tells of pressure at most once a window of 2 s; so long its word counts.  Only its
 * first word hastens a decision: while it goes on, the pace says how fast, and for how long that
 * helps. */
#define PRESSURE_LASTS_US (10 * (gint64)G_USEC_PER_SEC)

void
mom_engine_hint(MomEngine *engine, const char *reason)
{
    gint64 soon_us = engine->last_decision_us + engine->min_cycle_us;

    if (!engine->running || engine->policy_due_us <= soon_us)
        return;
    g_debug("a cycle soon: %s", reason);
    engine->policy_due_us = MAX(soon_us, mom_clock_now_us(engine->clock));
    mom_engine_schedule(engine);
}

void
mom_engine_reconnected(MomEngine *engine, const char *reason)
{
    mom_guard_forget_sent(engine->guard);
    mom_engine_hint(engine, reason);
}

void
mom_engine_interface_changed(MomEngine *engine)
{
    mom_guard_forget_sent(engine->guard);
}

void
mom_engine_pressed(MomEngine *engine)
{
    gint64 now_us = mom_clock_now_us(engine->clock);
    gboolean goes_on = engine->pressed && now_us - engine->pressed_us < PRESSURE_LASTS_US;

    if (!mom_pace_adapts(&engine->pace))
        return;
    engine->pressed = TRUE;
    engine->pressed_us = now_us;
    if (!goes_on)
        mom_engine_hint(engine, "the kernel tells of memory pressure");
}

static gboolean
is_stuck(MomEngine *engine, MomEntity *guest)
{
    const char *uuid = mom_entity_get_string_property(guest, "uuid");

    return uuid && mom_guard_is_stuck(engine->guard, uuid);
}

/* Only a guest that has less than its maximum, may be ballooned and follows. */
static gboolean
can_be_helped(MomEngine *engine, const char *uuid)
{
    g_autoptr(GPtrArray) guests = mom_guests_ready(engine->guests);

    for (guint i = 0; i < guests->len; i++) {
        MomEntity *guest = g_ptr_array_index(guests, i);

        if (g_strcmp0(mom_entity_get_string_property(guest, "uuid"), uuid) == 0)
            return mom_distress_is_possible(guest, &engine->rails) && !is_stuck(engine, guest);
    }
    return FALSE;
}

/* A guest may cry as loud as it likes: as with the kernel's word, the first one hastens a decision
 * and the pace does the rest. */
void
mom_engine_guest_pressed(MomEngine *engine, const char *uuid)
{
    gint64 now_us = mom_clock_now_us(engine->clock);
    gboolean goes_on =
        engine->guest_pressed && now_us - engine->guest_pressed_us < PRESSURE_LASTS_US;

    if (!mom_pace_adapts(&engine->pace) || !can_be_helped(engine, uuid))
        return;
    engine->guest_pressed = TRUE;
    engine->guest_pressed_us = now_us;
    if (!goes_on)
        mom_engine_hint(engine, "a guest tells of memory pressure");
}

static gboolean
is_in_distress(MomEngine *engine, MomEntity *guest)
{
    /* One that does not follow cannot be helped by being quick. */
    return mom_distress_guest(guest, &engine->rails) && !is_stuck(engine, guest);
}

static guint
count_distressed(MomEngine *engine, GPtrArray *guests)
{
    guint n = 0;

    engine->watched = FALSE;
    for (guint i = 0; i < guests->len; i++) {
        MomEntity *guest = g_ptr_array_index(guests, i);

        n += is_in_distress(engine, guest) ? 1 : 0;
        engine->watched = engine->watched || mom_distress_is_possible(guest, &engine->rails);
    }
    return n;
}

gint64
mom_engine_guests_interval_us(const MomEngine *engine)
{
    return engine->watched && engine->watch_interval_us > 0 && mom_source_is_live(engine->source) &&
                   mom_pace_adapts(&engine->pace)
               ? MIN(engine->watch_interval_us, engine->guest_interval_us)
               : engine->guest_interval_us;
}

void
mom_engine_look_for_distress(MomEngine *engine, GPtrArray *guests)
{
    guint before = engine->distressed;

    engine->distressed = count_distressed(engine, guests);
    if (engine->distressed > before && mom_pace_adapts(&engine->pace))
        mom_engine_hint(engine, "a guest is short of memory");
}

static gboolean
is_pressed(MomEngine *engine)
{
    gint64 now_us = mom_clock_now_us(engine->clock);

    engine->pressed = engine->pressed && now_us - engine->pressed_us < PRESSURE_LASTS_US;
    engine->guest_pressed =
        engine->guest_pressed && now_us - engine->guest_pressed_us < PRESSURE_LASTS_US;
    return engine->pressed || engine->guest_pressed || engine->distressed > 0 ||
           mom_distress_host(mom_monitor_entity(engine->host), &engine->rails);
}

void
mom_engine_set_pace(MomEngine *engine, GPtrArray *guests, gboolean acted)
{
    gboolean hurried = mom_pace_hurries(&engine->pace);
    gint64 pace_us;

    engine->distressed = count_distressed(engine, guests);
    pace_us = mom_pace_after(&engine->pace, is_pressed(engine), acted);
    if (mom_pace_hurries(&engine->pace) != hurried)
        g_debug("decisions every %.1f s", (double)pace_us / G_USEC_PER_SEC);
    engine->policy_due_us = MIN(engine->policy_due_us, engine->last_decision_us + pace_us);
    mom_engine_schedule(engine);
}
