/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See qemu-processes.h.  A process tells its start in ticks since boot, as /proc/uptime tells now:
 * no clock that somebody sets comes in between.
 */
#include "agent/hypervisor/qemu-processes.h"

#include <string.h>
#include <unistd.h>

#include "agent/collectors/hostfile.h"
#include "agent/hypervisor/qemu-pid.h"

/* In /proc/PID/stat, counted from the one after the name, which may hold blanks and brackets. */
#define START_FIELD 19

/* A guest that was not found is looked for again after so many rounds. */
#define ROUNDS_BETWEEN_SCANS 30

typedef struct {
    int run;
    gint64 pid;       /* 0: it was not found */
    double started_s; /* since boot; negative: not known */
    guint looked_for; /* the round */
    guint round;      /* the last one that it was asked for in */
} Process;

struct MomQemuProcesses {
    char *root;
    GHashTable *processes; /* uuid -> Process */
    double uptime_s;       /* of this round; negative: not known */
    guint round;
    GHashTable *scanned; /* uuid -> pid, in this round; NULL: not looked yet */
};

MomQemuProcesses *
mom_qemu_processes_new(const char *root)
{
    MomQemuProcesses *self = g_new0(MomQemuProcesses, 1);

    self->root = g_strdup(root);
    self->processes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return self;
}

void
mom_qemu_processes_free(MomQemuProcesses *self)
{
    if (!self)
        return;
    g_clear_pointer(&self->scanned, g_hash_table_unref);
    g_hash_table_unref(self->processes);
    g_free(self->root);
    g_free(self);
}

static double
read_uptime_s(const char *root)
{
    g_autofree char *text = mom_hostfile_read(root, "proc/uptime", MOM_HOSTFILE_CAP, NULL);
    char *end = text;
    double uptime_s = text ? g_ascii_strtod(text, &end) : 0;

    return end != text && *end == ' ' ? uptime_s : -1;
}

static double
read_started_s(const char *root, gint64 pid)
{
    g_autofree char *path = g_strdup_printf("proc/%" G_GINT64_FORMAT "/stat", pid);
    g_autofree char *text = mom_hostfile_read(root, path, MOM_HOSTFILE_CAP, NULL);
    const char *name_end = text ? strrchr(text, ')') : NULL;
    g_auto(GStrv) fields = name_end ? g_strsplit(name_end, " ", START_FIELD + 3) : NULL;
    gint64 ticks;

    if (!fields || g_strv_length(fields) <= START_FIELD + 1 ||
        !g_ascii_string_to_signed(g_strchomp(fields[START_FIELD + 1]), 10, 0, G_MAXINT64, &ticks,
                                  NULL))
        return -1;
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

void
mom_qemu_processes_begin(MomQemuProcesses *self)
{
    self->round++;
    self->uptime_s = read_uptime_s(self->root);
}

static gboolean
is_unseen(gpointer uuid, gpointer value, gpointer data)
{
    const Process *process = value;
    const MomQemuProcesses *self = data;

    return process->round != self->round;
}

void
mom_qemu_processes_end(MomQemuProcesses *self)
{
    g_hash_table_foreach_remove(self->processes, is_unseen, self);
    g_clear_pointer(&self->scanned, g_hash_table_unref);
}

/* 0 if the guest has none that can be told. */
static gint64
find_pid(MomQemuProcesses *self, const char *uuid, const char *name)
{
    gint64 pid;

    if (mom_qemu_pid_find(self->root, name, uuid, &pid))
        return pid;
    if (!self->scanned)
        self->scanned = mom_qemu_pid_scan(self->root);
    return GPOINTER_TO_INT(g_hash_table_lookup(self->scanned, uuid));
}

static Process *
find_process(MomQemuProcesses *self, const char *uuid, const char *name, int run)
{
    Process *process = g_hash_table_lookup(self->processes, uuid);

    if (process && process->run == run &&
        (process->pid > 0 || self->round - process->looked_for < ROUNDS_BETWEEN_SCANS))
        return process;
    process = g_new0(Process, 1);
    process->run = run;
    process->looked_for = self->round;
    process->pid = find_pid(self, uuid, name);
    process->started_s = process->pid > 0 ? read_started_s(self->root, process->pid) : -1;
    g_hash_table_replace(self->processes, g_strdup(uuid), process);
    return process;
}

void
mom_qemu_processes_find(MomQemuProcesses *self,
                        const char *uuid,
                        const char *name,
                        int run,
                        MomValue *pid,
                        MomValue *age_s)
{
    Process *process = find_process(self, uuid, name, run);

    *pid = MOM_NIL;
    *age_s = MOM_NIL;
    process->round = self->round;
    if (process->pid == 0)
        return;
    *pid = mom_value_int(process->pid);
    if (process->started_s >= 0 && self->uptime_s >= process->started_s)
        *age_s = mom_value_int((gint64)(self->uptime_s - process->started_s));
}
