/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The virtual clock, see virtual-clock.h.
 *
 * A small array of what is to come; the earliest is searched for each time.
 */
#include "tests/agent/virtual-clock.h"

typedef struct {
    guint handle;
    gint64 due_us;
    GSourceOnceFunc func;
    gpointer data;
} Timer;

struct VirtualClock {
    MomClock base;
    gint64 now_us;
    guint last_handle;
    GArray *timers;
};

static gint64
now_us(MomClock *self)
{
    return ((VirtualClock *)self)->now_us;
}

static gint64
wall_us(MomClock *self)
{
    return G_GINT64_CONSTANT(1790000000) * G_USEC_PER_SEC + now_us(self);
}

static guint
after(MomClock *self, gint64 delay_us, GSourceOnceFunc func, gpointer data)
{
    VirtualClock *clock = (VirtualClock *)self;
    Timer timer = {++clock->last_handle, clock->now_us + MAX(delay_us, 0), func, data};

    g_array_append_val(clock->timers, timer);
    return timer.handle;
}

static void
cancel(MomClock *self, guint handle)
{
    VirtualClock *clock = (VirtualClock *)self;

    for (guint i = 0; i < clock->timers->len; i++) {
        if (g_array_index(clock->timers, Timer, i).handle == handle) {
            g_array_remove_index(clock->timers, i);
            return;
        }
    }
    g_assert_not_reached();
}

static const MomClockClass virtual_class = {now_us, wall_us, after, cancel};

VirtualClock *
virtual_clock_new(void)
{
    VirtualClock *clock = g_new0(VirtualClock, 1);

    clock->base.klass = &virtual_class;
    clock->now_us = 1000 * G_USEC_PER_SEC;
    clock->timers = g_array_new(FALSE, FALSE, sizeof(Timer));
    return clock;
}

void
virtual_clock_free(VirtualClock *clock)
{
    g_array_unref(clock->timers);
    g_free(clock);
}

MomClock *
virtual_clock_base(VirtualClock *clock)
{
    return &clock->base;
}

/* The index of the earliest timer due by END, or -1. */
static int
earliest(VirtualClock *clock, gint64 end_us)
{
    int best = -1;

    for (guint i = 0; i < clock->timers->len; i++) {
        gint64 due_us = g_array_index(clock->timers, Timer, i).due_us;

        if (due_us <= end_us &&
            (best < 0 || due_us < g_array_index(clock->timers, Timer, best).due_us))
            best = (int)i;
    }
    return best;
}

void
virtual_clock_advance(VirtualClock *clock, gint64 us)
{
    gint64 end_us = clock->now_us + us;
    int i;

    while ((i = earliest(clock, end_us)) >= 0) {
        Timer timer = g_array_index(clock->timers, Timer, i);

        g_array_remove_index(clock->timers, (guint)i);
        clock->now_us = MAX(clock->now_us, timer.due_us);
        timer.func(timer.data);
    }
    clock->now_us = end_us;
}
