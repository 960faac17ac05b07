/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What may be done to a host: one function per knob.
 *
 * An actuator can write and cannot read.  Controllers are given one; behind it stand the guard
 * (rails, "nothing changed, nothing sent") and at the end a hypervisor (vdsm, libvirt) or a test.
 * A call returns at once; its outcome comes to DONE, exactly once, from the main loop or before the
 * call returns. Nothing here may block, and nothing here decides.
 */
#pragma once

#include "controllers/ksm-keys.h"

typedef struct MomActuator MomActuator;

/* ERROR is NULL if the hypervisor accepted the change; else borrowed for the call. */
typedef void (*MomActuatorDone)(const GError *error, gpointer data);

/* The KSM keys to change, and only they. */
typedef struct {
    guint present; /* of MOM_KSM_BIT */
    gint64 value[MOM_N_KSM_KEYS];
} MomKsmTune;

/* One disk's new limits. Strings are borrowed for the call. */
typedef struct {
    const char *name;
    const char *path;
    MomLimits io_tune;
    MomPlace place; /* of the setter that was used last */
} MomIoTuneChange;

/* GUEST is only read: its properties (uuid, name), attributes and the places of its controls.
 * DONE may be NULL. A knob that an actuator does not have is NULL: mom_actuator_* then fails with
 * G_IO_ERROR_NOT_SUPPORTED. */
typedef struct {
    void (*set_balloon_target)(MomActuator *self,
                               MomEntity *guest,
                               gint64 target_kib,
                               MomActuatorDone done,
                               gpointer data);
    void (*set_ksm)(MomActuator *self,
                    MomEntity *host,
                    const MomKsmTune *tune,
                    MomActuatorDone done,
                    gpointer data);
    /* The keys (of MOM_KSM_BIT) that set_ksm can set, others fail; NULL: all. */
    guint (*ksm_keys)(MomActuator *self);
    void (*set_cpu_tune)(MomActuator *self,
                         MomEntity *guest,
                         gint64 quota_us,
                         gint64 period_us,
                         MomActuatorDone done,
                         gpointer data);
    void (*set_io_tune)(MomActuator *self,
                        MomEntity *guest,
                        const MomIoTuneChange *changes,
                        gsize n,
                        MomActuatorDone done,
                        gpointer data);
    /* See mom_actuator_drop_unsent; NULL: no change waits here. */
    void (*drop_unsent)(MomActuator *self);
} MomActuatorClass;

/* The head of every actuator's own struct. */
struct MomActuator {
    const MomActuatorClass *klass;
};

void mom_actuator_set_balloon_target(
    MomActuator *self, MomEntity *guest, gint64 target_kib, MomActuatorDone done, gpointer data);
void mom_actuator_set_ksm(MomActuator *self,
                          MomEntity *host,
                          const MomKsmTune *tune,
                          MomActuatorDone done,
                          gpointer data);
guint mom_actuator_ksm_keys(MomActuator *self);
void mom_actuator_set_cpu_tune(MomActuator *self,
                               MomEntity *guest,
                               gint64 quota_us,
                               gint64 period_us,
                               MomActuatorDone done,
                               gpointer data);
void mom_actuator_set_io_tune(MomActuator *self,
                              MomEntity *guest,
                              const MomIoTuneChange *changes,
                              gsize n,
                              MomActuatorDone done,
                              gpointer data);
/* Changes that wait for others and were not sent yet end with G_IO_ERROR_CANCELLED and are never
 * sent. */
void mom_actuator_drop_unsent(MomActuator *self);
