/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The adapter between vdsm-client and the engine, see hypervisor-vdsm.h.
 *
 * Reading is in hypervisor-vdsm-data.c (pure), asking and setting here.
 */
#define G_LOG_DOMAIN "mom.vdsmInterface"

#include "agent/hypervisor/hypervisor-vdsm.h"

#include "agent/fault.h"
#include "agent/hypervisor/vdsm-ksm.h"
#include "agent/outage.h"
#include "vdsm-client/error.h"

/* How long vdsm's I/O policies are used before they are asked for again; the reference's figure. */
#define IO_TUNE_REFRESH_US (300 * G_USEC_PER_SEC)

struct MomHypervisorVdsm {
    MomSource source;
    MomActuator actuator;
    MomVdsm *vdsm;
    MomClock *clock;
    gboolean with_io_tune;
    MomHypervisorHint hint;
    MomHypervisorHint connected;
    gpointer hint_data;

    MomSourceDone done; /* of the sample under way, or NULL */
    gpointer done_data;
    GPtrArray *guests;    /* of MomGuestData, while I/O policies are awaited */
    GHashTable *io_tunes; /* uuid -> MomGuestData with what was last read */
    gint64 io_tunes_due_us;

    gboolean answered;  /* vdsm has, at least once */
    gboolean is_good;   /* it has over the present connection */
    gboolean up;        /* connected, for all we know */
    gboolean attempted; /* the first attempt to connect has ended, either way */
    gboolean held;      /* a sample waits for that */

    MomOutage outage;
    MomVdsmKsm ksm;
    char *why; /* of the last connection's or attempt's end; NULL: none has ended */
};

static MomHypervisorVdsm *
from_source(MomSource *source)
{
    return (MomHypervisorVdsm *)((char *)source - G_STRUCT_OFFSET(MomHypervisorVdsm, source));
}

static MomHypervisorVdsm *
from_actuator(MomActuator *actuator)
{
    return (MomHypervisorVdsm *)((char *)actuator - G_STRUCT_OFFSET(MomHypervisorVdsm, actuator));
}

/* ---- reading ---- */

static void
finish(MomHypervisorVdsm *self, GPtrArray *guests, const GError *error)
{
    MomSourceDone done = self->done;

    self->done = NULL;
    done(guests, error, self->done_data);
}

/* A file that cannot be read and a certificate that is refused do not mend themselves. */
static gboolean
is_to_be_mended(const GError *why)
{
    return why->domain == G_TLS_ERROR || why->domain == G_FILE_ERROR;
}

static void
note_outage(MomHypervisorVdsm *self, const char *what, const GError *why)
{
    g_autofree char *message = g_strdup_printf("%s, trying on: %s", what, why->message);

    mom_outage_goes_on(&self->outage, message, is_to_be_mended(why));
}

/* That there is no connection is told by its attempts, see state_changed. */
static void
finish_without(MomHypervisorVdsm *self, const GError *error)
{
    gboolean no_answer = g_error_matches(error, MOM_VDSM_ERROR, MOM_VDSM_ERROR_TIMED_OUT);
    g_autoptr(GError) told = NULL;

    if (no_answer)
        note_outage(self, "vdsm does not answer", error);
    if (mom_vdsm_err_not_yet(error)) {
        told = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_BUSY, error->message);
    } else if (no_answer) {
        told = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED, error->message);
    } else if (g_error_matches(error, MOM_VDSM_ERROR, MOM_VDSM_ERROR_NOT_CONNECTED)) {
        told = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED,
                                   self->why ? self->why : error->message);
    }
    finish(self, NULL, told ? told : error);
}

/* Arrays are counted and never changed once filled, so GUEST can share them; the strings in them
 * stay KNOWN's, which outlives the hand-over. */
static void
share_io_tune(MomGuestData *guest, const MomGuestData *known)
{
    guest->has_io_tune = TRUE;
    guest->io_policies = g_array_ref(known->io_policies);
    guest->io_states = g_array_ref(known->io_states);
}

/* Gives each guest the I/O policies known of it and hands all over. */
static void
finish_with_io_tunes(MomHypervisorVdsm *self)
{
    g_autoptr(GPtrArray) guests = g_steal_pointer(&self->guests);

    for (guint i = 0; i < guests->len; i++) {
        MomGuestData *guest = g_ptr_array_index(guests, i);
        const MomGuestData *known = g_hash_table_lookup(self->io_tunes, guest->uuid);

        if (known)
            share_io_tune(guest, known);
    }
    finish(self, guests, NULL);
}

static void
io_tunes_done(GPtrArray *tunes, const GError *error, gpointer data)
{
    MomHypervisorVdsm *self = data;

    if (!self->done)
        return;
    if (!tunes) {
        /* Guests are managed without: their limits are unknown until vdsm tells them. */
        g_debug("I/O policies not read: %s", error->message);
        finish_with_io_tunes(self);
        return;
    }
    self->io_tunes_due_us = mom_clock_now_us(self->clock) + IO_TUNE_REFRESH_US;
    g_hash_table_remove_all(self->io_tunes);
    for (guint i = 0; i < tunes->len; i++) {
        const MomVdsmVmIoTune *tune = g_ptr_array_index(tunes, i);
        MomGuestData *known = mom_guest_data_new(tune->vm_id, NULL);

        mom_hypervisor_vdsm_add_io_tune(known, tune);
        g_hash_table_insert(self->io_tunes, known->uuid, known);
    }
    finish_with_io_tunes(self);
}

static gboolean
io_tunes_wanted(MomHypervisorVdsm *self)
{
    if (!self->with_io_tune || self->guests->len == 0)
        return FALSE;
    if (mom_clock_now_us(self->clock) >= self->io_tunes_due_us)
        return TRUE;
    for (guint i = 0; i < self->guests->len; i++) {
        MomGuestData *guest = g_ptr_array_index(self->guests, i);

        if (!g_hash_table_contains(self->io_tunes, guest->uuid))
            return TRUE;
    }
    return FALSE;
}

/* A connection that stands for a moment and breaks again is no end of the fault, or a vdsm that
 * drops us each time would fill the log; an answer is, whatever it says. */
static gboolean
is_answer(const GError *error)
{
    return !error || mom_vdsm_err_answered(error);
}

/* Said once, and again only after a fault. */
static void
note_answer(MomHypervisorVdsm *self)
{
    if (!self->answered && !mom_outage_stands(&self->outage))
        g_info("Connected to vdsm");
    mom_outage_end(&self->outage, "Connected to vdsm");
    self->answered = TRUE;
    self->is_good = TRUE;
}

static void
stats_done(GPtrArray *stats, const GError *error, gpointer data)
{
    MomHypervisorVdsm *self = data;

    if (is_answer(error))
        note_answer(self);
    if (!stats) {
        finish_without(self, error);
        return;
    }
    self->guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_guest_data_free);
    for (guint i = 0; i < stats->len; i++) {
        const MomVdsmVmStats *vm = g_ptr_array_index(stats, i);

        if (g_strcmp0(vm->status, "Up") == 0)
            g_ptr_array_add(self->guests, mom_hypervisor_vdsm_guest(vm));
    }
    if (io_tunes_wanted(self))
        mom_vdsm_get_all_vm_io_tune_policies(self->vdsm, io_tunes_done, self);
    else
        finish_with_io_tunes(self);
}

/* A daemon that has just started asks before its connection can stand. That is no failure worth a
 * warning: the question is held until the first attempt has ended. */
static void
sample(MomSource *source, MomSourceDone done, gpointer data)
{
    MomHypervisorVdsm *self = from_source(source);

    self->done = done;
    self->done_data = data;
    self->held = !self->attempted;
    if (!self->held)
        mom_vdsm_get_all_vm_stats(self->vdsm, stats_done, self);
}

static void
attempt_ended(MomHypervisorVdsm *self)
{
    gboolean held = self->held;

    self->attempted = TRUE;
    self->held = FALSE;
    if (held)
        mom_vdsm_get_all_vm_stats(self->vdsm, stats_done, self);
}

static const MomSourceClass source_class = {.sample = sample, .name = "vdsm"};

/* ---- setting ---- */

static const char *
uuid_of(MomEntity *guest)
{
    return mom_entity_get_string_property(guest, "uuid");
}

/* A guest without uuid cannot have come from here; said rather than sent. */
static gboolean
addressable(MomEntity *guest, MomActuatorDone done, gpointer data)
{
    g_autoptr(GError) error = NULL;

    if (uuid_of(guest))
        return TRUE;
    error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "the guest has no uuid");
    if (done)
        done(error, data);
    return FALSE;
}

static void
set_balloon_target(
    MomActuator *actuator, MomEntity *guest, gint64 target_kib, MomActuatorDone done, gpointer data)
{
    if (addressable(guest, done, data)) {
        mom_vdsm_set_balloon_target(from_actuator(actuator)->vdsm, uuid_of(guest), target_kib, done,
                                    data);
    }
}

static guint
ksm_keys(MomActuator *actuator)
{
    return MOM_VDSM_KSM_KEYS;
}

static void
set_ksm(MomActuator *actuator,
        MomEntity *host,
        const MomKsmTune *tune,
        MomActuatorDone done,
        gpointer data)
{
    mom_vdsm_ksm_set(&from_actuator(actuator)->ksm, tune, done, data);
}

/* vdsm takes quota and period in two calls, quota first (as the reference); one outcome is told. */
typedef struct {
    MomActuatorDone done;
    gpointer data;
    guint outstanding;
    GError *error;
} CpuTuneCall;

static void
cpu_tune_part_done(const GError *error, gpointer data)
{
    CpuTuneCall *call = data;

    if (error && !call->error)
        call->error = g_error_copy(error);
    if (--call->outstanding > 0)
        return;
    if (call->done)
        call->done(call->error, call->data);
    g_clear_error(&call->error);
    g_free(call);
}

static void
set_cpu_tune(MomActuator *actuator,
             MomEntity *guest,
             gint64 quota_us,
             gint64 period_us,
             MomActuatorDone done,
             gpointer data)
{
    MomHypervisorVdsm *self = from_actuator(actuator);
    CpuTuneCall *call;

    if (!addressable(guest, done, data))
        return;
    call = g_new0(CpuTuneCall, 1);
    *call = (CpuTuneCall){.done = done, .data = data, .outstanding = 2};
    mom_vdsm_set_cpu_tune_quota(self->vdsm, uuid_of(guest), quota_us, cpu_tune_part_done, call);
    mom_vdsm_set_cpu_tune_period(self->vdsm, uuid_of(guest), period_us, cpu_tune_part_done, call);
}

static MomVdsmLimits
vdsm_limits(const MomLimits *limits)
{
    MomVdsmLimits out = {0};
    MomVdsmInt *const limit[MOM_N_LIMITS] = {
        &out.total_bytes_sec, &out.read_bytes_sec, &out.write_bytes_sec,
        &out.total_iops_sec,  &out.read_iops_sec,  &out.write_iops_sec,
    };

    for (guint i = 0; i < MOM_N_LIMITS; i++) {
        gint64 value;

        if (!(limits->present & (1u << i)))
            continue;
        if (mom_value_to_int(limits->value[i], &value))
            *limit[i] = (MomVdsmInt){.set = TRUE, .value = value};
        else
            out.nulls |= 1u << i;
    }
    return out;
}

typedef struct {
    MomHypervisorVdsm *self;
    MomActuatorDone done;
    gpointer data;
} IoTuneCall;

/* What was read while the call was under way may be older than what it set. */
static void
io_tune_set(const GError *error, gpointer data)
{
    g_autofree IoTuneCall *call = data;

    call->self->io_tunes_due_us = 0;
    if (call->done)
        call->done(error, call->data);
}

static void
set_io_tune(MomActuator *actuator,
            MomEntity *guest,
            const MomIoTuneChange *changes,
            gsize n,
            MomActuatorDone done,
            gpointer data)
{
    MomHypervisorVdsm *self = from_actuator(actuator);
    IoTuneCall *call;
    g_autofree MomVdsmIoTuneChange *list = g_new0(MomVdsmIoTuneChange, n + 1);

    if (!addressable(guest, done, data))
        return;
    for (gsize i = 0; i < n; i++) {
        list[i] = (MomVdsmIoTuneChange){changes[i].name, changes[i].path,
                                        vdsm_limits(&changes[i].io_tune)};
    }
    /* What is set now is no longer what was read. */
    self->io_tunes_due_us = 0;
    call = g_new(IoTuneCall, 1);
    *call = (IoTuneCall){self, done, data};
    mom_vdsm_set_io_tune(self->vdsm, uuid_of(guest), list, n, io_tune_set, call);
}

static void
drop_unsent(MomActuator *actuator)
{
    mom_vdsm_drop_unsent(from_actuator(actuator)->vdsm);
}

static const MomActuatorClass actuator_class = {
    .set_balloon_target = set_balloon_target,
    .set_ksm = set_ksm,
    .ksm_keys = ksm_keys,
    .set_cpu_tune = set_cpu_tune,
    .set_io_tune = set_io_tune,
    .drop_unsent = drop_unsent,
};

/* ---- events and life ---- */

/* The end of a connection that was good is no outage yet: the next attempt may succeed, and if it
 * does not it tells the better reason. */
static void
state_changed(MomVdsmState state, const GError *why, gpointer data)
{
    MomHypervisorVdsm *self = data;

    if (state == MOM_VDSM_CONNECTING && self->up) {
        /* Made anew at our wish: as at the start, questions wait for the outcome. */
        self->attempted = FALSE;
    }
    self->up = state == MOM_VDSM_CONNECTED;
    if (state == MOM_VDSM_CONNECTED) {
        /* vdsm may have been restarted: what it said of I/O limits may hold no more. */
        self->io_tunes_due_us = 0;
        attempt_ended(self);
        if (self->connected)
            self->connected("vdsm is connected", self->hint_data);
    } else if (state == MOM_VDSM_DISCONNECTED && why) {
        if (!self->is_good)
            note_outage(self, "Not connected to vdsm", why);
        self->is_good = FALSE;
        g_free(self->why);
        self->why = g_strdup(why->message);
        attempt_ended(self);
    }
}

static void
event_came(const MomVdsmEvent *event, gpointer data)
{
    MomHypervisorVdsm *self = data;

    if (self->hint && strstr(event->method, "|VM_status|"))
        self->hint(event->method, self->hint_data);
}

MomHypervisorVdsm *
mom_hypervisor_vdsm_new(const MomVdsmOptions *options,
                        MomClock *clock,
                        gboolean with_io_tune,
                        MomHypervisorHint hint,
                        gpointer data)
{
    MomHypervisorVdsm *self = g_new0(MomHypervisorVdsm, 1);

    self->source.klass = &source_class;
    self->actuator.klass = &actuator_class;
    self->clock = clock;
    self->with_io_tune = with_io_tune;
    self->hint = hint;
    self->connected = hint;
    self->hint_data = data;
    self->io_tunes =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)mom_guest_data_free);
    self->outage = MOM_OUTAGE_INIT(G_LOG_DOMAIN);
    self->vdsm = mom_vdsm_new(options);
    self->ksm = (MomVdsmKsm){self->vdsm, MOM_FAULT_INIT(G_LOG_DOMAIN)};
    mom_vdsm_watch_state(self->vdsm, state_changed, self);
    mom_vdsm_watch_events(self->vdsm, event_came, self);
    return self;
}

void
mom_hypervisor_vdsm_free(MomHypervisorVdsm *self)
{
    if (!self)
        return;
    mom_vdsm_free(self->vdsm);
    g_clear_pointer(&self->guests, g_ptr_array_unref);
    g_hash_table_unref(self->io_tunes);
    mom_outage_clear(&self->outage);
    g_free(self->why);
    mom_fault_clear(&self->ksm.fault);
    g_free(self);
}

void
mom_hypervisor_vdsm_watch_connected(MomHypervisorVdsm *self, MomHypervisorHint connected)
{
    self->connected = connected;
}

void
mom_hypervisor_vdsm_start(MomHypervisorVdsm *self)
{
    mom_vdsm_start(self->vdsm);
}

gboolean
mom_hypervisor_vdsm_configure(MomHypervisorVdsm *self,
                              const MomVdsmOptions *options,
                              GError **error)
{
    return mom_vdsm_configure(self->vdsm, options, error);
}

void
mom_hypervisor_vdsm_renew_io_tunes(MomHypervisorVdsm *self)
{
    self->io_tunes_due_us = 0;
}

MomSource *
mom_hypervisor_vdsm_source(MomHypervisorVdsm *self)
{
    return &self->source;
}

MomActuator *
mom_hypervisor_vdsm_actuator(MomHypervisorVdsm *self)
{
    return &self->actuator;
}
