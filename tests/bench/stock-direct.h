/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the stock set of contrib/vdsm/mom.d decides, written by hand in C: the measure for what the
 * policy language costs.
 *
 * It goes through the public API of entities, and is written to be fast: fields are resolved once a
 * run, each guest is visited once.  It must give the stock set's answers, which the tests assert;
 * it is for measuring only, and no part of momd.
 */
#pragma once

#include "policy/entity.h"

/* What the engine sets in 01-parameters. */
typedef struct {
    gboolean balloon_enabled;
    gboolean ksm_enabled;
    gboolean ksm_merge_across_nodes;
    gboolean cpu_tune_enabled;
    gboolean io_tune_enabled;
} MomStockParameters;

/* Begins a run on HOST and GUESTS (MomEntity*), and sets the controls and tunes of the stock set.
 * All guests have one schema.  A field that is missing counts as nil, where a policy would fail. */
void mom_stock_direct(MomEntity *host, GPtrArray *guests, const MomStockParameters *parameters);
