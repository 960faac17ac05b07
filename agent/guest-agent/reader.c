/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See reader.h.
 */
#include "agent/guest-agent/reader.h"

#include <string.h>

#include "agent/guest-agent/message.h"

struct MomAgentReader {
    GString *line;
    gboolean skips;    /* until a mark */
    gboolean is_whole; /* `line` was answered: the next byte begins another */
};

MomAgentReader *
mom_agent_reader_new(void)
{
    MomAgentReader *reader = g_new0(MomAgentReader, 1);

    reader->line = g_string_new(NULL);
    reader->skips = TRUE;
    return reader;
}

void
mom_agent_reader_free(MomAgentReader *reader)
{
    if (!reader)
        return;
    g_string_free(reader->line, TRUE);
    g_free(reader);
}

void
mom_agent_reader_skip(MomAgentReader *reader)
{
    reader->skips = TRUE;
    reader->is_whole = TRUE;
}

/* A mark anywhere begins anew: what stood before it was nobody's. */
static void
take_byte(MomAgentReader *reader, char byte)
{
    if (byte == MOM_AGENT_MARK) {
        reader->skips = FALSE;
        g_string_truncate(reader->line, 0);
    } else if (reader->skips) {
        /* of somebody else's answer */
    } else if (byte == '\n') {
        reader->is_whole = TRUE;
    } else {
        g_string_append_c(reader->line, byte);
    }
}

const GString *
mom_agent_reader_take(MomAgentReader *reader, const char **bytes, gsize *length, GError **error)
{
    if (reader->is_whole)
        g_string_truncate(reader->line, 0);
    reader->is_whole = FALSE;
    while (*length > 0 && !reader->is_whole) {
        take_byte(reader, **bytes);
        ++*bytes;
        --*length;
        if (reader->line->len > MOM_AGENT_LINE_BYTES) {
            g_set_error(error, MOM_AGENT_ERROR, MOM_AGENT_ERROR_REPLY,
                        "the guest's agent answers with more than %d bytes", MOM_AGENT_LINE_BYTES);
            return NULL;
        }
    }
    return reader->is_whole ? reader->line : NULL;
}
