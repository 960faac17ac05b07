/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HostKSM: what the kernel's same-page merging does, from /sys/kernel/mm/ksm and /proc.
 *
 * The sizes of qemu processes and ksmd's time are found in one walk over /proc that reads one short
 * file for each process, and more only of those two kinds.  No process is started for it.  A kernel
 * without KSM at the first collection ends the monitor for good; later, a missing file costs one
 * sample.  What only newer kernels have is nil where it is missing, and costs nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/collectors/collector.h"
#include "agent/collectors/hostfile.h"
#include "agent/collectors/parse.h"

#define KSM_DIRECTORY "sys/kernel/mm/ksm/"
#define FIELD_PREFIX "ksm_"
#define NODES_FILE "merge_across_nodes"
#define KNOB_CAP 256
#define COMM_CAP 64
#define STAT_CAP 4096
/* "4194304/comm" and more. */
#define PID_PATH_BYTES 64

#define FATAL_ADVICE "; if the kernel has no KSM, take HostKSM out of the host's collectors"

static const char *const files[] = {
    "full_scans",    "pages_sharing",  "pages_unshared",  "run",      "pages_shared",
    "pages_to_scan", "pages_volatile", "sleep_millisecs", NODES_FILE,
};

/* Of Linux 4.12, 4.13, 6.4, 6.6, 6.7 and 6.8. */
static const char *const optional[] = {
    "ksm_use_zero_pages",
    "ksm_max_page_sharing",
    "ksm_general_profit",
    "ksm_zero_pages",
    "ksm_pages_skipped",
    "ksm_smart_scan",
    "ksm_advisor_mode",
    "ksm_advisor_max_cpu",
    "ksm_advisor_target_scan_time",
    "ksm_advisor_min_pages_to_scan",
    "ksm_advisor_max_pages_to_scan",
    NULL,
};

typedef struct {
    gboolean found_files;
    gboolean has_ticks;
    gint64 ksmd_ticks; /* at the last collection that counts */
    gint64 ticks_us;   /* when that was */
} State;

/* What one walk over /proc finds. */
typedef struct {
    gint64 qemu_bytes;
    gint64 ksmd_ticks; /* 0 if there is no ksmd */
} Walk;

static gpointer
state_new(const MomCollector *self)
{
    return g_new0(State, 1);
}

/* A kernel built without NUMA has no such file: there are no nodes that merging could stop at. */
static gboolean
is_for_nodes_only(const char *file, const GError *failure)
{
    return g_str_equal(file, NODES_FILE) &&
           g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT);
}

static gboolean
read_file(const char *root, const char *file, gint64 *out, GError **error)
{
    g_autofree char *path = g_strconcat(KSM_DIRECTORY, file, NULL);
    g_autoptr(GError) failure = NULL;

    if (mom_hostfile_read_int(root, path, out, &failure))
        return TRUE;
    if (is_for_nodes_only(file, failure)) {
        *out = 1;
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* That of nodes is the last one: without KSM the first fails. */
static gboolean
set_files(State *state, const MomCollectInput *input, MomSample *sample, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *field = g_strconcat(FIELD_PREFIX, files[i], NULL);
        g_autoptr(GError) failure = NULL;
        gint64 value;

        if (!read_file(input->root, files[i], &value, &failure)) {
            gboolean fatal =
                !state->found_files && !g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_INVAL);

            g_set_error(error, MOM_COLLECTOR_ERROR,
                        fatal ? MOM_COLLECTOR_ERROR_FATAL : MOM_COLLECTOR_ERROR_COLLECTION, "%s%s",
                        failure->message, fatal ? FATAL_ADVICE : "");
            return FALSE;
        }
        mom_sample_set(sample, field, mom_value_int(value));
    }
    state->found_files = TRUE;
    return TRUE;
}

/* The kernel's file behind a field; this one begins with ksm_ by itself. */
static char *
path_of(const char *field)
{
    const char *file = g_str_equal(field, "ksm_zero_pages") ? field : field + strlen(FIELD_PREFIX);

    return g_strconcat(KSM_DIRECTORY, file, NULL);
}

/* An integer, or the word that is chosen of several: "none [scan-time]".  FALSE: neither. */
static gboolean
parse_knob(char *text, MomValue *out)
{
    char *word = strchr(text, '[');
    char *end = word ? strchr(word, ']') : NULL;
    gint64 value;

    if (end) {
        *end = '\0';
        *out = mom_value_string(word + 1);
        return TRUE;
    }
    if (!g_ascii_string_to_signed(g_strstrip(text), 10, G_MININT64, G_MAXINT64, &value, NULL))
        return FALSE;
    *out = mom_value_int(value);
    return TRUE;
}

static void
set_newer_files(const MomCollectInput *input, MomSample *sample)
{
    for (gsize i = 0; optional[i]; i++) {
        g_autofree char *path = path_of(optional[i]);
        g_autofree char *text = mom_hostfile_read(input->root, path, KNOB_CAP, NULL);
        MomValue value;

        if (text && parse_knob(text, &value))
            mom_sample_set(sample, optional[i], value);
    }
}

/* The file NAME of the process PID into BUFFER. */
static gboolean
read_of_process(int proc, const char *pid, const char *name, char *buffer, gsize size)
{
    char path[PID_PATH_BYTES];

    return g_strlcpy(path, pid, sizeof path) < sizeof path &&
           g_strlcat(path, name, sizeof path) < sizeof path &&
           mom_hostfile_read_at(proc, path, buffer, size);
}

/* Processes come and go during the walk: one that cannot be read is not there. */
static void
look_at_process(int proc, const char *pid, Walk *walk)
{
    char comm[COMM_CAP + 1], text[STAT_CAP + 1];
    gboolean is_qemu, is_ksmd;
    MomProcStat stat;

    if (!read_of_process(proc, pid, "/comm", comm, sizeof comm))
        return;
    is_qemu = strstr(comm, "qemu") != NULL;
    is_ksmd = g_str_equal(comm, "ksmd\n");
    if (!is_qemu && !is_ksmd)
        return;
    if (!read_of_process(proc, pid, "/stat", text, sizeof text) ||
        !mom_parse_proc_stat(text, &stat))
        return;
    if (is_ksmd)
        walk->ksmd_ticks = stat.cpu_ticks;
    else if (stat.size_bytes > 0 && stat.size_bytes < G_MAXINT64 - walk->qemu_bytes)
        walk->qemu_bytes += stat.size_bytes;
}

/* A host has thousands of processes and the main loop waits meanwhile: names are relative to the
 * open directory, and nothing is allocated for each. */
static gboolean
walk_processes(const char *root, Walk *walk, GError **error)
{
    g_autofree char *path = g_build_filename(root, "proc", NULL);
    DIR *dir = opendir(path);
    const struct dirent *entry;

    if (!dir) {
        g_set_error(error, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_COLLECTION,
                    "cannot read %s: %s", path, g_strerror(errno));
        return FALSE;
    }
    while ((entry = readdir(dir)))
        if (g_ascii_isdigit(entry->d_name[0]))
            look_at_process(dirfd(dir), entry->d_name, walk);
    closedir(dir);
    return TRUE;
}

/* What one processor could have done since the last collection that counts. That one's distance is
 * the interval by definition, whatever the timer's jitter. */
static gint64
ticks_available(const State *state, const MomCollectInput *input)
{
    gint64 ticks_per_s = sysconf(_SC_CLK_TCK);

    if (!input->interim)
        return ticks_per_s * input->interval_s;
    return ticks_per_s * (input->now_us - state->ticks_us) / G_USEC_PER_SEC;
}

/* Percent of one processor; the kernel's counter may wrap at 32 bits. */
static gint64
cpu_percent(State *state, gint64 ticks, const MomCollectInput *input)
{
    guint32 grown = state->has_ticks ? (guint32)((guint64)ticks - (guint64)state->ksmd_ticks) : 0;
    gint64 available = ticks_available(state, input);

    if (!input->interim || !state->has_ticks) {
        state->ksmd_ticks = ticks;
        state->ticks_us = input->now_us;
        state->has_ticks = TRUE;
    }
    return available > 0 ? 100 * (gint64)grown / available : 0;
}

static gboolean
collect(gpointer data, const MomCollectInput *input, MomSample *sample, GError **error)
{
    State *state = data;
    Walk walk = {0};

    if (!set_files(state, input, sample, error) || !walk_processes(input->root, &walk, error))
        return FALSE;
    set_newer_files(input, sample);
    mom_sample_set(sample, "ksm_shareable", mom_value_int(walk.qemu_bytes / 1024));
    mom_sample_set(sample, "ksmd_cpu_usage",
                   mom_value_int(cpu_percent(state, walk.ksmd_ticks, input)));
    return TRUE;
}

static const char *const fields[] = {
    "ksm_full_scans",         "ksm_pages_sharing", "ksm_pages_unshared", "ksm_run",
    "ksm_pages_shared",       "ksm_pages_to_scan", "ksm_pages_volatile", "ksm_sleep_millisecs",
    "ksm_merge_across_nodes", "ksm_shareable",     "ksmd_cpu_usage",     NULL,
};
const MomCollector mom_collector_host_ksm = {
    .name = "HostKSM",
    .for_host = TRUE,
    .fields = fields,
    .optional = optional,
    .state_new = state_new,
    .state_free = g_free,
    .collect = collect,
};
