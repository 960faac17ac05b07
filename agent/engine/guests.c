/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guest list, see guests.h.
 *
 * An array keeps the order, a hash finds by uuid; both hold the same monitors.
 */
#define G_LOG_DOMAIN "mom.GuestManager"

#include "agent/engine/guests.h"

/* vdsm reads the numbers of a guest that has just come at its next turn, every 15 s
 * (vm_sample_interval); these are two of them. */
#define NEWCOMER_SETTLES_IN_US (30 * G_USEC_PER_SEC)

typedef struct {
    char *uuid;
    MomMonitor *monitor;
    MomPlotFile *plot;      /* NULL: it is not plotted */
    guint seen;             /* the collection that last reported it */
    MomCondition condition; /* of its data then */
} Guest;

struct MomGuests {
    MomMonitorPlan *plan;
    MomPlot *plot; /* or NULL */
    MomGuestGone gone;
    gpointer gone_data;
    GPtrArray *list;     /* of Guest*, owned */
    GHashTable *by_uuid; /* uuid of the guest -> Guest, borrowed */
    guint collection;
    GHashTable *returning; /* uuid -> MomEntity; NULL: nobody is expected */
    gint64 returning_until_us;
};

static void
guest_free(Guest *guest)
{
    mom_monitor_free(guest->monitor);
    mom_plot_file_free(guest->plot);
    g_free(guest->uuid);
    g_free(guest);
}

MomGuests *
mom_guests_new(MomMonitorPlan *plan, MomGuestGone gone, gpointer gone_data)
{
    MomGuests *guests = g_new0(MomGuests, 1);

    guests->plan = mom_monitor_plan_ref(plan);
    guests->gone = gone;
    guests->gone_data = gone_data;
    guests->list = g_ptr_array_new_with_free_func((GDestroyNotify)guest_free);
    guests->by_uuid = g_hash_table_new(g_str_hash, g_str_equal);
    return guests;
}

void
mom_guests_free(MomGuests *guests)
{
    if (!guests)
        return;
    g_clear_pointer(&guests->returning, g_hash_table_unref);
    g_hash_table_unref(guests->by_uuid);
    g_ptr_array_unref(guests->list);
    mom_monitor_plan_unref(guests->plan);
    g_free(guests);
}

void
mom_guests_expect(MomGuests *guests, GHashTable *returning, gint64 until_us)
{
    g_clear_pointer(&guests->returning, g_hash_table_unref);
    guests->returning = returning;
    guests->returning_until_us = until_us;
}

/* vdsm tells 0 of a process that it does not know. */
static gboolean
is_pid(MomValue pid)
{
    gint64 number;

    return mom_value_to_int(pid, &number) && number > 0;
}

/* A guest that was started anew has nothing of its earlier life. */
static gboolean
is_another_process(const MomEntity *entity, const MomGuestData *data)
{
    MomValue pid;

    return mom_entity_get_property(entity, "pid", &pid) && is_pid(pid) && is_pid(data->pid) &&
           !mom_value_equal(pid, data->pid);
}

static void
recall(MomGuests *guests, Guest *guest, const MomGuestData *data)
{
    g_autofree char *uuid = NULL;
    MomEntity *entity = NULL;

    if (!guests->returning || !g_hash_table_steal_extended(guests->returning, data->uuid,
                                                           (gpointer *)&uuid, (gpointer *)&entity))
        return;
    if (is_another_process(entity, data)) {
        mom_entity_free(entity);
        return;
    }
    mom_monitor_adopt(guest->monitor, entity);
}

void
mom_guests_plot(MomGuests *guests, MomPlot *plot)
{
    guests->plot = plot;
}

static Guest *
add_guest(MomGuests *guests, const MomGuestData *data)
{
    Guest *guest = g_new0(Guest, 1);
    MomEntity *entity;

    guest->uuid = g_strdup(data->uuid);
    guest->monitor = mom_monitor_new(guests->plan, data->name);
    if (guests->collection > 1)
        mom_monitor_be_patient(guest->monitor, NEWCOMER_SETTLES_IN_US);
    recall(guests, guest, data);
    entity = mom_monitor_entity(guest->monitor);
    mom_entity_set_property(entity, "uuid", mom_value_string(data->uuid));
    if (guests->plot) {
        guest->plot = mom_plot_file_new(guests->plot, data->name, data->uuid,
                                        mom_monitor_plan_schema(guests->plan));
        mom_monitor_watch(guest->monitor, mom_plot_write, guest->plot);
    }
    g_ptr_array_add(guests->list, guest);
    g_hash_table_insert(guests->by_uuid, guest->uuid, guest);
    g_debug("guest %s (%s) is new", data->name, data->uuid);
    return guest;
}

/* What may change while a guest runs: it can be renamed. */
static void
set_properties(MomEntity *entity, const MomGuestData *data)
{
    if (data->name)
        mom_entity_set_property(entity, "name", mom_value_string(data->name));
    if (!mom_value_is_nil(data->pid))
        mom_entity_set_property(entity, "pid", data->pid);
}

static void
drop_guest(MomGuests *guests, guint index)
{
    Guest *guest = g_ptr_array_index(guests->list, index);

    if (guests->gone)
        guests->gone(guest->uuid, guests->gone_data);
    g_hash_table_remove(guests->by_uuid, guest->uuid);
    g_ptr_array_remove_index(guests->list, index);
}

/* The one that is known by DATA's uuid, or NULL.  It may have ended and been started again between
 * two collections, and is another one then. */
static Guest *
find_guest(MomGuests *guests, const MomGuestData *data)
{
    Guest *guest = data->uuid ? g_hash_table_lookup(guests->by_uuid, data->uuid) : NULL;
    guint index;

    if (!guest || guest->seen == guests->collection ||
        !is_another_process(mom_monitor_entity(guest->monitor), data))
        return guest;
    g_debug("guest %s was started anew", guest->uuid);
    if (g_ptr_array_find(guests->list, guest, &index))
        drop_guest(guests, index);
    return NULL;
}

static void
collect_one(MomGuests *guests, const MomGuestData *data, const MomCollectInput *base)
{
    MomCollectInput input = *base;
    Guest *guest = find_guest(guests, data);

    if (!guest && (!data->uuid || !data->name)) {
        g_debug("guest %s: uuid or name not known yet", data->uuid ? data->uuid : "without uuid");
        return;
    }
    if (!guest) {
        guest = add_guest(guests, data);
    } else if (guest->seen == guests->collection) {
        g_debug("guest %s is reported twice", data->uuid);
        return;
    }
    guest->seen = guests->collection;
    set_properties(mom_monitor_entity(guest->monitor), data);
    input.guest = data;
    mom_monitor_collect(guest->monitor, &input);
    guest->condition =
        mom_condition_of(data, base->now_us, mom_monitor_ready(guest->monitor) == MOM_READY_YES);
}

static void
drop_unseen(MomGuests *guests)
{
    for (guint i = 0; i < guests->list->len;) {
        Guest *guest = g_ptr_array_index(guests->list, i);

        if (guest->seen == guests->collection) {
            i++;
            continue;
        }
        g_debug("guest %s is gone", guest->uuid);
        drop_guest(guests, i);
    }
}

void
mom_guests_collect(MomGuests *guests, GPtrArray *reported, const MomCollectInput *base)
{
    guests->collection++;
    if (guests->returning && base->now_us > guests->returning_until_us)
        g_clear_pointer(&guests->returning, g_hash_table_unref);
    for (guint i = 0; i < reported->len; i++)
        collect_one(guests, g_ptr_array_index(reported, i), base);
    drop_unseen(guests);
}

GPtrArray *
mom_guests_ready(const MomGuests *guests)
{
    GPtrArray *ready = g_ptr_array_sized_new(guests->list->len);

    for (guint i = 0; i < guests->list->len; i++) {
        Guest *guest = g_ptr_array_index(guests->list, i);

        if (mom_monitor_ready(guest->monitor) == MOM_READY_YES)
            g_ptr_array_add(ready, mom_monitor_entity(guest->monitor));
    }
    return ready;
}

GPtrArray *
mom_guests_all(const MomGuests *guests)
{
    GPtrArray *all = g_ptr_array_sized_new(guests->list->len);

    for (guint i = 0; i < guests->list->len; i++) {
        const Guest *guest = g_ptr_array_index(guests->list, i);

        g_ptr_array_add(all, mom_monitor_entity(guest->monitor));
    }
    return all;
}

const MomCondition *
mom_guests_condition(const MomGuests *guests, const char *uuid)
{
    const Guest *guest = g_hash_table_lookup(guests->by_uuid, uuid);

    return guest ? &guest->condition : NULL;
}
