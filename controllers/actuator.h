/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What may be done to a host: one function per knob.
 *
 * An actuator can write and cannot read.  Controllers are given one; behind it stand the guard (rails,
 * "nothing changed, nothing sent") and at the end a hypervisor (vdsm, libvirt) or a test.  A call
 * returns at once; its outcome comes to DONE, exactly once, from the main loop or before the call returns.
 * Nothing here may block, and nothing here decides.
 */
#pragma once

#include "policy/entity.h"

typedef struct MomActuator MomActuator;

/* ERROR is NULL if the hypervisor accepted the change; else borrowed for the call. */
typedef void (*MomActuatorDone)(const GError *error, gpointer data);

/* The four KSM keys that vdsm's Host.setKsmTune takes, in the order of mom_ksm_key_names. */
typedef enum {
    MOM_KSM_RUN,
    MOM_KSM_PAGES_TO_SCAN,
    MOM_KSM_SLEEP_MILLISECS,
    MOM_KSM_MERGE_ACROSS_NODES,
} MomKsmKey;

#define MOM_N_KSM_KEYS 4

extern const char *const mom_ksm_key_names[MOM_N_KSM_KEYS];

/* The keys to change, and only they. */
typedef struct {
    guint present; /* bit 1 << MomKsmKey */
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
    void (*set_balloon_target)(MomActuator *self, MomEntity *guest, gint64 target_kib,
                               MomActuatorDone done, gpointer data);
    void (*set_ksm)(MomActuator *self, MomEntity *host, const MomKsmTune *tune,
                    MomActuatorDone done, gpointer data);
    void (*set_cpu_tune)(MomActuator *self, MomEntity *guest, gint64 quota_us, gint64 period_us,
                         MomActuatorDone done, gpointer data);
    void (*set_io_tune)(MomActuator *self, MomEntity *guest, const MomIoTuneChange *changes, gsize n,
                        MomActuatorDone done, gpointer data);
} MomActuatorClass;

/* The head of every actuator's own struct. */
struct MomActuator {
    const MomActuatorClass *klass;
};

void mom_actuator_set_balloon_target(MomActuator *self, MomEntity *guest, gint64 target_kib,
                                     MomActuatorDone done, gpointer data);
void mom_actuator_set_ksm(MomActuator *self, MomEntity *host, const MomKsmTune *tune,
                          MomActuatorDone done, gpointer data);
void mom_actuator_set_cpu_tune(MomActuator *self, MomEntity *guest, gint64 quota_us, gint64 period_us,
                               MomActuatorDone done, gpointer data);
void mom_actuator_set_io_tune(MomActuator *self, MomEntity *guest, const MomIoTuneChange *changes, gsize n,
                              MomActuatorDone done, gpointer data);
