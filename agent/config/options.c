/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * momd's command line, see options.h.
 *
 * A relative file name means the directory momd was started in, also with -d: made absolute here,
 * before anything changes directory.
 */
#include "agent/config/options.h"

#include <gio/gio.h>
#include <string.h>

#define DEFAULT_PID_FILE "/run/momd.pid"

/* The last is what is installed for a host that nobody has configured, see contrib/momd.conf. */
static const char *const default_files[] = {"/etc/mom.conf", "/etc/momd.conf",
                                            MOM_DATADIR "/default.conf"};

static const char description[] = "momd decides every few seconds how much memory each guest of "
                                  "this host gets, by the policy of its\n"
                                  "administrator. See momd(8), momd.conf(5).";

/* Of one that is not given, FALLBACK; NULL stays NULL. */
static void
make_absolute(char **path, const char *fallback)
{
    g_autofree char *given = g_steal_pointer(path);

    if (given || fallback)
        *path = g_canonicalize_filename(given ? given : fallback, NULL);
}

static void
make_all_absolute(MomOptions *options)
{
    make_absolute(&options->config_file, NULL);
    make_absolute(&options->rules_file, NULL);
    make_absolute(&options->policy_dir, NULL);
    make_absolute(&options->plot_dir, NULL);
    make_absolute(&options->pid_file, DEFAULT_PID_FILE);
    if (options->log && g_ascii_strcasecmp(options->log, "stdio") != 0)
        make_absolute(&options->log, NULL);
}

/* Short options that take a value. */
static const char with_value[] = "crPplv";

/* The options of ARGUMENT, one a word, as the reference's parser takes them: "-dv5" is "-d -v 5".
 * TRUE if the next argument is a value. */
static gboolean
split_short(GPtrArray *words, const char *argument)
{
    for (const char *p = argument + 1; *p; p++) {
        g_ptr_array_add(words, g_strdup_printf("-%c", *p));
        if (strchr(with_value, *p)) {
            if (p[1])
                g_ptr_array_add(words, g_strdup(p + 1));
            return p[1] == '\0';
        }
    }
    return FALSE;
}

static char **
split_all_short(char **arguments)
{
    GPtrArray *words = g_ptr_array_new();
    gboolean is_value = TRUE; /* the program's name is no option either */
    gboolean no_more = FALSE;

    for (char **argument = arguments; *argument; argument++) {
        no_more |= !is_value && strcmp(*argument, "--") == 0;
        if (is_value || no_more || (*argument)[0] != '-' || (*argument)[1] == '-') {
            is_value = FALSE;
            g_ptr_array_add(words, g_strdup(*argument));
        } else {
            is_value = split_short(words, *argument);
        }
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

gboolean
mom_options_parse(MomOptions *options, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"config-file", 'c', 0, G_OPTION_ARG_FILENAME, &options->config_file,
         "Load configuration from FILE (default: /etc/mom.conf, else /etc/momd.conf, else what is "
         "installed for a plain host)",
         "FILE"},
        {"rules-file", 'r', 0, G_OPTION_ARG_FILENAME, &options->rules_file,
         "Load the policy from FILE", "FILE"},
        {"policy-dir", 'P', 0, G_OPTION_ARG_FILENAME, &options->policy_dir,
         "Load policies from DIR", "DIR"},
        {"plot-dir", 'p', 0, G_OPTION_ARG_FILENAME, &options->plot_dir,
         "Save data plot files in DIR", "DIR"},
        {"log", 'l', 0, G_OPTION_ARG_FILENAME, &options->log, "Log to TARGET: stdio, or a file",
         "TARGET"},
        {"verbose", 'v', 0, G_OPTION_ARG_STRING, &options->verbosity,
         "Log at LEVEL: 1 to 5, or critical, error, warn, info, debug", "LEVEL"},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &options->dry_run, "Decide and tell, but turn no knob",
         NULL},
        {"daemon", 'd', 0, G_OPTION_ARG_NONE, &options->daemonize, "Run in the background", NULL},
        {"pid-file", 0, 0, G_OPTION_ARG_FILENAME, &options->pid_file,
         "With -d, write the process id to FILE (default: " DEFAULT_PID_FILE ")", "FILE"},
        {"check-config", 0, 0, G_OPTION_ARG_NONE, &options->check_config,
         "Tell which configuration would be in force and what is wrong with it, and exit", NULL},
        {"trust-writable-paths", 0, 0, G_OPTION_ARG_NONE, &options->trust_writable_paths,
         "Read files also if others could change them", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version and exit", NULL},
        {0},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_auto(GStrv) words = split_all_short(argv);

    g_option_context_set_summary(context, description);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse_strv(context, &words, error))
        return FALSE;
    if (words[0] && words[1]) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "unexpected argument \"%s\"",
                    words[1]);
        return FALSE;
    }
    make_all_absolute(options);
    return TRUE;
}

static const char *
find_config_file(const MomOptions *options)
{
    if (options->config_file)
        return options->config_file;
    for (gsize i = 0; i < G_N_ELEMENTS(default_files); i++)
        if (g_file_test(default_files[i], G_FILE_TEST_EXISTS))
            return default_files[i];
    return NULL;
}

static gboolean
override_if_set(
    MomConfig *config, const char *section, const char *key, const char *value, GError **error)
{
    return !value || mom_config_override(config, section, key, value, error);
}

/* -r and -P each replace whichever of the two the file had set. */
static gboolean
override_policy(const MomOptions *options, MomConfig *config, GError **error)
{
    if (options->rules_file && !options->policy_dir &&
        !mom_config_override(config, "main", "policy-dir", "", error))
        return FALSE;
    if (options->policy_dir && !options->rules_file &&
        !mom_config_override(config, "main", "policy", "", error))
        return FALSE;
    return override_if_set(config, "main", "policy", options->rules_file, error) &&
           override_if_set(config, "main", "policy-dir", options->policy_dir, error);
}

MomConfig *
mom_options_load_config(const MomOptions *options, GError **error)
{
    g_autoptr(MomConfig) config = mom_config_new();
    const char *file = find_config_file(options);

    mom_config_check_trust(config, options->trust_writable_paths);
    if ((file && !mom_config_load(config, file, error)) ||
        !override_policy(options, config, error) ||
        !override_if_set(config, "main", "plot-dir", options->plot_dir, error) ||
        !override_if_set(config, "logging", "log", options->log, error) ||
        !override_if_set(config, "logging", "verbosity", options->verbosity, error) ||
        !override_if_set(config, "main", "trust-writable-paths",
                         options->trust_writable_paths ? "true" : NULL, error))
        return NULL;
    if (options->dry_run && !mom_config_override(config, "main", "dry-run", "true", error))
        return NULL;
    mom_config_load_vdsm_conf(config, mom_config_get(config, "vdsm", "vdsm-conf"));
    return g_steal_pointer(&config);
}

void
mom_options_clear(MomOptions *options)
{
    g_free(options->config_file);
    g_free(options->rules_file);
    g_free(options->policy_dir);
    g_free(options->plot_dir);
    g_free(options->log);
    g_free(options->verbosity);
    g_free(options->pid_file);
    *options = (MomOptions){0};
}
