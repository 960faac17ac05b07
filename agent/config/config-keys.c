/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table of keys and what a value must look like, see config-keys.h.
 *
 * A new key is one row.  Its page is momd.conf(5).
 */
#include "agent/config/config-keys.h"

#include <string.h>

#include "agent/guest-agent/socket-path.h"
#include "agent/log.h"
#include "controllers/guard.h"
#include "policy/nearest.h"

#define DAY_S 86400.0
/* A cycle that is due before the last one is over says nothing new. */
#define INTERVAL_MIN_S 0.05

const MomConfigKey mom_config_keys[] = {
    {"main", "main-loop-interval", MOM_CONFIG_SECONDS, "5", INTERVAL_MIN_S, DAY_S},
    {"main", "host-monitor-interval", MOM_CONFIG_SECONDS, "5", INTERVAL_MIN_S, DAY_S},
    {"main", "guest-manager-interval", MOM_CONFIG_SECONDS, "5", INTERVAL_MIN_S, DAY_S},
    {"main", "guest-monitor-interval", MOM_CONFIG_SECONDS, "5", INTERVAL_MIN_S, DAY_S},
    {"main", "policy-engine-interval", MOM_CONFIG_SECONDS, "10", INTERVAL_MIN_S, DAY_S},
    {"main", "hypervisor-interface", MOM_CONFIG_TEXT,
     "libvirt"}, /* checked by the daemon: no default can stand in */
    {"main", "sample-history-length", MOM_CONFIG_INT, "10", 1, 10000},
    {"main", "libvirt-hypervisor-uri", MOM_CONFIG_TEXT, ""},
    {"main", "controllers", MOM_CONFIG_LIST, "Balloon"},
    {"main", "plot-dir", MOM_CONFIG_TEXT, ""},
    {"main", "rpc-port", MOM_CONFIG_PORT, "-1"},
    {"main", "policy", MOM_CONFIG_TEXT, ""},
    {"main", "policy-dir", MOM_CONFIG_TEXT, ""},
    {"main", "guest-manager-multi-thread", MOM_CONFIG_BOOL, "true"},
    {"logging", "log", MOM_CONFIG_TEXT, "stdio"},
    {"logging", "verbosity", MOM_CONFIG_VERBOSITY, "info"},
    {"logging", "max-bytes", MOM_CONFIG_INT, "2097152", -1, 1e15},
    {"logging", "backup-count", MOM_CONFIG_INT, "5", -1, 1000},
    {"host", "collectors", MOM_CONFIG_LIST, "HostMemory"},
    {"guest", "collectors", MOM_CONFIG_LIST, "GuestQemuProc, GuestMemory"},

    {"vdsm", "host", MOM_CONFIG_TEXT, "localhost"},
    {"vdsm", "port", MOM_CONFIG_INT, "54321", 1, 65535},
    {"vdsm", "pki-dir", MOM_CONFIG_TEXT, "/etc/pki/vdsm"},
    {"vdsm", "key-file", MOM_CONFIG_TEXT, "keys/vdsmkey.pem"},
    {"vdsm", "cert-file", MOM_CONFIG_TEXT, "certs/vdsmcert.pem"},
    {"vdsm", "ca-cert-file", MOM_CONFIG_TEXT, "certs/cacert.pem"},
    {"vdsm", "request-timeout", MOM_CONFIG_SECONDS, "10", 0.1, 3600},

    /* As the reference's collectors have them; not interpolated. */
    {MOM_CONFIG_COLLECTOR_PREFIX "GuestQemuAgent", "socket_path", MOM_CONFIG_TEXT,
     "/var/lib/libvirt/qemu"},
    {MOM_CONFIG_COLLECTOR_PREFIX "GuestQemuAgent", "socket_name_template",
     MOM_CONFIG_SOCKET_TEMPLATE, "%(name)s.agent"},
    {MOM_CONFIG_COLLECTOR_PREFIX "GuestNetworkDaemon", "name-to-ip-helper", MOM_CONFIG_TEXT, ""},

    /* Ours. */
    {MOM_CONFIG_COLLECTOR_PREFIX "GuestNetworkDaemon", "port", MOM_CONFIG_INT, "2187", 1, 65535},
    {MOM_CONFIG_COLLECTOR_PREFIX "GuestNetworkDaemon", "vsock", MOM_CONFIG_BOOL, "true"},
    {MOM_CONFIG_COLLECTOR_PREFIX "GuestQemuAgent", "channel", MOM_CONFIG_WORD, "auto",
     .words = "libvirt, socket, auto"},
    {"main", "host-root", MOM_CONFIG_TEXT, "/"},
    {"main", "rpc-allowed-users", MOM_CONFIG_LIST, "root, vdsm"},
    {"main", "rpc-socket-mode", MOM_CONFIG_MODE, "0660"},
    {"main", "rpc-socket-group", MOM_CONFIG_TEXT, ""},
    {"main", "tuning-policy", MOM_CONFIG_TEXT, "01-parameters"},
    {"main", "policy-fallback-after", MOM_CONFIG_INT, "3", 0, 1000000},
    {"main", "decisions-kept", MOM_CONFIG_INT, "10000", 1, 1000000},
    {"main", "state-dir", MOM_CONFIG_TEXT, "/var/lib/momd"},
    {"main", "adaptive-interval", MOM_CONFIG_BOOL, "true"},
    {"main", "min-cycle", MOM_CONFIG_SECONDS, "1", 0.1, DAY_S},
    {"main", "guest-data", MOM_CONFIG_WORD, "auto", .words = "auto, libvirt, vdsm"},
    {"main", "dry-run", MOM_CONFIG_KNOBS, "false"},
    {"main", "on-stop", MOM_CONFIG_WORD, "leave", .words = "leave, release, maximum"},
    {"rails", "settle-time", MOM_CONFIG_SECONDS, "60", 0, DAY_S},
    {"rails", "guest-reserve", MOM_CONFIG_PERCENT, "5", 0, 100},
    {"rails", "host-reserve", MOM_CONFIG_PERCENT, "5", 0, 100},
    {"rails", "host-critical", MOM_CONFIG_PERCENT, "5", 0, 100},
    {"rails", "max-change", MOM_CONFIG_PERCENT, "10", 0, 100},
    {"rails", "blind-after", MOM_CONFIG_SECONDS, "45", 0, DAY_S},
    {"rails", "allow-passthrough", MOM_CONFIG_BOOL, "false"},
    {"rails", "stuck-after", MOM_CONFIG_SECONDS, "60", 0, DAY_S},
    {"rails", "allow-hugepages", MOM_CONFIG_BOOL, "false"},
    {"rails", "allow-stale", MOM_CONFIG_BOOL, "false"},
    {"main", "trust-writable-paths", MOM_CONFIG_BOOL, "false"},
    {"main", "hypervisor-fallback", MOM_CONFIG_WORD, "libvirt", .words = "libvirt, none"},
    {"main", "fallback-after", MOM_CONFIG_SECONDS, "30", 1, DAY_S},
    /* vdsm's own; libvirt asks for them on oVirt hosts only. */
    {"libvirt", "auth-user", MOM_CONFIG_TEXT, "vdsm@ovirt"},
    {"libvirt", "auth-password-file", MOM_CONFIG_TEXT, "/etc/pki/vdsm/keys/libvirt_password"},
    {"libvirt", "read-only", MOM_CONFIG_BOOL, "false"},
    {"vdsm", "ssl", MOM_CONFIG_BOOL, "true"},
    {"vdsm", "vdsm-conf", MOM_CONFIG_TEXT, "/etc/vdsm/vdsm.conf"},
    {NULL},
};

static const char *const collectors[] = {
    "HostMemory",
    "HostKSM",
    "HostCpu",
    "HostTime",
    "HostPressure",
    "HostNuma",
    "HostHugepages",
    "GuestMemory",
    "GuestBalloon",
    "GuestMemoryOptional",
    "GuestBalloonOptional",
    "GuestCpuTune",
    "GuestIoTune",
    "GuestIoTuneOptional",
    "GuestQemuProc",
    "GuestNetworkDaemon",
    "GuestPressure",
    "GuestQemuAgent",
    "GuestQemuAgentOptional",
};

static const struct {
    const char *word;
    gboolean value;
} bool_words[] = {
    {"1", TRUE},  {"yes", TRUE}, {"true", TRUE},   {"on", TRUE},
    {"0", FALSE}, {"no", FALSE}, {"false", FALSE}, {"off", FALSE},
};

/* In the order of MomGuardKnob. */
static const char *const knob_words[] = {
    [MOM_GUARD_BALLOON] = "balloon",
    [MOM_GUARD_KSM] = "ksm",
    [MOM_GUARD_CPU] = "cpu",
    [MOM_GUARD_IO] = "io",
};

const MomConfigKey *
mom_config_key_find(const char *section, const char *key)
{
    for (const MomConfigKey *k = mom_config_keys; k->section; k++)
        if (strcmp(k->section, section) == 0 && strcmp(k->key, key) == 0)
            return k;
    return NULL;
}

gboolean
mom_config_section_known(const char *section)
{
    for (const MomConfigKey *k = mom_config_keys; k->section; k++)
        if (strcmp(k->section, section) == 0)
            return TRUE;
    if (!g_str_has_prefix(section, MOM_CONFIG_COLLECTOR_PREFIX))
        return FALSE;
    section += strlen(MOM_CONFIG_COLLECTOR_PREFIX);
    for (gsize i = 0; i < G_N_ELEMENTS(collectors); i++)
        if (strcmp(collectors[i], section) == 0)
            return TRUE;
    return FALSE;
}

gboolean
mom_config_parse_bool(const char *text, gboolean *out)
{
    for (gsize i = 0; i < G_N_ELEMENTS(bool_words); i++) {
        if (g_ascii_strcasecmp(text, bool_words[i].word) == 0) {
            *out = bool_words[i].value;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
mom_config_parse_percent(const char *text, double *out)
{
    char *end;
    double number = g_ascii_strtod(text, &end);

    if (end == text)
        return FALSE;
    end += strspn(end, " \t");
    end += *end == '%';
    if (*end || number != number)
        return FALSE;
    *out = number;
    return TRUE;
}

gboolean
mom_config_parse_knobs(const char *text, guint *out)
{
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    gboolean all;
    guint knobs = 0;

    if (mom_config_parse_bool(text, &all)) {
        *out = all ? ~0u : 0;
        return TRUE;
    }
    for (char **word = words; *word; word++) {
        gsize i = 0;

        g_strstrip(*word);
        while (i < G_N_ELEMENTS(knob_words) && g_ascii_strcasecmp(*word, knob_words[i]) != 0)
            i++;
        if (i == G_N_ELEMENTS(knob_words))
            return FALSE;
        knobs |= 1u << i;
    }
    *out = knobs;
    return knobs != 0;
}

/* ---- one check a type ---- */

static char *
check_int(const MomConfigKey *key, const char *value)
{
    gint64 number;

    /* Python's int() takes a plus; GLib's strict reader does not. */
    if (*value == '+' && g_ascii_isdigit(value[1]))
        value++;
    if (g_ascii_string_to_signed(value, 10, (gint64)key->min, (gint64)key->max, &number, NULL))
        return NULL;
    return g_strdup_printf("`%s' is not a whole number from %.0f to %.0f", value, key->min,
                           key->max);
}

static char *
check_seconds(const MomConfigKey *key, const char *value)
{
    char *end;
    double number = g_ascii_strtod(value, &end);

    /* The negation also refuses NaN. */
    if (end == value || *end || !(number >= key->min && number <= key->max)) {
        return g_strdup_printf("`%s' is not a number of seconds from %g to %g", value, key->min,
                               key->max);
    }
    return NULL;
}

static char *
check_percent(const MomConfigKey *key, const char *value)
{
    double ignored;

    return mom_config_parse_percent(value, &ignored) && ignored >= key->min && ignored <= key->max
               ? NULL
               : g_strdup_printf("`%s' is not a percentage from %g to %g", value, key->min,
                                 key->max);
}

static char *
check_knobs(const MomConfigKey *key, const char *value)
{
    guint ignored;

    return mom_config_parse_knobs(value, &ignored)
               ? NULL
               : g_strdup_printf(
                     "`%s' is neither true nor false nor a list of balloon, ksm, cpu, io", value);
}

static char *
check_bool(const MomConfigKey *key, const char *value)
{
    gboolean ignored;

    return mom_config_parse_bool(value, &ignored)
               ? NULL
               : g_strdup_printf("`%s' is neither true nor false", value);
}

static char *
check_verbosity(const MomConfigKey *key, const char *value)
{
    int ignored;

    return mom_log_parse_verbosity(value, &ignored)
               ? NULL
               : g_strdup_printf("`%s' is not one of critical, error, warn, info, debug, 1 to 5",
                                 value);
}

static char *
check_port(const MomConfigKey *key, const char *value)
{
    gint64 number;

    if (strchr(value, '/') || *value == '\0' ||
        g_ascii_string_to_signed(value, 10, -1, 65535, &number, NULL))
        return NULL;
    return g_strdup_printf("`%s' is neither a path nor a port up to 65535 nor -1", value);
}

/* No bit for others: whom the group is too narrow for belongs into a group. */
static char *
check_mode(const MomConfigKey *key, const char *value)
{
    char *end;
    guint64 mode = g_ascii_strtoull(value, &end, 8);

    if (g_ascii_isdigit(*value) && *end == '\0' && (mode & ~(guint64)0770) == 0 &&
        (mode & 0600) == 0600)
        return NULL;
    return g_strdup_printf(
        "`%s' is not an octal mode from 0600 to 0770 with 06 for the owner and 0 "
        "for others",
        value);
}

static char *
check_socket_template(const MomConfigKey *key, const char *value)
{
    return mom_agent_socket_template_fault(value);
}

static char *
check_word(const MomConfigKey *key, const char *value)
{
    g_auto(GStrv) words = g_strsplit(key->words, ", ", -1);

    return g_strv_contains((const char *const *)words, value)
               ? NULL
               : g_strdup_printf("`%s' is not one of %s", value, key->words);
}

char *
mom_config_key_check(const MomConfigKey *key, const char *value)
{
    static char *(*const checks[])(const MomConfigKey *, const char *) = {
        [MOM_CONFIG_INT] = check_int,     [MOM_CONFIG_SECONDS] = check_seconds,
        [MOM_CONFIG_BOOL] = check_bool,   [MOM_CONFIG_VERBOSITY] = check_verbosity,
        [MOM_CONFIG_PORT] = check_port,   [MOM_CONFIG_PERCENT] = check_percent,
        [MOM_CONFIG_KNOBS] = check_knobs, [MOM_CONFIG_MODE] = check_mode,
        [MOM_CONFIG_WORD] = check_word,   [MOM_CONFIG_SOCKET_TEMPLATE] = check_socket_template,
    };

    return checks[key->type] ? checks[key->type](key, value) : NULL;
}

/* ---- the nearest name ---- */

char *
mom_config_suggest_key(const char *section, const char *key)
{
    MomNearest nearest;

    mom_nearest_init(&nearest, key);
    for (const MomConfigKey *k = mom_config_keys; k->section; k++)
        if (strcmp(k->section, section) == 0)
            mom_nearest_offer(&nearest, k->key);
        else if (strcmp(k->key, key) == 0)
            return g_strdup_printf(", it belongs into [%s]", k->section);
    return nearest.best ? g_strdup_printf(", did you mean `%s'?", nearest.best) : g_strdup("");
}

char *
mom_config_suggest_section(const char *section)
{
    gboolean collector = g_str_has_prefix(section, MOM_CONFIG_COLLECTOR_PREFIX);
    const char *prefix = collector ? MOM_CONFIG_COLLECTOR_PREFIX : "";
    MomNearest nearest;

    mom_nearest_init(&nearest, section + strlen(prefix));
    for (const MomConfigKey *k = mom_config_keys; !collector && k->section; k++)
        mom_nearest_offer(&nearest, k->section);
    for (gsize i = 0; collector && i < G_N_ELEMENTS(collectors); i++)
        mom_nearest_offer(&nearest, collectors[i]);
    return nearest.best ? g_strdup_printf(", did you mean [%s%s]?", prefix, nearest.best)
                        : g_strdup("");
}
