/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See supervisor.h.  Two timers: one for what is to be told (ready, status), one for the watchdog.
 */
#define G_LOG_DOMAIN "mom"

#include "agent/supervisor.h"

#include "agent/fault.h"
#include "agent/status.h"

struct MomSupervisor {
    MomSupervisorOptions options;
    guint tell_timer;
    guint feed_timer;
    gboolean ready;   /* the manager is to know that we are */
    gboolean unsaid;  /* ... and does not yet */
    char *status;     /* what was told last; NULL: nothing was */
    gint64 status_us; /* when */
    MomFault stuck;
};

static void tell(gpointer data);

static void
arm(MomSupervisor *self, guint *timer, gint64 delay_us, GSourceOnceFunc func)
{
    if (*timer)
        mom_clock_cancel(self->options.clock, *timer);
    *timer = mom_clock_after(self->options.clock, delay_us, func, self);
}

static void
disarm(MomSupervisor *self, guint *timer)
{
    if (*timer) {
        mom_clock_cancel(self->options.clock, *timer);
        *timer = 0;
    }
}

/* ---- ready and status ---- */

static void
send_status(MomSupervisor *self, const char *status, gint64 now_us)
{
    g_autofree char *message =
        g_strdup_printf("%sSTATUS=%s", self->unsaid ? "READY=1\n" : "", status);

    if (!mom_notify_send(self->options.notify, message)) {
        arm(self, &self->tell_timer, MOM_SUPERVISOR_RETRY_US, tell);
        return;
    }
    self->unsaid = FALSE;
    self->status_us = now_us;
    g_free(self->status);
    self->status = g_strdup(status);
}

/* Tells what is not told yet; what changes too fast is told when its time has come. */
static void
update(MomSupervisor *self)
{
    gint64 now_us = mom_clock_now_us(self->options.clock);
    gint64 early_us = self->status_us + MOM_SUPERVISOR_STATUS_US - now_us;
    g_autofree char *status = NULL;

    if (!self->unsaid && self->status && early_us > 0) {
        if (!self->tell_timer)
            arm(self, &self->tell_timer, early_us, tell);
        return;
    }
    disarm(self, &self->tell_timer);
    status = mom_status_line(self->options.engine);
    if (self->unsaid || g_strcmp0(status, self->status) != 0)
        send_status(self, status, now_us);
}

static void
become_ready(MomSupervisor *self)
{
    self->unsaid |= !self->ready;
    self->ready = TRUE;
    update(self);
}

/* The timer: the start has taken long enough, or something is to be told by now. */
static void
tell(gpointer data)
{
    MomSupervisor *self = data;

    self->tell_timer = 0;
    become_ready(self);
}

static void
on_question_ended(gpointer data)
{
    become_ready(data);
}

/* ---- watchdog ---- */

/* Told once, and not overwritten by the status of a cycle that does not turn. */
static void
starve(MomSupervisor *self, const char *trouble)
{
    g_autofree char *message = g_strdup_printf("Stuck, the watchdog is fed no more: %s", trouble);
    g_autofree char *status = g_strdup_printf("STATUS=%s", message);

    mom_fault_raise(&self->stuck, message);
    mom_notify_send(self->options.notify, status);
    g_clear_pointer(&self->status, g_free);
}

static void
feed(gpointer data)
{
    MomSupervisor *self = data;
    gint64 now_us = mom_clock_now_us(self->options.clock);
    const char *trouble = mom_pulse_trouble(mom_engine_pulse(self->options.engine), now_us,
                                            self->options.patience_us);
    gboolean fed = TRUE;

    self->feed_timer = 0;
    if (trouble) {
        starve(self, trouble);
    } else {
        mom_fault_end(&self->stuck, "The cycle goes on, the watchdog is fed again");
        fed = mom_notify_send(self->options.notify, "WATCHDOG=1");
    }
    arm(self, &self->feed_timer, self->options.watchdog_us / (fed ? 2 : 8), feed);
}

/* ---- public ---- */

MomSupervisor *
mom_supervisor_new(const MomSupervisorOptions *options)
{
    MomSupervisor *self = g_new0(MomSupervisor, 1);

    self->options = *options;
    self->stuck = MOM_FAULT_INIT(G_LOG_DOMAIN);
    if (mom_notify_is_heard(self->options.notify))
        mom_engine_watch(self->options.engine, on_question_ended, self);
    return self;
}

void
mom_supervisor_free(MomSupervisor *self)
{
    if (!self)
        return;
    mom_engine_watch(self->options.engine, NULL, NULL);
    disarm(self, &self->tell_timer);
    disarm(self, &self->feed_timer);
    mom_notify_free(self->options.notify);
    mom_fault_clear(&self->stuck);
    g_free(self->status);
    g_free(self);
}

void
mom_supervisor_start(MomSupervisor *self)
{
    if (!mom_notify_is_heard(self->options.notify))
        return;
    arm(self, &self->tell_timer, MOM_SUPERVISOR_READY_US, tell);
    if (self->options.watchdog_us > 0)
        feed(self);
}

void
mom_supervisor_allow(MomSupervisor *self, gint64 patience_us)
{
    if (self)
        self->options.patience_us = MAX(self->options.patience_us, patience_us);
}

/* Before we were ready there is nothing to be told: the start is not over. */
void
mom_supervisor_reloading(MomSupervisor *self)
{
    g_autofree char *message = NULL;

    if (!self || !self->ready)
        return;
    message = g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT "\nSTATUS=reloading",
                              mom_clock_now_us(self->options.clock));
    mom_notify_send(self->options.notify, message);
}

void
mom_supervisor_reloaded(MomSupervisor *self)
{
    if (self && self->ready) {
        self->unsaid = TRUE;
        update(self);
    }
}

void
mom_supervisor_stopping(MomSupervisor *self)
{
    if (self) {
        mom_engine_watch(self->options.engine, NULL, NULL);
        disarm(self, &self->tell_timer);
        mom_notify_send(self->options.notify, "STOPPING=1\nSTATUS=stopping");
    }
}
