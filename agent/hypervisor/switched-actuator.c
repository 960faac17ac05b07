/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See switched-actuator.h.
 *
 * Each change has a record that its answer finds: it is in the list of those under way until the
 * answer comes, or belongs to nobody but that answer once it is given up.
 */
#include "agent/hypervisor/switched-actuator.h"

#include <gio/gio.h>

struct MomSwitchedActuator {
    MomActuator base;
    MomActuator *to;
    GPtrArray *changes; /* of Change, under way */
};

typedef struct {
    MomSwitchedActuator *self; /* NULL: given up, whoever waited has been told */
    MomActuatorDone done;
    gpointer data;
} Change;

static void
change_done(const GError *error, gpointer data)
{
    g_autofree Change *change = data;

    if (!change->self)
        return;
    g_ptr_array_remove_fast(change->self->changes, change);
    if (change->done)
        change->done(error, change->data);
}

static Change *
change_new(MomSwitchedActuator *self, MomActuatorDone done, gpointer data)
{
    Change *change = g_new(Change, 1);

    *change = (Change){self, done, data};
    g_ptr_array_add(self->changes, change);
    return change;
}

static void
give_up(MomSwitchedActuator *self, const char *why)
{
    g_autoptr(GPtrArray) changes = g_steal_pointer(&self->changes);
    g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, why);

    self->changes = g_ptr_array_new();
    for (guint i = 0; i < changes->len; i++) {
        Change *change = g_ptr_array_index(changes, i);

        change->self = NULL;
        if (change->done)
            change->done(error, change->data);
    }
}

/* ---- one function a knob ---- */

static MomSwitchedActuator *
self_of(MomActuator *actuator)
{
    return (MomSwitchedActuator *)actuator; /* its first member */
}

static void
set_balloon_target(
    MomActuator *actuator, MomEntity *guest, gint64 target_kib, MomActuatorDone done, gpointer data)
{
    MomSwitchedActuator *self = self_of(actuator);

    mom_actuator_set_balloon_target(self->to, guest, target_kib, change_done,
                                    change_new(self, done, data));
}

static void
set_ksm(MomActuator *actuator,
        MomEntity *host,
        const MomKsmTune *tune,
        MomActuatorDone done,
        gpointer data)
{
    MomSwitchedActuator *self = self_of(actuator);

    mom_actuator_set_ksm(self->to, host, tune, change_done, change_new(self, done, data));
}

static guint
ksm_keys(MomActuator *actuator)
{
    return mom_actuator_ksm_keys(self_of(actuator)->to);
}

static void
set_cpu_tune(MomActuator *actuator,
             MomEntity *guest,
             gint64 quota_us,
             gint64 period_us,
             MomActuatorDone done,
             gpointer data)
{
    MomSwitchedActuator *self = self_of(actuator);

    mom_actuator_set_cpu_tune(self->to, guest, quota_us, period_us, change_done,
                              change_new(self, done, data));
}

static void
set_io_tune(MomActuator *actuator,
            MomEntity *guest,
            const MomIoTuneChange *changes,
            gsize n,
            MomActuatorDone done,
            gpointer data)
{
    MomSwitchedActuator *self = self_of(actuator);

    mom_actuator_set_io_tune(self->to, guest, changes, n, change_done,
                             change_new(self, done, data));
}

static const MomActuatorClass actuator_class = {
    .set_balloon_target = set_balloon_target,
    .set_ksm = set_ksm,
    .ksm_keys = ksm_keys,
    .set_cpu_tune = set_cpu_tune,
    .set_io_tune = set_io_tune,
};

/* ---- life ---- */

MomSwitchedActuator *
mom_switched_actuator_new(MomActuator *to)
{
    MomSwitchedActuator *self = g_new0(MomSwitchedActuator, 1);

    self->base.klass = &actuator_class;
    self->to = to;
    self->changes = g_ptr_array_new();
    return self;
}

void
mom_switched_actuator_free(MomSwitchedActuator *self)
{
    if (!self)
        return;
    give_up(self, "given up, closing");
    g_ptr_array_unref(self->changes);
    g_free(self);
}

void
mom_switched_actuator_switch(MomSwitchedActuator *self, MomActuator *to, const char *why)
{
    MomActuator *left = self->to;

    give_up(self, why);
    self->to = to;
    mom_actuator_drop_unsent(left);
}

guint
mom_switched_actuator_pending(const MomSwitchedActuator *self)
{
    return self->changes->len;
}

MomActuator *
mom_switched_actuator_base(MomSwitchedActuator *self)
{
    return &self->base;
}
