/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Going to the background, see background.h.
 *
 * A pipe joins the daemon to its starter: one byte is "it runs", end of file without it is "it
 * failed"; the daemon's complaints reach the terminal until then, as stderr is kept so long.
 */
#include "agent/background.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
set_errno_error(GError **error, const char *what)
{
    int code = errno;

    g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(code), "%s: %s", what,
                g_strerror(code));
}

static void G_GNUC_NORETURN
wait_and_exit(int descriptor)
{
    char byte;
    ssize_t n;
    sigset_t none;

    /* What main() holds back until the daemon's loop runs is not held back here. */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    do {
        n = read(descriptor, &byte, 1);
    } while (n < 0 && errno == EINTR);
    _exit(n == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

int
mom_background_enter(GError **error)
{
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
        set_errno_error(error, "cannot go to the background");
        return -1;
    }
    if (pid > 0) {
        close(ends[1]);
        wait_and_exit(ends[0]);
    }
    close(ends[0]);
    /* Away from the terminal, and, by the second fork, never to get one again. */
    setsid();
    pid = fork();
    if (pid != 0)
        _exit(pid < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
    if (chdir("/") < 0) {
        set_errno_error(error, "cannot change to /");
        close(ends[1]);
        return -1;
    }
    return ends[1];
}

static gboolean
write_pid_file(const char *file, GError **error)
{
    g_autofree char *text = g_strdup_printf("%ld\n", (long)getpid());

    if (!g_file_set_contents_full(file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, error)) {
        g_prefix_error(error, "PID file: ");
        return FALSE;
    }
    return TRUE;
}

gboolean
mom_background_ready(int descriptor, const char *pid_file, GError **error)
{
    int null;

    if (!write_pid_file(pid_file, error))
        return FALSE;
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0) {
        set_errno_error(error, "/dev/null");
        return FALSE;
    }
    if (null > 2)
        close(null);
    if (write(descriptor, "1", 1) != 1) {
        set_errno_error(error, "cannot tell the starter");
        return FALSE;
    }
    close(descriptor);
    return TRUE;
}
