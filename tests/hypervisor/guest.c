/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The whole user space of a guest of the test bench: init, which loads the drivers, and a workload
 * that holds as much memory as it is told to over the second serial port.
 *
 * One line in, one line out: "hold MIB [same|unique|zero [SECONDS]]", "want MIB [...]", which takes
 * memory as it comes, "wave LOW_MIB HIGH_MIB PERIOD_S", "spin MS", "load DRIVER" (one that the
 * kernel's command line kept out, by bench.without=DRIVER), "stop" and "go on" (a test's programs),
 * "stat", "off".  The workload is a process of its own, and the first that the guest's kernel kills
 * when memory is short: it is started again, and says so.  Must never need anything that is not in
 * this file.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define PAGE_BYTES 4096
#define MAX_MIB 4096
#define CONTROL_PORT "/dev/ttyS1"
#define MODULES_FILE "/etc/modules"
#define MODULE_PATH "/modules/%s.ko"
/* What the workload leaves to the rest of the guest while it wants more. */
#define SPARED_KIB 6144
#define PROGRAMS_FILE "/etc/programs"

typedef enum {
    FILL_ZERO,
    FILL_SAME,   /* as the same MiB of every other guest */
    FILL_UNIQUE, /* as nothing else */
} Fill;

typedef struct {
    char *held[MAX_MIB]; /* one mapping a MiB, so that giving back really gives back */
    unsigned n_held;
    Fill fill;
    uint64_t seed;
    int64_t until_ms;                     /* when all is let go; 0: not by itself */
    unsigned wanted_mib;                  /* to be held as soon as there is room */
    unsigned low_mib, high_mib, period_s; /* of the wave; period 0: none */
    unsigned spun_ms;
    uint64_t spins; /* what was done in that time */
    unsigned lives; /* how often the workload was started */
} Work;

static const char *const fills[] = {"zero", "same", "unique"};

/* ---- small helpers ---- */

static int64_t
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The number behind KEY in a file of "KEY NUMBER" lines, -1 if there is none. */
static long
number_in(const char *path, const char *key)
{
    FILE *file = fopen(path, "r");
    char line[256];
    long number = -1;

    while (file && number < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            number = strtol(line + strlen(key), NULL, 10);
    if (file)
        fclose(file);
    return number;
}

/* The value of NAME= on the kernel's command line, as a whole word; "" if it is not there. */
static void
boot_parameter(const char *name, char *value, size_t room)
{
    FILE *file = fopen("/proc/cmdline", "r");
    char line[2048] = "";
    const char *found;

    if (file) {
        if (!fgets(line, sizeof line, file))
            line[0] = '\0';
        fclose(file);
    }
    found = strstr(line, name);
    snprintf(value, room, "%s", found ? found + strlen(name) : "");
    value[strcspn(value, " \n")] = '\0';
}

static unsigned long
boot_number(const char *name)
{
    char value[32];

    boot_parameter(name, value, sizeof value);
    return strtoul(value, NULL, 10);
}

/* ---- memory ---- */

static uint64_t
next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void
fill_mib(const Work *work, char *mib, unsigned index)
{
    uint64_t state = index * 40503u + 7;

    if (work->fill == FILL_UNIQUE)
        state += work->seed * 2654435761u;
    for (size_t offset = 0; offset < MIB; offset += PAGE_BYTES) {
        uint64_t *words = (uint64_t *)(mib + offset);
        uint64_t first = work->fill == FILL_ZERO ? 0 : next_random(&state);

        for (size_t i = 0; i < PAGE_BYTES / sizeof *words; i++)
            words[i] = work->fill == FILL_ZERO ? 0 : first + i;
    }
}

static void
hold(Work *work, unsigned mib)
{
    while (work->n_held < mib && work->n_held < MAX_MIB) {
        char *more = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (more == MAP_FAILED)
            return;
        fill_mib(work, more, work->n_held);
        work->held[work->n_held++] = more;
    }
    while (work->n_held > mib)
        munmap(work->held[--work->n_held], MIB);
}

static void
follow_wave(Work *work)
{
    unsigned half = work->period_s / 2 > 0 ? work->period_s / 2 : 1;
    unsigned at = (unsigned)(now_ms() / 1000 % work->period_s);
    unsigned up = at < half ? at : work->period_s - at;

    hold(work, work->low_mib + (work->high_mib - work->low_mib) * up / half);
}

/* A MiB at a time, and none that would leave too little: the kernel would kill us. */
static void
follow_want(Work *work)
{
    while (work->n_held < work->wanted_mib && work->n_held < MAX_MIB &&
           number_in("/proc/meminfo", "MemAvailable:") > SPARED_KIB + 1024)
        hold(work, work->n_held + 1);
}

/* Without being told to: a guest that has no free page cannot take a command, as its kernel would
 * kill for the page that this needs. */
static void
let_go_in_time(Work *work)
{
    if (work->until_ms > 0 && now_ms() >= work->until_ms) {
        work->until_ms = 0;
        hold(work, 0);
    }
}

/* ---- drivers ---- */

static void
load_module(char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0 || (syscall(SYS_finit_module, file, "", 0) < 0 && errno != EEXIST))
        printf("module %s: %s\n", path, strerror(errno));
    if (file >= 0)
        close(file);
}

/* At the start: all but one, if it is kept out. */
static void
load_unless_kept_out(char *path)
{
    char name[64], kept_out[96];

    boot_parameter("bench.without=", name, sizeof name);
    snprintf(kept_out, sizeof kept_out, MODULE_PATH, name);
    if (strcmp(path, kept_out) != 0)
        load_module(path);
}

static void
load_driver(const char *name)
{
    char path[96];

    snprintf(path, sizeof path, MODULE_PATH, name);
    load_module(path);
}

/* ---- commands ---- */

static void
report(const Work *work, FILE *out)
{
    fprintf(out,
            "held_mib=%u fill=%s lives=%u spun_ms=%u spins=%llu up_ms=%lld total_kib=%ld "
            "free_kib=%ld available_kib=%ld\n",
            work->n_held, fills[work->fill], work->lives, work->spun_ms,
            (unsigned long long)work->spins, (long long)now_ms(),
            number_in("/proc/meminfo", "MemTotal:"), number_in("/proc/meminfo", "MemFree:"),
            number_in("/proc/meminfo", "MemAvailable:"));
    fflush(out);
}

static void
spin(Work *work, unsigned ms)
{
    int64_t end = now_ms() + ms;

    while (now_ms() < end)
        work->spins++;
    work->spun_ms += ms;
}

static void
set_fill(Work *work, const char *name)
{
    for (unsigned i = 0; i < sizeof fills / sizeof *fills; i++)
        if (strcmp(name, fills[i]) == 0)
            work->fill = (Fill)i;
}

static void
obey(Work *work, const char *line, FILE *out)
{
    unsigned mib, high, period, ms, seconds = 0;
    char fill[16] = "", driver[64];

    if (sscanf(line, "hold %u %15s %u", &mib, fill, &seconds) >= 1) {
        set_fill(work, fill);
        work->until_ms = seconds > 0 ? now_ms() + seconds * 1000LL : 0;
        work->period_s = 0;
        work->wanted_mib = 0;
        hold(work, mib);
    } else if (sscanf(line, "want %u %15s", &mib, fill) >= 1) {
        set_fill(work, fill);
        work->period_s = 0;
        work->wanted_mib = mib;
    } else if (sscanf(line, "load %63[a-z0-9_]", driver) == 1) {
        load_driver(driver);
    } else if (sscanf(line, "wave %u %u %u", &mib, &high, &period) == 3 && high >= mib) {
        work->low_mib = mib;
        work->high_mib = high;
        work->period_s = period;
    } else if (sscanf(line, "spin %u", &ms) == 1) {
        spin(work, ms);
    } else if (strcmp(line, "stop") == 0) {
        kill(-1, SIGSTOP); /* of all but init and this one */
    } else if (strcmp(line, "go on") == 0) {
        kill(-1, SIGCONT);
    } else if (strcmp(line, "off") == 0) {
        reboot(RB_POWER_OFF);
    } else if (strcmp(line, "stat") != 0) {
        fprintf(out, "error=unknown\n");
        fflush(out);
        return;
    }
    report(work, out);
}

static int
open_port(void)
{
    int port = open(CONTROL_PORT, O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios settings;

    if (port >= 0 && tcgetattr(port, &settings) == 0) {
        cfmakeraw(&settings);
        cfsetspeed(&settings, B115200);
        tcsetattr(port, TCSANOW, &settings);
    }
    return port;
}

static void
run_workload(unsigned lives)
{
    Work work = {.fill = FILL_SAME, .seed = boot_number("bench.seed=") + 1, .lives = lives};
    int port = open_port();
    FILE *out = port >= 0 ? fdopen(port, "w") : NULL;
    char line[128], byte;
    size_t length = 0;

    if (!out) {
        perror(CONTROL_PORT);
        return;
    }
    for (;;) {
        struct pollfd waiting = {port, POLLIN, 0};
        int patience_ms = work.n_held < work.wanted_mib ? 50 : 500;

        if (poll(&waiting, 1, patience_ms) > 0 && read(port, &byte, 1) == 1) {
            if (byte != '\n' && length < sizeof line - 1) {
                line[length++] = byte;
                continue;
            }
            line[length] = '\0';
            length = 0;
            obey(&work, line, out);
        }
        if (work.period_s > 0)
            follow_wave(&work);
        follow_want(&work);
        let_go_in_time(&work);
    }
}

/* ---- init ---- */

/* Calls EACH for every line of FILE. */
static void
for_lines(const char *path, void (*each)(char *line))
{
    FILE *file = fopen(path, "r");
    char line[512];

    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0])
            each(line);
    }
    if (file)
        fclose(file);
}

/* A program of a test, with its arguments; it runs beside the workload. */
static void
start_program(char *line)
{
    char *arguments[32], *save = NULL;
    int n = 0;

    for (char *word = strtok_r(line, " ", &save); word && n < 31; word = strtok_r(NULL, " ", &save))
        arguments[n++] = word;
    arguments[n] = NULL;
    if (n > 0 && fork() == 0) {
        execv(arguments[0], arguments);
        perror(arguments[0]);
        _exit(127);
    }
}

/* The address that QEMU's own network gives its one guest; nothing if there is no such device. */
static void
bring_up_network(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct ifreq request = {.ifr_name = "eth0"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    inet_pton(AF_INET, "10.0.2.15", &address.sin_addr);
    memcpy(&request.ifr_addr, &address, sizeof address);
    if (fd >= 0 && ioctl(fd, SIOCSIFADDR, &request) == 0) {
        request.ifr_flags = IFF_UP | IFF_RUNNING;
        if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
            perror("eth0");
    }
    if (fd >= 0)
        close(fd);
}

static pid_t
start_workload(unsigned lives)
{
    pid_t pid = fork();

    if (pid == 0) {
        int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

        if (score < 0 || write(score, "1000", 4) != 4)
            perror("oom_score_adj");
        run_workload(lives);
        _exit(1);
    }
    return pid;
}

int
main(void)
{
    unsigned lives = 1;
    pid_t workload;

    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    mount("tmp", "/tmp", "tmpfs", 0, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for_lines(MODULES_FILE, load_unless_kept_out);
    bring_up_network();
    for_lines(PROGRAMS_FILE, start_program);
    open_port(); /* kept open and raw: what is asked before the workload listens is not echoed */
    workload = start_workload(lives);
    printf("guest is ready\n");
    for (;;) {
        pid_t ended = wait(NULL);

        if (ended == workload) {
            printf("the workload ended, for lack of memory most likely\n");
            workload = start_workload(++lives);
        } else if (ended < 0) {
            sleep(1);
        }
    }
}
