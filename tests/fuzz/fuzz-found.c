/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fuzzes what is read back of the file of what was found: each line of the input is the JSON of a
 * record, and whatever was taken of it is written and taken again, the same.
 *
 * The file's header and checksums, which would keep a fuzzer out, are fuzz-state's.  Run by
 * tests/fuzz/run.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/state/found-file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
add_line(MomFound *found, const char *line, gsize length)
{
    json_tokener *tokener = json_tokener_new();
    json_object *json = json_tokener_parse_ex(tokener, line, (int)length);

    if (json)
        mom_found_add_record(found, json);
    json_object_put(json);
    json_tokener_free(tokener);
}

static void
add_lines(MomFound *found, const char *data, gsize size)
{
    const char *end = data + size;

    while (data < end) {
        const char *newline = memchr(data, '\n', (gsize)(end - data));
        gsize length = (gsize)((newline ? newline : end) - data);

        add_line(found, data, length);
        data += length + 1;
    }
}

static void
compare(MomFound *found, MomFound *again)
{
    GHashTableIter iter;
    gpointer uuid, record;

    if (found->ksm != again->ksm ||
        g_hash_table_size(found->guests) != g_hash_table_size(again->guests) ||
        g_hash_table_size(found->guests) > MOM_FOUND_GUESTS_MAX)
        abort();
    g_hash_table_iter_init(&iter, found->guests);
    while (g_hash_table_iter_next(&iter, &uuid, &record)) {
        const MomFoundGuest *a = record, *b = g_hash_table_lookup(again->guests, uuid);

        if (!b || a->has_balloon != b->has_balloon || a->has_cpu != b->has_cpu ||
            g_hash_table_size(a->disks) != g_hash_table_size(b->disks) ||
            g_hash_table_size(a->disks) > MOM_FOUND_DISKS_MAX)
            abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(MomFound) found = mom_found_new();
    g_autoptr(MomFound) again = mom_found_new();
    g_autoptr(GPtrArray) records = NULL;

    if (size > 65536)
        return 0;
    add_lines(found, (const char *)data, size);
    records = mom_found_to_records(found);
    for (guint i = 0; i < records->len; i++) {
        gsize length;
        const char *line = g_bytes_get_data(records->pdata[i], &length);
        const char *json = memchr(line, ' ', length); /* behind its checksum */

        add_lines(again, json, length - (gsize)(json - line));
    }
    compare(found, again);
    return 0;
}
