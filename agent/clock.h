/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Time, replaceable: the daemon's clock is GLib's, tests and the simulator bring a virtual one.
 *
 * Whatever decides when something happens (the cycle, time-outs of decisions, rate limits) asks a
 * clock, never GLib or libc.  Sockets and workers keep real time.
 */
#pragma once

#include <glib.h>

typedef struct MomClock MomClock;

typedef struct {
    gint64 (*now_us)(MomClock *self);  /* monotonic */
    gint64 (*wall_us)(MomClock *self); /* since the epoch, UTC */
    /* Calls FUNC once, DELAY_US from now; returns a handle, never 0. */
    guint (*after)(MomClock *self, gint64 delay_us, GSourceOnceFunc func, gpointer data);
    void (*cancel)(MomClock *self, guint handle);
} MomClockClass;

struct MomClock {
    const MomClockClass *klass;
};

/* The real clock, on the default main context. Static; not to be freed. */
MomClock *mom_clock_real(void);

static inline gint64
mom_clock_now_us(MomClock *clock)
{
    return clock->klass->now_us(clock);
}

static inline gint64
mom_clock_wall_us(MomClock *clock)
{
    return clock->klass->wall_us(clock);
}

static inline guint
mom_clock_after(MomClock *clock, gint64 delay_us, GSourceOnceFunc func, gpointer data)
{
    return clock->klass->after(clock, delay_us, func, data);
}

static inline void
mom_clock_cancel(MomClock *clock, guint handle)
{
    clock->klass->cancel(clock, handle);
}
