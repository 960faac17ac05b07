/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A host and guests to run the stock set over, the stock set itself, and whether two worlds were
 * decided alike.
 *
 * The same arguments give the same world, so that two ways of deciding can each have their own.
 * Nothing here is random and nothing is timed.
 */
#pragma once

#include "policy/policy.h"
#include "tests/bench/stock-direct.h"

/* Guest N + MOM_STOCK_KINDS is like guest N. */
#define MOM_STOCK_KINDS 72

typedef enum {
    MOM_STOCK_IDLE,     /* half of the memory is free */
    MOM_STOCK_ALIKE,    /* the same, but guests have much in common */
    MOM_STOCK_PRESSED,  /* a tenth */
    MOM_STOCK_CRITICAL, /* nearly nothing, and pages are shared that may not be */
    MOM_STOCK_N_STATES,
} MomStockState;

extern const char *const mom_stock_state_names[MOM_STOCK_N_STATES];

typedef struct {
    MomSchema *host_schema;
    MomSchema *guest_schema;
    MomEntity *host;
    GPtrArray *guests;
} MomStockWorld;

MomStockWorld *mom_stock_world_new(gsize n_guests, MomStockState state);
void mom_stock_world_free(MomStockWorld *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomStockWorld, mom_stock_world_free)

/* The policies of contrib/vdsm/mom.d in the source tree, with PARAMETERS in 01-parameters as an
 * engine would push them, and N_UNUSED functions that nobody calls. */
MomPolicyStore *
mom_stock_store_new(const MomStockParameters *parameters, gsize n_unused, GError **error);

/* The first control or tune in which A and B differ by more than rounding, told in words; NULL if
 * none. Both have as many guests. Caller frees. */
char *mom_stock_world_difference(MomStockWorld *a, MomStockWorld *b);
