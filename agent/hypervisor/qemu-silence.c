/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See qemu-silence.h.  The states' letters are those of proc(5).
 */
#include "agent/hypervisor/qemu-silence.h"

#include "agent/collectors/hostfile.h"
#include "libvirt-client/changeable.h"

#define STAT_CAP 4096

static gboolean
is_stopped(char state)
{
    return state == 'T' || state == 't';
}

static gboolean
waits_in_the_kernel(char state)
{
    return state == 'D';
}

/* Processor time goes by hundredths of a second; a page that came shows at once. */
static guint64
work_of(const MomProcStat *stat)
{
    return (guint64)stat->cpu_ticks + (guint64)stat->minor_faults + (guint64)stat->major_faults;
}

guint
mom_qemu_silence_take(MomQemuLook *look, const MomProcStat *stat, gint64 now_us)
{
    guint64 work = work_of(stat);
    guint ms;

    if (look->state != stat->state || look->work != work)
        *look = (MomQemuLook){stat->state, work, now_us};
    ms = (guint)CLAMP((now_us - look->since_us) / G_TIME_SPAN_MILLISECOND, 1, G_MAXINT);
    if (is_stopped(look->state) || (waits_in_the_kernel(look->state) && mom_virt_hangs(ms)))
        return ms;
    return 0;
}

guint
mom_qemu_silence_look(MomQemuLook *look, const char *root, gint64 pid, gint64 now_us)
{
    g_autofree char *path = g_strdup_printf("proc/%" G_GINT64_FORMAT "/stat", pid);
    g_autofree char *text = mom_hostfile_read(root, path, STAT_CAP, NULL);
    MomProcStat stat;

    if (!text || !mom_parse_proc_stat(text, &stat)) {
        *look = (MomQemuLook){0};
        return 0;
    }
    return mom_qemu_silence_take(look, &stat, now_us);
}
