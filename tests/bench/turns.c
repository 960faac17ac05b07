/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Preloaded into momd: how long each turn of its main loop is, from one poll() to the next.
 *
 * A turn is what every other event waits for, so the longest one is what an answer may come too
 * late by.  Measured in CPU time of the main thread, which a busy machine changes little, and in
 * time that passed.  Writes one line, "CPU_MS WALL_MS", for each turn beyond MOM_TURNS_MIN_MS to
 * the file MOM_TURNS.  The daemon itself knows nothing of it.
 */
#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double
now_ms(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static FILE *
open_file(void)
{
    const char *path = getenv("MOM_TURNS");
    FILE *file = path ? fopen(path, "we") : NULL;

    return file ? file : stderr;
}

static void
note(double cpu_ms, double wall_ms)
{
    static FILE *file;
    const char *least = getenv("MOM_TURNS_MIN_MS");

    if (!file)
        file = open_file();
    if (cpu_ms >= (least ? strtod(least, NULL) : 1.0)) {
        fprintf(file, "%.3f %.3f\n", cpu_ms, wall_ms);
        fflush(file);
    }
}

/* In place of libc's. */
int
poll(struct pollfd *fds, nfds_t n, int timeout)
{
    static int (*real)(struct pollfd *, nfds_t, int);
    static double cpu_ms = -1, wall_ms;
    const int on_main_thread = syscall(SYS_gettid) == getpid();
    int result;

    if (!on_main_thread) {
        struct timespec wait = {timeout / 1000, timeout % 1000 * 1000000L};

        return ppoll(fds, n, timeout < 0 ? NULL : &wait, NULL);
    }
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "poll");
    if (cpu_ms >= 0)
        note(now_ms(CLOCK_THREAD_CPUTIME_ID) - cpu_ms, now_ms(CLOCK_MONOTONIC) - wall_ms);
    result = real(fds, n, timeout);
    cpu_ms = now_ms(CLOCK_THREAD_CPUTIME_ID);
    wall_ms = now_ms(CLOCK_MONOTONIC);
    return result;
}
