/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Serves a canned service, for test-server.py and for trying clients by hand:
 * rpc-serve PORT [MODE [GROUP [USER ...]]].
 *
 * Says "ready" once it listens, and ends on SIGTERM or when its standard input ends.  With
 * RPC_SERVE_SLOW in the environment changes are kept only at a SIGUSR1.
 */
#include <gio/gio.h>
#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/rpc/server.h"
#include "tests/agent/rpc/canned-service.h"

static gboolean
on_end(gpointer loop)
{
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static gboolean
on_release(gpointer service)
{
    canned_service_release(service);
    return G_SOURCE_CONTINUE;
}

static gboolean
on_stdin(int fd, GIOCondition condition, gpointer loop)
{
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

int
main(int argc, char **argv)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(GError) error = NULL;
    g_autoptr(MomRpcServer) server = NULL;
    MomRpcListenerOptions options = {0};
    CannedService service;

    canned_service_init(&service);
    service.slow = g_getenv("RPC_SERVE_SLOW") != NULL;
    options.port = argc > 1 ? argv[1] : "";
    if (argc > 2)
        options.mode = (guint)g_ascii_strtoull(argv[2], NULL, 8);
    options.group = argc > 3 ? argv[3] : NULL;
    options.allowed_users = argc > 4 ? (const char *const *)argv + 4 : NULL;
    server = mom_rpc_server_new(&options, &service.base, &error);
    if (!server) {
        fprintf(stderr, "%s\n", error->message);
        canned_service_clear(&service);
        return EXIT_FAILURE;
    }
    g_unix_signal_add(SIGTERM, on_end, loop);
    g_unix_signal_add(SIGUSR1, on_release, &service);
    g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, on_stdin, loop);
    puts("ready");
    fflush(stdout);
    g_main_loop_run(loop);
    g_clear_pointer(&server, mom_rpc_server_free);
    while (g_main_context_iteration(NULL, FALSE)) { /* what was under way may still come */
    }
    canned_service_clear(&service);
    return EXIT_SUCCESS;
}
