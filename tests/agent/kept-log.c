/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kept log, see kept-log.h.
 *
 * A global, as GLib's writer is one.
 */
#include "tests/agent/kept-log.h"

GString *told;

static GLogWriterOutput
write_kept(GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
    for (gsize i = 0; i < n; i++) {
        if (g_str_equal(fields[i].key, "MESSAGE") && !(level & G_LOG_LEVEL_DEBUG)) {
            g_string_append_printf(told, "%c:%s;", level & G_LOG_LEVEL_WARNING ? 'W' : 'I',
                                   (const char *)fields[i].value);
        }
    }
    return G_LOG_WRITER_HANDLED;
}

void
kept_log_begin(void)
{
    told = g_string_new(NULL);
    g_log_set_writer_func(write_kept, NULL, NULL);
}

void
kept_log_end(void)
{
    g_string_free(told, TRUE);
}
