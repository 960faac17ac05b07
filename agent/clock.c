/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The real clock: GLib's monotonic time and time-outs of the default main context.
 *
 * One static object without state.  It must never be asked from a worker thread.
 */
#include "agent/clock.h"

static gint64
now_us(MomClock *self)
{
    return g_get_monotonic_time();
}

static gint64
wall_us(MomClock *self)
{
    return g_get_real_time();
}

static guint
after(MomClock *self, gint64 delay_us, GSourceOnceFunc func, gpointer data)
{
    /* Rounded up, so that what was due at a time is due when the call comes. */
    gint64 delay_ms = delay_us <= 0 ? 0 : (delay_us + 999) / 1000;

    return g_timeout_add_once((guint)MIN(delay_ms, G_MAXINT32), func, data);
}

static void
cancel(MomClock *self, guint handle)
{
    g_source_remove(handle);
}

static const MomClockClass real_class = {
    .now_us = now_us,
    .wall_us = wall_us,
    .after = after,
    .cancel = cancel,
};

MomClock *
mom_clock_real(void)
{
    static MomClock real = {&real_class};

    return &real;
}
