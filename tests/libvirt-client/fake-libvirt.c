/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See fake-libvirt.h.  One lock for all; a call that waits in a guest lets it go.
 */
#include "tests/libvirt-client/fake-libvirt.h"

#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_KIB 2097152

struct _virConnect {
    int unused;
};

struct _virDomain {
    char uuid[VIR_UUID_STRING_BUFLEN];
    char name[32];
    gboolean hangs;
    gboolean held;
    int operation;
    guint period_s;
    guint64 balloon_kib;
    char *agent_reply;
    char *agent_asked;
    gboolean agent_hangs;
};

static struct {
    GMutex lock;
    GCond changed;
    struct _virDomain *guests;
    guint n;
    guint waiting;
    guint connections;
    gboolean close_hangs;
    guint64 held_ms;
    guint slow_ms;
    guint64 spent_ns;
    FakeAgentAnswer agent_answer;
    guint agent_timeout_ms;
    GHashTable *calls; /* name -> GUINT_TO_POINTER */
} fake;

static struct _virConnect connection;

/* ---- for tests ---- */

void
fake_start(guint n)
{
    fake_stop();
    fake.calls = g_hash_table_new(g_str_hash, g_str_equal);
    fake.guests = g_new0(struct _virDomain, n);
    fake.n = n;
    for (guint i = 0; i < n; i++) {
        struct _virDomain *guest = &fake.guests[i];

        g_snprintf(guest->uuid, sizeof guest->uuid, "00000000-0000-0000-0000-%012u", i);
        g_snprintf(guest->name, sizeof guest->name, "guest-%u", i);
        guest->operation = -1;
        guest->balloon_kib = MAX_KIB;
    }
}

void
fake_stop(void)
{
    for (guint i = 0; i < fake.n; i++) {
        g_free(fake.guests[i].agent_reply);
        g_free(fake.guests[i].agent_asked);
    }
    g_clear_pointer(&fake.calls, g_hash_table_unref);
    g_clear_pointer(&fake.guests, g_free);
    fake.n = 0;
    fake.held_ms = 0;
    fake.slow_ms = 0;
    fake.agent_answer = NULL;
    fake.agent_timeout_ms = 0;
}

const char *
fake_uuid(guint guest)
{
    return fake.guests[guest].uuid;
}

void
fake_hang(guint guest, gboolean on)
{
    g_mutex_lock(&fake.lock);
    fake.guests[guest].hangs = on;
    g_cond_broadcast(&fake.changed);
    g_mutex_unlock(&fake.lock);
}

void
fake_agent(guint guest, const char *reply)
{
    g_mutex_lock(&fake.lock);
    g_free(fake.guests[guest].agent_reply);
    fake.guests[guest].agent_reply = g_strdup(reply);
    g_mutex_unlock(&fake.lock);
}

void
fake_agent_hangs(guint guest, gboolean on)
{
    g_mutex_lock(&fake.lock);
    fake.guests[guest].agent_hangs = on;
    g_cond_broadcast(&fake.changed);
    g_mutex_unlock(&fake.lock);
}

#define SET(name, type, field)                                                                     \
    void name(type value)                                                                          \
    {                                                                                              \
        g_mutex_lock(&fake.lock);                                                                  \
        fake.field = value;                                                                        \
        g_cond_broadcast(&fake.changed);                                                           \
        g_mutex_unlock(&fake.lock);                                                                \
    }

SET(fake_agent_by, FakeAgentAnswer, agent_answer)
SET(fake_agent_timeout_ms, guint, agent_timeout_ms)
SET(fake_close_hangs, gboolean, close_hangs)
SET(fake_held_for, guint64, held_ms)
SET(fake_slow, guint, slow_ms)

#define LOCKED(type, name, parameters, expression)                                                 \
    type name parameters                                                                           \
    {                                                                                              \
        type result;                                                                               \
                                                                                                   \
        g_mutex_lock(&fake.lock);                                                                  \
        result = expression;                                                                       \
        g_mutex_unlock(&fake.lock);                                                                \
        return result;                                                                             \
    }

LOCKED(guint, fake_waiting, (void), fake.waiting)
LOCKED(guint, fake_connections, (void), fake.connections)
LOCKED(guint64, fake_spent_ns, (void), fake.spent_ns)
LOCKED(guint64, fake_balloon_kib, (guint guest), fake.guests[guest].balloon_kib)
LOCKED(char *, fake_agent_asked, (guint guest), g_strdup(fake.guests[guest].agent_asked))
LOCKED(guint, fake_period_s, (guint guest), fake.guests[guest].period_s)

void
fake_job(guint guest, int operation)
{
    g_mutex_lock(&fake.lock);
    fake.guests[guest].operation = operation;
    g_mutex_unlock(&fake.lock);
}

static guint
count_all(void)
{
    GHashTableIter iter;
    gpointer count;
    guint sum = 0;

    g_hash_table_iter_init(&iter, fake.calls);
    while (g_hash_table_iter_next(&iter, NULL, &count))
        sum += GPOINTER_TO_UINT(count);
    return sum;
}

LOCKED(guint,
       fake_calls,
       (const char *function),
       function != NULL ? GPOINTER_TO_UINT(g_hash_table_lookup(fake.calls, function)) : count_all())

void
fake_forget_calls(void)
{
    g_mutex_lock(&fake.lock);
    g_hash_table_remove_all(fake.calls);
    g_mutex_unlock(&fake.lock);
}

/* ---- guests and who is in them ---- */

static void
enter(const char *function)
{
    g_mutex_lock(&fake.lock);
    g_hash_table_replace(
        fake.calls, (gpointer)function,
        GUINT_TO_POINTER(GPOINTER_TO_UINT(g_hash_table_lookup(fake.calls, function)) + 1));
}

static int
leave(int result)
{
    g_mutex_unlock(&fake.lock);
    return result;
}

/* Into the guest's QEMU, and out when it has answered; who comes second waits for the first. */
static void
pass_through(virDomainPtr guest)
{
    fake.waiting++;
    while (guest->held)
        g_cond_wait(&fake.changed, &fake.lock);
    guest->held = TRUE;
    while (guest->hangs)
        g_cond_wait(&fake.changed, &fake.lock);
    guest->held = FALSE;
    fake.waiting--;
    g_cond_broadcast(&fake.changed);
}

static void
add(virDomainStatsRecordPtr record, int *room, const char *name, unsigned long long value)
{
    virTypedParamsAddULLong(&record->params, &record->nparams, room, name, value);
}

static guint64
thread_time_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (guint64)now.tv_sec * 1000000000 + (guint64)now.tv_nsec;
}

/* Without a way into QEMU libvirt tells what it knows itself. */
static virDomainStatsRecordPtr
make_record(virDomainPtr guest)
{
    virDomainStatsRecordPtr record = calloc(1, sizeof *record);
    int room = 0;

    record->dom = guest;
    add(record, &room, "balloon.current", guest->balloon_kib);
    add(record, &room, "balloon.maximum", MAX_KIB);
    if (guest->held)
        return record;
    pass_through(guest);
    add(record, &room, "balloon.swap_in", 0);
    add(record, &room, "balloon.swap_out", 0);
    add(record, &room, "balloon.major_fault", 12);
    add(record, &room, "balloon.minor_fault", 34567);
    add(record, &room, "balloon.unused", guest->balloon_kib / 2);
    add(record, &room, "balloon.available", guest->balloon_kib - 65536);
    add(record, &room, "balloon.usable", guest->balloon_kib / 2 + 65536);
    add(record, &room, "balloon.last-update",
        (unsigned long long)(g_get_real_time() / G_USEC_PER_SEC));
    add(record, &room, "balloon.disk_caches", 65536);
    add(record, &room, "balloon.hugetlb_pgalloc", 0);
    add(record, &room, "balloon.hugetlb_pgfail", 0);
    add(record, &room, "balloon.rss", guest->balloon_kib / 2);
    return record;
}

/* Of the N guests of HANDLES; under the lock. */
static void
make_records(virDomainPtr *handles,
             guint n,
             unsigned int stats,
             virDomainStatsRecordPtr **records,
             unsigned int flags)
{
    g_assert_true(flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
    g_assert_true(stats & VIR_DOMAIN_STATS_BALLOON);
    if (fake.slow_ms > 0) {
        gint64 until_us = g_get_monotonic_time() + fake.slow_ms * G_TIME_SPAN_MILLISECOND;

        while (g_cond_wait_until(&fake.changed, &fake.lock, until_us))
            ;
    }
    *records = calloc(n + 1, sizeof **records);
    for (guint i = 0; i < n; i++)
        (*records)[i] = make_record(handles[i]);
}

/* Caller frees, as the real one's caller does. */
static virDomainPtr *
list_all(void)
{
    virDomainPtr *handles = calloc(fake.n + 1, sizeof *handles);

    for (guint i = 0; i < fake.n; i++)
        handles[i] = &fake.guests[i];
    return handles;
}

/* ---- libvirt ---- */

int
virConnectGetAllDomainStats(virConnectPtr conn,
                            unsigned int stats,
                            virDomainStatsRecordPtr **records,
                            unsigned int flags)
{
    guint64 began_ns = thread_time_ns();
    virDomainPtr *handles;

    enter(__func__);
    handles = list_all();
    make_records(handles, fake.n, stats, records, flags);
    free(handles);
    fake.spent_ns += thread_time_ns() - began_ns;
    return leave((int)fake.n);
}

int
virDomainListGetStats(virDomainPtr *handles,
                      unsigned int stats,
                      virDomainStatsRecordPtr **records,
                      unsigned int flags)
{
    guint n = 0;

    enter(__func__);
    while (handles[n] != NULL)
        n++;
    g_assert_true(n > 0); /* libvirt refuses an empty list */
    make_records(handles, n, stats, records, flags);
    return leave((int)n);
}

int
virConnectListAllDomains(virConnectPtr conn, virDomainPtr **handles, unsigned int flags)
{
    enter(__func__);
    g_assert_true(flags == VIR_CONNECT_LIST_DOMAINS_RUNNING);
    *handles = list_all();
    return leave((int)fake.n);
}

void
virDomainStatsRecordListFree(virDomainStatsRecordPtr *records)
{
    guint64 began_ns = thread_time_ns();

    for (gsize i = 0; records != NULL && records[i] != NULL; i++) {
        virTypedParamsFree(records[i]->params, records[i]->nparams);
        free(records[i]);
    }
    free(records);
    g_mutex_lock(&fake.lock);
    fake.spent_ns += thread_time_ns() - began_ns;
    g_mutex_unlock(&fake.lock);
}

/* Numbers that libvirt hands out only where they count. */
char *
virDomainGetXMLDesc(virDomainPtr guest, unsigned int flags)
{
    char *xml;

    enter(__func__);
    if (asprintf(&xml,
                 "<domain type='kvm'><name>%s</name><uuid>%s</uuid><metadata>"
                 "<m:guest xmlns:m='urn:momd:guest:1'><m:min_guarantee_kib>524288"
                 "</m:min_guarantee_kib></m:guest></metadata><memory unit='KiB'>%d</memory>"
                 "<vcpu>2</vcpu><devices><disk type='file'><source file='/images/%s'/>"
                 "<target dev='vda' bus='virtio'/></disk><memballoon model='virtio'>"
                 "<stats period='%u'/></memballoon></devices></domain>",
                 guest->name, guest->uuid, MAX_KIB, guest->name, guest->period_s) < 0)
        xml = NULL;
    leave(0);
    return xml;
}

char *
virDomainGetSchedulerType(virDomainPtr guest, int *nparams)
{
    enter(__func__);
    *nparams = 2;
    leave(0);
    return strdup("posix");
}

int
virDomainGetSchedulerParametersFlags(virDomainPtr guest,
                                     virTypedParameterPtr params,
                                     int *nparams,
                                     unsigned int flags)
{
    enter(__func__);
    params[0] = (virTypedParameter){.type = VIR_TYPED_PARAM_LLONG, .value.l = -1};
    params[1] = (virTypedParameter){.type = VIR_TYPED_PARAM_ULLONG, .value.ul = 100000};
    strcpy(params[0].field, VIR_DOMAIN_SCHEDULER_VCPU_QUOTA);
    strcpy(params[1].field, VIR_DOMAIN_SCHEDULER_VCPU_PERIOD);
    return leave(0);
}

int
virDomainSetSchedulerParametersFlags(virDomainPtr guest,
                                     virTypedParameterPtr params,
                                     int nparams,
                                     unsigned int flags)
{
    enter(__func__);
    return leave(0);
}

int
virDomainSetMemoryStatsPeriod(virDomainPtr guest, int period, unsigned int flags)
{
    enter(__func__);
    pass_through(guest);
    guest->period_s = (guint)period;
    return leave(0);
}

int
virDomainSetMemoryFlags(virDomainPtr guest, unsigned long memory, unsigned int flags)
{
    enter(__func__);
    pass_through(guest);
    guest->balloon_kib = memory;
    return leave(0);
}

int
virDomainGetControlInfo(virDomainPtr guest, virDomainControlInfoPtr info, unsigned int flags)
{
    enter(__func__);
    *info = (virDomainControlInfo){
        .state = guest->held ? VIR_DOMAIN_CONTROL_OCCUPIED : VIR_DOMAIN_CONTROL_OK,
        .stateTime = guest->held ? fake.held_ms : 0,
    };
    return leave(0);
}

int
virDomainGetJobStats(
    virDomainPtr guest, int *type, virTypedParameterPtr *params, int *nparams, unsigned int flags)
{
    int room = 0;

    enter(__func__);
    *type = guest->operation < 0 ? VIR_DOMAIN_JOB_NONE : VIR_DOMAIN_JOB_UNBOUNDED;
    *params = NULL;
    *nparams = 0;
    if (guest->operation >= 0)
        virTypedParamsAddInt(params, nparams, &room, VIR_DOMAIN_JOB_OPERATION, guest->operation);
    return leave(0);
}

virDomainPtr
virDomainLookupByUUIDString(virConnectPtr conn, const char *uuid)
{
    virDomainPtr found = NULL;

    enter(__func__);
    for (guint i = 0; i < fake.n; i++)
        if (strcmp(fake.guests[i].uuid, uuid) == 0)
            found = &fake.guests[i];
    leave(0);
    return found;
}

/* libvirt's own words for an error would need its own internals: the caller finds none. */
char *
virDomainQemuAgentCommand(virDomainPtr guest, const char *cmd, int timeout, unsigned int flags)
{
    gint64 until_us;
    g_autofree char *reply = NULL;
    char *result;

    enter(__func__);
    g_free(guest->agent_asked);
    guest->agent_asked = g_strdup(cmd);
    until_us =
        g_get_monotonic_time() +
        (fake.agent_timeout_ms ? fake.agent_timeout_ms : (guint)timeout) * G_TIME_SPAN_MILLISECOND;
    fake.waiting++;
    while (guest->agent_hangs && g_cond_wait_until(&fake.changed, &fake.lock, until_us))
        ;
    fake.waiting--;
    if (!guest->agent_hangs)
        reply = fake.agent_answer != NULL ? fake.agent_answer((guint)(guest - fake.guests), cmd)
                                          : g_strdup(guest->agent_reply);
    result = reply != NULL ? strdup(reply) : NULL;
    leave(0);
    return result;
}

/* What follows asks no daemon. */

int
virDomainFree(virDomainPtr guest)
{
    return 0;
}

int
virDomainGetUUIDString(virDomainPtr guest, char *uuid)
{
    strcpy(uuid, guest->uuid);
    return 0;
}

const char *
virDomainGetName(virDomainPtr guest)
{
    return guest->name;
}

unsigned int
virDomainGetID(virDomainPtr guest)
{
    return (unsigned int)(guest - fake.guests) + 1;
}

virConnectPtr
virConnectOpenAuth(const char *uri, virConnectAuthPtr auth, unsigned int flags)
{
    g_mutex_lock(&fake.lock);
    fake.connections++;
    g_mutex_unlock(&fake.lock);
    return &connection;
}

int
virConnectClose(virConnectPtr conn)
{
    g_mutex_lock(&fake.lock);
    while (fake.close_hangs)
        g_cond_wait(&fake.changed, &fake.lock);
    fake.connections--;
    return leave(0);
}

int
virConnectIsAlive(virConnectPtr conn)
{
    return 1;
}

const char *
virConnectGetType(virConnectPtr conn)
{
    return "QEMU";
}

int
virConnectSetKeepAlive(virConnectPtr conn, int interval, unsigned int count)
{
    return 0;
}

int
virConnectRegisterCloseCallback(virConnectPtr conn,
                                virConnectCloseFunc callback,
                                void *opaque,
                                virFreeCallback free_opaque)
{
    return -1;
}

int
virConnectUnregisterCloseCallback(virConnectPtr conn, virConnectCloseFunc callback)
{
    return -1;
}

int
virConnectDomainEventRegisterAny(virConnectPtr conn,
                                 virDomainPtr guest,
                                 int event,
                                 virConnectDomainEventGenericCallback callback,
                                 void *opaque,
                                 virFreeCallback free_opaque)
{
    return -1;
}

int
virConnectDomainEventDeregisterAny(virConnectPtr conn, int id)
{
    return -1;
}
