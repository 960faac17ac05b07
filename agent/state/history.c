/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The history saved and loaded, see history.h.
 *
 * A record for the host and one for each guest, in the notation of states.  Sample times are
 * monotonic, so they mean something in the same boot only.
 */
#define G_LOG_DOMAIN "mom.State"

#include "agent/state/history.h"

#include "agent/state/boot-id.h"
#include "agent/state/state-json.h"
#include "agent/state/state-records.h"

#define FILE_NAME MOM_STATE_HISTORY
#define FORMAT "momd-history"
#define VERSION 1

void
mom_history_free(MomHistory *history)
{
    if (!history)
        return;
    mom_entity_free(history->host);
    g_hash_table_unref(history->guests);
    g_free(history);
}

/* ---- saving ---- */

static void
add_entity(GPtrArray *records, const char *kind, MomEntity *entity)
{
    json_object *json = json_object_new_object();

    json_object_object_add(json, kind, mom_state_entity_to_json(entity));
    g_ptr_array_add(records, mom_record_new(json));
    json_object_put(json);
}

gboolean
mom_history_save(
    MomStateDir *dir, MomEntity *host, GPtrArray *guests, gint64 now_us, GError **error)
{
    g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_autoptr(GPtrArray) all = NULL;
    g_autofree char *boot_id = mom_boot_id();
    json_object *more = json_object_new_object();

    json_object_object_add(more, "boot_id", json_object_new_string(boot_id));
    json_object_object_add(more, "saved_us", json_object_new_int64(now_us));
    add_entity(records, "host", host);
    for (guint i = 0; i < guests->len; i++)
        add_entity(records, "guest", guests->pdata[i]);
    all = mom_records_join(FORMAT, VERSION, more, records);
    json_object_put(more);
    return mom_state_dir_replace(dir, FILE_NAME, all, error);
}

/* ---- loading ---- */

typedef struct {
    const MomHistoryWish *wish;
    MomHistory *history;
    char *unfit; /* why it is not used; NULL: it is */
} Loading;

static void
find_unfit(Loading *loading, const char *why)
{
    if (!loading->unfit)
        loading->unfit = g_strdup(why);
}

static void
load_header(json_object *header, gpointer data)
{
    Loading *loading = data;
    const MomHistoryWish *wish = loading->wish;
    g_autofree char *boot_id = mom_boot_id();
    const char *saved_boot = json_object_get_string(json_object_object_get(header, "boot_id"));
    gint64 saved_us = json_object_get_int64(json_object_object_get(header, "saved_us"));

    loading->history->saved_us = saved_us;
    if (!*boot_id || g_strcmp0(boot_id, saved_boot) != 0)
        find_unfit(loading, "it is from before the host was booted");
    else if (saved_us > wish->now_us || saved_us < wish->now_us - wish->max_age_us)
        find_unfit(loading, "it is older than two cycles");
}

static void
load_guest(Loading *loading, json_object *json)
{
    g_autoptr(MomEntity) entity =
        mom_state_entity_from_json(json, loading->wish->guest, loading->wish->history_length);
    const char *uuid = entity ? mom_entity_get_string_property(entity, "uuid") : NULL;

    if (!uuid) {
        find_unfit(loading, "guests have other fields now");
        return;
    }
    g_hash_table_replace(loading->history->guests, g_strdup(uuid), g_steal_pointer(&entity));
}

static void
load_host(Loading *loading, json_object *json)
{
    MomEntity *entity =
        mom_state_entity_from_json(json, loading->wish->host, loading->wish->history_length);

    if (!entity) {
        find_unfit(loading, "the host has other fields now");
        return;
    }
    mom_entity_free(loading->history->host);
    loading->history->host = entity;
}

static void
load_record(json_object *record, gpointer data)
{
    Loading *loading = data;
    json_object *json;

    if (loading->unfit)
        return; /* reading on would only take time */
    if (json_object_object_get_ex(record, "guest", &json))
        load_guest(loading, json);
    else if (json_object_object_get_ex(record, "host", &json))
        load_host(loading, json);
}

/* What CONTENT is, or NULL with *WHY. */
static MomHistory *
parse(GBytes *content, const MomHistoryWish *wish, char **why)
{
    g_autoptr(MomHistory) history = g_new0(MomHistory, 1);
    Loading loading = {.wish = wish, .history = history};
    g_autofree char *damage = NULL;
    gsize length;
    const char *text = g_bytes_get_data(content, &length);

    history->guests =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)mom_entity_free);
    damage = mom_records_read(text, length, FORMAT, VERSION, load_header, load_record, &loading);
    if (damage || loading.unfit)
        *why = g_strdup(damage ? damage : loading.unfit);
    else if (!history->host)
        *why = g_strdup("the host is missing in it");
    g_free(loading.unfit);
    return *why ? NULL : g_steal_pointer(&history);
}

MomHistory *
mom_history_load(MomStateDir *dir, const MomHistoryWish *wish)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = mom_state_dir_read(dir, FILE_NAME, &error);
    g_autofree char *why = NULL;
    MomHistory *history = NULL;

    if (content)
        history = parse(content, wish, &why);
    else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        why = g_strdup(error->message);
    if (why)
        g_info("The samples of before the restart are not used: %s", why);
    /* A second start must not take it for news; one that cannot be removed grows too old. */
    if (history || why)
        mom_state_dir_remove(dir, FILE_NAME, NULL);
    return history;
}
