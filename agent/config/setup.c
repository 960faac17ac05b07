/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names to vtables, see setup.h.
 */
#include "agent/config/setup.h"

#include <gio/gio.h>
#include <string.h>

#include "policy/nearest.h"

/* All of the reference's names for vdsm mean its JSON-RPC bus. */
static const char *const vdsm_names[] = {"vdsm",        "vdsmxmlrpc",      "vdsmxmlrpcbulk",
                                         "vdsmjsonrpc", "vdsmjsonrpcbulk", "vdsmjsonrpcclient",
                                         NULL};

G_GNUC_PRINTF(5, 6)
static void
complain(GPtrArray *complaints,
         const MomConfig *config,
         const char *section,
         const char *key,
         const char *format,
         ...)
{
    g_autofree char *origin = mom_config_origin(config, section, key);
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(complaints, g_strdup_printf("%s: [%s] %s: %s", origin, section, key, text));
}

static char *
hint_at(const MomNearest *nearest)
{
    return nearest->best ? g_strdup_printf(", did you mean %s?", nearest->best) : g_strdup("");
}

/* ---- collectors ---- */

static char *
nearest_collector(const char *name, gboolean for_host)
{
    MomNearest nearest;

    mom_nearest_init(&nearest, name);
    for (gsize i = 0; mom_collectors[i]; i++)
        if (mom_collectors[i]->for_host == for_host)
            mom_nearest_offer(&nearest, mom_collectors[i]->name);
    return hint_at(&nearest);
}

/* The vtables of the collectors that [SECTION] collectors lists. */
static GPtrArray *
find_collectors(const MomConfig *config,
                const char *section,
                gboolean for_host,
                GPtrArray *complaints)
{
    g_auto(GStrv) names = mom_config_get_list(config, section, "collectors");
    GPtrArray *found = g_ptr_array_new();

    for (guint i = 0; names[i]; i++) {
        const MomCollector *collector = mom_collector_find(names[i]);

        if (!collector) {
            g_autofree char *hint = nearest_collector(names[i], for_host);

            complain(complaints, config, section, "collectors",
                     "there is no collector \"%s\"; it is left out%s", names[i], hint);
        } else if (collector->for_host != for_host) {
            complain(complaints, config, section, "collectors", "%s is for the %s; it is left out",
                     names[i], collector->for_host ? "host" : "guests");
        } else {
            g_ptr_array_add(found, (gpointer)collector);
        }
    }
    return found;
}

static MomMonitorPlan *
make_plan(const MomConfig *config, const char *section, gboolean for_host, GPtrArray *complaints)
{
    g_autoptr(GPtrArray) collectors = find_collectors(config, section, for_host, complaints);

    return mom_monitor_plan_new((const MomCollector *const *)collectors->pdata, collectors->len,
                                (gsize)mom_config_get_int(config, "main", "sample-history-length"));
}

gboolean
mom_setup_declares(const MomMonitorPlan *plan, const char *field)
{
    return mom_schema_index(mom_monitor_plan_schema(plan), field) >= 0;
}

/* ---- controllers ---- */

static char *
nearest_controller(const char *name)
{
    MomNearest nearest;

    mom_nearest_init(&nearest, name);
    for (gsize i = 0; mom_controllers[i]->name; i++)
        mom_nearest_offer(&nearest, mom_controllers[i]->name);
    return hint_at(&nearest);
}

gboolean
mom_setup_knows_controllers(const MomConfig *config, GError **error)
{
    g_auto(GStrv) names = mom_config_get_list(config, "main", "controllers");

    for (guint i = 0; names[i]; i++) {
        if (!mom_controller_find(names[i])) {
            g_autofree char *origin = mom_config_origin(config, "main", "controllers");
            g_autofree char *hint = nearest_controller(names[i]);

            g_set_error(error, MOM_CONFIG_ERROR, MOM_CONFIG_ERROR_VALUE,
                        "%s: [main] controllers: there is no controller \"%s\"%s", origin, names[i],
                        hint);
            return FALSE;
        }
    }
    return TRUE;
}

GPtrArray *
mom_setup_controllers(const MomConfig *config,
                      const MomMonitorPlan *host_plan,
                      GPtrArray *complaints)
{
    g_auto(GStrv) names = mom_config_get_list(config, "main", "controllers");
    GPtrArray *found = g_ptr_array_new();

    for (guint i = 0; names[i]; i++) {
        const MomController *controller = mom_controller_find(names[i]);

        if (!controller) {
            g_autofree char *hint = nearest_controller(names[i]);

            complain(complaints, config, "main", "controllers",
                     "there is no controller \"%s\"; it is left out%s", names[i], hint);
        } else if (strcmp(names[i], "KSM") == 0 && !mom_setup_declares(host_plan, "ksm_run")) {
            complain(complaints, config, "main", "controllers",
                     "KSM needs HostKSM in [host] collectors; it is left out");
        } else {
            g_ptr_array_add(found, (gpointer)controller);
        }
    }
    g_ptr_array_add(found, NULL);
    return found;
}

/* ---- all ---- */

gboolean
mom_setup_interface(const MomConfig *config, gboolean *beside_vdsm, GError **error)
{
    const char *name = mom_config_get(config, "main", "hypervisor-interface");
    g_autofree char *lower = g_ascii_strdown(name, -1);
    g_autofree char *origin = mom_config_origin(config, "main", "hypervisor-interface");

    *beside_vdsm = g_strv_contains(vdsm_names, lower);
    if (*beside_vdsm || strcmp(lower, "libvirt") == 0)
        return TRUE;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                "%s: [main] hypervisor-interface: \"%s\" is unknown; use vdsmjsonrpcclient or "
                "libvirt",
                origin, name);
    return FALSE;
}

MomTrust
mom_setup_trust(const MomConfig *config)
{
    gboolean beside_vdsm = FALSE;

    mom_setup_interface(config, &beside_vdsm, NULL);
    return (MomTrust){.off = mom_config_get_bool(config, "main", "trust-writable-paths"),
                      .also_uid = beside_vdsm ? mom_trust_vdsm_uid() : -1};
}

/* What vdsm tells of a guest counts. */
static void
complain_of_guest(const MomConfigGuestEntry *entry, gpointer complaints)
{
    g_ptr_array_add(complaints,
                    g_strdup_printf("%s: [%s] %s: has no effect with vdsm, whose engine sets what "
                                    "guests are guaranteed",
                                    entry->origin, entry->section, entry->key));
}

MomSetup *
mom_setup_new(const MomConfig *config, GPtrArray *complaints, GError **error)
{
    gboolean beside_vdsm;
    MomSetup *setup;

    if (!mom_config_check_policy_source(config, error) ||
        !mom_setup_interface(config, &beside_vdsm, error))
        return NULL;
    setup = g_new0(MomSetup, 1);
    setup->beside_vdsm = beside_vdsm;
    setup->host_plan = make_plan(config, "host", TRUE, complaints);
    setup->guest_plan = make_plan(config, "guest", FALSE, complaints);
    setup->controllers = mom_setup_controllers(config, setup->host_plan, complaints);
    if (beside_vdsm)
        mom_config_foreach_guest(config, complain_of_guest, complaints);
    return setup;
}

void
mom_setup_free(MomSetup *setup)
{
    if (!setup)
        return;
    mom_monitor_plan_unref(setup->host_plan);
    mom_monitor_plan_unref(setup->guest_plan);
    g_ptr_array_unref(setup->controllers);
    g_free(setup);
}
