/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guests that momd knows: one monitor each, by uuid.
 *
 * Fed with what a source reported; a guest that is new gets a monitor, one that is gone loses it,
 * one without uuid or name waits until both are known (SEMANTICS 13).  Keeps the order in which
 * guests came, so that a run is repeatable.  Never asks a hypervisor.
 */
#pragma once

#include "agent/decisions/condition.h"
#include "agent/engine/monitor.h"
#include "agent/plot.h"

typedef struct MomGuests MomGuests;

/* Called for a guest that is gone, before its entity is freed. */
typedef void (*MomGuestGone)(const char *uuid, gpointer data);

MomGuests *mom_guests_new(MomMonitorPlan *plan, MomGuestGone gone, gpointer gone_data);
void mom_guests_free(MomGuests *guests);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomGuests, mom_guests_free)

/* RETURNING (uuid -> MomEntity of the plan's schema, taken over) is what guests were before a
 * restart: one that comes with the uuid, and the same process if both are known, goes on with it.
 * What has not come by UNTIL_US, in the time of collections, is dropped. */
void mom_guests_expect(MomGuests *guests, GHashTable *returning, gint64 until_us);
/* Guests that come from now on are plotted. PLOT must outlive GUESTS. */
void mom_guests_plot(MomGuests *guests, MomPlot *plot);

/* One collection: REPORTED holds the MomGuestData* of all guests that run.  BASE says where and
 * when; its `guest` is ignored. */
void mom_guests_collect(MomGuests *guests, GPtrArray *reported, const MomCollectInput *base);

/* The entities of the guests that are ready, in order of arrival. Caller unrefs the array; the
 * entities are borrowed, until the next collection. */
GPtrArray *mom_guests_ready(const MomGuests *guests);
/* The same of all guests, ready or not. */
GPtrArray *mom_guests_all(const MomGuests *guests);
/* The condition of a guest's data at the last collection; NULL: there is no such guest. Borrowed
 * until the next one. */
const MomCondition *mom_guests_condition(const MomGuests *guests, const char *uuid);
