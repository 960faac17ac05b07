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
#include "agent/hypervisor/hypervisor-libvirt.h"
#include "agent/hypervisor/hypervisor-vdsm.h"
#include "agent/rpc/server.h"
#include "agent/service.h"
#include "agent/state/history.h"
#include "agent/state/keeper.h"

struct MomDaemon {
    const MomConfig *config;
    MomTrust trust;
    MomHypervisorVdsm *vdsm; /* one of these two */
    MomHypervisorLibvirt *libvirt;
    MomSetup *setup;
    MomGuardOptions guard;
    MomPlot *plot; /* NULL: nothing is plotted */
    MomEngine *engine;
    MomKeeper *keeper;
    MomService service;
    MomRpcServer *rpc;
    MomSupervisor *supervisor;
    MomPsi *psi;     /* NULL: the kernel tells of no pressure */
    gboolean adapts; /* as `psi` was last decided on */
};

/* See patience_us: (4 + 2) x 15. */
#define LIBVIRT_PATIENCE_S 90

/* How often guests under libvirt are asked to report their memory; vdsm's figure. */
#define GUEST_STATS_PERIOD_S 5

/* How often libvirt is asked for guests while one has less than its maximum. */
#define WATCH_INTERVAL_US (5 * (gint64)G_USEC_PER_SEC)

/* A history is used if it is younger than so many cycles. */
#define HISTORY_CYCLES 2

/* ---- hypervisors ---- */

static void
hint(const char *reason, gpointer data)
{
    MomDaemon *daemon = data;

    if (daemon->engine) {
        mom_engine_hint(daemon->engine, reason);
    }
}

static void
reconnected(const char *reason, gpointer data)
{
    MomDaemon *daemon = data;

    if (daemon->engine) {
        mom_engine_reconnected(daemon->engine, reason);
    }
}

/* The bus's files are looked at before each connection that needs them. */
static gboolean
vet_file(const char *file, gpointer data, GError **error)
{
    const MomDaemon *daemon = data;

    return mom_trust_check(&daemon->trust, file, MOM_TRUST_FILE, error);
}

/* What [vdsm] says; the strings of FILES (ca, certificate, key) are the caller's to free. */
static MomVdsmOptions
vdsm_options(MomDaemon *daemon, char *files[3])
{
    const MomConfig *config = daemon->config;

    files[0] = mom_config_vdsm_file(config, "ca-cert-file");
    files[1] = mom_config_vdsm_file(config, "cert-file");
    files[2] = mom_config_vdsm_file(config, "key-file");
    return (MomVdsmOptions){
        .host = mom_config_get(config, "vdsm", "host"),
        .port = (guint16)mom_config_get_int(config, "vdsm", "port"),
        .tls = mom_config_get_bool(config, "vdsm", "ssl"),
        .ca_file = files[0],
        .cert_file = files[1],
        .key_file = files[2],
        .request_timeout_ms =
            (guint)(mom_config_get_double(config, "vdsm", "request-timeout") * 1000),
        /* Within a cycle of vdsm's return there is an attempt. */
        .retry_within_ms =
            (guint)(mom_config_get_double(config, "main", "policy-engine-interval") * 1000),
        .vet = vet_file,
        .vet_data = daemon,
    };
}

static void
make_vdsm(MomDaemon *daemon)
{
    g_auto(GStrv) files = g_new0(char *, 4);
    MomVdsmOptions options = vdsm_options(daemon, files);
    gboolean with_io_tune = mom_setup_declares(daemon->setup->guest_plan, "io_tune");

    daemon->vdsm = mom_hypervisor_vdsm_new(&options, mom_clock_real(), with_io_tune, hint, daemon);
    mom_hypervisor_vdsm_watch_connected(daemon->vdsm, reconnected);
}

static void
libvirt_guests_changed(gpointer data)
{
    hint("libvirt: guests changed", data);
}

static void
libvirt_connected(gpointer data)
{
    reconnected("libvirt is connected", data);
}

/* Before each opening that may need it. */
static gboolean
vet_password(const char *file, gpointer data, GError **error)
{
    const MomDaemon *daemon = data;
    MomTrust trust = mom_vet_password_trust(&daemon->trust);

    return mom_trust_check(&trust, file, MOM_TRUST_FILE, error);
}

static const char *
text_or_null(const MomConfig *config, const char *section, const char *key)
{
    const char *text = mom_config_get(config, section, key);

    return *text ? text : NULL;
}

static gboolean
make_libvirt(MomDaemon *daemon, GError **error)
{
    const MomConfig *config = daemon->config;
    MomHypervisorLibvirtOptions options = {
        .address = {.uri = text_or_null(config, "main", "libvirt-hypervisor-uri"),
                    .read_only = mom_config_get_bool(config, "libvirt", "read-only"),
                    .user = text_or_null(config, "libvirt", "auth-user"),
                    .password_file = text_or_null(config, "libvirt", "auth-password-file"),
                    .vet = vet_password,
                    .vet_data = daemon},
        .host_root = mom_config_get(config, "main", "host-root"),
        .stats_period_s = GUEST_STATS_PERIOD_S,
        .guests_changed = libvirt_guests_changed,
        .connected = libvirt_connected,
        .data = daemon,
    };

    if (!mom_virt_init(error)) {
        return FALSE;
    }
    daemon->libvirt = mom_hypervisor_libvirt_new(&options);
    mom_hypervisor_libvirt_guarantee(daemon->libvirt, mom_guarantees_new(config));
    return TRUE;
}

static gboolean
make_hypervisor(MomDaemon *daemon, GError **error)
{
    if (!daemon->setup->beside_vdsm) {
        return make_libvirt(daemon, error);
    }
    make_vdsm(daemon);
    return TRUE;
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

    if (*base == '\0') {
        return;
    }
    daemon->plot = mom_plot_new(base, mom_clock_real(), &error);
    if (daemon->plot) {
        g_info("Plotting to %s", mom_plot_dir(daemon->plot));
    } else {
        g_warning("[main] plot-dir: nothing is plotted: %s", error->message);
    }
}

static MomEngineOptions
engine_options(MomDaemon *daemon)
{
    const MomConfig *config = daemon->config;

    daemon->guard = mom_guard_options_from_config(config);
    return (MomEngineOptions){
        .source = daemon->vdsm ? mom_hypervisor_vdsm_source(daemon->vdsm)
                               : mom_hypervisor_libvirt_source(daemon->libvirt),
        .actuator = daemon->vdsm ? mom_hypervisor_vdsm_actuator(daemon->vdsm)
                                 : mom_hypervisor_libvirt_actuator(daemon->libvirt),
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
        /* vdsm's own numbers are no fresher. */
        .watch_interval_us = daemon->vdsm ? 0 : WATCH_INTERVAL_US,
        .adapts = mom_config_get_bool(config, "main", "adaptive-interval"),
        .guard = &daemon->guard,
        .fallback_after = (guint)mom_config_get_int(config, "main", "policy-fallback-after"),
        .trust = &daemon->trust,
        .decisions_kept = (guint)mom_config_get_int(config, "main", "decisions-kept"),
        .plot = daemon->plot,
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

    if (given && *given && !mom_config_is_set(config, "main", "state-dir")) {
        return g_strndup(given, strcspn(given, ":"));
    }
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
    if (dir && !mom_keeper_fault(daemon->keeper)) {
        history = mom_history_load(dir, &wish);
    }
    if (history) {
        mom_engine_recall(daemon->engine, history, max_age_us);
    }
}

static void
save_history(MomDaemon *daemon)
{
    g_autoptr(GPtrArray) guests = mom_engine_all_guests(daemon->engine);
    g_autoptr(GError) error = NULL;
    MomStateDir *dir = mom_keeper_dir(daemon->keeper);

    if (dir && !mom_history_save(dir, mom_engine_host(daemon->engine), guests,
                                 mom_clock_now_us(mom_clock_real()), &error)) {
        g_info("The samples are not kept over the restart: %s", error->message);
    }
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
    if (*port == '\0' || g_ascii_strtoll(port, NULL, 10) < 0) {
        return TRUE;
    }
    daemon->rpc = mom_rpc_server_new(&options, &daemon->service.base, error);
    return daemon->rpc != NULL;
}

static gboolean
make_setup(MomDaemon *daemon, GError **error)
{
    g_autoptr(GPtrArray) complaints = g_ptr_array_new_with_free_func(g_free);

    daemon->trust = mom_setup_trust(daemon->config);
    daemon->setup = mom_setup_new(daemon->config, complaints, error);
    if (!daemon->setup || !mom_vet_paths(daemon->config, &daemon->trust, complaints, error)) {
        return FALSE;
    }
    for (guint i = 0; i < complaints->len; i++) {
        g_warning("%s", (const char *)g_ptr_array_index(complaints, i));
    }
    return TRUE;
}

MomDaemon *
mom_daemon_new(const MomConfig *config, MomLog *log, GError **error)
{
    g_autoptr(MomDaemon) daemon = g_new0(MomDaemon, 1);

    daemon->config = config;
    if (!make_setup(daemon, error) || !make_hypervisor(daemon, error)) {
        return NULL;
    }
    make_plot(daemon);
    make_engine(daemon);
    make_keeper(daemon);
    if (!make_rpc(daemon, log, error)) {
        return NULL;
    }
    return g_steal_pointer(&daemon);
}

void
mom_daemon_free(MomDaemon *daemon)
{
    if (!daemon) {
        return;
    }
    mom_rpc_server_free(daemon->rpc);
    mom_supervisor_free(daemon->supervisor);
    mom_psi_free(daemon->psi);
    mom_service_clear(&daemon->service);
    if (daemon->engine) {
        mom_engine_stop(daemon->engine);
    }
    mom_hypervisor_vdsm_free(daemon->vdsm);
    mom_hypervisor_libvirt_free(daemon->libvirt);
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
    if (!daemon->adapts) {
        return;
    }
    daemon->psi = mom_psi_new(mom_config_get(daemon->config, "main", "host-root"), on_pressure,
                              daemon, &error);
    if (!daemon->psi) {
        g_info("The kernel tells of no memory pressure: %s", error->message);
    }
}

void
mom_daemon_start(MomDaemon *daemon)
{
    mom_keeper_load(daemon->keeper);
    recall_history(daemon);
    if (daemon->vdsm) {
        mom_hypervisor_vdsm_start(daemon->vdsm);
    }
    mom_engine_start(daemon->engine);
    watch_pressure(daemon);
    if (daemon->supervisor) {
        mom_supervisor_start(daemon->supervisor);
    }
}

/* Within this time every question to the hypervisor ends, by the time-outs of its client: vdsm may
 * take one to connect and two to answer (guests, then I/O limits); libvirt, in a reading that meets
 * one guest after the other that hangs, as many times the patience with a slow host as calls may
 * hang at once, and once more. */
static gint64
patience_us(const MomConfig *config)
{
    double request_s = mom_config_get_double(config, "vdsm", "request-timeout");

    return (gint64)((LIBVIRT_PATIENCE_S + 3 * request_s) * G_USEC_PER_SEC);
}

void
mom_daemon_supervise(MomDaemon *daemon, MomNotify *notify, gint64 watchdog_us)
{
    daemon->supervisor = mom_supervisor_new(&(MomSupervisorOptions){
        .engine = daemon->engine,
        .clock = mom_clock_real(),
        .notify = notify,
        .watchdog_us = watchdog_us,
        .patience_us = patience_us(daemon->config),
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
    if (daemon->libvirt) {
        mom_hypervisor_libvirt_guarantee(daemon->libvirt, mom_guarantees_new(config));
    }
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
    g_auto(GStrv) files = g_new0(char *, 4);
    MomVdsmOptions options;

    if (!daemon->vdsm) {
        return TRUE;
    }
    options = vdsm_options(daemon, files);
    return mom_hypervisor_vdsm_configure(daemon->vdsm, &options, error);
}

gboolean
mom_daemon_reread_policies(MomDaemon *daemon, GError **error)
{
    return mom_engine_reread_policies(daemon->engine,
                                      mom_config_get(daemon->config, "main", "policy"),
                                      mom_config_get(daemon->config, "main", "policy-dir"), error);
}

void
mom_daemon_stop(MomDaemon *daemon)
{
    g_clear_pointer(&daemon->rpc, mom_rpc_server_free);
    mom_engine_stop(daemon->engine);
    mom_keeper_finish(daemon->keeper);
    save_history(daemon);
}
