/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fuzzes what is read back of a file of state: any bytes are policies or damage, and what was read
 * is written so that it is read again.
 *
 * Checksums keep a fuzzer out, so its input is tried twice: as it is, and with each line as the
 * JSON of a record whose checksum is right.  Run by tests/fuzz/run.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/policies/pushed.h"
#include "agent/state/state-records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
append(GString *text, GPtrArray *records)
{
    for (guint i = 0; records && i < records->len; i++) {
        gsize length;
        const char *line = g_bytes_get_data(records->pdata[i], &length);

        g_string_append_len(text, line, (gssize)length);
    }
}

static void
count(const char *name, const char *text, gpointer data)
{
    ++*(guint *)data;
}

static void
read_twice(const char *text, gsize length)
{
    g_autoptr(MomPushed) pushed = mom_pushed_new();
    g_autoptr(MomPushed) again = mom_pushed_new();
    g_autofree char *wrong = mom_pushed_read(pushed, text, length);
    g_autofree char *wrong_again = NULL;
    g_autoptr(GPtrArray) records = mom_pushed_to_records(pushed);
    g_autoptr(GString) written = g_string_new(NULL);
    guint n = 0, n_again = 0;

    if (wrong && !*wrong)
        abort();
    append(written, records);
    if (!records)
        return;
    wrong_again = mom_pushed_read(again, written->str, written->len);
    mom_pushed_foreach(pushed, count, &n);
    mom_pushed_foreach(again, count, &n_again);
    if (wrong_again || n != n_again || mom_pushed_replaces(pushed) != mom_pushed_replaces(again))
        abort();
}

/* Each line with its checksum. */
static GString *
with_sums(const char *data, gsize size)
{
    GString *text = g_string_new(NULL);
    const char *end = data + size;

    while (data < end) {
        const char *newline = memchr(data, '\n', (gsize)(end - data));
        gsize length = (gsize)((newline ? newline : end) - data);
        g_autofree char *sum =
            g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)data, length);

        g_string_append_printf(text, "%s ", sum);
        g_string_append_len(text, data, (gssize)length);
        g_string_append_c(text, '\n');
        data += length + 1;
    }
    return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GString) text = with_sums((const char *)data, size);

    read_twice((const char *)data, size);
    read_twice(text->str, text->len);
    return 0;
}
