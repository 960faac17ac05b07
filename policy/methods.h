/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Methods of entities that live outside of methods.c, and what they share with those inside.
 *
 * For policy/ only.  Whatever a method gives must be safe to keep until the run ends and must not
 * let a setter reach a sample.
 */
#pragma once

#include "policy/run.h"

#define MOM_METHOD(name)                                                                           \
    gboolean mom_method_##name(MomRun *run, const MomNode *head, MomValue self,                    \
                               const MomValue *arguments, gsize n, MomValue *out)

/* history.c */
MOM_METHOD(stat_min);
MOM_METHOD(stat_max);
MOM_METHOD(stat_rate);

/* The index of the field NAME of ENTITY. FALSE: NAME is no string, or no collector declares it. */
gboolean
mom_method_field(MomRun *run, const MomNode *head, MomEntity *entity, MomValue name, gsize *index);
