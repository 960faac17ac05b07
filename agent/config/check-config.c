/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The check, see check-config.h.
 *
 * Much of what is wrong is found by code that logs it, as it does in the daemon; here its warnings
 * are caught, counted and printed.
 */
#define G_LOG_DOMAIN "mom"

#include "agent/config/check-config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/config/check-tls.h"
#include "agent/config/config-keys.h"
#include "agent/config/ini.h"
#include "agent/config/setup.h"
#include "agent/config/vet.h"
#include "agent/policies/policies.h"

typedef struct {
    guint errors;
    guint warnings;
} Check;

/* ---- complaints ---- */

static void
tell_error(Check *check, const char *message)
{
    fprintf(stderr, "momd: error: %s\n", message);
    check->errors++;
}

static void
tell_warning(Check *check, const char *message)
{
    fprintf(stderr, "momd: warning: %s\n", message);
    check->warnings++;
}

static void
tell_origin_warning(
    Check *check, const MomConfig *config, const char *section, const char *key, const char *why)
{
    g_autofree char *origin = mom_config_origin(config, section, key);
    g_autofree char *text = g_strdup_printf("%s: [%s] %s: %s", origin, section, key, why);

    tell_warning(check, text);
}

static GLogWriterOutput
catch_warnings(GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
    if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
        return g_log_writer_default(level, fields, n, NULL);
    for (gsize i = 0; i < n && (level & G_LOG_LEVEL_WARNING); i++)
        if (strcmp(fields[i].key, "MESSAGE") == 0)
            tell_warning(data, fields[i].value);
    return G_LOG_WRITER_HANDLED;
}

/* ---- what is in force ---- */

/* Lines after the first are indented, as values go on by that. */
static char *
format_setting(const MomConfigKey *key, const char *value)
{
    gboolean raw = g_str_has_prefix(key->section, MOM_CONFIG_COLLECTOR_PREFIX);
    g_auto(GStrv) percents = g_strsplit(value, raw ? "\n" : "%", -1);
    g_autofree char *escaped = g_strjoinv(raw ? "\n" : "%%", percents);
    g_auto(GStrv) lines = g_strsplit(escaped, "\n", -1);
    g_autofree char *joined = g_strjoinv("\n    ", lines);

    return g_strdup_printf("%s: %s\n", key->key, joined);
}

/* Whether SETTING, read from a file, is VALUE again: a line that looks like a comment would not be.
 */
static gboolean
reads_back(const MomConfigKey *key, const char *setting, const char *value)
{
    g_autofree char *text = g_strdup_printf("[%s]\n%s", key->section, setting);
    g_autoptr(MomIni) ini = mom_ini_parse(text, strlen(text), "", NULL);
    const MomIniEntry *entry =
        ini ? mom_ini_entry(mom_ini_section(ini, key->section), key->key) : NULL;
    g_autofree char *read = NULL;

    if (!entry)
        return FALSE;
    read = g_str_has_prefix(key->section, MOM_CONFIG_COLLECTOR_PREFIX)
               ? g_strdup(entry->value)
               : mom_ini_interpolate(entry->value, NULL, NULL, NULL);
    return g_strcmp0(read, value) == 0;
}

static void
print_key(const MomConfig *config, const MomConfigKey *key)
{
    const char *value = mom_config_get(config, key->section, key->key);
    g_autofree char *origin = mom_config_origin(config, key->section, key->key);
    g_autofree char *setting = format_setting(key, value);

    printf("# %s\n", origin);
    if (reads_back(key, setting, value)) {
        fputs(setting, stdout);
    } else {
        g_autofree char *quoted = g_strescape(value, NULL);

        printf("# %s is \"%s\", which has no form in this syntax\n", key->key, quoted);
    }
}

/* The table's sections in order of their first row; a section's rows may stand apart. */
static void
print_config(const MomConfig *config)
{
    g_autoptr(GHashTable) printed = g_hash_table_new(g_str_hash, g_str_equal);

    for (const MomConfigKey *head = mom_config_keys; head->section; head++) {
        if (!g_hash_table_add(printed, (gpointer)head->section))
            continue;
        printf("[%s]\n", head->section);
        for (const MomConfigKey *key = head; key->section; key++)
            if (strcmp(key->section, head->section) == 0)
                print_key(config, key);
        putchar('\n');
    }
}

static void
print_guest_entry(const MomConfigGuestEntry *entry, gpointer data)
{
    const char **section = data;

    if (g_strcmp0(*section, entry->section) != 0)
        printf("%s[%s]\n", *section ? "\n" : "", entry->section);
    *section = entry->section;
    printf("# %s\n%s: %s\n", entry->origin, entry->key, entry->value);
}

/* In the order in which they count. */
static void
print_guests(const MomConfig *config)
{
    const char *section = NULL;

    mom_config_foreach_guest(config, print_guest_entry, &section);
    if (section)
        putchar('\n');
}

/* ---- what the start would meet ---- */

/* NULL if PATH, or where it is missing its directory, may be written by who runs this check. */
static const char *
why_not_writable(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);

    if (access(path, W_OK) == 0 || (errno == ENOENT && access(directory, W_OK | X_OK) == 0))
        return NULL;
    return g_strerror(errno);
}

static void
check_log(Check *check, const MomConfig *config)
{
    const char *target = mom_config_get(config, "logging", "log");
    const char *why = g_ascii_strcasecmp(target, "stdio") == 0 ? NULL : why_not_writable(target);

    if (why)
        tell_origin_warning(check, config, "logging", "log", why);
}

static void
check_plot_dir(Check *check, const MomConfig *config)
{
    const char *dir = mom_config_get(config, "main", "plot-dir");

    if (*dir && access(dir, W_OK | X_OK) < 0)
        tell_origin_warning(check, config, "main", "plot-dir", g_strerror(errno));
}

/* Why no socket can be made at PATH; NULL: nothing is known against it.  One that is there may be
 * that of the momd which runs. */
static char *
socket_fault(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);
    struct stat st;

    if (strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
        return g_strdup("too long for a unix socket");
    if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
        return g_strdup("exists and is no socket; move it away or choose another");
    if (access(directory, W_OK | X_OK) < 0)
        return g_strdup_printf("no socket can be made in %s: %s", directory, g_strerror(errno));
    return NULL;
}

static void
check_rpc_port(Check *check, const MomConfig *config)
{
    const char *port = mom_config_get(config, "main", "rpc-port");
    gboolean number = g_ascii_string_to_signed(port, 10, G_MININT64, G_MAXINT64, NULL, NULL);
    g_autofree char *fault = number || *port == '\0' ? NULL : socket_fault(port);

    if (fault) {
        g_autofree char *origin = mom_config_origin(config, "main", "rpc-port");
        g_autofree char *text = g_strdup_printf("%s: [main] rpc-port: %s: %s", origin, port, fault);

        tell_error(check, text);
    }
}

static void
check_tls(Check *check, const MomConfig *config, const MomTrust *trust)
{
    g_autofree char *ca = mom_config_vdsm_file(config, "ca-cert-file");
    g_autofree char *cert = mom_config_vdsm_file(config, "cert-file");
    g_autofree char *key = mom_config_vdsm_file(config, "key-file");
    g_autoptr(GError) error = NULL;

    if (!mom_trust_check(trust, ca, MOM_TRUST_FILE, &error) ||
        !mom_trust_check(trust, cert, MOM_TRUST_FILE, &error) ||
        !mom_trust_check(trust, key, MOM_TRUST_FILE, &error) ||
        !mom_check_tls(ca, cert, key, &error)) {
        g_autofree char *text = g_strdup_printf("no connection to vdsm: %s", error->message);

        tell_warning(check, text);
    }
}

/* No complaint: most hosts with vdsm have a libvirt that lets us, and vdsm alone is as good as it
 * was. A comment, as what is printed is a configuration. */
static void
tell_fallback(const MomConfig *config)
{
    static const char *const sockets[] = {"/run/libvirt/virtqemud-sock",
                                          "/run/libvirt/libvirt-sock"};
    const char *none = "nothing stands in for vdsm while it is away";

    if (strcmp(mom_config_get(config, "main", "hypervisor-fallback"), "none") == 0) {
        printf("# %s, as hypervisor-fallback says\n", none);
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(sockets); i++) {
        if (access(sockets[i], F_OK) == 0) {
            printf("# libvirt at %s stands in for vdsm after %s s without it, if it lets momd\n",
                   sockets[i], mom_config_get(config, "main", "fallback-after"));
            return;
        }
    }
    if (*mom_config_get(config, "main", "libvirt-hypervisor-uri") == '\0')
        printf("# %s: no libvirt listens in /run/libvirt\n", none);
}

/* ---- policies ---- */

typedef struct {
    const MomSetup *setup;
    const char *tuning_policy;
} PolicyWorld;

static GPtrArray *
check_policies(MomPolicyStore *candidate, guint max_findings, gpointer data)
{
    const PolicyWorld *of = data;
    const MomSetup *setup = of->setup;
    g_autoptr(GPtrArray) controls = g_ptr_array_new();
    MomCheckWorld world = {.host = mom_monitor_plan_schema(setup->host_plan),
                           .guest = mom_monitor_plan_schema(setup->guest_plan),
                           .parameters_policy = of->tuning_policy,
                           .max_findings = max_findings};

    for (guint i = 0; i + 1 < setup->controllers->len; i++) {
        const MomController *controller = g_ptr_array_index(setup->controllers, i);

        for (const char *const *name = controller->controls; *name; name++)
            g_ptr_array_add(controls, (gpointer)*name);
    }
    g_ptr_array_add(controls, NULL);
    world.controls = (const char *const *)controls->pdata;
    return mom_policy_check(candidate, &world);
}

/* Told by who reads them, through the log. */
static void
read_policies(const MomConfig *config, const MomTrust *trust, const MomSetup *setup)
{
    PolicyWorld world = {setup, mom_config_get(config, "main", "tuning-policy")};
    g_autoptr(MomPolicies) policies =
        mom_policies_new(mom_config_get(config, "main", "policy"),
                         mom_config_get(config, "main", "policy-dir"), NULL, &world);

    mom_policies_use_check(policies, check_policies);
    mom_policies_use_tuning(policies, world.tuning_policy);
    mom_policies_use_trust(policies, trust);
    mom_policies_reload(policies, NULL);
}

/* ---- all ---- */

static void
check_all(Check *check, const MomConfig *config)
{
    MomTrust trust = mom_setup_trust(config);
    g_autoptr(GPtrArray) complaints = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) bad_setup = NULL;
    g_autoptr(GError) bad_path = NULL;
    g_autoptr(MomSetup) setup = mom_setup_new(config, complaints, &bad_setup);

    if (!setup)
        tell_error(check, bad_setup->message);
    if (!mom_vet_paths(config, &trust, complaints, &bad_path))
        tell_error(check, bad_path->message);
    for (guint i = 0; i < complaints->len; i++)
        tell_warning(check, g_ptr_array_index(complaints, i));
    check_rpc_port(check, config);
    check_log(check, config);
    check_plot_dir(check, config);
    if (setup)
        read_policies(config, &trust, setup);
    if (setup && setup->beside_vdsm)
        tell_fallback(config);
    if (setup && setup->beside_vdsm && mom_config_get_bool(config, "vdsm", "ssl"))
        check_tls(check, config, &trust);
}

static int
finish(const Check *check)
{
    if (check->errors || check->warnings) {
        fprintf(stderr, "momd: %u error%s, %u warning%s\n", check->errors,
                check->errors == 1 ? "" : "s", check->warnings, check->warnings == 1 ? "" : "s");
    }
    return check->errors ? EXIT_FAILURE : EXIT_SUCCESS;
}

int
mom_check_config(const MomOptions *options)
{
    Check *check = g_new0(Check, 1); /* GLib's to the end of the process, as the writer is */
    g_autoptr(GError) error = NULL;
    g_autoptr(MomConfig) config = NULL;

    g_log_set_writer_func(catch_warnings, check, g_free);
    config = mom_options_load_config(options, &error);
    if (!config) {
        tell_error(check, error->message);
        return finish(check);
    }
    print_config(config);
    print_guests(config);
    for (const char *const *text = mom_config_complaints(config); *text; text++)
        tell_warning(check, *text);
    check_all(check, config);
    return finish(check);
}
