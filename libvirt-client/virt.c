/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See virt.h.  Each call is a small struct that travels to the worker and back: what is asked, and
 * room for the answer.
 */
#include "libvirt-client/virt.h"

#include "libvirt-client/agent.h"
#include "libvirt-client/tune.h"

struct MomVirt {
    MomVirtConnection *connection;
    MomVirtListener listener;
    MomVirtCache *cache;
    guint stats_period_s;
    MomVirtSilence silence;
    MomVirtState state; /* as last told */
    guint hangs;        /* how often a call hung in an open connection */
};

typedef struct {
    MomVirtCache *cache;
    guint stats_period_s;
    MomVirtSilence silence; /* its data referenced */
    GPtrArray *guests;
} ReadGuests;

typedef struct {
    gatomicrefcount references; /* the call, and who may have to make it again */
    MomVirtCache *cache;
    char *uuid;
    char *disk;
    guint64 target_kib;
    gint64 quota_us;
    guint64 period_us;
    MomVirtLimits limits;
} Change;

typedef struct {
    char *uuid;
    char *command;
    int timeout_s;
    char *reply;
} Question;

typedef struct {
    union {
        MomVirtGuestsDone guests;
        MomVirtLimitsDone limits;
        MomVirtReplyDone reply;
        MomVirtDone plain;
    } done;
    gpointer data;
    MomVirt *self;
    guint hangs;      /* SELF's when it was asked */
    Change *change;   /* of a change: what to make again; referenced */
    const char *what; /* static, as below */
    MomVirtCall run;
} Listener;

/* ---- in the worker ---- */

static gboolean
run_read_guests(virConnectPtr connection, gpointer data, GError **error)
{
    ReadGuests *call = data;
    g_autoptr(GHashTable) silent =
        call->silence.find != NULL ? call->silence.find(call->silence.data) : NULL;
    const MomVirtReading reading = {call->stats_period_s, MOM_VIRT_PORTION_US, silent};

    return mom_virt_guests_read(connection, call->cache, &reading, call->guests, error);
}

static gboolean
run_read_disk(virConnectPtr connection, gpointer data, GError **error)
{
    Change *call = data;

    return mom_virt_read_disk_tune(connection, call->uuid, call->disk, &call->limits, error);
}

static gboolean
run_set_balloon(virConnectPtr connection, gpointer data, GError **error)
{
    Change *call = data;

    return mom_virt_tune_balloon(connection, call->uuid, call->target_kib, error);
}

static gboolean
run_set_cpu(virConnectPtr connection, gpointer data, GError **error)
{
    Change *call = data;
    gboolean ok = mom_virt_tune_cpu(connection, call->uuid, call->quota_us, call->period_us, error);

    mom_virt_cache_drop(call->cache, call->uuid);
    return ok;
}

static gboolean
run_set_disk(virConnectPtr connection, gpointer data, GError **error)
{
    Change *call = data;
    gboolean ok = mom_virt_tune_disk(connection, call->uuid, call->disk, &call->limits, error);

    mom_virt_cache_drop(call->cache, call->uuid);
    return ok;
}

static gboolean
run_agent(virConnectPtr connection, gpointer data, GError **error)
{
    Question *call = data;

    return mom_virt_agent_ask(connection, call->uuid, call->command, call->timeout_s, &call->reply,
                              error);
}

/* ---- on the main side ---- */

static void
free_read_guests(gpointer data)
{
    ReadGuests *call = data;

    g_ptr_array_unref(call->guests);
    mom_virt_cache_unref(call->cache);
    if (call->silence.find != NULL)
        call->silence.unref(call->silence.data);
    g_free(call);
}

static void
change_unref(gpointer data)
{
    Change *call = data;

    if (!g_atomic_ref_count_dec(&call->references))
        return;
    mom_virt_cache_unref(call->cache);
    g_free(call->uuid);
    g_free(call->disk);
    g_free(call);
}

static void
free_question(gpointer data)
{
    Question *call = data;

    g_free(call->uuid);
    g_free(call->command);
    g_free(call->reply);
    g_free(call);
}

static Change *
change_ref(Change *call)
{
    g_atomic_ref_count_inc(&call->references);
    return call;
}

static void
free_listener(Listener *listener)
{
    g_clear_pointer(&listener->change, change_unref);
    g_free(listener);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Listener, free_listener)

static void answer_guests(gpointer job, const GError *error, gpointer data);
static void answer_change(gpointer job, const GError *error, gpointer data);

static void
ask_for_guests(MomVirt *self, Listener *listener)
{
    ReadGuests *call = g_new0(ReadGuests, 1);

    listener->hangs = self->hangs;
    call->cache = mom_virt_cache_ref(self->cache);
    call->stats_period_s = self->stats_period_s;
    call->silence = self->silence;
    if (call->silence.find != NULL)
        call->silence.ref(call->silence.data);
    call->guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_virt_guest_free);
    mom_virt_connection_call(self->connection, "read all guests", run_read_guests, call,
                             free_read_guests, answer_guests, listener);
}

static void
make_change(MomVirt *self, Listener *listener)
{
    listener->hangs = self->hangs;
    mom_virt_connection_call(self->connection, listener->what, listener->run,
                             change_ref(listener->change), change_unref, answer_change, listener);
}

/* It failed with CODE because a call hung in a guest (and did not only wait for an opening), and
 * another connection takes over.  A guest that hangs is met once, and there are never more hanging
 * calls than a few: this ends. */
static gboolean
may_ask_again(const Listener *listener, const GError *error, int code)
{
    const MomVirt *self = listener->self;

    return g_error_matches(error, MOM_VIRT_ERROR, code) && self->hangs != listener->hangs &&
           mom_virt_state(self) == MOM_VIRT_OPENING;
}

static void
answer_guests(gpointer job, const GError *error, gpointer data)
{
    g_autoptr(Listener) listener = data;
    ReadGuests *call = job;
    MomVirt *self = listener->self;

    if (may_ask_again(listener, error, MOM_VIRT_ERROR_TIMEOUT)) {
        ask_for_guests(self, g_steal_pointer(&listener));
        return;
    }
    if (listener->done.guests != NULL)
        listener->done.guests(error == NULL ? call->guests : NULL, error, listener->data);
}

static void
answer_limits(gpointer job, const GError *error, gpointer data)
{
    g_autoptr(Listener) listener = data;
    Change *call = job;

    if (listener->done.limits != NULL)
        listener->done.limits(error == NULL ? &call->limits : NULL, error, listener->data);
}

/* A change that hangs itself may have been made; one that was not asked for may be made again. */
static void
answer_change(gpointer job, const GError *error, gpointer data)
{
    g_autoptr(Listener) listener = data;
    MomVirt *self = listener->self;

    if (may_ask_again(listener, error, MOM_VIRT_ERROR_BUSY)) {
        make_change(self, g_steal_pointer(&listener));
        return;
    }
    if (listener->done.plain != NULL)
        listener->done.plain(error, listener->data);
}

static void
answer_agent(gpointer job, const GError *error, gpointer data)
{
    g_autoptr(Listener) listener = data;
    Question *call = job;

    if (listener->done.reply != NULL)
        listener->done.reply(error == NULL ? call->reply : NULL, error, listener->data);
}

static Listener *
listener_new(MomVirt *self, gpointer data)
{
    Listener *listener = g_new0(Listener, 1);

    listener->self = self;
    listener->data = data;
    return listener;
}

static Change *
change_new(MomVirt *self, const char *uuid)
{
    Change *call = g_new0(Change, 1);

    g_atomic_ref_count_init(&call->references);
    call->cache = mom_virt_cache_ref(self->cache);
    call->uuid = g_strdup(uuid);
    return call;
}

static void
send_change(
    MomVirt *self, const char *what, MomVirtCall run, Change *call, MomVirtDone done, gpointer data)
{
    Listener *listener = listener_new(self, data);

    listener->done.plain = done;
    listener->change = call;
    listener->what = what;
    listener->run = run;
    make_change(self, listener);
}

static void
on_changed(MomVirtState state, const GError *error, gpointer data)
{
    MomVirt *self = data;

    self->hangs += state == MOM_VIRT_STUCK && self->state == MOM_VIRT_OPEN;
    self->state = state;
    if (state == MOM_VIRT_OPENING) /* events are missed meanwhile */
        mom_virt_cache_drop(self->cache, NULL);
    if (self->listener.changed != NULL)
        self->listener.changed(state, error, self->listener.data);
}

static void
on_event(MomVirtEventKind kind, const char *uuid, const char *name, gpointer data)
{
    MomVirt *self = data;

    mom_virt_cache_drop(self->cache, uuid);
    if (self->listener.event != NULL)
        self->listener.event(kind, uuid, name, self->listener.data);
}

static void
ignore_error(void *data, virErrorPtr error)
{
    /* libvirt would print every error on stderr; ours come as GError. */
}

gboolean
mom_virt_init(GError **error)
{
    virSetErrorFunc(NULL, ignore_error);
    if (virInitialize() < 0)
        return mom_virt_fail(error, "initialise", "libvirt");
    /* Since libvirt 6 this is GLib on the default main context: no thread of its own is needed. */
    if (virEventRegisterDefaultImpl() < 0)
        return mom_virt_fail(error, "register the event loop of", "libvirt");
    return TRUE;
}

MomVirt *
mom_virt_new(const MomVirtOptions *options, const MomVirtListener *listener)
{
    MomVirt *self = g_new0(MomVirt, 1);
    const MomVirtListener ours = {on_changed, on_event, self};

    if (listener != NULL)
        self->listener = *listener;
    self->cache = mom_virt_cache_new();
    self->stats_period_s = options->stats_period_s;
    self->silence = options->silence;
    if (self->silence.find != NULL)
        self->silence.ref(self->silence.data);
    self->connection = mom_virt_connection_new(&options->address, &options->times, &ours);
    return self;
}

void
mom_virt_end(MomVirt *self, guint wait_ms)
{
    mom_virt_connection_end(self->connection, wait_ms);
    mom_virt_cache_unref(self->cache);
    if (self->silence.find != NULL)
        self->silence.unref(self->silence.data);
    g_free(self);
}

void
mom_virt_free(MomVirt *self)
{
    if (self != NULL)
        mom_virt_end(self, MOM_VIRT_END_MS);
}

MomVirtState
mom_virt_state(const MomVirt *self)
{
    return mom_virt_connection_state(self->connection);
}

const char *
mom_virt_read_only(const MomVirt *self)
{
    return mom_virt_connection_read_only(self->connection);
}

void
mom_virt_read_guests(MomVirt *self, MomVirtGuestsDone done, gpointer data)
{
    Listener *listener = listener_new(self, data);

    listener->done.guests = done;
    ask_for_guests(self, listener);
}

void
mom_virt_read_disk(
    MomVirt *self, const char *uuid, const char *disk, MomVirtLimitsDone done, gpointer data)
{
    Change *call = change_new(self, uuid);
    Listener *listener = listener_new(self, data);

    call->disk = g_strdup(disk);
    listener->done.limits = done;
    mom_virt_connection_call(self->connection, "read disk limits", run_read_disk, call,
                             change_unref, answer_limits, listener);
}

void
mom_virt_set_balloon(
    MomVirt *self, const char *uuid, guint64 target_kib, MomVirtDone done, gpointer data)
{
    Change *call = change_new(self, uuid);

    call->target_kib = target_kib;
    send_change(self, "set balloon", run_set_balloon, call, done, data);
}

void
mom_virt_set_cpu(MomVirt *self,
                 const char *uuid,
                 gint64 quota_us,
                 guint64 period_us,
                 MomVirtDone done,
                 gpointer data)
{
    Change *call = change_new(self, uuid);

    call->quota_us = quota_us;
    call->period_us = period_us;
    send_change(self, "set CPU limits", run_set_cpu, call, done, data);
}

void
mom_virt_set_disk(MomVirt *self,
                  const char *uuid,
                  const char *disk,
                  const MomVirtLimits *limits,
                  MomVirtDone done,
                  gpointer data)
{
    Change *call = change_new(self, uuid);

    call->disk = g_strdup(disk);
    call->limits = *limits;
    send_change(self, "set disk limits", run_set_disk, call, done, data);
}

void
mom_virt_agent_command(MomVirt *self,
                       const char *uuid,
                       const char *command,
                       guint timeout_s,
                       MomVirtReplyDone done,
                       gpointer data)
{
    Question *call = g_new0(Question, 1);
    Listener *listener = listener_new(self, data);

    call->uuid = g_strdup(uuid);
    call->command = g_strdup(command);
    call->timeout_s = (int)timeout_s;
    listener->done.reply = done;
    mom_virt_connection_call(self->connection, "ask an agent", run_agent, call, free_question,
                             answer_agent, listener);
}

void
mom_virt_forget(MomVirt *self, const char *uuid)
{
    mom_virt_cache_drop(self->cache, uuid);
}
