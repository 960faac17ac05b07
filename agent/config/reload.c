/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The steps of a reload, see reload.h.
 *
 * A key that is not in the table of live ones needs a restart: a new key errs on the side of the
 * message.
 */
#define G_LOG_DOMAIN "mom"

#include "agent/config/reload.h"

#include <string.h>

#include "agent/config/config-keys.h"
#include "agent/config/setup.h"

struct MomReload {
    const MomOptions *options;
    const MomConfig *started; /* what the keys that need a restart have in force */
    MomConfig *taken;         /* the last one that was taken over; NULL: `started` */
    MomDaemon *daemon;
    MomLog *log;
};

static const struct {
    const char *section;
    const char *key;
} live_keys[] = {
    {"main", "host-monitor-interval"},
    {"main", "guest-monitor-interval"},
    {"main", "policy-engine-interval"},
    {"main", "sample-history-length"},
    {"main", "controllers"},
    {"main", "policy"},
    {"main", "policy-dir"},
    {"main", "policy-fallback-after"},
    {"main", "adaptive-interval"},
    {"main", "min-cycle"},
    {"main", "dry-run"},
    {"main", "hypervisor-fallback"},
    {"main", "fallback-after"},
    {"main", "on-stop"},
    {"rails", "settle-time"},
    {"rails", "guest-reserve"},
    {"rails", "host-reserve"},
    {"rails", "host-critical"},
    {"rails", "max-change"},
    {"rails", "blind-after"},
    {"rails", "allow-passthrough"},
    {"rails", "stuck-after"},
    {"rails", "allow-hugepages"},
    {"rails", "allow-stale"},
    {"main", "trust-writable-paths"},
    {"logging", "log"},
    {"logging", "verbosity"},
    {"logging", "max-bytes"},
    {"logging", "backup-count"},
    {"vdsm", "host"},
    {"vdsm", "port"},
    {"vdsm", "ssl"},
    {"vdsm", "vdsm-conf"},
    {"vdsm", "pki-dir"},
    {"vdsm", "key-file"},
    {"vdsm", "cert-file"},
    {"vdsm", "ca-cert-file"},
    {"vdsm", "request-timeout"},
    /* Accepted and without effect, see momd.conf(5). */
    {"main", "main-loop-interval"},
    {"main", "guest-manager-interval"},
    {"main", "guest-manager-multi-thread"},
};

gboolean
mom_reload_is_live(const char *section, const char *key)
{
    for (gsize i = 0; i < G_N_ELEMENTS(live_keys); i++)
        if (strcmp(live_keys[i].section, section) == 0 && strcmp(live_keys[i].key, key) == 0)
            return TRUE;
    return FALSE;
}

static const MomConfig *
in_force(const MomReload *reload)
{
    return reload->taken ? reload->taken : reload->started;
}

/* ---- the new configuration ---- */

/* NULL if it must not be taken over.  A controller that is left out at the start would be lost
 * here.
 */
static MomConfig *
load(const MomReload *reload, GError **error)
{
    g_autoptr(MomConfig) config = mom_options_load_config(reload->options, error);
    gboolean ignored;

    if (!config || !mom_config_check_policy_source(config, error) ||
        !mom_setup_interface(config, &ignored, error) ||
        !mom_setup_knows_controllers(config, error))
        return NULL;
    if (mom_config_misuse(config)) {
        g_set_error_literal(error, MOM_CONFIG_ERROR, MOM_CONFIG_ERROR_VALUE,
                            mom_config_misuse(config));
        return NULL;
    }
    return g_steal_pointer(&config);
}

/* What was told of the configuration in force is not told again. */
static void
tell_new_complaints(const MomReload *reload, const MomConfig *config)
{
    const char *const *before = mom_config_complaints(in_force(reload));

    for (const char *const *text = mom_config_complaints(config); *text; text++)
        if (!g_strv_contains(before, *text))
            g_warning("%s", *text);
}

static gboolean
is_changed(const MomReload *reload, const MomConfig *config, const char *section, const char *key)
{
    return strcmp(mom_config_get(config, section, key),
                  mom_config_get(in_force(reload), section, key)) != 0;
}

/* By what is collected at present. */
static GPtrArray *
find_controllers(const MomReload *reload, const MomConfig *config)
{
    g_autoptr(GPtrArray) complaints = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *controllers =
        mom_setup_controllers(config, mom_daemon_host_plan(reload->daemon), complaints);

    for (guint i = 0; i < complaints->len && is_changed(reload, config, "main", "controllers"); i++)
        g_warning("%s", (const char *)g_ptr_array_index(complaints, i));
    return controllers;
}

static void
tell_change(const MomReload *reload, const MomConfig *config, const MomConfigKey *key)
{
    gboolean live = mom_reload_is_live(key->section, key->key);
    const MomConfig *before = live ? in_force(reload) : reload->started;
    const char *from = mom_config_get(before, key->section, key->key);
    const char *to = mom_config_get(config, key->section, key->key);
    g_autofree char *origin = NULL;

    if (strcmp(from, to) == 0)
        return;
    origin = mom_config_origin(config, key->section, key->key);
    if (live) {
        g_info("[%s] %s is now `%s', was `%s' (%s)", key->section, key->key, to, from, origin);
    } else {
        g_warning("[%s] %s stays `%s', `%s' (%s) needs a restart", key->section, key->key, from, to,
                  origin);
    }
}

static void
append_guest_entry(const MomConfigGuestEntry *entry, gpointer data)
{
    GString *text = data;

    g_string_append_printf(text, "%s\"%s\" %s %s", text->len ? ", " : "", entry->pattern,
                           entry->key, entry->value);
}

static char *
describe_guests(const MomConfig *config)
{
    GString *text = g_string_new(NULL);

    mom_config_foreach_guest(config, append_guest_entry, text);
    return g_string_free(text->len ? text : g_string_append(text, "nothing"), FALSE);
}

static void
tell_guests(const MomReload *reload, const MomConfig *config)
{
    g_autofree char *from = describe_guests(in_force(reload));
    g_autofree char *to = describe_guests(config);

    if (strcmp(from, to) != 0)
        g_info("The [guest] sections now say %s, were %s", to, from);
}

/* ---- taking over ---- */

/* A level that RPC has set holds until the file says another. */
static void
take_log(const MomReload *reload, const MomConfig *config)
{
    g_autoptr(GError) error = NULL;
    int level;

    if (is_changed(reload, config, "logging", "verbosity") &&
        mom_log_parse_verbosity(mom_config_get(config, "logging", "verbosity"), &level))
        mom_log_set_level(reload->log, level);
    if (!mom_log_configure(reload->log, mom_config_get(config, "logging", "log"),
                           mom_log_level(reload->log),
                           mom_config_get_int(config, "logging", "max-bytes"),
                           mom_config_get_int(config, "logging", "backup-count"), &error))
        g_warning("The log goes on where it was: %s", error->message);
}

static void
take_config(MomReload *reload, MomConfig *config)
{
    g_autoptr(GPtrArray) controllers = find_controllers(reload, config);
    MomConfig *before = reload->taken; /* the daemon's until it is told */

    tell_new_complaints(reload, config);
    for (const MomConfigKey *key = mom_config_keys; key->section; key++)
        tell_change(reload, config, key);
    tell_guests(reload, config);
    take_log(reload, config);
    mom_daemon_reconfigure(reload->daemon, config, controllers);
    reload->taken = config;
    mom_config_free(before);
}

static void
take_policies_and_certificates(const MomReload *reload)
{
    g_autoptr(GError) bad_files = NULL;
    g_autoptr(GError) bad_policies = NULL;

    if (!mom_daemon_renew_connection(reload->daemon, &bad_files))
        g_warning("The connection to vdsm stays as it is: %s", bad_files->message);
    if (!mom_daemon_reread_policies(reload->daemon, &bad_policies))
        g_warning("The policies in force stay: %s", bad_policies->message);
}

/* A reload begins and ends here, and nowhere else: who must be told of it is told here. */
static void
begin(void)
{
    g_info("Reading configuration, policies and certificates anew");
}

static void
end(gboolean taken)
{
    g_info(taken ? "All is read anew" : "Nothing is read anew");
}

void
mom_reload_run(MomReload *reload)
{
    g_autoptr(GError) error = NULL;
    MomConfig *config;

    begin();
    mom_log_reopen(reload->log);
    config = load(reload, &error);
    if (config) {
        take_config(reload, config);
        take_policies_and_certificates(reload);
    } else {
        g_warning("The configuration is refused, the one in force stays: %s", error->message);
    }
    end(config != NULL);
}

MomReload *
mom_reload_new(const MomOptions *options, const MomConfig *config, MomDaemon *daemon, MomLog *log)
{
    MomReload *reload = g_new0(MomReload, 1);

    reload->options = options;
    reload->started = config;
    reload->daemon = daemon;
    reload->log = log;
    return reload;
}

void
mom_reload_free(MomReload *reload)
{
    if (!reload)
        return;
    mom_config_free(reload->taken);
    g_free(reload);
}
