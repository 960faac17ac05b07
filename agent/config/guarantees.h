/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What guests are guaranteed by the configuration's [guest "NAME-PATTERN"] sections.
 *
 * For guests of whom libvirt knows no guarantee.  The first section that matches a guest's name
 * holds for it.  Taken from a configuration once, and then its own.
 */
#pragma once

#include "agent/config/config.h"

typedef struct MomGuarantees MomGuarantees;

MomGuarantees *mom_guarantees_new(const MomConfig *config);
void mom_guarantees_free(MomGuarantees *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomGuarantees, mom_guarantees_free)

/* TRUE and *OUT_KIB, never above MAX_KIB, if there is one for guest NAME. */
gboolean
mom_guarantees_find(const MomGuarantees *self, const char *name, gint64 max_kib, gint64 *out_kib);
