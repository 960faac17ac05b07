/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See hypervisor-libvirt.h.
 */
#define G_LOG_DOMAIN "mom.libvirtInterface"

#include "agent/hypervisor/hypervisor-libvirt.h"

#include "agent/fault.h"
#include "agent/hypervisor/hung-guests.h"
#include "agent/hypervisor/ksm-files.h"
#include "agent/hypervisor/libvirt-guest.h"
#include "agent/hypervisor/qemu-processes.h"

/* A reading of all guests takes a millisecond for each; one that takes so long hangs in one of
 * them, and there must be time left in the cycle for another. */
#define READ_TIMEOUT_MS 2000
/* Giving merged pages back takes about a second per GiB. */
#define KSM_TIMEOUT_MS 60000
#define END_WAIT_MS 200

typedef struct {
    MomActuator base;
    MomHypervisorLibvirt *owner;
} Actuator;

struct MomHypervisorLibvirt {
    MomSource source;
    Actuator actuator;
    MomHypervisorLibvirtOptions options; /* strings are ours */
    MomVirt *reader;                     /* NULL while it stands by and is not asked */
    MomVirt *writer;                     /* NULL until the first change; may be the reader */
    MomVirtWorker *ksm;                  /* NULL until the first change */
    MomQemuProcesses *processes;
    MomHungGuests *hung;
    MomGuarantees *guarantees; /* may be NULL */
    MomSourceDone sampled;     /* NULL: no sample is pending */
    gpointer sampled_data;
    MomVirtState state; /* the reader's, as last told */
    gboolean away;      /* no connection since the last one was lost, or yet */
    gboolean was_there; /* since it was first asked */
    MomFault connection_fault;
    MomFault read_only_fault;
};

/* ---- reading ---- */

static MomGuestData *
convert(MomHypervisorLibvirt *self, const MomVirtGuest *guest)
{
    MomLibvirtView view = {
        .wall_s = g_get_real_time() / G_USEC_PER_SEC,
        .period_s = self->options.stats_period_s,
        .hangs = mom_hung_guests_contain(self->hung, guest->uuid),
        .guarantees = self->guarantees,
    };

    mom_qemu_processes_find(self->processes, guest->uuid, guest->name, guest->id, &view.pid,
                            &view.age_s);
    return mom_libvirt_guest_data(guest, &view);
}

static GPtrArray *
convert_all(MomHypervisorLibvirt *self, const GPtrArray *guests)
{
    GPtrArray *result = g_ptr_array_new_with_free_func((GDestroyNotify)mom_guest_data_free);

    mom_hung_guests_update(self->hung, guests);
    mom_qemu_processes_begin(self->processes);
    for (guint i = 0; i < guests->len; i++)
        g_ptr_array_add(result, convert(self, guests->pdata[i]));
    mom_qemu_processes_end(self->processes);
    return result;
}

static void
on_guests(GPtrArray *guests, const GError *error, gpointer data)
{
    MomHypervisorLibvirt *self = data;
    g_autoptr(GPtrArray) result = NULL;
    MomSourceDone done = self->sampled;

    if (done == NULL)
        return;
    self->sampled = NULL;
    if (error != NULL) {
        done(NULL, error, self->sampled_data);
        return;
    }
    result = convert_all(self, guests);
    done(result, NULL, self->sampled_data);
}

static void open_reader(MomHypervisorLibvirt *self);

static void
sample(MomSource *source, MomSourceDone done, gpointer data)
{
    MomHypervisorLibvirt *self = (MomHypervisorLibvirt *)source; /* its first member */

    self->sampled = done;
    self->sampled_data = data;
    open_reader(self);
    mom_virt_read_guests(self->reader, on_guests, self);
}

static const MomSourceClass source_class = {.sample = sample, .name = "libvirt"};

/* ---- changing ---- */

typedef struct {
    MomHypervisorLibvirt *self;
    char *uuid;
    guint waiting; /* calls not yet answered, and one for whoever makes them */
    GError *error; /* the first one's */
    MomActuatorDone done;
    gpointer data;
} Change;

static Change *
change_new(MomHypervisorLibvirt *self, const char *uuid, MomActuatorDone done, gpointer data)
{
    Change *change = g_new0(Change, 1);

    *change = (Change){self, g_strdup(uuid), 1, NULL, done, data};
    return change;
}

static void
on_change(const GError *error, gpointer data)
{
    Change *change = data;

    if (error != NULL && change->error == NULL)
        change->error = g_error_copy(error);
    if (--change->waiting > 0)
        return;
    if (change->done != NULL)
        change->done(change->error, change->data);
    g_clear_error(&change->error);
    g_free(change->uuid);
    g_free(change);
}

/* What was changed through the writer is stale in the reader's cache. */
static void
on_cached_change(const GError *error, gpointer data)
{
    Change *change = data;

    if (!g_error_matches(error, MOM_VIRT_ERROR, MOM_VIRT_ERROR_CLOSED) &&
        change->self->reader != NULL)
        mom_virt_forget(change->self->reader, change->uuid);
    on_change(error, data);
}

static void
refuse(MomActuatorDone done, gpointer data, int code, const char *why)
{
    g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, code, why);

    if (done != NULL)
        done(error, data);
}

/* A guest of libvirt's test driver belongs to the connection that made it. */
static gboolean
is_private_to_connection(const char *uri)
{
    return uri != NULL && (g_str_has_prefix(uri, "test:") || g_str_has_prefix(uri, "test+"));
}

static MomVirt *
writer(MomHypervisorLibvirt *self)
{
    const MomVirtOptions options = {.address = self->options.address, .times = self->options.times};

    if (self->writer == NULL)
        self->writer = is_private_to_connection(options.address.uri) ? self->reader
                                                                     : mom_virt_new(&options, NULL);
    return self->writer;
}

static gboolean
may_only_read(const MomHypervisorLibvirt *self)
{
    return self->options.address.read_only || mom_virt_read_only(self->reader) != NULL;
}

/* The uuid of GUEST if it may be changed; else DONE was told why not. */
static const char *
changeable(MomHypervisorLibvirt *self, MomEntity *guest, MomActuatorDone done, gpointer data)
{
    const char *uuid = mom_entity_get_string_property(guest, "uuid");

    if (uuid == NULL) {
        refuse(done, data, G_IO_ERROR_INVALID_ARGUMENT, "the guest has no uuid");
    } else if (self->reader == NULL) {
        refuse(done, data, G_IO_ERROR_NOT_CONNECTED, "libvirt only stands by");
        uuid = NULL;
    } else if (may_only_read(self)) {
        refuse(done, data, G_IO_ERROR_PERMISSION_DENIED, "the connection to libvirt is read-only");
        uuid = NULL;
    } else if (mom_qemu_processes_is_stopped(self->processes, uuid)) {
        refuse(done, data, G_IO_ERROR_HOST_UNREACHABLE, "the guest's QEMU was stopped");
        uuid = NULL;
    }
    return uuid;
}

static void
set_balloon_target(
    MomActuator *actuator, MomEntity *guest, gint64 target_kib, MomActuatorDone done, gpointer data)
{
    MomHypervisorLibvirt *self = ((Actuator *)actuator)->owner;
    const char *uuid = changeable(self, guest, done, data);

    if (uuid == NULL)
        return;
    if (target_kib < 0)
        refuse(done, data, G_IO_ERROR_INVALID_ARGUMENT, "a balloon target cannot be negative");
    else
        mom_virt_set_balloon(writer(self), uuid, (guint64)target_kib, on_change,
                             change_new(self, uuid, done, data));
}

static void
set_cpu_tune(MomActuator *actuator,
             MomEntity *guest,
             gint64 quota_us,
             gint64 period_us,
             MomActuatorDone done,
             gpointer data)
{
    MomHypervisorLibvirt *self = ((Actuator *)actuator)->owner;
    const char *uuid = changeable(self, guest, done, data);

    if (uuid == NULL)
        return;
    if (period_us < 0)
        refuse(done, data, G_IO_ERROR_INVALID_ARGUMENT, "a CPU period cannot be negative");
    else
        mom_virt_set_cpu(writer(self), uuid, quota_us, (guint64)period_us, on_cached_change,
                         change_new(self, uuid, done, data));
}

static void
set_disk(Change *change, const MomIoTuneChange *wish)
{
    const char *disk = wish->name != NULL ? wish->name : wish->path;
    MomVirtLimits limits = {0};
    g_autoptr(GError) error = NULL;

    change->waiting++;
    if (disk != NULL && mom_libvirt_limits(&wish->io_tune, &limits)) {
        mom_virt_set_disk(writer(change->self), change->uuid, disk, &limits, on_cached_change,
                          change);
        return;
    }
    error = g_error_new(G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                        "disk %s of guest %s: no name or a limit that is no number",
                        disk != NULL ? disk : "?", change->uuid);
    on_change(error, change);
}

static void
set_io_tune(MomActuator *actuator,
            MomEntity *guest,
            const MomIoTuneChange *changes,
            gsize n,
            MomActuatorDone done,
            gpointer data)
{
    MomHypervisorLibvirt *self = ((Actuator *)actuator)->owner;
    const char *uuid = changeable(self, guest, done, data);
    Change *change;

    if (uuid == NULL)
        return;
    change = change_new(self, uuid, done, data);
    for (gsize i = 0; i < n; i++)
        set_disk(change, &changes[i]);
    on_change(NULL, change);
}

/* ---- KSM ---- */

typedef struct {
    char *root;
    MomKsmTune tune;
} KsmJob;

static gboolean
run_ksm(gpointer job, GError **error)
{
    KsmJob *ksm = job;

    return mom_ksm_files_write(ksm->root, &ksm->tune, error);
}

static void
free_ksm(gpointer job)
{
    KsmJob *ksm = job;

    g_free(ksm->root);
    g_free(ksm);
}

static void
on_ksm(gpointer job, const GError *error, gpointer data)
{
    on_change(error, data);
}

static void
set_ksm(MomActuator *actuator,
        MomEntity *host,
        const MomKsmTune *tune,
        MomActuatorDone done,
        gpointer data)
{
    MomHypervisorLibvirt *self = ((Actuator *)actuator)->owner;
    KsmJob *job = g_new0(KsmJob, 1);

    *job = (KsmJob){g_strdup(self->options.host_root), *tune};
    if (self->ksm == NULL)
        self->ksm = mom_virt_worker_new("ksm", NULL, NULL, NULL, NULL);
    mom_virt_worker_push(self->ksm, "set KSM", run_ksm, job, free_ksm, KSM_TIMEOUT_MS, on_ksm,
                         change_new(self, NULL, done, data));
}

static const MomActuatorClass actuator_class = {
    .set_balloon_target = set_balloon_target,
    .set_ksm = set_ksm,
    .set_cpu_tune = set_cpu_tune,
    .set_io_tune = set_io_tune,
};

/* ---- life ---- */

/* That it is configured so needs no warning. */
static void
tell_rights(MomHypervisorLibvirt *self)
{
    const char *why = mom_virt_read_only(self->reader);
    g_autofree char *message = NULL;

    if (self->options.is_second)
        return;
    if (self->options.address.read_only) {
        if (self->away)
            g_info("Guests are watched and not changed, as [libvirt] read-only says");
        return;
    }
    if (why == NULL) {
        mom_fault_end(&self->read_only_fault, "libvirt lets momd change guests again");
        return;
    }
    message = g_strdup_printf("libvirt lets momd only read: guests are watched, and every change "
                              "is refused (%s); to change them run momd as root, or set user and "
                              "password in [libvirt]",
                              why);
    mom_fault_raise(&self->read_only_fault, message);
}

static void
tell_opened(MomHypervisorLibvirt *self)
{
    tell_rights(self);
    mom_fault_end(&self->connection_fault, "Connected to libvirt");
    if (self->away && self->options.connected != NULL)
        self->options.connected(self->options.data);
    self->away = FALSE;
    self->was_there = TRUE;
}

/* A call that hangs in a guest is no fault of the connection, which another one takes over from. */
static void
on_state(MomVirtState state, const GError *error, gpointer data)
{
    MomHypervisorLibvirt *self = data;
    gboolean in_a_guest = state == MOM_VIRT_STUCK && self->state == MOM_VIRT_OPEN;

    self->state = state;
    if (state == MOM_VIRT_OPEN) {
        tell_opened(self);
    } else if (error != NULL && !in_a_guest) {
        g_autofree char *message =
            g_strdup_printf("Not connected to libvirt, trying on: %s", error->message);

        self->away = TRUE;
        if (self->options.is_second)
            g_debug("%s", message);
        else if (self->options.stands_by && !self->was_there)
            mom_fault_raise_silently(&self->connection_fault, message);
        else
            mom_fault_raise(&self->connection_fault, message);
    }
}

static void
on_event(MomVirtEventKind kind, const char *uuid, const char *name, gpointer data)
{
    MomHypervisorLibvirt *self = data;

    if (kind != MOM_VIRT_EVENT_CHANGED && self->options.guests_changed != NULL)
        self->options.guests_changed(self->options.data);
}

/* Who cannot answer; in the reader's worker. */
static GHashTable *
find_silent(gpointer data)
{
    return mom_qemu_processes_find_silent(data);
}

static gpointer
ref_processes(gpointer data)
{
    return mom_qemu_processes_ref(data);
}

static void
unref_processes(gpointer data)
{
    mom_qemu_processes_unref(data);
}

static void
open_reader(MomHypervisorLibvirt *self)
{
    const MomVirtListener listener = {on_state, on_event, self};
    MomVirtOptions virt = {
        .address = self->options.address,
        .times = self->options.times,
        .stats_period_s = self->options.stats_period_s,
        .silence = {find_silent, ref_processes, unref_processes, self->processes},
    };

    if (self->reader != NULL)
        return;
    if (virt.times.call_timeout_ms == 0)
        virt.times.call_timeout_ms = READ_TIMEOUT_MS;
    self->reader = mom_virt_new(&virt, &listener);
}

/* Whoever waits for a change is told that it was given up.  Closing hangs with a libvirtd that is
 * stopped, and is waited for WAIT_MS at most for each. */
static void
close_connections(MomHypervisorLibvirt *self, guint wait_ms)
{
    MomVirt *reader = g_steal_pointer(&self->reader);
    MomVirt *writer = g_steal_pointer(&self->writer);

    self->sampled = NULL;
    if (writer != NULL && writer != reader)
        mom_virt_end(writer, wait_ms);
    if (reader != NULL)
        mom_virt_end(reader, wait_ms);
}

void
mom_hypervisor_libvirt_rest(MomHypervisorLibvirt *self)
{
    close_connections(self, 0);
    mom_fault_clear(&self->connection_fault);
    mom_fault_clear(&self->read_only_fault);
    self->away = TRUE;
    self->was_there = FALSE;
    self->state = MOM_VIRT_WAITING;
}

MomHypervisorLibvirt *
mom_hypervisor_libvirt_new(const MomHypervisorLibvirtOptions *options)
{
    MomHypervisorLibvirt *self = g_new0(MomHypervisorLibvirt, 1);

    self->connection_fault = MOM_FAULT_INIT(G_LOG_DOMAIN);
    self->read_only_fault = MOM_FAULT_INIT(G_LOG_DOMAIN);
    self->source.klass = &source_class;
    self->actuator = (Actuator){{&actuator_class}, self};
    self->options = *options;
    self->options.address.uri = g_strdup(options->address.uri);
    self->options.address.user = g_strdup(options->address.user);
    self->options.address.password_file = g_strdup(options->address.password_file);
    self->options.host_root = g_strdup(options->host_root != NULL ? options->host_root : "/");
    self->processes = mom_qemu_processes_new(self->options.host_root);
    self->hung = mom_hung_guests_new();
    self->away = TRUE;
    if (!options->stands_by)
        open_reader(self);
    return self;
}

void
mom_hypervisor_libvirt_free(MomHypervisorLibvirt *self)
{
    if (self == NULL)
        return;
    if (self->ksm != NULL)
        mom_virt_worker_end(self->ksm, END_WAIT_MS);
    close_connections(self, MOM_VIRT_END_MS);
    mom_qemu_processes_unref(self->processes);
    mom_hung_guests_free(self->hung);
    mom_guarantees_free(self->guarantees);
    mom_fault_clear(&self->connection_fault);
    mom_fault_clear(&self->read_only_fault);
    g_free((char *)self->options.address.uri);
    g_free((char *)self->options.address.user);
    g_free((char *)self->options.address.password_file);
    g_free((char *)self->options.host_root);
    g_free(self);
}

void
mom_hypervisor_libvirt_guarantee(MomHypervisorLibvirt *self, MomGuarantees *guarantees)
{
    mom_guarantees_free(self->guarantees);
    self->guarantees = guarantees;
}

MomSource *
mom_hypervisor_libvirt_source(MomHypervisorLibvirt *self)
{
    return &self->source;
}

MomActuator *
mom_hypervisor_libvirt_actuator(MomHypervisorLibvirt *self)
{
    return &self->actuator.base;
}
