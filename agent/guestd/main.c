/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * mom-guestd: tells momd, on the host, how a guest is off for memory.
 *
 * Small, of libc alone, and as hard to push out as it can be made: what it will ever need is there
 * and locked in memory before it serves, as it is for times when the guest has none left.  It reads
 * three files of /proc and writes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agent/guestd/serve.h"

#define OOM_SCORE "-900"
#define OOM_SCORE_FILE "/proc/self/oom_score_adj"

/* Readable once it is to stop. */
static int
open_stop(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Each of these needs a privilege that it may not have; it does its work without. */
static void
hold_on(void)
{
    int file = open(OOM_SCORE_FILE, O_WRONLY | O_CLOEXEC);

    if (file >= 0) {
        if (write(file, OOM_SCORE, strlen(OOM_SCORE)) < 0 && errno != EACCES)
            fprintf(stderr, "mom-guestd: %s: %s\n", OOM_SCORE_FILE, strerror(errno));
        close(file);
    }
    if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
        fprintf(stderr, "mom-guestd: its memory is not locked: %s\n", strerror(errno));
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int
main(int argc, char *argv[])
{
    MomSettings settings;
    MomServer server;
    char why[MOM_SETTINGS_MESSAGE];
    MomSettingsVerdict verdict = mom_settings_from_arguments(&settings, argc, argv);
    int stop;

    if (verdict != MOM_SETTINGS_RUN)
        return verdict == MOM_SETTINGS_DONE ? EXIT_SUCCESS : EXIT_FAILURE;
    stop = open_stop();
    if (stop < 0 || !mom_server_open(&server, &settings, "", why)) {
        fprintf(stderr, "mom-guestd: %s\n", stop < 0 ? strerror(errno) : why);
        return EXIT_FAILURE;
    }
    if (settings.daemon && daemon(0, 0) < 0) {
        fprintf(stderr, "mom-guestd: cannot go to the background: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    hold_on();
    mom_server_run(&server, stop);
    mom_server_close(&server);
    return EXIT_SUCCESS;
}
