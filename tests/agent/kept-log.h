/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a test's subject logs above debug, kept in place of being written: "W:message;I:message;".
 *
 * For tests only; kept_log_begin may be called once in a program, as GLib takes a writer but once.
 */
#pragma once

#include <glib.h>

static GString *told;

static inline GLogWriterOutput
kept_log_write(GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
    for (gsize i = 0; i < n; i++) {
        if (g_str_equal(fields[i].key, "MESSAGE") && !(level & G_LOG_LEVEL_DEBUG)) {
            g_string_append_printf(told, "%c:%s;", level & G_LOG_LEVEL_WARNING ? 'W' : 'I',
                                   (const char *)fields[i].value);
        }
    }
    return G_LOG_WRITER_HANDLED;
}

static inline void
kept_log_begin(void)
{
    told = g_string_new(NULL);
    g_log_set_writer_func(kept_log_write, NULL, NULL);
}

static inline void
kept_log_end(void)
{
    g_string_free(told, TRUE);
}
