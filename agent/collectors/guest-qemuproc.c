/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestQemuProc: what a guest's qemu process costs the host, from /proc/PID/stat.
 *
 * Faults are growths since the last collection; another process (the guest was restarted under the
 * same monitor) starts them anew.  A guest whose pid is unknown gets no keys.
 */
#include "agent/collectors/collector.h"
#include "agent/collectors/hostfile.h"
#include "agent/collectors/parse.h"

#define STAT_CAP 4096

typedef struct {
    gint64 pid; /* 0: none seen yet */
    gint64 minor_faults;
    gint64 major_faults;
} State;

static gpointer
state_new(const MomCollector *self)
{
    return g_new0(State, 1);
}

static gboolean
read_stat(const char *root, gint64 pid, MomProcStat *out, GError **error)
{
    g_autofree char *path = g_strdup_printf("proc/%" G_GINT64_FORMAT "/stat", pid);
    g_autoptr(GError) failure = NULL;
    g_autofree char *text = mom_hostfile_read(root, path, STAT_CAP, &failure);

    if (!text) {
        g_set_error_literal(error, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_COLLECTION,
                            failure->message);
        return FALSE;
    }
    if (!mom_parse_proc_stat(text, out)) {
        g_set_error(error, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_COLLECTION,
                    "%s is not written as proc(5) says", path);
        return FALSE;
    }
    return TRUE;
}

static gboolean
collect(gpointer data, const MomCollectInput *input, MomSample *sample, GError **error)
{
    State *state = data;
    MomProcStat stat;
    gint64 pid;

    if (!mom_value_to_int(input->guest->pid, &pid) || pid <= 0)
        return TRUE;
    if (!read_stat(input->root, pid, &stat, error))
        return FALSE;
    if (state->pid != pid)
        *state = (State){pid, stat.minor_faults, stat.major_faults};
    mom_sample_set(sample, "host_minor_faults",
                   mom_value_int(stat.minor_faults - state->minor_faults));
    mom_sample_set(sample, "host_major_faults",
                   mom_value_int(stat.major_faults - state->major_faults));
    mom_sample_set(sample, "rss", mom_value_int(stat.rss_pages));
    if (!input->interim)
        *state = (State){pid, stat.minor_faults, stat.major_faults};
    return TRUE;
}

static const char *const fields[] = {"host_minor_faults", "host_major_faults", "rss", NULL};
static const char *const none[] = {NULL};

const MomCollector mom_collector_guest_qemu_proc = {
    .name = "GuestQemuProc",
    .fields = fields,
    .optional = none,
    .state_new = state_new,
    .state_free = g_free,
    .collect = collect,
};
