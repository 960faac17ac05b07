/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Calls of an actuator, with one answer for the knobs that it does not have.
 *
 * Callers need not ask which knobs a hypervisor offers: a missing one fails like a call that was
 * refused.  Nothing is decided here.
 */
#include "controllers/actuator.h"

#include <gio/gio.h>

static void
fail_without_knob(const char *knob, MomActuatorDone done, gpointer data)
{
    g_autoptr(GError) error = NULL;

    if (!done)
        return;
    error = g_error_new(G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                        "this hypervisor interface cannot set %s", knob);
    done(error, data);
}

void
mom_actuator_set_balloon_target(
    MomActuator *self, MomEntity *guest, gint64 target_kib, MomActuatorDone done, gpointer data)
{
    if (self->klass->set_balloon_target)
        self->klass->set_balloon_target(self, guest, target_kib, done, data);
    else
        fail_without_knob("a balloon target", done, data);
}

void
mom_actuator_set_ksm(
    MomActuator *self, MomEntity *host, const MomKsmTune *tune, MomActuatorDone done, gpointer data)
{
    if (self->klass->set_ksm)
        self->klass->set_ksm(self, host, tune, done, data);
    else
        fail_without_knob("KSM", done, data);
}

guint
mom_actuator_ksm_keys(MomActuator *self)
{
    return self->klass->ksm_keys ? self->klass->ksm_keys(self) : MOM_KSM_ALL_KEYS;
}

void
mom_actuator_set_cpu_tune(MomActuator *self,
                          MomEntity *guest,
                          gint64 quota_us,
                          gint64 period_us,
                          MomActuatorDone done,
                          gpointer data)
{
    if (self->klass->set_cpu_tune)
        self->klass->set_cpu_tune(self, guest, quota_us, period_us, done, data);
    else
        fail_without_knob("CPU limits", done, data);
}

void
mom_actuator_set_io_tune(MomActuator *self,
                         MomEntity *guest,
                         const MomIoTuneChange *changes,
                         gsize n,
                         MomActuatorDone done,
                         gpointer data)
{
    if (self->klass->set_io_tune)
        self->klass->set_io_tune(self, guest, changes, n, done, data);
    else
        fail_without_knob("I/O limits", done, data);
}

void
mom_actuator_drop_unsent(MomActuator *self)
{
    if (self->klass->drop_unsent)
        self->klass->drop_unsent(self);
}
