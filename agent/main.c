/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * momd, the memory overcommitment manager: main().
 *
 * Reads the command line and the configuration, opens the log, runs the daemon until SIGTERM or
 * SIGINT.  Exit codes: 0 stopped as asked, 1 could not (or, asked to check, would not) start, 2
 * wrong usage.  All else is in the
 * library, so that tests link what runs here.
 */
#define G_LOG_DOMAIN "mom"

#include <gio/gio.h>
#include <glib-unix.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/background.h"
#include "agent/config/check-config.h"
#include "agent/config/options.h"
#include "agent/config/reload.h"
#include "agent/daemon.h"

#define EXIT_USAGE 2

/* How often the log is looked after: whether its file was moved away. */
#define LOG_CARE_S 10

/* What signals act on; daemon and reload are NULL until the main loop runs. */
typedef struct {
    GMainLoop *loop;
    MomLog *log;
    MomDaemon *daemon;
    MomReload *reload;
    gboolean stopping;
} Running;

static MomSupervisor *
supervisor_of(const Running *running)
{
    return running->daemon ? mom_daemon_supervisor(running->daemon) : NULL;
}

static void
on_released(gpointer loop)
{
    g_main_loop_quit(loop);
}

/* Who asks twice does not want to wait. */
static gboolean
on_quit(gpointer data)
{
    Running *running = data;

    if (running->stopping || !running->daemon) {
        g_info("Signal caught, stopping at once");
        g_main_loop_quit(running->loop);
        return G_SOURCE_CONTINUE;
    }
    g_info("Signal caught, stopping");
    running->stopping = TRUE;
    mom_supervisor_stopping(supervisor_of(running));
    mom_daemon_release(running->daemon, on_released, running->loop);
    return G_SOURCE_CONTINUE;
}

static gboolean
on_hangup(gpointer data)
{
    Running *running = data;

    if (running->stopping)
        return G_SOURCE_CONTINUE;
    mom_supervisor_reloading(supervisor_of(running));
    mom_reload_run(running->reload);
    mom_supervisor_reloaded(supervisor_of(running));
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
    if (error)
        g_warning("logging to stderr: %s", error->message);
    return log;
}

static void
log_complaints(const MomConfig *config)
{
    const char *const *complaint = mom_config_complaints(config);

    for (; *complaint; complaint++)
        g_warning("%s", *complaint);
}

/* A signal that comes before the loop waits for it: a stop during the start is a clean one too. */
static void
hold_signals(int how)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(how, &set, NULL);
}

static void
watch_signals(Running *running)
{
    g_unix_signal_add(SIGTERM, on_quit, running);
    g_unix_signal_add(SIGINT, on_quit, running);
    g_unix_signal_add(SIGHUP, on_hangup, running);
    g_timeout_add_seconds(LOG_CARE_S, on_log_care, running->log);
    hold_signals(SIG_UNBLOCK);
}

/* The service manager says by the environment where it listens. */
static void
supervise(MomDaemon *daemon)
{
    mom_daemon_supervise(
        daemon, mom_notify_new(g_getenv("NOTIFY_SOCKET")),
        mom_notify_watchdog_us(g_getenv("WATCHDOG_USEC"), g_getenv("WATCHDOG_PID"), getpid()));
}

/* Who started us looks at the terminal or the journal first, wherever the log goes. */
static int
fail_start(const MomConfig *config, const GError *error)
{
    g_warning("Cannot start: %s", error->message);
    if (g_ascii_strcasecmp(mom_config_get(config, "logging", "log"), "stdio") != 0)
        fail("cannot start: ", error);
    return EXIT_FAILURE;
}

/* Runs until told to stop; BACKGROUND is the starter's descriptor or -1. */
static int
run(const MomOptions *options, const MomConfig *config, MomLog *log, int background)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(GError) error = NULL;
    g_autoptr(MomReload) reload = NULL; /* outlives the daemon */
    g_autoptr(MomDaemon) daemon = NULL;
    Running running = {.loop = loop, .log = log};

    watch_signals(&running);
    daemon = mom_daemon_new(config, log, &error);
    if (!daemon ||
        (background >= 0 && !mom_background_ready(background, options->pid_file, &error)))
        return fail_start(config, error);
    running.reload = reload = mom_reload_new(options, config, daemon, log);
    g_info("momd %s starting", MOM_VERSION);
    running.daemon = daemon;
    supervise(daemon);
    mom_daemon_start(daemon);
    g_main_loop_run(loop);
    mom_daemon_stop(daemon);
    if (background >= 0)
        unlink(options->pid_file);
    g_info("momd ending");
    return EXIT_SUCCESS;
}

/* glibc puts small pieces that were freed by on its "fast" list and joins all of them when
 * something large is wanted next.  After a long answer of vdsm that is some hundred thousand at
 * once: a turn of the main loop of 10 ms and more, seen in tests/bench/rpc-latency.py.  Joined as
 * they are freed they cost the same and hold nobody up. */
static void
spread_cost_of_freeing(void)
{
#ifdef M_MXFAST
    mallopt(M_MXFAST, 0);
#endif
}

int
main(int argc, char **argv)
{
    g_auto(MomOptions) options = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(MomConfig) config = NULL;
    g_autoptr(MomLog) log = NULL;
    int background = -1;

    spread_cost_of_freeing();
    hold_signals(SIG_BLOCK);
    if (!mom_options_parse(&options, argv, &error)) {
        fprintf(stderr, "momd: %s\nTry \"momd --help\".\n", error->message);
        return EXIT_USAGE;
    }
    if (options.version) {
        puts("momd " MOM_VERSION);
        return EXIT_SUCCESS;
    }
    if (options.check_config)
        return mom_check_config(&options);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is an error of the write, not the end */
    config = mom_options_load_config(&options, &error);
    if (!config)
        return fail("configuration: ", error);
    if (options.daemonize && (background = mom_background_enter(&error)) < 0)
        return fail("", error);
    log = open_log(config);
    log_complaints(config);
    return run(&options, config, log, background);
}
