/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the bytes of an agent's channel to lines.
 *
 * A channel may hold what an agent wrote for somebody else who left before he had read it.  The
 * answer to guest-sync-delimited is therefore marked by a byte that JSON never has; whatever comes
 * before the mark is thrown away without a look.  No I/O, and memory for one line only.
 */
#pragma once

#include <glib.h>

/* The mark, as the agent writes it before the answer, and as it is written to the agent to make it
 * forget half a command. */
#define MOM_AGENT_MARK '\xff'
/* Of one answer: a chunk in base64, with room. */
#define MOM_AGENT_LINE_BYTES (48 * 1024)

typedef struct MomAgentReader MomAgentReader;

/* Waits for a mark. */
MomAgentReader *mom_agent_reader_new(void);
void mom_agent_reader_free(MomAgentReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomAgentReader, mom_agent_reader_free)
/* Throws away what comes until the next mark. */
void mom_agent_reader_skip(MomAgentReader *reader);

/* Takes bytes from *BYTES, *LENGTH up to the end of a line, which it answers without the line feed,
 * borrowed until the next call; NULL if all bytes were taken and no line is whole.  NULL with an
 * error if a line is longer than MOM_AGENT_LINE_BYTES; then the reader is of no more use. */
const GString *
mom_agent_reader_take(MomAgentReader *reader, const char **bytes, gsize *length, GError **error);
