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
    MomVirtState state; /* as last told */
    guint hangs;        /* how often a call hung in an open connection */
};

typedef struct {
    MomVirtCache *cache;
    guint stats_period_s;
    GPtrArray *guests;
} ReadGuests;

typedef struct {
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
    MomVirt *again; /* who is asked once more, if it is a reading */
    guint hangs;    /* AGAIN's when it was asked */
} Listener;

/* ---- in the worker ---- */

static gboolean
run_read_guests(virConnectPtr connection, gpointer data, GError **error)
{
    ReadGuests *call = data;

    const MomVirtReading reading = {call->stats_period_s, MOM_VIRT_PORTION_US};

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
    g_free(call);
}

static void
free_change(gpointer data)
{
    Change *call = data;

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

static void answer_guests(gpointer job, const GError *error, gpointer data);

static void
ask_for_guests(MomVirt *self, Listener *listener)
{
    ReadGuests *call = g_new0(ReadGuests, 1);

    listener->hangs = self->hangs;
    call->cache = mom_virt_cache_ref(self->cache);
    call->stats_period_s = self->stats_period_s;
    call->guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_virt_guest_free);
    mom_virt_connection_call(self->connection, "read all guests", run_read_guests, call,
                             free_read_guests, answer_guests, listener);
}

/* It hung in a guest (and did not only wait for an opening), and another connection takes over. A
 * guest that hangs is met once, and there are never more hanging calls than a few: this ends. */
static gboolean
may_ask_again(const Listener *listener, const GError *error)
{
    const MomVirt *self = listener->again;

    return g_error_matches(error, MOM_VIRT_ERROR, MOM_VIRT_ERROR_TIMEOUT) &&
           self->hangs != listener->hangs && mom_virt_state(self) == MOM_VIRT_OPENING;
}

static void
answer_guests(gpointer job, const GError *error, gpointer data)
{
    g_autofree Listener *listener = data;
    ReadGuests *call = job;
    MomVirt *self = listener->again;

    if (may_ask_again(listener, error)) {
        ask_for_guests(self, g_steal_pointer(&listener));
        return;
    }
    if (listener->done.guests != NULL)
        listener->done.guests(error == NULL ? call->guests : NULL, error, listener->data);
}

static void
answer_limits(gpointer job, const GError *error, gpointer data)
{
    g_autofree Listener *listener = data;
    Change *call = job;

    if (listener->done.limits != NULL)
        listener->done.limits(error == NULL ? &call->limits : NULL, error, listener->data);
}

static void
answer_change(gpointer job, const GError *error, gpointer data)
{
    g_autofree Listener *listener = data;

    if (listener->done.plain != NULL)
        listener->done.plain(error, listener->data);
}

static void
answer_agent(gpointer job, const GError *error, gpointer data)
{
    g_autofree Listener *listener = data;
    Question *call = job;

    if (listener->done.reply != NULL)
        listener->done.reply(error == NULL ? call->reply : NULL, error, listener->data);
}

static Listener *
listener_new(gpointer data)
{
    Listener *listener = g_new0(Listener, 1);

    listener->data = data;
    return listener;
}

static Change *
change_new(MomVirt *self, const char *uuid)
{
    Change *call = g_new0(Change, 1);

    call->cache = mom_virt_cache_ref(self->cache);
    call->uuid = g_strdup(uuid);
    return call;
}

static void
send_change(
    MomVirt *self, const char *what, MomVirtCall run, Change *call, MomVirtDone done, gpointer data)
{
    Listener *listener = listener_new(data);

    listener->done.plain = done;
    mom_virt_connection_call(self->connection, what, run, call, free_change, answer_change,
                             listener);
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
    self->connection = mom_virt_connection_new(&options->address, &options->times, &ours);
    return self;
}

void
mom_virt_free(MomVirt *self)
{
    if (self == NULL)
        return;
    mom_virt_connection_free(self->connection);
    mom_virt_cache_unref(self->cache);
    g_free(self);
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
    Listener *listener = listener_new(data);

    listener->done.guests = done;
    listener->again = self;
    ask_for_guests(self, listener);
}

void
mom_virt_read_disk(
    MomVirt *self, const char *uuid, const char *disk, MomVirtLimitsDone done, gpointer data)
{
    Change *call = change_new(self, uuid);
    Listener *listener = listener_new(data);

    call->disk = g_strdup(disk);
    listener->done.limits = done;
    mom_virt_connection_call(self->connection, "read disk limits", run_read_disk, call, free_change,
                             answer_limits, listener);
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
    Listener *listener = listener_new(data);

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
