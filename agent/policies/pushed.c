/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The overlay, see pushed.h.
 *
 * Each entry is made into its record once, when it is pushed: writing a file of many costs the one
 * that is new.
 */
#include "agent/policies/pushed.h"

#include <string.h>

#include "agent/state/state-records.h"

#define FORMAT "momd-pushed"
#define VERSION 1

typedef struct {
    char *text; /* NULL: removed */
    GBytes *record;
} Entry;

struct MomPushed {
    gboolean replaces;
    GTree *entries; /* name -> Entry, in order of name */
};

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    g_bytes_unref(entry->record);
    g_free(entry->text);
    g_free(entry);
}

static int
compare_names(gconstpointer a, gconstpointer b, gpointer unused)
{
    return strcmp(a, b);
}

MomPushed *
mom_pushed_new(void)
{
    MomPushed *pushed = g_new0(MomPushed, 1);

    pushed->entries = g_tree_new_full(compare_names, NULL, g_free, entry_free);
    return pushed;
}

void
mom_pushed_free(MomPushed *pushed)
{
    if (!pushed)
        return;
    g_tree_unref(pushed->entries);
    g_free(pushed);
}

static GBytes *
make_record(const char *name, const char *text)
{
    json_object *json = json_object_new_object();
    GBytes *record;

    json_object_object_add(json, "name", json_object_new_string(name));
    json_object_object_add(json, "text", text ? json_object_new_string(text) : NULL);
    record = mom_record_new(json);
    json_object_put(json);
    return record;
}

void
mom_pushed_set(MomPushed *pushed, const char *name, const char *text)
{
    Entry *entry = g_new0(Entry, 1);

    entry->text = g_strdup(text);
    entry->record = make_record(name, text);
    g_tree_replace(pushed->entries, g_strdup(name), entry);
}

void
mom_pushed_forget(MomPushed *pushed, const char *name)
{
    g_tree_remove(pushed->entries, name);
}

void
mom_pushed_replace_all(MomPushed *pushed)
{
    mom_pushed_clear(pushed);
    pushed->replaces = TRUE;
}

void
mom_pushed_clear(MomPushed *pushed)
{
    g_tree_remove_all(pushed->entries);
    pushed->replaces = FALSE;
}

gboolean
mom_pushed_is_empty(const MomPushed *pushed)
{
    return !pushed->replaces && g_tree_nnodes(pushed->entries) == 0;
}

gboolean
mom_pushed_replaces(const MomPushed *pushed)
{
    return pushed->replaces;
}

gboolean
mom_pushed_get(const MomPushed *pushed, const char *name, const char **text)
{
    const Entry *entry = g_tree_lookup(pushed->entries, name);

    *text = entry ? entry->text : NULL;
    return entry != NULL;
}

void
mom_pushed_foreach(const MomPushed *pushed, MomPushedFunc func, gpointer data)
{
    for (GTreeNode *at = g_tree_node_first(pushed->entries); at; at = g_tree_node_next(at))
        func(g_tree_node_key(at), ((const Entry *)g_tree_node_value(at))->text, data);
}

/* ---- the file ---- */

GPtrArray *
mom_pushed_to_records(const MomPushed *pushed)
{
    g_autoptr(GPtrArray) records = g_ptr_array_new();
    json_object *more = json_object_new_object();
    GPtrArray *all = NULL;

    for (GTreeNode *at = g_tree_node_first(pushed->entries); at; at = g_tree_node_next(at))
        g_ptr_array_add(records, ((const Entry *)g_tree_node_value(at))->record);
    json_object_object_add(more, "replaces", json_object_new_boolean(pushed->replaces));
    if (!mom_pushed_is_empty(pushed))
        all = mom_records_join(FORMAT, VERSION, more, records);
    json_object_put(more);
    return all;
}

static void
read_header(json_object *header, gpointer data)
{
    MomPushed *pushed = data;

    pushed->replaces = json_object_get_boolean(json_object_object_get(header, "replaces"));
}

static void
read_record(json_object *record, gpointer data)
{
    json_object *name = json_object_object_get(record, "name");
    json_object *text = NULL;

    if (json_object_is_type(name, json_type_string) &&
        json_object_object_get_ex(record, "text", &text) &&
        (!text || json_object_is_type(text, json_type_string)))
        mom_pushed_set(data, json_object_get_string(name), json_object_get_string(text));
}

char *
mom_pushed_read(MomPushed *pushed, const char *text, gsize length)
{
    return mom_records_read(text, length, FORMAT, VERSION, read_header, read_record, pushed);
}
