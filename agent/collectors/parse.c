/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The parsing of /proc's texts, line by line and without copies.
 *
 * Nothing here trusts its text: a stand-in's file, or a kernel's to come, may hold anything.
 */
#include "agent/collectors/parse.h"

#include <errno.h>
#include <string.h>

/* An integer at TEXT, after blanks, ended by a blank or the end; *END is behind it. */
static gboolean
parse_number(const char *text, const char **end, gint64 *out)
{
    char *stop;
    gint64 number;

    while (*text == ' ' || *text == '\t')
        text++;
    if (!g_ascii_isdigit(*text) && *text != '-')
        return FALSE;
    errno = 0;
    number = g_ascii_strtoll(text, &stop, 10);
    if (stop == text || errno == ERANGE || (*stop && !g_ascii_isspace(*stop)))
        return FALSE;
    *end = stop;
    *out = number;
    return TRUE;
}

static const char *
next_line(const char *text)
{
    const char *newline = strchr(text, '\n');

    return newline ? newline + 1 : NULL;
}

gboolean
mom_parse_key(const char *text, const char *key, gint64 *out)
{
    gsize length = strlen(key);
    const char *end;

    for (const char *line = text; line; line = next_line(line))
        if (strncmp(line, key, length) == 0 && (line[length] == ' ' || line[length] == '\t'))
            return parse_number(line + length, &end, out);
    return FALSE;
}

MomValue
mom_parse_key_value(const char *text, const char *key)
{
    gint64 number;

    return mom_parse_key(text, key, &number) ? mom_value_int(number) : MOM_NIL;
}

/* Fields by their number in proc(5); the first that is a number is 4. */
enum {
    FIRST_NUMBER = 4,
    MINFLT = 10,
    MAJFLT = 12,
    UTIME = 14,
    STIME = 15,
    VSIZE = 23,
    RSS = 24,
};

/* A long-lived process with an unlimited field may exceed int64 in fields that nobody reads. */
static gboolean
skip_word(const char **text)
{
    while (**text == ' ')
        ++*text;
    if (!**text || **text == '\n')
        return FALSE;
    while (**text && !g_ascii_isspace(**text))
        ++*text;
    return TRUE;
}

gboolean
mom_parse_proc_stat(const char *text, MomProcStat *out)
{
    const char *open = strchr(text, '('), *close = strrchr(text, ')');
    gint64 fields[RSS + 1] = {0};
    MomProcStat stat = {0};
    const char *rest;

    if (!open || !close || close < open)
        return FALSE;
    memcpy(stat.name, open + 1, MIN((gsize)(close - open - 1), sizeof stat.name - 1));
    rest = close + 1;
    stat.state = rest[0] == ' ' ? rest[1] : '\0';
    if (!skip_word(&rest))
        return FALSE;
    for (int i = FIRST_NUMBER; i <= RSS; i++) {
        gboolean wanted = i == MINFLT || i == MAJFLT || i == UTIME || i == STIME || i >= VSIZE;

        if (wanted ? !parse_number(rest, &rest, &fields[i]) : !skip_word(&rest))
            return FALSE;
    }
    if (__builtin_add_overflow(fields[UTIME], fields[STIME], &stat.cpu_ticks))
        return FALSE;
    stat.minor_faults = fields[MINFLT];
    stat.major_faults = fields[MAJFLT];
    stat.size_bytes = fields[VSIZE];
    stat.rss_pages = fields[RSS];
    *out = stat;
    return TRUE;
}

gint64
mom_parse_cpu_count(const char *text)
{
    gint64 count = 0;

    for (const char *line = text; line; line = next_line(line)) {
        const char *colon = strpbrk(line, ":\n");

        if (g_str_has_prefix(line, "processor") && colon && *colon == ':')
            count++;
    }
    return count;
}

/* " NAME=" at *TEXT; *TEXT is behind it. */
static gboolean
skip_name(const char **text, const char *name)
{
    gsize length = strlen(name);

    if (**text != ' ' || strncmp(*text + 1, name, length) != 0 || (*text)[1 + length] != '=')
        return FALSE;
    *text += length + 2;
    return g_ascii_isdigit(**text);
}

static gboolean
parse_share(const char **text, const char *name, double *out)
{
    char *end;

    if (!skip_name(text, name))
        return FALSE;
    *out = g_ascii_strtod(*text, &end);
    *text = end;
    return *out <= 100;
}

gboolean
mom_parse_pressure(const char *text, const char *kind, MomPressureLine *out)
{
    gsize length = strlen(kind);
    MomPressureLine found;

    for (const char *line = text; line; line = next_line(line)) {
        const char *rest = line + length;

        if (strncmp(line, kind, length) == 0 && parse_share(&rest, "avg10", &found.avg10) &&
            parse_share(&rest, "avg60", &found.avg60) &&
            parse_share(&rest, "avg300", &found.avg300) && skip_name(&rest, "total") &&
            parse_number(rest, &rest, &found.total_us)) {
            *out = found;
            return TRUE;
        }
    }
    return FALSE;
}
