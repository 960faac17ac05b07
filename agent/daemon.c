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
#include <string.h>

#include "agent/engine.h"
#include "agent/fault.h"
#include "agent/hypervisor-libvirt.h"
#include "agent/hypervisor-vdsm.h"
#include "agent/rpc/server.h"
#include "agent/service.h"

struct MomDaemon {
    const MomConfig *config;
    MomHypervisorVdsm *vdsm; /* one of these two */
    MomHypervisorLibvirt *libvirt;
    MomMonitorPlan *host_plan;
    MomMonitorPlan *guest_plan;
    GPtrArray *controllers; /* of const MomController*, ended by NULL */
    MomPlot *plot;          /* NULL: nothing is plotted */
    MomEngine *engine;
    MomService service;
    MomRpcServer *rpc;
    MomFault libvirt_fault;
};

/* How often guests under libvirt are asked to report their memory; vdsm's figure. */
#define GUEST_STATS_PERIOD_S 5

/* All of the reference's names for vdsm mean its JSON-RPC bus. */
static const char *const vdsm_names[] = {
    "vdsm", "vdsmxmlrpc", "vdsmjsonrpc", "vdsmjsonrpcbulk", "vdsmjsonrpcclient", NULL};

/* ---- collectors and controllers, by name ---- */

/* The vtables of the collectors that [SECTION] collectors lists. */
static GPtrArray *
find_collectors(const MomConfig *config, const char *section, gboolean for_host)
{
    g_auto(GStrv) names = mom_config_get_list(config, section, "collectors");
    GPtrArray *found = g_ptr_array_new();

    for (guint i = 0; names[i]; i++) {
        const MomCollector *collector = mom_collector_find(names[i]);

        if (!collector) {
            g_warning("[%s] collectors: there is no collector \"%s\"; it is left out", section,
                      names[i]);
        } else if (collector->for_host != for_host) {
            g_warning("[%s] collectors: %s is for the %s; it is left out", section, names[i],
                      collector->for_host ? "host" : "guests");
        } else {
            g_ptr_array_add(found, (gpointer)collector);
        }
    }
    return found;
}

static MomMonitorPlan *
make_plan(const MomConfig *config, const char *section, gboolean for_host)
{
    g_autoptr(GPtrArray) collectors = find_collectors(config, section, for_host);

    return mom_monitor_plan_new((const MomCollector *const *)collectors->pdata, collectors->len,
                                (gsize)mom_config_get_int(config, "main", "sample-history-length"));
}

static gboolean
declares(MomMonitorPlan *plan, const char *field)
{
    return mom_schema_index(mom_monitor_plan_schema(plan), field) >= 0;
}

static void
find_controllers(MomDaemon *daemon)
{
    g_auto(GStrv) names = mom_config_get_list(daemon->config, "main", "controllers");

    daemon->controllers = g_ptr_array_new();
    for (guint i = 0; names[i]; i++) {
        const MomController *controller = mom_controller_find(names[i]);

        if (!controller) {
            g_warning("[main] controllers: there is no controller \"%s\"; it is left out",
                      names[i]);
        } else if (strcmp(names[i], "KSM") == 0 && !declares(daemon->host_plan, "ksm_run")) {
            g_warning("[main] controllers: KSM needs HostKSM in [host] collectors; it is left out");
        } else {
            g_ptr_array_add(daemon->controllers, (gpointer)controller);
        }
    }
    g_ptr_array_add(daemon->controllers, NULL);
}

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
make_vdsm(MomDaemon *daemon)
{
    const MomConfig *config = daemon->config;
    g_autofree char *ca = mom_config_vdsm_file(config, "ca-cert-file");
    g_autofree char *cert = mom_config_vdsm_file(config, "cert-file");
    g_autofree char *key = mom_config_vdsm_file(config, "key-file");
    MomVdsmOptions options = {
        .host = mom_config_get(config, "vdsm", "host"),
        .port = (guint16)mom_config_get_int(config, "vdsm", "port"),
        .tls = mom_config_get_bool(config, "vdsm", "ssl"),
        .ca_file = ca,
        .cert_file = cert,
        .key_file = key,
        .request_timeout_ms =
            (guint)(mom_config_get_double(config, "vdsm", "request-timeout") * 1000),
    };

    daemon->vdsm = mom_hypervisor_vdsm_new(&options, mom_clock_real(),
                                           declares(daemon->guest_plan, "io_tune"), hint, daemon);
}

static void
libvirt_guests_changed(gpointer data)
{
    hint("libvirt: guests changed", data);
}

static void
libvirt_state_changed(MomVirtState state, const GError *error, gpointer data)
{
    MomDaemon *daemon = data;

    if (state == MOM_VIRT_OPEN) {
        mom_fault_end(&daemon->libvirt_fault, "Connected to libvirt");
        hint("libvirt is connected", daemon);
    } else if (error) {
        g_autofree char *message =
            g_strdup_printf("Not connected to libvirt, trying on: %s", error->message);

        mom_fault_raise(&daemon->libvirt_fault, message);
    }
}

static gboolean
make_libvirt(MomDaemon *daemon, GError **error)
{
    const char *uri = mom_config_get(daemon->config, "main", "libvirt-hypervisor-uri");
    MomHypervisorLibvirtOptions options = {
        .address = {.uri = *uri ? uri : NULL},
        .host_root = mom_config_get(daemon->config, "main", "host-root"),
        .stats_period_s = GUEST_STATS_PERIOD_S,
        .guests_changed = libvirt_guests_changed,
        .state_changed = libvirt_state_changed,
        .data = daemon,
    };

    if (!mom_virt_init(error)) {
        return FALSE;
    }
    daemon->libvirt = mom_hypervisor_libvirt_new(&options);
    return TRUE;
}

static gboolean
make_hypervisor(MomDaemon *daemon, GError **error)
{
    const char *name = mom_config_get(daemon->config, "main", "hypervisor-interface");
    g_autofree char *lower = g_ascii_strdown(name, -1);

    if (g_strv_contains(vdsm_names, lower)) {
        make_vdsm(daemon);
        return TRUE;
    }
    if (strcmp(lower, "libvirt") == 0) {
        return make_libvirt(daemon, error);
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                "[main] hypervisor-interface: \"%s\" is unknown; use vdsmjsonrpcclient or libvirt",
                name);
    return FALSE;
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

static void
make_engine(MomDaemon *daemon)
{
    const MomConfig *config = daemon->config;
    MomEngineOptions options = {
        .source = daemon->vdsm ? mom_hypervisor_vdsm_source(daemon->vdsm)
                               : mom_hypervisor_libvirt_source(daemon->libvirt),
        .actuator = daemon->vdsm ? mom_hypervisor_vdsm_actuator(daemon->vdsm)
                                 : mom_hypervisor_libvirt_actuator(daemon->libvirt),
        .clock = mom_clock_real(),
        .host_plan = daemon->host_plan,
        .guest_plan = daemon->guest_plan,
        .controllers = (const MomController *const *)daemon->controllers->pdata,
        .host_root = mom_config_get(config, "main", "host-root"),
        .policy_file = mom_config_get(config, "main", "policy"),
        .policy_dir = mom_config_get(config, "main", "policy-dir"),
        .host_interval_us = seconds_us(config, "host-monitor-interval"),
        .guest_interval_us = seconds_us(config, "guest-monitor-interval"),
        .policy_interval_us = seconds_us(config, "policy-engine-interval"),
        .fallback_after = (guint)mom_config_get_int(config, "main", "policy-fallback-after"),
        .decisions_kept = (guint)mom_config_get_int(config, "main", "decisions-kept"),
        .plot = daemon->plot,
    };

    daemon->engine = mom_engine_new(&options);
}

static gboolean
make_rpc(MomDaemon *daemon, MomLog *log, GError **error)
{
    const char *port = mom_config_get(daemon->config, "main", "rpc-port");

    mom_service_init(&daemon->service, daemon->engine, log);
    if (*port == '\0' || g_ascii_strtoll(port, NULL, 10) < 0) {
        return TRUE;
    }
    daemon->rpc = mom_rpc_server_new(port, &daemon->service.base, error);
    return daemon->rpc != NULL;
}

MomDaemon *
mom_daemon_new(const MomConfig *config, MomLog *log, GError **error)
{
    g_autoptr(MomDaemon) daemon = g_new0(MomDaemon, 1);

    daemon->config = config;
    daemon->libvirt_fault = MOM_FAULT_INIT("mom.libvirtInterface");
    if (!mom_config_check_policy_source(config, error)) {
        return NULL;
    }
    daemon->host_plan = make_plan(config, "host", TRUE);
    daemon->guest_plan = make_plan(config, "guest", FALSE);
    find_controllers(daemon);
    if (!make_hypervisor(daemon, error)) {
        return NULL;
    }
    make_plot(daemon);
    make_engine(daemon);
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
    mom_service_clear(&daemon->service);
    if (daemon->engine) {
        mom_engine_stop(daemon->engine);
    }
    mom_hypervisor_vdsm_free(daemon->vdsm);
    mom_hypervisor_libvirt_free(daemon->libvirt);
    mom_engine_free(daemon->engine);
    mom_plot_free(daemon->plot);
    mom_fault_clear(&daemon->libvirt_fault);
    g_clear_pointer(&daemon->host_plan, mom_monitor_plan_unref);
    g_clear_pointer(&daemon->guest_plan, mom_monitor_plan_unref);
    g_clear_pointer(&daemon->controllers, g_ptr_array_unref);
    g_free(daemon);
}

void
mom_daemon_start(MomDaemon *daemon)
{
    if (daemon->vdsm) {
        mom_hypervisor_vdsm_start(daemon->vdsm);
    }
    mom_engine_start(daemon->engine);
}
