/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The daemon put together, see daemon.h.
 *
 * Order matters at the end: the hypervisor goes before the engine, so that what was under way still
 * finds the engine to report to.
 */
#define G_LOG_DOMAIN "mom"

#include "agent/daemon.h"

#include <gio/gio.h>

#include "agent/config/guard-options.h"
#include "agent/config/setup.h"
#include "agent/config/vet.h"
#include "agent/engine/engine.h"
#include "agent/engine/psi.h"
#include "agent/hypervisor/hypervisors.h"
#include "agent/rpc/server.h"
#include "agent/service.h"
#include "agent/state/found-file.h"
#include "agent/state/history.h"
#include "agent/state/keeper.h"

struct MomDaemon {
    const MomConfig *config;
    MomTrust trust;
    MomHypervisors *hypervisors;
    MomSetup *setup;
    MomGuardOptions guard;
    MomPlot *plot;       /* NULL: nothing is plotted */
    MomPollers *pollers; /* NULL: no guest is asked itself */
    MomEngine *engine;
    MomKeeper *keeper;
    MomFoundFile *found;
    MomService service;
    MomRpcServer *rpc;
    MomSupervisor *supervisor;
    MomPsi *psi;     /* NULL: the kernel tells of no pressure */
    gboolean adapts; /* as `psi` was last decided on */
};

/* A history is used if it is younger than so many cycles. */
#define HISTORY_CYCLES 2

/* ---- hypervisors ---- */

static void
hint(const char *reason, gpointer data)
{
    MomDaemon *daemon = data;

    if (daemon->engine)
        mom_engine_hint(daemon->engine, reason);
}

static void
reconnected(const char *reason, gpointer data)
{
    MomDaemon *daemon = data;

    if (daemon->engine)
        mom_engine_reconnected(daemon->engine, reason);
}

static void
interface_changed(gpointer data)
{
    MomDaemon *daemon = data;

    if (daemon->engine)
        mom_engine_interface_changed(daemon->engine);
}

static gboolean
make_hypervisors(MomDaemon *daemon, GError **error)
{
    MomHypervisorsOptions options = {
        .config = daemon->config,
        .trust = &daemon->trust,
        .beside_vdsm = daemon->setup->beside_vdsm,
        .with_io_tune = mom_setup_declares(daemon->setup->guest_plan, "io_tune"),
        .hint = hint,
        .reconnected = reconnected,
        .changed = interface_changed,
        .data = daemon,
    };

    daemon->hypervisors = mom_hypervisors_new(&options, error);
    return daemon->hypervisors != NULL;
}

/* ---- engine and RPC ---- */

static gint64
seconds_us(const MomConfig *config, const char *key)
{
    return (gint64)(mom_config_get_double(config, "main", key) * G_USEC_PER_SEC);
}

/* Without plots the host is as well managed; so this is no reason not to start. */
static void
make_plot(MomDaemon *daemon)
{
    const char *base = mom_config_get(daemon->config, "main", "plot-dir");
    g_autoptr(GError) error = NULL;

    if (*base == '\0')
        return;
    daemon->plot = mom_plot_new(base, mom_clock_real(), &error);
    if (daemon->plot)
        g_info("Plotting to %s", mom_plot_dir(daemon->plot));
    else
        g_warning("[main] plot-dir: nothing is plotted: %s", error->message);
}

static void
guest_is_short(const char *uuid, gpointer data)
{
    MomDaemon *daemon = data;

    mom_engine_guest_pressed(daemon->engine, uuid);
}

static void
make_pollers(MomDaemon *daemon)
{
    daemon->pollers = mom_pollers_new(&(MomPollersOptions){
        .config = daemon->config,
        .trust = &daemon->trust,
        .distress = guest_is_short,
        .distress_data = daemon,
        .wanted = mom_monitor_plan_slow_sources(daemon->setup->guest_plan),
        .hypervisors = daemon->hypervisors,
        .clock = mom_clock_real(),
    });
}

static MomEngineOptions
engine_options(MomDaemon *daemon)
{
    const MomConfig *config = daemon->config;

    daemon->guard = mom_guard_options_from_config(config);
    return (MomEngineOptions){
        .source = mom_hypervisors_source(daemon->hypervisors),
        .actuator = mom_hypervisors_actuator(daemon->hypervisors),
        .clock = mom_clock_real(),
        .host_plan = daemon->setup->host_plan,
        .guest_plan = daemon->setup->guest_plan,
        .controllers = (const MomController *const *)daemon->setup->controllers->pdata,
        .host_root = mom_config_get(config, "main", "host-root"),
        .policy_file = mom_config_get(config, "main", "policy"),
        .policy_dir = mom_config_get(config, "main", "policy-dir"),
        .tuning_policy = mom_config_get(config, "main", "tuning-policy"),
        .host_interval_us = seconds_us(config, "host-monitor-interval"),
        .guest_interval_us = seconds_us(config, "guest-monitor-interval"),
        .policy_interval_us = seconds_us(config, "policy-engine-interval"),
        .min_cycle_us = seconds_us(config, "min-cycle"),
        .watch_interval_us = mom_hypervisors_watch_interval_us(daemon->hypervisors),
        .adapts = mom_config_get_bool(config, "main", "adaptive-interval"),
        .guard = &daemon->guard,
        .fallback_after = (guint)mom_config_get_int(config, "main", "policy-fallback-after"),
        .trust = &daemon->trust,
        .decisions_kept = (guint)mom_config_get_int(config, "main", "decisions-kept"),
        .plot = daemon->plot,
        .pollers = daemon->pollers,
    };
}

static void
tell_dry_run(const MomDaemon *daemon)
{
    if (daemon->guard.dry_knobs) {
        g_warning("A dry run: what would be sent is told, and nothing of it is sent (dry-run: %s)",
                  mom_config_get(daemon->config, "main", "dry-run"));
    }
}

static void
make_engine(MomDaemon *daemon)
{
    MomEngineOptions options = engine_options(daemon);

    tell_dry_run(daemon);
    daemon->engine = mom_engine_new(&options);
}

/* ---- what survives a restart ---- */

/* systemd's directory, unless the administrator names one: the first, if it gives several. */
static char *
find_state_dir(const MomConfig *config)
{
    const char *given = g_getenv("STATE_DIRECTORY");

    if (given && *given && !mom_config_is_set(config, "main", "state-dir"))
        return g_strndup(given, strcspn(given, ":"));
    return g_strdup(mom_config_get(config, "main", "state-dir"));
}

static void
on_pushed(gpointer data)
{
    mom_keeper_changed(data);
}

static void
make_keeper(MomDaemon *daemon)
{
    g_autofree char *path = find_state_dir(daemon->config);

    daemon->keeper = mom_keeper_new(path, mom_engine_pushed(daemon->engine), mom_clock_real());
    mom_engine_watch_pushed(daemon->engine, on_pushed, daemon->keeper);
}

static void
on_found(gpointer data)
{
    mom_found_file_update(data);
}

static void
make_found_file(MomDaemon *daemon)
{
    daemon->found = mom_found_file_new(mom_keeper_dir(daemon->keeper),
                                       mom_engine_found(daemon->engine), mom_clock_real());
    mom_engine_watch_found(daemon->engine, on_found, daemon->found);
}

/* That a directory cannot be used was told once. */
static void
recall_found(MomDaemon *daemon)
{
    if (!mom_keeper_fault(daemon->keeper))
        mom_found_file_load(daemon->found);
}

static void
recall_history(MomDaemon *daemon)
{
    gint64 max_age_us = HISTORY_CYCLES * seconds_us(daemon->config, "policy-engine-interval");
    MomHistoryWish wish = {
        .host = mom_monitor_plan_schema(daemon->setup->host_plan),
        .guest = mom_monitor_plan_schema(daemon->setup->guest_plan),
        .history_length =
            (gsize)mom_config_get_int(daemon->config, "main", "sample-history-length"),
        .now_us = mom_clock_now_us(mom_clock_real()),
        .max_age_us = max_age_us,
    };
    MomStateDir *dir = mom_keeper_dir(daemon->keeper);
    MomHistory *history = NULL;

    /* That a directory cannot be used was told once. */
    if (dir && !mom_keeper_fault(daemon->keeper))
        history = mom_history_load(dir, &wish);
    if (history)
        mom_engine_recall(daemon->engine, history, max_age_us);
}

static void
save_history(MomDaemon *daemon)
{
    g_autoptr(GPtrArray) guests = mom_engine_all_guests(daemon->engine);
    g_autoptr(GError) error = NULL;
    MomStateDir *dir = mom_keeper_dir(daemon->keeper);

    if (dir && !mom_history_save(dir, mom_engine_host(daemon->engine), guests,
                                 mom_clock_now_us(mom_clock_real()), &error))
        g_info("The samples are not kept over the restart: %s", error->message);
}

static gboolean
make_rpc(MomDaemon *daemon, MomLog *log, GError **error)
{
    const MomConfig *config = daemon->config;
    const char *port = mom_config_get(config, "main", "rpc-port");
    g_auto(GStrv) users = mom_config_get_list(config, "main", "rpc-allowed-users");
    MomRpcListenerOptions options = {
        .port = port,
        .allowed_users = mom_config_is_set(config, "main", "rpc-allowed-users")
                             ? (const char *const *)users
                             : NULL, /* no user vdsm is no complaint then */
        .mode = (guint)g_ascii_strtoull(mom_config_get(config, "main", "rpc-socket-mode"), NULL, 8),
        .group = mom_config_get(config, "main", "rpc-socket-group"),
    };

    mom_service_init(&daemon->service, daemon->engine, daemon->keeper, log);
    if (*port == '\0' || g_ascii_strtoll(port, NULL, 10) < 0)
        return TRUE;
    daemon->rpc = mom_rpc_server_new(&options, &daemon->service.base, error);
    return daemon->rpc != NULL;
}

static gboolean
make_setup(MomDaemon *daemon, GError **error)
{
    g_autoptr(GPtrArray) complaints = g_ptr_array_new_with_free_func(g_free);

    daemon->trust = mom_setup_trust(daemon->config);
    daemon->setup = mom_setup_new(daemon->config, complaints, error);
    if (!daemon->setup || !mom_vet_paths(daemon->config, &daemon->trust, complaints, error))
        return FALSE;
    for (guint i = 0; i < complaints->len; i++)
        g_warning("%s", (const char *)g_ptr_array_index(complaints, i));
    return TRUE;
}

MomDaemon *
mom_daemon_new(const MomConfig *config, MomLog *log, GError **error)
{
    g_autoptr(MomDaemon) daemon = g_new0(MomDaemon, 1);

    daemon->config = config;
    if (!make_setup(daemon, error) || !make_hypervisors(daemon, error))
        return NULL;
    make_plot(daemon);
    make_pollers(daemon);
    make_engine(daemon);
    make_keeper(daemon);
    make_found_file(daemon);
    if (!make_rpc(daemon, log, error))
        return NULL;
    return g_steal_pointer(&daemon);
}

void
mom_daemon_free(MomDaemon *daemon)
{
    if (!daemon)
        return;
    mom_rpc_server_free(daemon->rpc);
    mom_supervisor_free(daemon->supervisor);
    mom_psi_free(daemon->psi);
    mom_service_clear(&daemon->service);
    if (daemon->engine)
        mom_engine_stop(daemon->engine);
    mom_pollers_free(daemon->pollers); /* may ask through a hypervisor */
    mom_hypervisors_free(daemon->hypervisors);
    mom_found_file_free(daemon->found);
    mom_keeper_free(daemon->keeper);
    mom_engine_free(daemon->engine);
    mom_plot_free(daemon->plot);
    mom_setup_free(daemon->setup);
    g_free(daemon);
}

static void
on_pressure(gpointer daemon)
{
    mom_engine_pressed(((MomDaemon *)daemon)->engine);
}

/* A host without the trigger is managed at the pace of its samples. */
static void
watch_pressure(MomDaemon *daemon)
{
    g_autoptr(GError) error = NULL;

    daemon->adapts = mom_config_get_bool(daemon->config, "main", "adaptive-interval");
    if (!daemon->adapts)
        return;
    daemon->psi = mom_psi_new(mom_config_get(daemon->config, "main", "host-root"), on_pressure,
                              daemon, &error);
    if (!daemon->psi)
        g_info("The kernel tells of no memory pressure: %s", error->message);
}

void
mom_daemon_start(MomDaemon *daemon)
{
    mom_keeper_load(daemon->keeper);
    recall_found(daemon);
    recall_history(daemon);
    mom_hypervisors_start(daemon->hypervisors);
    mom_engine_start(daemon->engine);
    watch_pressure(daemon);
    if (daemon->supervisor)
        mom_supervisor_start(daemon->supervisor);
}

void
mom_daemon_supervise(MomDaemon *daemon, MomNotify *notify, gint64 watchdog_us)
{
    daemon->supervisor = mom_supervisor_new(&(MomSupervisorOptions){
        .engine = daemon->engine,
        .clock = mom_clock_real(),
        .notify = notify,
        .watchdog_us = watchdog_us,
        .patience_us = mom_hypervisors_patience_us(daemon->config),
    });
}

MomSupervisor *
mom_daemon_supervisor(MomDaemon *daemon)
{
    return daemon->supervisor;
}

/* ---- while it runs ---- */

const MomMonitorPlan *
mom_daemon_host_plan(const MomDaemon *daemon)
{
    return daemon->setup->host_plan;
}

void
mom_daemon_reconfigure(MomDaemon *daemon, const MomConfig *config, GPtrArray *controllers)
{
    gsize history = (gsize)mom_config_get_int(config, "main", "sample-history-length");
    GPtrArray *before = daemon->setup->controllers; /* the engine's until it is told */
    MomEngineOptions options;

    daemon->config = config;
    daemon->trust = mom_setup_trust(config);
    daemon->setup->controllers = g_ptr_array_ref(controllers);
    mom_monitor_plan_set_history_length(daemon->setup->host_plan, history);
    mom_monitor_plan_set_history_length(daemon->setup->guest_plan, history);
    mom_hypervisors_reconfigure(daemon->hypervisors, config);
    mom_pollers_reconfigure(daemon->pollers, config);
    mom_supervisor_allow(daemon->supervisor, mom_hypervisors_patience_us(config));
    options = engine_options(daemon);
    tell_dry_run(daemon);
    mom_engine_reconfigure(daemon->engine, &options);
    g_ptr_array_unref(before);
    if (options.adapts != daemon->adapts) {
        g_clear_pointer(&daemon->psi, mom_psi_free);
        watch_pressure(daemon);
    }
}

gboolean
mom_daemon_renew_connection(MomDaemon *daemon, GError **error)
{
    return mom_hypervisors_renew_connection(daemon->hypervisors, error);
}

gboolean
mom_daemon_reread_policies(MomDaemon *daemon, GError **error)
{
    return mom_engine_reread_policies(daemon->engine,
                                      mom_config_get(daemon->config, "main", "policy"),
                                      mom_config_get(daemon->config, "main", "policy-dir"), error);
}

void
mom_daemon_release(MomDaemon *daemon, MomReleased done, gpointer data)
{
    MomOnStop how = MOM_ON_STOP_LEAVE;

    mom_on_stop_parse(mom_config_get(daemon->config, "main", "on-stop"), &how);
    if (how == MOM_ON_STOP_LEAVE) {
        done(data);
    } else {
        mom_hypervisors_hurry(daemon->hypervisors);
        mom_engine_release(daemon->engine, how, done, data);
    }
}

void
mom_daemon_stop(MomDaemon *daemon)
{
    g_clear_pointer(&daemon->rpc, mom_rpc_server_free);
    mom_engine_stop(daemon->engine);
    mom_keeper_finish(daemon->keeper);
    mom_engine_watch_found(daemon->engine, NULL, NULL);
    g_clear_pointer(&daemon->found, mom_found_file_free);
    save_history(daemon);
}
