/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * momd, the memory overcommitment manager: main().
 *
 * Reads the command line and the configuration, opens the log, runs the daemon until SIGTERM or
 * SIGINT.  Exit codes: 0 stopped as asked, 1 could not start, 2 wrong usage.  All else is in the
 * library, so that tests link what runs here.
 */
#define G_LOG_DOMAIN "mom"

#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/background.h"
#include "agent/daemon.h"
#include "agent/options.h"

#define EXIT_USAGE 2

/* How often the log is looked after: whether its file was moved away. */
#define LOG_CARE_S 10

static gboolean
on_quit(gpointer loop)
{
    g_info("Signal caught, stopping");
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static gboolean
on_hangup(gpointer log)
{
    mom_log_reopen(log);
    g_info("The log was opened anew; a changed configuration needs a restart");
    return G_SOURCE_CONTINUE;
}

static gboolean
on_log_care(gpointer log)
{
    mom_log_reopen(log);
    return G_SOURCE_CONTINUE;
}

static int
fail(const char *what, const GError *error)
{
    fprintf(stderr, "momd: %s%s\n", what, error->message);
    return EXIT_FAILURE;
}

static MomLog *
open_log(const MomConfig *config)
{
    g_autoptr(GError) error = NULL;
    int level = 4;
    MomLog *log;

    mom_log_parse_verbosity(mom_config_get(config, "logging", "verbosity"), &level);
    log = mom_log_new(mom_config_get(config, "logging", "log"), level,
                      mom_config_get_int(config, "logging", "max-bytes"),
                      mom_config_get_int(config, "logging", "backup-count"), &error);
    if (error) {
        g_warning("logging to stderr: %s", error->message);
    }
    return log;
}

static void
log_complaints(const MomConfig *config)
{
    const char *const *complaint = mom_config_complaints(config);

    for (; *complaint; complaint++) {
        g_warning("%s", *complaint);
    }
}

/* Signals from the first moment: a stop during the start is a clean one too. */
static void
watch_signals(GMainLoop *loop, MomLog *log)
{
    g_unix_signal_add(SIGTERM, on_quit, loop);
    g_unix_signal_add(SIGINT, on_quit, loop);
    g_unix_signal_add(SIGHUP, on_hangup, log);
    g_timeout_add_seconds(LOG_CARE_S, on_log_care, log);
}

/* Who started us looks at the terminal or the journal first, wherever the log goes. */
static int
fail_start(const MomConfig *config, const GError *error)
{
    g_warning("Cannot start: %s", error->message);
    if (g_ascii_strcasecmp(mom_config_get(config, "logging", "log"), "stdio") != 0) {
        fail("cannot start: ", error);
    }
    return EXIT_FAILURE;
}

/* Runs until told to stop; BACKGROUND is the starter's descriptor or -1. */
static int
run(const MomOptions *options, const MomConfig *config, MomLog *log, int background)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(GError) error = NULL;
    g_autoptr(MomDaemon) daemon = NULL;

    watch_signals(loop, log);
    daemon = mom_daemon_new(config, log, &error);
    if (!daemon ||
        (background >= 0 && !mom_background_ready(background, options->pid_file, &error))) {
        return fail_start(config, error);
    }
    g_info("momd %s starting", MOM_VERSION);
    mom_daemon_start(daemon);
    g_main_loop_run(loop);
    if (background >= 0) {
        unlink(options->pid_file);
    }
    g_info("momd ending");
    return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
    g_auto(MomOptions) options = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(MomConfig) config = NULL;
    g_autoptr(MomLog) log = NULL;
    int background = -1;

    if (!mom_options_parse(&options, &argc, &argv, &error)) {
        fprintf(stderr, "momd: %s\nTry \"momd --help\".\n", error->message);
        return EXIT_USAGE;
    }
    if (options.version) {
        puts("momd " MOM_VERSION);
        return EXIT_SUCCESS;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is a write that fails */
    config = mom_options_load_config(&options, &error);
    if (!config) {
        return fail("configuration: ", error);
    }
    if (options.daemonize && (background = mom_background_enter(&error)) < 0) {
        return fail("", error);
    }
    log = open_log(config);
    log_complaints(config);
    return run(&options, config, log, background);
}
