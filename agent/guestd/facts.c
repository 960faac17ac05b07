/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See facts.h.
 */
#include "agent/guestd/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_PATH 4096

/* ---- parsing ---- */

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits at *TEXT, which moves behind them; too many of them are no number. */
static bool
take_digits(const char **text, int64_t *out)
{
    int64_t number = 0;

    if (!is_digit(**text))
        return false;
    while (is_digit(**text)) {
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, **text - '0', &number))
            return false;
        ++*text;
    }
    *out = number;
    return true;
}

static bool
is_end(char c)
{
    return c == '\0' || c == ' ' || c == '\t' || c == '\n';
}

bool
mom_facts_parse_key(const char *text, const char *key, int64_t *out)
{
    size_t length = strlen(key);
    int64_t number;

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) == 0 && (line[length] == ' ' || line[length] == '\t')) {
            const char *at = line + length + strspn(line + length, " \t");

            if (!take_digits(&at, &number) || !is_end(*at))
                return false;
            *out = number;
            return true;
        }
    }
    return false;
}

bool
mom_facts_parse_meminfo(const char *text, MomNumbers *out)
{
    MomNumbers got = *out;

    got.usable = -1;
    mom_facts_parse_key(text, "MemAvailable:", &got.usable);
    if (!mom_facts_parse_key(text, "MemTotal:", &got.total) ||
        !mom_facts_parse_key(text, "MemFree:", &got.free) ||
        !mom_facts_parse_key(text, "Buffers:", &got.buffers) ||
        !mom_facts_parse_key(text, "Cached:", &got.cached) ||
        !mom_facts_parse_key(text, "SwapTotal:", &got.swap_total) ||
        !mom_facts_parse_key(text, "SwapFree:", &got.swap_free))
        return false;
    *out = got;
    return true;
}

/* A kernel without swap says nothing of it. */
bool
mom_facts_parse_vmstat(const char *text, MomNumbers *out)
{
    MomNumbers got = *out;

    got.pages_in = got.pages_out = 0;
    mom_facts_parse_key(text, "pswpin", &got.pages_in);
    mom_facts_parse_key(text, "pswpout", &got.pages_out);
    if (!mom_facts_parse_key(text, "pgfault", &got.minor_faults) ||
        !mom_facts_parse_key(text, "pgmajfault", &got.major_faults))
        return false;
    *out = got;
    return true;
}

/* "3.07" is 307. */
static bool
take_hundredths(const char **text, int64_t *out)
{
    int64_t whole, part;
    const char *dot;

    if (!take_digits(text, &whole) || **text != '.')
        return false;
    dot = ++*text;
    if (!take_digits(text, &part) || *text - dot != 2 || whole > 100)
        return false;
    *out = whole * 100 + part;
    return true;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" at the start of a line. */
static bool
parse_pressure_line(const char *text, const char *word, int64_t *avg10, int64_t *total_us)
{
    size_t length = strlen(word);

    for (const char *line = text; line; line = strchr(line, '\n')) {
        const char *at, *end;

        line += *line == '\n';
        if (strncmp(line, word, length) != 0)
            continue;
        at = line + length;
        end = line + strcspn(line, "\n");
        if (!take_hundredths(&at, avg10) || *at != ' ')
            return false;
        at = strstr(at, " total=");
        if (!at || at > end)
            return false;
        at += strlen(" total=");
        return take_digits(&at, total_us) && is_end(*at);
    }
    return false;
}

bool
mom_facts_parse_pressure(const char *text, MomNumbers *out)
{
    MomNumbers got = *out;

    if (!parse_pressure_line(text, "some avg10=", &got.some_avg10, &got.some_total_us) ||
        !parse_pressure_line(text, "full avg10=", &got.full_avg10, &got.full_total_us))
        return false;
    got.has_pressure = true;
    *out = got;
    return true;
}

/* ---- reading ---- */

static int
open_below(const char *root, const char *path)
{
    char full[MAX_PATH];
    int length = snprintf(full, sizeof full, "%s/%s", root, path);

    if (length < 0 || (size_t)length >= sizeof full) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

bool
mom_facts_open(MomFacts *facts, const char *root)
{
    facts->meminfo = open_below(root, "proc/meminfo");
    facts->vmstat = open_below(root, "proc/vmstat");
    facts->pressure = open_below(root, "proc/pressure/memory");
    if (facts->meminfo >= 0 && facts->vmstat >= 0)
        return true;
    mom_facts_close(facts);
    return false;
}

static void
close_one(int *descriptor)
{
    int saved = errno;

    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
    errno = saved;
}

void
mom_facts_close(MomFacts *facts)
{
    close_one(&facts->meminfo);
    close_one(&facts->vmstat);
    close_one(&facts->pressure);
}

/* The whole file, into TEXT. */
static bool
read_whole(MomFacts *facts, int descriptor)
{
    size_t length = 0;

    while (descriptor >= 0 && length < sizeof facts->text - 1) {
        ssize_t n =
            pread(descriptor, facts->text + length, sizeof facts->text - 1 - length, (off_t)length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        length += (size_t)n;
    }
    facts->text[length] = '\0';
    return length > 0;
}

bool
mom_facts_read_pressure(MomFacts *facts, MomNumbers *out)
{
    return read_whole(facts, facts->pressure) && mom_facts_parse_pressure(facts->text, out);
}

bool
mom_facts_read(MomFacts *facts, MomNumbers *out)
{
    MomNumbers got = {0};

    if (!read_whole(facts, facts->meminfo) || !mom_facts_parse_meminfo(facts->text, &got) ||
        !read_whole(facts, facts->vmstat) || !mom_facts_parse_vmstat(facts->text, &got))
        return false;
    mom_facts_read_pressure(facts, &got);
    *out = got;
    return true;
}
