/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A tool by hand: talks to a vdsm and prints what comes, until it is interrupted.
 *
 * probe-vdsm PORT [PKI-DIR [VM-ID]]: with PKI-DIR over TLS; with VM-ID it also turns that VM's
 * knobs and KSM's to harmless values, once.  It is no test and must not be pointed at a host that
 * matters with a VM-ID.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "vdsm-client/vdsm.h"

typedef struct {
    MomVdsm *vdsm;
    const char *vm_id;
    gint64 asked_us;
    gint64 turned_us;  /* when the loop was last seen alive */
    double longest_ms; /* between two such moments */
} Probe;

static double
ms_since(gint64 then_us)
{
    return (double)(g_get_monotonic_time() - then_us) / 1000;
}

static void
show(const char *name, MomVdsmInt value)
{
    if (value.set)
        printf(" %s=%" G_GINT64_FORMAT, name, value.value);
    else
        printf(" %s=-", name);
}

/* CPU time, so that what others do on the machine does not count. */
static gint64
used_us(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (gint64)used.tv_sec * G_USEC_PER_SEC + used.tv_nsec / 1000;
}

/* The loop must stay alive while a large answer comes: told with the next stats. */
static gboolean
on_turn(gpointer data)
{
    Probe *probe = data;
    probe->longest_ms = MAX(probe->longest_ms, (double)(used_us() - probe->turned_us) / 1000);
    probe->turned_us = used_us();
    return G_SOURCE_CONTINUE;
}

static void
on_stats(GPtrArray *stats, const GError *error, gpointer data)
{
    Probe *probe = data;
    printf("stats after %.1f ms, the loop worked for %.1f ms on end at most: ",
           ms_since(probe->asked_us), probe->longest_ms);
    probe->longest_ms = 0;
    if (error) {
        printf("%s\n", error->message);
        return;
    }
    printf("%u VMs", stats->len);
    if (stats->len > 0) {
        MomVdsmVmStats *vm = stats->pdata[0];
        printf("; %s %s %s", vm->vm_id, vm->name, vm->status);
        show("usage", vm->mem_usage_percent);
        show("total", vm->mem_total);
        show("unused", vm->mem_unused);
        show("majflt", vm->major_faults);
        show("cur", vm->balloon_cur);
        show("max", vm->balloon_max);
        show("min", vm->balloon_min);
        show("target", vm->balloon_target);
        show("enabled", vm->ballooning_enabled);
        show("vcpus", vm->vcpu_count);
        show("quota", vm->vcpu_quota);
        show("period", vm->vcpu_period);
    }
    printf("\n");
}

static void
on_done(const GError *error, gpointer data)
{
    printf("%s: %s\n", (const char *)data, error ? error->message : "done");
}

static void
turn_knobs(Probe *probe, GPtrArray *tunes)
{
    const char *disk = NULL;
    for (guint i = 0; tunes && i < tunes->len; i++) {
        MomVdsmVmIoTune *tune = tunes->pdata[i];
        if (g_str_equal(tune->vm_id, probe->vm_id) && tune->states->len > 0)
            disk = g_array_index(tune->states, MomVdsmIoState, 0).name;
    }
    const MomVdsmKsmTune ksm = {.run = {TRUE, 1}, .pages_to_scan = {TRUE, 100}};
    const MomVdsmIoTuneChange change = {.name = disk,
                                        .io_tune = {.total_iops_sec = {TRUE, 500}, .nulls = 0}};
    mom_vdsm_set_balloon_target(probe->vdsm, probe->vm_id, 1000000, on_done, (gpointer) "balloon");
    mom_vdsm_set_cpu_tune_quota(probe->vdsm, probe->vm_id, 50000, on_done, (gpointer) "quota");
    mom_vdsm_set_cpu_tune_period(probe->vdsm, probe->vm_id, 100000, on_done, (gpointer) "period");
    mom_vdsm_set_io_tune(probe->vdsm, probe->vm_id, &change, 1, on_done, (gpointer) "io tune");
    mom_vdsm_set_ksm_tune(probe->vdsm, &ksm, on_done, (gpointer) "ksm");
    mom_vdsm_set_balloon_target(probe->vdsm, "00000000-0000-0000-0000-000000000000", 1, on_done,
                                (gpointer) "unknown VM");
    probe->vm_id = NULL;
}

static void
on_io_tunes(GPtrArray *tunes, const GError *error, gpointer data)
{
    Probe *probe = data;
    guint policies = 0, disks = 0;
    for (guint i = 0; tunes && i < tunes->len; i++) {
        MomVdsmVmIoTune *tune = tunes->pdata[i];
        policies += tune->policies->len;
        disks += tune->states->len;
    }
    if (probe->vm_id)
        turn_knobs(probe, tunes);
    printf("io tune: %s, %u policies, %u disks\n", error ? error->message : "ok", policies, disks);
}

static gboolean
on_tick(gpointer data)
{
    Probe *probe = data;
    probe->asked_us = g_get_monotonic_time();
    if (mom_vdsm_state(probe->vdsm) != MOM_VDSM_CONNECTED)
        return G_SOURCE_CONTINUE;
    mom_vdsm_ping(probe->vdsm, on_done, (gpointer) "ping");
    mom_vdsm_get_all_vm_stats(probe->vdsm, on_stats, probe);
    mom_vdsm_get_all_vm_io_tune_policies(probe->vdsm, on_io_tunes, probe);
    return G_SOURCE_CONTINUE;
}

static void
on_state(MomVdsmState state, const GError *why, gpointer data)
{
    static const char *const names[] = {"disconnected", "connecting", "connected"};
    printf("%s%s%s\n", names[state], why ? ": " : "", why ? why->message : "");
}

static void
on_event(const MomVdsmEvent *event, gpointer data)
{
    printf("event %s: VM %s is %s\n", event->method, event->vm_id ? event->vm_id : "-",
           event->status ? event->status : "-");
}

int
main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: probe-vdsm PORT [PKI-DIR [VM-ID]]\n");
        return 2;
    }
    const char *pki = argc > 2 ? argv[2] : "";
    g_autofree char *ca = g_build_filename(pki, "certs/cacert.pem", NULL);
    g_autofree char *cert = g_build_filename(pki, "certs/vdsmcert.pem", NULL);
    g_autofree char *key = g_build_filename(pki, "keys/vdsmkey.pem", NULL);
    MomVdsmOptions options = {.port = (guint16)atoi(argv[1]),
                              .tls = *pki != '\0',
                              .ca_file = ca,
                              .cert_file = cert,
                              .key_file = key};
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(MomVdsm) vdsm = mom_vdsm_new(&options);
    Probe probe = {.vdsm = vdsm, .vm_id = argc > 3 ? argv[3] : NULL};
    setvbuf(stdout, NULL, _IOLBF, 0);
    mom_vdsm_watch_state(vdsm, on_state, NULL);
    mom_vdsm_watch_events(vdsm, on_event, NULL);
    mom_vdsm_start(vdsm);
    probe.turned_us = used_us();
    g_timeout_add(1, on_turn, &probe);
    g_timeout_add(2000, on_tick, &probe);
    g_main_loop_run(loop);
    return 0;
}
