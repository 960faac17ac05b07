/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See found-file.h.
 *
 *     {"ksm":{"run":0,"pages_to_scan":100}}
 *     {"guest":UUID,"pid":4711,"balloon":4194304,"cpu":[-1,100000],"io":{DISK:{"read_iops_sec":0}}}
 */
#define G_LOG_DOMAIN "mom.State"

#include "agent/state/found-file.h"

#include "agent/state/boot-id.h"
#include "agent/state/state-records.h"
#include "agent/state/state-writer.h"

#define FILE_NAME MOM_STATE_FOUND
#define FORMAT "momd-found"
#define VERSION 1

struct MomFoundFile {
    MomStateDir *dir;
    MomFound *found;
    MomClock *clock;
    MomStateWriter *writer; /* NULL: nothing is kept */
    guint notes;            /* that the file has, or is to have */
    guint retry;            /* a timer, or 0 */
    gboolean failing;       /* which was told */
};

/* ---- writing ---- */

static json_object *
limits_json(const MomLimits *limits)
{
    json_object *json = json_object_new_object();

    for (int i = 0; i < MOM_N_LIMITS; i++) {
        if (limits->present & 1u << i) {
            json_object_object_add(json, mom_limit_names[i],
                                   json_object_new_int64(limits->value[i].integer));
        }
    }
    return json;
}

static json_object *
guest_json(const char *uuid, const MomFoundGuest *guest)
{
    json_object *json = json_object_new_object();
    json_object *disks = json_object_new_object();
    GHashTableIter iter;
    gpointer disk, limits;

    json_object_object_add(json, "guest", json_object_new_string(uuid));
    json_object_object_add(json, "pid", json_object_new_int64(guest->pid));
    if (guest->has_balloon)
        json_object_object_add(json, "balloon", json_object_new_int64(guest->balloon_kib));
    if (guest->has_cpu) {
        json_object *cpu = json_object_new_array();

        json_object_array_add(cpu, json_object_new_int64(guest->quota_us));
        json_object_array_add(cpu, json_object_new_int64(guest->period_us));
        json_object_object_add(json, "cpu", cpu);
    }
    g_hash_table_iter_init(&iter, guest->disks);
    while (g_hash_table_iter_next(&iter, &disk, &limits))
        json_object_object_add(disks, disk, limits_json(limits));
    json_object_object_add(json, "io", disks);
    return json;
}

static json_object *
ksm_json(const MomFound *found)
{
    json_object *json = json_object_new_object();
    json_object *ksm = json_object_new_object();

    for (int key = 0; key < MOM_N_KSM_KEYS; key++) {
        if (found->ksm & MOM_KSM_BIT(key)) {
            json_object_object_add(ksm, mom_ksm_key_name((MomKsmKey)key),
                                   json_object_new_int64(found->ksm_value[key]));
        }
    }
    json_object_object_add(json, "ksm", ksm);
    return json;
}

static void
add_record(GPtrArray *records, json_object *json)
{
    g_ptr_array_add(records, mom_record_new(json));
    json_object_put(json);
}

GPtrArray *
mom_found_to_records(MomFound *found)
{
    g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_autofree char *boot_id = mom_boot_id();
    json_object *more = json_object_new_object();
    GPtrArray *all;
    GHashTableIter iter;
    gpointer uuid, guest;

    json_object_object_add(more, "boot_id", json_object_new_string(boot_id));
    add_record(records, ksm_json(found));
    g_hash_table_iter_init(&iter, found->guests);
    while (g_hash_table_iter_next(&iter, &uuid, &guest))
        add_record(records, guest_json(uuid, guest));
    all = mom_records_join(FORMAT, VERSION, more, records);
    json_object_put(more);
    return all;
}

/* ---- reading ---- */

typedef struct {
    MomFound *found;
    gboolean this_boot; /* as an undamaged header says */
} Loading;

static gboolean
read_int(json_object *json, gint64 *out)
{
    if (!json_object_is_type(json, json_type_int))
        return FALSE;
    *out = json_object_get_int64(json);
    return TRUE;
}

static void
read_ksm(MomFound *found, json_object *json)
{
    for (int key = 0; key < MOM_N_KSM_KEYS; key++) {
        gint64 value;

        if (read_int(json_object_object_get(json, mom_ksm_key_name((MomKsmKey)key)), &value))
            mom_found_ksm(found, (MomKsmKey)key, value);
    }
}

static void
read_disk(MomFoundGuest *guest, const char *disk, json_object *json)
{
    MomLimits limits = {0};

    if (!json_object_is_type(json, json_type_object) ||
        g_hash_table_size(guest->disks) >= MOM_FOUND_DISKS_MAX)
        return;
    for (int i = 0; i < MOM_N_LIMITS; i++) {
        gint64 value;

        if (read_int(json_object_object_get(json, mom_limit_names[i]), &value))
            mom_limits_set(&limits, (MomLimit)i, mom_value_int(value));
    }
    g_hash_table_insert(guest->disks, g_strdup(disk), g_memdup2(&limits, sizeof limits));
}

static void
read_guest(MomFound *found, const char *uuid, json_object *json)
{
    json_object *cpu = json_object_object_get(json, "cpu");
    json_object *io = json_object_object_get(json, "io");
    MomFoundGuest *guest;
    gint64 pid = 0;

    read_int(json_object_object_get(json, "pid"), &pid);
    guest = mom_found_guest(found, uuid, pid);
    guest->has_balloon = read_int(json_object_object_get(json, "balloon"), &guest->balloon_kib);
    guest->has_cpu = json_object_is_type(cpu, json_type_array) &&
                     json_object_array_length(cpu) == 2 &&
                     read_int(json_object_array_get_idx(cpu, 0), &guest->quota_us) &&
                     read_int(json_object_array_get_idx(cpu, 1), &guest->period_us);
    if (json_object_is_type(io, json_type_object)) {
        json_object_object_foreach(io, disk, limits)
        {
            read_disk(guest, disk, limits);
        }
    }
    found->notes++;
}

static void
read_header(json_object *header, gpointer data)
{
    Loading *loading = data;
    g_autofree char *boot_id = mom_boot_id();
    const char *saved = json_object_get_string(json_object_object_get(header, "boot_id"));

    loading->this_boot = *boot_id && g_strcmp0(boot_id, saved) == 0;
}

void
mom_found_add_record(MomFound *found, json_object *record)
{
    json_object *part;

    if (json_object_object_get_ex(record, "ksm", &part) &&
        json_object_is_type(part, json_type_object))
        read_ksm(found, part);
    else if (json_object_object_get_ex(record, "guest", &part) &&
             json_object_is_type(part, json_type_string))
        read_guest(found, json_object_get_string(part), record);
}

static void
read_record(json_object *record, gpointer data)
{
    Loading *loading = data;

    if (loading->this_boot)
        mom_found_add_record(loading->found, record);
}

char *
mom_found_from_text(MomFound *found, const char *text, gsize length)
{
    Loading loading = {.found = found};

    return mom_records_read(text, length, FORMAT, VERSION, read_header, read_record, &loading);
}

/* ---- the file ---- */

static gboolean
write_found(GPtrArray *chunks, gpointer data, GError **error)
{
    MomFoundFile *file = data;

    return mom_state_dir_replace(file->dir, FILE_NAME, chunks, error);
}

static void
cancel_retry(MomFoundFile *file)
{
    if (file->retry)
        mom_clock_cancel(file->clock, file->retry);
    file->retry = 0;
}

static void
on_retry(gpointer data)
{
    MomFoundFile *file = data;

    file->retry = 0;
    mom_state_writer_again(file->writer);
}

/* What is turned for the first time is seldom, so a failure does not wait for the next such. */
static void
note_outcome(const GError *error, gpointer data)
{
    MomFoundFile *file = data;

    cancel_retry(file);
    if (error) {
        file->retry = mom_clock_after(file->clock, MOM_STATE_RETRY_US, on_retry, file);
        if (!file->failing)
            g_info("What was found at the start is not kept over a restart: %s", error->message);
    }
    file->failing = error != NULL;
}

MomFoundFile *
mom_found_file_new(MomStateDir *dir, MomFound *found, MomClock *clock)
{
    MomFoundFile *file = g_new0(MomFoundFile, 1);

    file->dir = dir;
    file->found = found;
    file->clock = clock;
    file->notes = found->notes;
    if (dir)
        file->writer = mom_state_writer_new(write_found, note_outcome, file);
    return file;
}

void
mom_found_file_free(MomFoundFile *file)
{
    if (!file)
        return;
    g_clear_pointer(&file->writer, mom_state_writer_free);
    cancel_retry(file);
    g_free(file);
}

void
mom_found_file_load(MomFoundFile *file)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = file->dir ? mom_state_dir_read(file->dir, FILE_NAME, &error) : NULL;
    g_autofree char *wrong = NULL;
    const char *text;
    gsize length;

    if (content) {
        text = g_bytes_get_data(content, &length);
        wrong = mom_found_from_text(file->found, text, length);
        file->notes = file->found->notes;
    } else if (error && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
        wrong = g_strdup(error->message);
    }
    if (wrong)
        g_info("What an earlier start had found is not all known: %s", wrong);
}

void
mom_found_file_update(MomFoundFile *file)
{
    g_autoptr(GPtrArray) records = NULL;

    if (!file->writer || file->notes == file->found->notes)
        return;
    file->notes = file->found->notes;
    records = mom_found_to_records(file->found);
    mom_state_writer_set(file->writer, records);
}
