/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What others ask of the engine and change in it while it runs, see engine.h.
 *
 * A change of policies that is taken over is followed by a cycle. Nothing is decided here.
 */
#define G_LOG_DOMAIN "mom.PolicyEngine"

#include "agent/engine/engine-private.h"

gboolean
mom_engine_set_policy(MomEngine *engine, const char *name, const char *text, GError **error)
{
    if (!mom_policies_set(engine->policies, name, text, error))
        return FALSE;
    mom_engine_hint(engine, "a policy was pushed");
    return TRUE;
}

gboolean
mom_engine_replace_policies(MomEngine *engine, const char *text, GError **error)
{
    if (!mom_policies_replace(engine->policies, text, error))
        return FALSE;
    mom_engine_hint(engine, "the policy was replaced");
    return TRUE;
}

gboolean
mom_engine_reset_policies(MomEngine *engine, GError **error)
{
    if (!mom_policies_reset(engine->policies, error))
        return FALSE;
    mom_engine_hint(engine, "the policies were reset");
    return TRUE;
}

gboolean
mom_engine_reread_policies(MomEngine *engine, const char *file, const char *dir, GError **error)
{
    if (!mom_policies_reread(engine->policies, file, dir, error))
        return FALSE;
    mom_engine_hint(engine, "the policies were read anew");
    return TRUE;
}

MomPushed *
mom_engine_pushed(MomEngine *engine)
{
    return mom_policies_pushed(engine->policies);
}

void
mom_engine_watch_pushed(MomEngine *engine, MomPushedWatch watch, gpointer data)
{
    mom_policies_watch(engine->policies, watch, data);
}

MomPolicyStore *
mom_engine_policies(MomEngine *engine)
{
    return mom_policies_store(engine->policies);
}

GPtrArray *
mom_engine_check_policy(MomEngine *engine, const char *name, const char *text)
{
    return mom_policies_check(engine->policies, name, text);
}

MomEntity *
mom_engine_host(MomEngine *engine)
{
    return mom_monitor_entity(engine->host);
}

GPtrArray *
mom_engine_guests(MomEngine *engine)
{
    return mom_guests_ready(engine->guests);
}

void
mom_engine_watch(MomEngine *engine, MomEngineWatch watch, gpointer data)
{
    engine->watch = watch;
    engine->watch_data = data;
}

MomFound *
mom_engine_found(MomEngine *engine)
{
    return mom_guard_found(engine->guard);
}

void
mom_engine_watch_found(MomEngine *engine, MomEngineWatch watch, gpointer data)
{
    engine->found_watch = watch;
    engine->found_data = data;
    engine->found_notes = mom_engine_found(engine)->notes;
}

void
mom_engine_tell_found(MomEngine *engine)
{
    guint notes = mom_engine_found(engine)->notes;

    if (engine->found_watch && notes != engine->found_notes) {
        engine->found_notes = notes;
        engine->found_watch(engine->found_data);
    }
}

const MomPulse *
mom_engine_pulse(const MomEngine *engine)
{
    return &engine->pulse;
}

const char *
mom_engine_host_root(const MomEngine *engine)
{
    return engine->host_root;
}

GPtrArray *
mom_engine_all_guests(MomEngine *engine)
{
    return mom_guests_all(engine->guests);
}

const MomDecisions *
mom_engine_decisions(const MomEngine *engine)
{
    return engine->decisions;
}

guint64
mom_engine_cycles(const MomEngine *engine)
{
    return engine->cycles;
}

gint64
mom_engine_cycle_age_us(const MomEngine *engine)
{
    return engine->cycles > 0 ? mom_clock_now_us(engine->clock) - engine->last_cycle_us : -1;
}

gint64
mom_engine_interval_us(const MomEngine *engine)
{
    return engine->pace.present_us;
}

gboolean
mom_engine_is_connected(const MomEngine *engine)
{
    return engine->connected;
}

char **
mom_engine_set_aside(const MomEngine *engine)
{
    return mom_policies_set_aside(engine->policies);
}

const char *
mom_engine_policy_fault(const MomEngine *engine)
{
    return engine->policy_fault.message;
}

const char *
mom_engine_source_fault(const MomEngine *engine)
{
    return engine->silence.fault.message;
}

const char *
mom_engine_sight_fault(const MomEngine *engine)
{
    return mom_sight_fault(&engine->sight);
}

gboolean
mom_engine_uses_last_good(const MomEngine *engine)
{
    return mom_policies_fell_back(engine->policies);
}

const char *
mom_engine_source_name(const MomEngine *engine)
{
    return mom_source_name(engine->source);
}

const char *
mom_engine_source_note(const MomEngine *engine)
{
    return mom_source_note(engine->source);
}

const MomCondition *
mom_engine_guest_condition(const MomEngine *engine, const char *uuid)
{
    return mom_guests_condition(engine->guests, uuid);
}

const char *
mom_engine_data_source(const MomEngine *engine)
{
    return mom_source_data_source(engine->source);
}

gint64
mom_engine_now_us(const MomEngine *engine)
{
    return mom_clock_now_us(engine->clock);
}
