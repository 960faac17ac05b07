/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See connection.h.  All of this runs on the main side; what runs in the worker is `run_open` and
 * `run_call`.  Every change of state goes through set_state, so that there is one place to look.
 */
#include "libvirt-client/connection.h"

/* A call is waited for so many times as long as the last one took. */
#define PATIENCE_AFTER_SUCCESS 4
#define PATIENCE_AFTER_LATE 2

struct MomVirtConnection {
    MomVirtAddress address; /* own copies */
    MomVirtTimes times;
    MomVirtListener listener;
    GMainContext *context;

    MomVirtState state;
    MomVirtWorker *worker;
    MomVirtSession *session; /* the worker's */
    MomVirtSink *sink;
    GPtrArray *left_behind; /* of MomVirtWorker: stuck, to be freed when they come back */
    char *read_only;        /* why the present connection is */
    guint pause_ms;
    guint patience_ms;
    gint64 given_up_us; /* when the call began that was last given up; 0: it was an opening */
    GSource *timer;     /* to reopen when WAITING, to replace the worker when STUCK */
    gboolean closing;
};

/* One call, on both sides. */
typedef struct {
    MomVirtSession *session;
    MomVirtCall run;
    gpointer call;
    GDestroyNotify free_call;
    gboolean lost; /* the worker's finding */
} Call;

/* One opening, the same. */
typedef struct {
    MomVirtSession *session;
    MomVirtOpening opening;
} Opening;

typedef struct {
    MomVirtConnection *connection;
    gint64 began_us;
    MomVirtJobDone done;
    gpointer data;
} Listener;

static void start_open(MomVirtConnection *self);
static void start_worker(MomVirtConnection *self);

/* ---- in the worker ---- */

static gboolean
run_open(gpointer job, GError **error)
{
    Opening *opening = job;

    return mom_virt_session_open(opening->session, &opening->opening, error);
}

static void
free_opening(gpointer job)
{
    Opening *opening = job;

    mom_virt_opening_clear(&opening->opening);
    g_free(opening);
}

static gboolean
run_call(gpointer job, GError **error)
{
    Call *call = job;
    virConnectPtr connection = mom_virt_session_connection(call->session, error);

    if (connection == NULL)
        return FALSE;
    if (call->run(connection, call->call, error))
        return TRUE;
    call->lost = !mom_virt_session_is_alive(call->session);
    return FALSE;
}

static void
free_call(gpointer job)
{
    Call *call = job;

    if (call->free_call != NULL)
        call->free_call(call->call);
    g_free(call);
}

/* ---- states ---- */

static void
clear_timer(MomVirtConnection *self)
{
    if (self->timer != NULL) {
        g_source_destroy(self->timer);
        g_clear_pointer(&self->timer, g_source_unref);
    }
}

static void
set_timer(MomVirtConnection *self, guint ms, GSourceFunc func)
{
    clear_timer(self);
    self->timer = g_timeout_source_new(ms);
    g_source_set_callback(self->timer, func, self, NULL);
    g_source_attach(self->timer, self->context);
}

static void
set_state(MomVirtConnection *self, MomVirtState state, const GError *error)
{
    if (state == self->state)
        return;
    g_debug("%s: %s -> %s%s%s", self->address.uri, mom_virt_state_name(self->state),
            mom_virt_state_name(state), error ? ": " : "", error ? error->message : "");
    self->state = state;
    if (self->listener.changed != NULL)
        self->listener.changed(state, error, self->listener.data);
}

static gboolean
pause_over(gpointer data)
{
    start_open(data);
    return G_SOURCE_REMOVE;
}

/* Pauses with jitter, so that many clients of a daemon that restarts do not come back as one. */
static void
wait_and_reopen(MomVirtConnection *self, const GError *error)
{
    guint jitter = (guint)g_random_int_range(0, (gint32)(self->pause_ms / 4 + 1));

    set_timer(self, self->pause_ms + jitter, pause_over);
    self->pause_ms = MIN(self->pause_ms * 2, self->times.reopen_max_ms);
    set_state(self, MOM_VIRT_WAITING, error);
}

static gboolean
replace_worker(gpointer data)
{
    MomVirtConnection *self = data;

    clear_timer(self);
    if (self->left_behind->len >= MOM_VIRT_MAX_LEFT_BEHIND)
        return G_SOURCE_REMOVE; /* until one of them returns */
    g_debug("%s: leaving a call behind that does not come back", self->address.uri);
    g_ptr_array_add(self->left_behind, g_steal_pointer(&self->worker));
    start_worker(self);
    start_open(self);
    return G_SOURCE_REMOVE;
}

static void
become_stuck(MomVirtConnection *self, const GError *error)
{
    if (self->state == MOM_VIRT_STUCK)
        return;
    clear_timer(self);
    set_state(self, MOM_VIRT_STUCK, error);
    if (self->times.replace_ms == 0)
        replace_worker(self);
    else
        set_timer(self, self->times.replace_ms, replace_worker);
}

static void
set_patience(MomVirtConnection *self, gint64 began_us, guint factor)
{
    gint64 took_ms = (g_get_monotonic_time() - began_us) / G_TIME_SPAN_MILLISECOND;

    self->patience_ms = (guint)CLAMP(took_ms * factor, (gint64)self->times.call_timeout_ms,
                                     (gint64)self->times.call_timeout_max_ms);
}

static void
on_returned(MomVirtWorker *worker, gpointer data)
{
    MomVirtConnection *self = data;

    if (self->given_up_us != 0)
        set_patience(self, self->given_up_us, PATIENCE_AFTER_LATE);
    if (worker == self->worker) {
        start_open(self);
        return;
    }
    g_ptr_array_remove(self->left_behind, worker);
    if (self->state == MOM_VIRT_STUCK && self->timer == NULL)
        replace_worker(self);
}

static void
on_event(MomVirtEventKind kind, const char *uuid, const char *name, gpointer data)
{
    MomVirtConnection *self = data;

    if (kind != MOM_VIRT_EVENT_LOST) {
        if (self->listener.event != NULL)
            self->listener.event(kind, uuid, name, self->listener.data);
    } else if (self->state == MOM_VIRT_OPEN) {
        g_autoptr(GError) error = g_error_new(MOM_VIRT_ERROR, MOM_VIRT_ERROR_DISCONNECTED,
                                              "%s: the connection ended", self->address.uri);

        wait_and_reopen(self, error);
    }
}

static void
on_opened(gpointer job, const GError *error, gpointer data)
{
    MomVirtConnection *self = data;
    Opening *opening = job;

    if (self->closing)
        return;
    if (error == NULL) {
        self->read_only = g_steal_pointer(&opening->opening.read_only);
        self->pause_ms = self->times.reopen_min_ms;
        set_state(self, MOM_VIRT_OPEN, NULL);
    } else if (mom_virt_worker_is_stuck(self->worker)) {
        self->given_up_us = 0;
        become_stuck(self, error);
    } else {
        wait_and_reopen(self, error);
    }
}

static void
start_open(MomVirtConnection *self)
{
    Opening *opening = g_new0(Opening, 1);
    g_autoptr(GError) fault = NULL;

    clear_timer(self);
    g_clear_pointer(&self->read_only, g_free);
    set_state(self, MOM_VIRT_OPENING, NULL);
    opening->session = self->session;
    if (self->address.password_file != NULL && self->address.vet != NULL &&
        !self->address.vet(self->address.password_file, self->address.vet_data, &fault))
        opening->opening.password_fault = g_strdup(fault->message);
    mom_virt_worker_push(self->worker, "connect", run_open, opening, free_opening,
                         self->times.open_timeout_ms, on_opened, self);
}

static void
start_worker(MomVirtConnection *self)
{
    if (self->sink != NULL) {
        mom_virt_sink_cut(self->sink);
        mom_virt_sink_unref(self->sink);
    }
    self->sink = mom_virt_sink_new(on_event, self);
    self->session = mom_virt_session_new(&self->address, (int)self->times.keepalive_s,
                                         self->times.keepalive_count, self->sink);
    self->worker =
        mom_virt_worker_new("libvirt", mom_virt_session_free, self->session, on_returned, self);
}

/* ---- public ---- */

static guint
or_default(guint value, guint otherwise)
{
    return value != 0 ? value : otherwise;
}

static MomVirtTimes
complete_times(const MomVirtTimes *given)
{
    MomVirtTimes times = given != NULL ? *given : (MomVirtTimes){0};

    times.open_timeout_ms = or_default(times.open_timeout_ms, 10000);
    times.call_timeout_ms = or_default(times.call_timeout_ms, 5000);
    times.call_timeout_max_ms = or_default(times.call_timeout_max_ms, 15000);
    times.call_timeout_max_ms = MAX(times.call_timeout_max_ms, times.call_timeout_ms);
    times.reopen_min_ms = or_default(times.reopen_min_ms, 500);
    times.reopen_max_ms = or_default(times.reopen_max_ms, 30000);
    times.keepalive_s = or_default(times.keepalive_s, 5);
    times.keepalive_count = or_default(times.keepalive_count, 3);
    return times;
}

MomVirtConnection *
mom_virt_connection_new(const MomVirtAddress *address,
                        const MomVirtTimes *times,
                        const MomVirtListener *listener)
{
    MomVirtConnection *self = g_new0(MomVirtConnection, 1);

    self->address = *address;
    self->address.uri = g_strdup(address->uri != NULL ? address->uri : "qemu:///system");
    self->address.user = g_strdup(address->user);
    self->address.password_file = g_strdup(address->password_file);
    self->times = complete_times(times);
    self->patience_ms = self->times.call_timeout_ms;
    self->listener = *listener;
    self->context = g_main_context_ref_thread_default();
    self->left_behind = g_ptr_array_new_with_free_func((GDestroyNotify)mom_virt_worker_free);
    self->pause_ms = self->times.reopen_min_ms;
    self->state = MOM_VIRT_OPENING; /* so that nobody is told before we return */
    start_worker(self);
    start_open(self);
    return self;
}

void
mom_virt_connection_end(MomVirtConnection *self, guint wait_ms)
{
    self->closing = TRUE;
    clear_timer(self);
    mom_virt_sink_cut(self->sink);
    mom_virt_worker_end(self->worker, wait_ms);
    g_ptr_array_unref(self->left_behind);
    mom_virt_sink_unref(self->sink);
    g_main_context_unref(self->context);
    g_free(self->read_only);
    g_free((char *)self->address.uri);
    g_free((char *)self->address.user);
    g_free((char *)self->address.password_file);
    g_free(self);
}

void
mom_virt_connection_free(MomVirtConnection *self)
{
    if (self != NULL)
        mom_virt_connection_end(self, MOM_VIRT_END_MS);
}

static void
on_called(gpointer job, const GError *error, gpointer data)
{
    g_autofree Listener *listener = data;
    MomVirtConnection *self = listener->connection;
    Call *call = job;

    if (self->closing) {
        /* whoever waits is answered, no more */
    } else if (error == NULL) {
        set_patience(self, listener->began_us, PATIENCE_AFTER_SUCCESS);
    } else if (mom_virt_worker_is_stuck(self->worker)) {
        self->given_up_us = listener->began_us;
        become_stuck(self, error);
    } else if (call != NULL && call->lost && self->state == MOM_VIRT_OPEN) {
        wait_and_reopen(self, error);
    }
    if (listener->done != NULL)
        listener->done(call != NULL ? call->call : NULL, error, listener->data);
}

void
mom_virt_connection_call(MomVirtConnection *self,
                         const char *what,
                         MomVirtCall run,
                         gpointer call_data,
                         GDestroyNotify free_call_data,
                         MomVirtJobDone done,
                         gpointer data)
{
    Call *call = g_new0(Call, 1);
    Listener *listener = g_new0(Listener, 1);

    *call = (Call){self->session, run, call_data, free_call_data, FALSE};
    *listener = (Listener){self, g_get_monotonic_time(), done, data};
    mom_virt_worker_push(self->worker, what, run_call, call, free_call, self->patience_ms,
                         on_called, listener);
}

const char *
mom_virt_connection_read_only(const MomVirtConnection *self)
{
    return self->state == MOM_VIRT_OPEN ? self->read_only : NULL;
}

MomVirtState
mom_virt_connection_state(const MomVirtConnection *self)
{
    return self->state;
}

const char *
mom_virt_state_name(MomVirtState state)
{
    static const char *const names[] = {"waiting", "opening", "open", "stuck"};

    return names[state];
}
