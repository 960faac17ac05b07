/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See qemu-processes.h.  A process tells its start in ticks since boot, as /proc/uptime tells now:
 * no clock that somebody sets comes in between.  Who can answer is asked from another thread: the
 * lock is for what both know, and nobody reads a file under it.
 */
#include "agent/hypervisor/qemu-processes.h"

#include <string.h>
#include <unistd.h>

#include "agent/collectors/hostfile.h"
#include "agent/hypervisor/qemu-pid.h"
#include "agent/hypervisor/qemu-silence.h"

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
    MomQemuLook look; /* under the lock */
} Process;

struct MomQemuProcesses {
    gatomicrefcount references;
    char *root;
    GMutex lock;
    GHashTable *processes; /* uuid -> Process; changed by the main loop, under the lock */
    guint round;           /* the same */
    double uptime_s;       /* of this round; negative: not known */
    GHashTable *scanned;   /* uuid -> pid, in this round; NULL: not looked yet */
};

MomQemuProcesses *
mom_qemu_processes_new(const char *root)
{
    MomQemuProcesses *self = g_new0(MomQemuProcesses, 1);

    g_atomic_ref_count_init(&self->references);
    g_mutex_init(&self->lock);
    self->root = g_strdup(root);
    self->processes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return self;
}

MomQemuProcesses *
mom_qemu_processes_ref(MomQemuProcesses *self)
{
    g_atomic_ref_count_inc(&self->references);
    return self;
}

void
mom_qemu_processes_unref(MomQemuProcesses *self)
{
    if (!g_atomic_ref_count_dec(&self->references))
        return;
    g_clear_pointer(&self->scanned, g_hash_table_unref);
    g_hash_table_unref(self->processes);
    g_mutex_clear(&self->lock);
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
    g_mutex_lock(&self->lock);
    self->round++;
    g_mutex_unlock(&self->lock);
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
    g_mutex_lock(&self->lock);
    g_hash_table_foreach_remove(self->processes, is_unseen, self);
    g_mutex_unlock(&self->lock);
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
    g_mutex_lock(&self->lock);
    g_hash_table_replace(self->processes, g_strdup(uuid), process);
    g_mutex_unlock(&self->lock);
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

/* ---- who can answer ---- */

/* A process as it is looked at outside the lock. */
typedef struct {
    char *uuid;
    gint64 pid;
    MomQemuLook look;
} Looked;

static void
clear_looked(gpointer data)
{
    g_free(((Looked *)data)->uuid);
}

static void
add_looked(GArray *all, const char *uuid, gint64 pid, const MomQemuLook *look)
{
    Looked looked = {g_strdup(uuid), pid, *look};

    g_array_append_val(all, looked);
}

/* FALSE: there was no round yet. */
static gboolean
copy_known(MomQemuProcesses *self, GArray *all)
{
    gboolean known;
    GHashTableIter iter;
    gpointer uuid, value;

    g_mutex_lock(&self->lock);
    known = self->round > 0;
    g_hash_table_iter_init(&iter, self->processes);
    while (g_hash_table_iter_next(&iter, &uuid, &value)) {
        const Process *process = value;

        if (process->pid > 0)
            add_looked(all, uuid, process->pid, &process->look);
    }
    g_mutex_unlock(&self->lock);
    return known;
}

static void
copy_scanned(MomQemuProcesses *self, GArray *all)
{
    g_autoptr(GHashTable) scanned = mom_qemu_pid_scan(self->root);
    const MomQemuLook none = {0};
    GHashTableIter iter;
    gpointer uuid, pid;

    g_hash_table_iter_init(&iter, scanned);
    while (g_hash_table_iter_next(&iter, &uuid, &pid))
        add_looked(all, uuid, GPOINTER_TO_INT(pid), &none);
}

/* Of those that are still what they were. */
static void
keep_looks(MomQemuProcesses *self, const GArray *all)
{
    g_mutex_lock(&self->lock);
    for (guint i = 0; i < all->len; i++) {
        const Looked *looked = &g_array_index(all, Looked, i);
        Process *process = g_hash_table_lookup(self->processes, looked->uuid);

        if (process && process->pid == looked->pid)
            process->look = looked->look;
    }
    g_mutex_unlock(&self->lock);
}

GHashTable *
mom_qemu_processes_find_silent(MomQemuProcesses *self)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Looked));
    GHashTable *silent = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gint64 now_us = g_get_monotonic_time();

    g_array_set_clear_func(all, clear_looked);
    if (!copy_known(self, all))
        copy_scanned(self, all);
    for (guint i = 0; i < all->len; i++) {
        Looked *looked = &g_array_index(all, Looked, i);
        guint ms = mom_qemu_silence_look(&looked->look, self->root, looked->pid, now_us);

        if (ms > 0)
            g_hash_table_insert(silent, g_strdup(looked->uuid), GUINT_TO_POINTER(ms));
    }
    keep_looks(self, all);
    return silent;
}

gboolean
mom_qemu_processes_is_stopped(MomQemuProcesses *self, const char *uuid)
{
    const Process *process = g_hash_table_lookup(self->processes, uuid);
    MomQemuLook first = {0};

    return process && process->pid > 0 &&
           mom_qemu_silence_look(&first, self->root, process->pid, 0) > 0;
}
