/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table of knobs, see knobs.h: by guest, then by knob and disk.
 *
 * A guest that is gone takes all of its own with it.
 */
#include "agent/decisions/knobs.h"

#include <string.h>

#include "agent/decisions/decision.h"
#include "agent/fault.h"

/* The host's key among the guests' uuids. */
#define HOST_KEY ""

struct MomKnobs {
    GHashTable *owners; /* uuid -> (knob, or "knob disk" -> MomKnob) */
    const char *
        last; /* the uuid that was asked for last, and its knobs; a guest's reports come together */
    GHashTable *last_owned;
};

static void
knob_free(gpointer data)
{
    MomKnob *knob = data;

    mom_decision_value_clear(&knob->wish);
    g_free(knob->disk);
    g_free(knob->told);
    g_free(knob);
}

MomKnobs *
mom_knobs_new(void)
{
    MomKnobs *knobs = g_new0(MomKnobs, 1);

    knobs->owners =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
    return knobs;
}

void
mom_knobs_free(MomKnobs *knobs)
{
    if (!knobs)
        return;
    g_hash_table_unref(knobs->owners);
    g_free(knobs);
}

static GHashTable *
owned_by(const MomKnobs *knobs, const char *uuid)
{
    return g_hash_table_lookup(knobs->owners, uuid ? uuid : HOST_KEY);
}

static GHashTable *
recall_owned(MomKnobs *knobs, const char *uuid)
{
    const char *key = uuid ? uuid : HOST_KEY;
    gpointer last, owned;

    if (knobs->last && strcmp(knobs->last, key) == 0)
        return knobs->last_owned;
    if (!g_hash_table_lookup_extended(knobs->owners, key, &last, &owned))
        return NULL;
    knobs->last = last;
    knobs->last_owned = owned;
    return owned;
}

static GHashTable *
make_owner(MomKnobs *knobs, const char *uuid)
{
    GHashTable *owned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, knob_free);

    g_hash_table_insert(knobs->owners, g_strdup(uuid ? uuid : HOST_KEY), owned);
    return owned;
}

MomKnob *
mom_knobs_get(MomKnobs *knobs, const char *uuid, const char *name, const char *disk)
{
    GHashTable *owned = recall_owned(knobs, uuid);
    g_autofree char *key = disk ? g_strconcat(name, " ", disk, NULL) : NULL;
    MomKnob *knob = owned ? g_hash_table_lookup(owned, key ? key : name) : NULL;

    if (knob)
        return knob;
    knob = g_new0(MomKnob, 1);
    knob->name = g_intern_string(name);
    knob->disk = g_strdup(disk);
    g_hash_table_insert(owned ? owned : make_owner(knobs, uuid),
                        key ? g_steal_pointer(&key) : g_strdup(name), knob);
    return knob;
}

const MomKnob *
mom_knobs_find(const MomKnobs *knobs, const char *uuid, const char *name)
{
    GHashTable *owned = owned_by(knobs, uuid);

    return owned ? g_hash_table_lookup(owned, name) : NULL;
}

static int
by_name(gconstpointer a, gconstpointer b)
{
    const MomKnob *first = *(const MomKnob *const *)a;
    const MomKnob *second = *(const MomKnob *const *)b;
    int order = g_strcmp0(first->name, second->name);

    return order ? order : g_strcmp0(first->disk, second->disk);
}

GPtrArray *
mom_knobs_of(const MomKnobs *knobs, const char *uuid)
{
    GHashTable *owned = owned_by(knobs, uuid);
    GPtrArray *list = g_ptr_array_new();
    GHashTableIter iter;
    gpointer knob;

    if (owned) {
        g_hash_table_iter_init(&iter, owned);
        while (g_hash_table_iter_next(&iter, NULL, &knob))
            g_ptr_array_add(list, knob);
    }
    g_ptr_array_sort(list, by_name);
    return list;
}

void
mom_knobs_foreach(MomKnobs *knobs, MomKnobFunc func, gpointer data)
{
    GHashTableIter owners;
    gpointer owned;

    g_hash_table_iter_init(&owners, knobs->owners);
    while (g_hash_table_iter_next(&owners, NULL, &owned)) {
        GHashTableIter iter;
        gpointer knob;

        g_hash_table_iter_init(&iter, owned);
        while (g_hash_table_iter_next(&iter, NULL, &knob))
            func(knob, data);
    }
}

gboolean
mom_knob_is_news(MomKnob *knob, const char *what)
{
    if (knob->told && mom_fault_same_gist(knob->told, what))
        return FALSE;
    g_free(knob->told);
    knob->told = g_strdup(what);
    return TRUE;
}

void
mom_knobs_forget(MomKnobs *knobs, const char *uuid)
{
    knobs->last = NULL;
    g_hash_table_remove(knobs->owners, uuid);
}
