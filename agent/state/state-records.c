/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Records and their checksums, see state-records.h.
 *
 * A line counts only if its checksum is right: what a disk made of it is never interpreted.
 */
#include "agent/state/state-records.h"

#include <string.h>

#define SUM_CHARS 64 /* SHA-256 in hex */
#define JSON_DEPTH 300

/* ---- writing ---- */

GBytes *
mom_record_new(json_object *json)
{
    const char *text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN |
                                                                JSON_C_TO_STRING_NOSLASHESCAPE);
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    char *line = g_strconcat(sum, " ", text, "\n", NULL);

    return g_bytes_new_take(line, strlen(line));
}

static GBytes *
make_header(const char *format, int version, json_object *more, guint n)
{
    json_object *json = json_object_new_object();
    GBytes *line;

    json_object_object_add(json, "format", json_object_new_string(format));
    json_object_object_add(json, "version", json_object_new_int(version));
    json_object_object_add(json, "records", json_object_new_int64(n));
    if (more) {
        json_object_object_foreach(more, key, value)
            json_object_object_add(json, key, json_object_get(value));
    }
    line = mom_record_new(json);
    json_object_put(json);
    return line;
}

GPtrArray *
mom_records_join(const char *format, int version, json_object *more, GPtrArray *records)
{
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    GBytes *header = make_header(format, version, more, records->len);

    g_ptr_array_add(all, header);
    for (guint i = 0; i < records->len; i++)
        g_ptr_array_add(all, g_bytes_ref(records->pdata[i]));
    g_ptr_array_add(all, g_bytes_ref(header));
    return all;
}

/* ---- reading ---- */

typedef struct {
    const char *format;
    int version;
    MomRecordFunc header;
    MomRecordFunc record;
    gpointer data;
    guint line;
    guint first_damaged; /* its line; 0: none */
    guint headers;
    gint64 expected; /* records, by the header */
    gint64 records;
    GPtrArray *held; /* records of a text whose first line, the header, is damaged */
    char *foreign;   /* why nothing of this text is ours */
} Reading;

static void
put_json(gpointer json)
{
    json_object_put(json);
}

static json_object *
parse_json(const char *text, gsize length)
{
    json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);
    json_object *json;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    json = json_tokener_parse_ex(tokener, text, (int)length);
    if (json && (json_tokener_get_parse_end(tokener) != length ||
                 !json_object_is_type(json, json_type_object))) {
        json_object_put(json);
        json = NULL;
    }
    json_tokener_free(tokener);
    return json;
}

/* What LINE holds, or NULL if it is damaged. */
static json_object *
check_line(const char *line, gsize length)
{
    g_autofree char *sum = NULL;

    if (length < SUM_CHARS + 2 || line[SUM_CHARS] != ' ')
        return NULL;
    sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)line + SUM_CHARS + 1,
                                      length - SUM_CHARS - 1);
    if (memcmp(sum, line, SUM_CHARS) != 0)
        return NULL;
    return parse_json(line + SUM_CHARS + 1, length - SUM_CHARS - 1);
}

static void
read_header(Reading *reading, json_object *json)
{
    const char *format = json_object_get_string(json_object_object_get(json, "format"));
    int version = json_object_get_int(json_object_object_get(json, "version"));

    if (reading->headers++ > 0)
        return;
    if (g_strcmp0(format, reading->format) != 0) {
        reading->foreign = g_strdup_printf("it is in another format, %.40s", format);
    } else if (version != reading->version) {
        reading->foreign = g_strdup_printf("it is in version %d of its format, this momd reads %d",
                                           version, reading->version);
    } else {
        reading->expected = json_object_get_int64(json_object_object_get(json, "records"));
        if (reading->header)
            reading->header(json, reading->data);
    }
}

static void
tell_held(Reading *reading)
{
    for (guint i = 0; i < reading->held->len && !reading->foreign; i++)
        reading->record(reading->held->pdata[i], reading->data);
    g_ptr_array_set_size(reading->held, 0);
}

/* Until a header has said that this text is ours, records wait. */
static void
read_line(Reading *reading, const char *line, gsize length)
{
    json_object *json = check_line(line, length);

    reading->line++;
    if (!json) {
        reading->first_damaged = reading->first_damaged ? reading->first_damaged : reading->line;
        return;
    }
    if (json_object_object_get_ex(json, "format", NULL)) {
        read_header(reading, json);
        tell_held(reading);
        json_object_put(json);
        return;
    }
    reading->records++;
    g_ptr_array_add(reading->held, json);
    if (reading->headers > 0)
        tell_held(reading);
}

static char *
find_fault(Reading *reading)
{
    if (reading->foreign)
        return g_steal_pointer(&reading->foreign);
    if (reading->first_damaged)
        return g_strdup_printf("line %u is damaged", reading->first_damaged);
    if (reading->headers != 2 || reading->records != reading->expected) {
        return g_strdup_printf("it is not whole, %" G_GINT64_FORMAT " undamaged records were found",
                               reading->records);
    }
    return NULL;
}

char *
mom_records_read(const char *text,
                 gsize length,
                 const char *format,
                 int version,
                 MomRecordFunc header,
                 MomRecordFunc record,
                 gpointer data)
{
    Reading reading = {
        .format = format,
        .version = version,
        .header = header,
        .record = record,
        .data = data,
        .held = g_ptr_array_new_with_free_func(put_json),
    };
    char *fault;

    if (length > MOM_RECORDS_MAX_BYTES) {
        g_ptr_array_unref(reading.held);
        return g_strdup_printf("it is larger than %d bytes", MOM_RECORDS_MAX_BYTES);
    }
    while (length > 0) {
        const char *newline = memchr(text, '\n', length);
        gsize line = newline ? (gsize)(newline - text) : 0;
        gsize taken = newline ? line + 1 : length;

        /* A line without an end was cut, be its checksum right or not. */
        read_line(&reading, text, line);
        text += taken;
        length -= taken;
    }
    tell_held(&reading);
    fault = find_fault(&reading);
    g_ptr_array_unref(reading.held);
    g_free(reading.foreign);
    return fault;
}
