/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cycle, see engine.h: one timer, three due times, one question to the source at a time.
 *
 * sample -> collect -> evaluate -> controllers -> guard -> actuator, in this order and on this
 * thread; between collecting and evaluating the main loop has a turn for others.
 */
#define G_LOG_DOMAIN "mom.PolicyEngine"

#include "agent/engine/engine-private.h"

/* ---- deciding ---- */

void
mom_engine_begin_run(MomEntity *host, GPtrArray *guests)
{
    mom_entity_begin_run(host);
    for (guint i = 0; i < guests->len; i++)
        mom_entity_begin_run(g_ptr_array_index(guests, i));
}

static void
commit_run(MomEntity *host, GPtrArray *guests)
{
    mom_entity_commit_run(host);
    for (guint i = 0; i < guests->len; i++)
        mom_entity_commit_run(g_ptr_array_index(guests, i));
}

static gboolean
host_ready(MomEngine *engine)
{
    return mom_monitor_ready(engine->host) == MOM_READY_YES;
}

/* Runs CANDIDATE over what is known now and forgets the outcome.  Without a sample of the host
 * there is nothing to try on, and nothing is held against the candidate. */
static gboolean
try_policies(MomPolicyStore *candidate, gpointer data, GError **error)
{
    MomEngine *engine = data;
    MomEntity *host = mom_monitor_entity(engine->host);
    g_autoptr(GPtrArray) guests = NULL;
    gboolean ok;

    if (!host_ready(engine))
        return TRUE;
    guests = mom_guests_ready(engine->guests);
    ok = mom_policy_evaluate(candidate, host, guests, NULL, error);
    mom_engine_begin_run(host, guests);
    return ok;
}

/* The checker with what this engine's collectors declare and its controllers read. */
static GPtrArray *
check_policies(MomPolicyStore *candidate, guint max_findings, gpointer data)
{
    MomEngine *engine = data;
    MomCheckWorld world = {
        .host = mom_entity_schema(mom_monitor_entity(engine->host)),
        .guest = mom_monitor_plan_schema(engine->guest_plan),
        .controls = (const char *const *)engine->controls->pdata,
        .parameters_policy = engine->tuning_policy,
        .max_findings = max_findings,
    };

    return mom_policy_check(candidate, &world);
}

static void
apply_controllers(MomEngine *engine, MomEntity *host, GPtrArray *guests)
{
    MomControllerContext context = {
        .actuator = mom_guard_actuator(engine->guard),
        .complain = mom_decisions_complain,
        .complain_data = engine->decisions,
    };

    for (gsize i = 0; engine->controllers[i]; i++)
        engine->controllers[i]->apply(&context, host, guests);
}

static void
log_debug_call(const MomPlace *place, const char *text, gpointer data)
{
    g_debug("%s:%u: %s", place->policy, place->line, text);
}

/* Nothing of a failed run is applied.  A set that goes on failing is set aside for the last one
 * that worked: a host that is managed by yesterday's policy is better off than one that is not
 * managed. */
static void
note_policy_failure(MomEngine *engine, const GError *error)
{
    g_autofree char *message = NULL;

    if (mom_policies_fell_back(engine->policies)) {
        g_debug("the last policies that worked fail too: %s", error->message);
        return;
    }
    if (mom_policies_failed(engine->policies, engine->fallback_after)) {
        message =
            g_strdup_printf("Policy error in %u cycles: THE LAST POLICIES THAT WORKED ARE USED "
                            "until new ones are set: %s",
                            engine->fallback_after, error->message);
    } else {
        message = g_strdup_printf("Policy error, nothing is changed: %s", error->message);
    }
    mom_fault_raise(&engine->policy_fault, message);
}

static void
decide(MomEngine *engine)
{
    /* Decisions tell what led to them; whether there will be any is not known before. */
    MomPolicyRunOptions options = {.debug = log_debug_call, .trace = TRUE};
    MomEntity *host = mom_monitor_entity(engine->host);
    g_autoptr(GPtrArray) guests = NULL;
    g_autoptr(GError) error = NULL;
    guint calls = mom_guard_calls(engine->guard);

    if (!host_ready(engine))
        return;
    guests = mom_guests_ready(engine->guests);
    if (!mom_policy_evaluate(mom_policies_running(engine->policies), host, guests, &options,
                             &error)) {
        note_policy_failure(engine, error);
        return;
    }
    mom_policies_worked(engine->policies);
    if (!mom_policies_fell_back(engine->policies))
        mom_fault_end(&engine->policy_fault, "The policies evaluate again");
    mom_decisions_begin_cycle(engine->decisions, engine->cycles + 1);
    engine->was_silent = mom_sight_look(&engine->sight, host, guests,
                                        mom_clock_now_us(engine->clock), engine->was_silent);
    mom_guard_begin_cycle(engine->guard, host, guests, mom_clock_now_us(engine->clock));
    mom_guard_hold(engine->guard, mom_source_hold(engine->source));
    apply_controllers(engine, host, guests);
    mom_decisions_take_reads(engine->decisions);
    commit_run(host, guests);
    mom_decisions_end_cycle(engine->decisions);
    engine->cycles++;
    engine->last_cycle_us = mom_clock_now_us(engine->clock);
    mom_engine_tell_found(engine);
    mom_engine_set_pace(engine, guests, mom_guard_calls(engine->guard) != calls);
}

/* ---- collecting ---- */

static MomCollectInput
collect_input(MomEngine *engine, gint64 spacing_us)
{
    return (MomCollectInput){
        .root = engine->host_root,
        .spacing_us = spacing_us,
        .interval_s = engine->host_interval_us / G_USEC_PER_SEC,
        .now_us = mom_clock_now_us(engine->clock),
        .wall_us = mom_clock_wall_us(engine->clock),
        .rails = &engine->rails,
        .answers = mom_pollers_answers(engine->pollers),
    };
}

void
mom_engine_collect_host(MomEngine *engine)
{
    MomCollectInput input = collect_input(engine, engine->host_interval_us);

    mom_monitor_collect(engine->host, &input);
}

static void
look_at_guests(MomEngine *engine)
{
    g_autoptr(GPtrArray) guests = mom_guests_ready(engine->guests);

    mom_engine_look_for_distress(engine, guests);
}

/* An answer after the cycling has ended: of use only if there is something to release. */
static void
end_with(MomEngine *engine, GPtrArray *reported, const GError *error)
{
    MomCollectInput input = collect_input(engine, engine->guest_interval_us);

    if (!engine->release)
        return;
    if (reported)
        mom_guests_collect(engine->guests, reported, &input);
    mom_engine_release_sampled(engine, error);
}

static void
tell_watch(MomEngine *engine)
{
    if (engine->watch)
        engine->watch(engine->watch_data);
}

static void
decide_now(gpointer data)
{
    MomEngine *engine = data;

    engine->deciding = 0;
    decide(engine); /* and looks for distress itself, to set the pace */
    tell_watch(engine);
}

/* Collecting and deciding over a thousand guests are a turn of the main loop each, so that callers
 * of RPC wait for one of them only. */
static void
decide_soon(MomEngine *engine)
{
    if (!engine->deciding)
        engine->deciding = mom_clock_after(engine->clock, 0, decide_now, engine);
}

static void
sampled(GPtrArray *reported, const GError *error, gpointer data)
{
    MomEngine *engine = data;
    gboolean decision_due = engine->decide;
    MomCollectInput input = collect_input(engine, engine->guest_interval_us);

    engine->sampling = FALSE;
    engine->decide = FALSE;
    if (!engine->running) {
        end_with(engine, reported, error);
        return;
    }
    mom_pulse_answered(&engine->pulse, error);
    engine->connected = reported != NULL;
    mom_silence_turn_to(&engine->silence, mom_source_name(engine->source));
    if (!reported) {
        mom_silence_goes_on(&engine->silence, error);
    } else {
        engine->was_silent |= mom_silence_lasts(&engine->silence);
        mom_silence_end(&engine->silence);
        mom_guests_collect(engine->guests, reported, &input);
        mom_pollers_tend(engine->pollers, reported);
        if (decision_due) {
            decide_soon(engine);
            return;
        }
        look_at_guests(engine);
    }
    tell_watch(engine);
}

/* ---- timing ---- */

/* The next time after NOW of something due every INTERVAL; missed ones are not made up for. */
static gint64
next_due(gint64 due_us, gint64 interval_us, gint64 now_us)
{
    gint64 missed = (now_us - due_us) / interval_us;

    return due_us + (missed + 1) * interval_us;
}

static gboolean
take_due(gint64 *due_us, gint64 interval_us, gint64 now_us)
{
    if (now_us < *due_us)
        return FALSE;
    *due_us = next_due(*due_us, interval_us, now_us);
    return TRUE;
}

/* A decision has sampled all: what was due soon starts its interval anew.  So a hint, which moves
 * decisions, does not leave three walks over /proc and three bulk calls in the time of two, and
 * samples stay an interval apart, as averages and rates over them suppose. */
static void
keep_step(MomEngine *engine, gint64 now_us)
{
    engine->host_due_us = now_us + engine->host_interval_us;
    engine->guests_due_us = now_us + mom_engine_guests_interval_us(engine);
}

void
mom_engine_sample(MomEngine *engine)
{
    if (engine->sampling)
        return;
    engine->sampling = TRUE;
    mom_pulse_asked(&engine->pulse, mom_clock_now_us(engine->clock));
    engine->source->klass->sample(engine->source, sampled, engine);
}

static void
wake(gpointer data)
{
    MomEngine *engine = data;
    gint64 now_us = mom_clock_now_us(engine->clock);
    gboolean policy = take_due(&engine->policy_due_us, engine->policy_interval_us, now_us);
    gboolean host = take_due(&engine->host_due_us, engine->host_interval_us, now_us);
    gboolean guests =
        take_due(&engine->guests_due_us, mom_engine_guests_interval_us(engine), now_us);

    engine->timer = 0;
    if (policy) {
        engine->decide = TRUE;
        engine->last_decision_us = now_us;
        keep_step(engine, now_us);
    }
    if (host || policy)
        mom_engine_collect_host(engine);
    if (guests || policy)
        mom_engine_sample(engine);
    mom_engine_schedule(engine);
}

void
mom_engine_schedule(MomEngine *engine)
{
    gint64 due_us = MIN(engine->policy_due_us, MIN(engine->host_due_us, engine->guests_due_us));

    if (engine->timer)
        mom_clock_cancel(engine->clock, engine->timer);
    engine->timer =
        mom_clock_after(engine->clock, due_us - mom_clock_now_us(engine->clock), wake, engine);
    mom_pulse_due(&engine->pulse, due_us);
}

/* ---- life ---- */

static void
guest_gone(const char *uuid, gpointer data)
{
    MomEngine *engine = data;

    mom_guard_forget(engine->guard, uuid);
    mom_decisions_forget(engine->decisions, uuid);
}

static void
set_host_properties(MomEngine *engine)
{
    MomEntity *host = mom_monitor_entity(engine->host);

    mom_entity_set_property(host, "name", mom_value_string("host"));
    mom_entity_set_property(host, "interval",
                            mom_value_int(engine->host_interval_us / G_USEC_PER_SEC));
}

static void
set_plot(MomEngine *engine, MomPlot *plot, MomSchema *host_schema)
{
    engine->host_plot = mom_plot_file_new(plot, "Host", NULL, host_schema);
    mom_monitor_watch(engine->host, mom_plot_write, engine->host_plot);
    mom_guests_plot(engine->guests, plot);
}

static GPtrArray *
controls_of(const MomController *const *controllers)
{
    GPtrArray *controls = g_ptr_array_new();

    for (gsize i = 0; controllers[i]; i++)
        for (const char *const *name = controllers[i]->controls; *name; name++)
            g_ptr_array_add(controls, (gpointer)*name);
    g_ptr_array_add(controls, NULL);
    return controls;
}

static gboolean
is_blind(MomEntity *guest, gpointer data)
{
    return mom_sight_is_blind(&((MomEngine *)data)->sight, guest);
}

/* After the intervals are known. */
static void
take_guard_options(MomEngine *engine, const MomGuardOptions *options)
{
    engine->rails = options ? options->rails : mom_rail_limits_default;
    if (options)
        mom_guard_set_options(engine->guard, options);
    mom_sight_set(&engine->sight, (gint64)(engine->rails.blind_after_s * G_USEC_PER_SEC),
                  MAX(engine->host_interval_us, engine->guest_interval_us));
}

/* What may change while the engine runs. */
static void
take_settings(MomEngine *engine, const MomEngineOptions *options)
{
    g_clear_pointer(&engine->controls, g_ptr_array_unref);
    engine->controllers = options->controllers;
    engine->controls = controls_of(options->controllers);
    engine->host_interval_us = MAX(options->host_interval_us, G_USEC_PER_SEC / 10);
    engine->guest_interval_us = MAX(options->guest_interval_us, G_USEC_PER_SEC / 10);
    engine->policy_interval_us = MAX(options->policy_interval_us, G_USEC_PER_SEC / 10);
    engine->fallback_after = options->fallback_after;
    engine->min_cycle_us =
        options->min_cycle_us > 0 ? options->min_cycle_us : MOM_ENGINE_MIN_CYCLE_US;
    engine->watch_interval_us = options->watch_interval_us;
    mom_pace_init(&engine->pace, engine->policy_interval_us, engine->min_cycle_us, options->adapts);
}

MomEngine *
mom_engine_new(const MomEngineOptions *options)
{
    MomEngine *engine = g_new0(MomEngine, 1);

    engine->source = options->source;
    engine->clock = options->clock;
    engine->pollers = options->pollers;
    take_settings(engine, options);
    engine->guest_plan = mom_monitor_plan_ref(options->guest_plan);
    engine->host_root = g_strdup(options->host_root);
    engine->host = mom_monitor_new(options->host_plan, "Host");
    engine->guests = mom_guests_new(options->guest_plan, guest_gone, engine);
    engine->decisions = mom_decisions_new(
        options->clock, options->decisions_kept ? options->decisions_kept : MOM_DECISIONS_KEPT);
    engine->guard = mom_guard_new(options->actuator, mom_decisions_report, engine->decisions);
    mom_sight_init(&engine->sight, G_LOG_DOMAIN);
    mom_guard_use_sight(engine->guard, is_blind, engine);
    take_guard_options(engine, options->guard);
    engine->policies =
        mom_policies_new(options->policy_file, options->policy_dir, try_policies, engine);
    mom_policies_use_check(engine->policies, check_policies);
    engine->tuning_policy = g_strdup(options->tuning_policy ? options->tuning_policy : "");
    mom_policies_use_tuning(engine->policies, engine->tuning_policy);
    mom_policies_use_trust(engine->policies, options->trust);
    mom_silence_init(&engine->silence, G_LOG_DOMAIN, mom_source_name(options->source));
    engine->policy_fault = MOM_FAULT_INIT(G_LOG_DOMAIN);
    set_host_properties(engine);
    if (options->plot)
        set_plot(engine, options->plot, mom_monitor_plan_schema(options->host_plan));
    return engine;
}

void
mom_engine_free(MomEngine *engine)
{
    if (!engine)
        return;
    mom_engine_stop(engine);
    mom_policies_free(engine->policies);
    g_ptr_array_unref(engine->controls);
    mom_monitor_plan_unref(engine->guest_plan);
    mom_guests_free(engine->guests);
    mom_monitor_free(engine->host);
    mom_plot_file_free(engine->host_plot);
    mom_guard_free(engine->guard); /* answers are told to nobody from here on */
    mom_engine_release_free(engine);
    mom_decisions_free(engine->decisions);
    mom_sight_clear(&engine->sight);
    mom_silence_clear(&engine->silence);
    mom_fault_clear(&engine->policy_fault);
    mom_pulse_clear(&engine->pulse);
    g_free(engine->host_root);
    g_free(engine->tuning_policy);
    g_free(engine);
}

void
mom_engine_recall(MomEngine *engine, MomHistory *history, gint64 max_age_us)
{
    mom_monitor_adopt(engine->host, g_steal_pointer(&history->host));
    set_host_properties(engine);
    mom_guests_expect(engine->guests, g_hash_table_ref(history->guests),
                      history->saved_us + max_age_us);
    mom_history_free(history);
}

void
mom_engine_start(MomEngine *engine)
{
    gint64 now_us = mom_clock_now_us(engine->clock);

    engine->running = TRUE;
    mom_engine_collect_host(engine);
    mom_policies_reload(engine->policies, NULL);
    engine->host_due_us = now_us + engine->host_interval_us;
    engine->guests_due_us = now_us;
    engine->policy_due_us = now_us;
    engine->last_decision_us = now_us - engine->min_cycle_us;
    mom_engine_schedule(engine);
}

void
mom_engine_reconfigure(MomEngine *engine, const MomEngineOptions *options)
{
    gint64 now_us = mom_clock_now_us(engine->clock);

    take_settings(engine, options);
    take_guard_options(engine, options->guard);
    set_host_properties(engine);
    engine->host_due_us = MIN(engine->host_due_us, now_us + engine->host_interval_us);
    engine->guests_due_us = MIN(engine->guests_due_us, now_us + engine->guest_interval_us);
    engine->policy_due_us = MIN(engine->policy_due_us, now_us + engine->policy_interval_us);
    if (engine->running)
        mom_engine_schedule(engine);
}

void
mom_engine_stop(MomEngine *engine)
{
    engine->running = FALSE;
    if (engine->deciding) {
        mom_clock_cancel(engine->clock, engine->deciding);
        engine->deciding = 0;
    }
    mom_engine_release_abandon(engine);
    if (engine->timer) {
        mom_clock_cancel(engine->clock, engine->timer);
        engine->timer = 0;
    }
}
