/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One question to a guest's agent: the commands that lead to an answer, one after the other,
 * whatever carries them.
 *
 * Each file is opened, read to its end and closed, as agents keep what is open until they end: a
 * file that was opened is closed also when reading it fails.  No I/O and no time: commands come
 * out, replies go in.
 */
#pragma once

#include "agent/guest-agent/message.h"
#include "agent/guest-agent/numbers.h"

/* An agent that answers a byte at a time is no agent. */
#define MOM_AGENT_CHUNKS 16

typedef struct MomAgentQuestion MomAgentQuestion;

/* ASKS_INFO: first whether the agent may do what is needed. */
MomAgentQuestion *mom_agent_question_new(gboolean asks_info);
void mom_agent_question_free(MomAgentQuestion *question);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomAgentQuestion, mom_agent_question_free)

/* The command whose reply is awaited, borrowed until the next call; NULL: the question has ended.
 */
const char *mom_agent_question_command(const MomAgentQuestion *question);
/* The reply to it. */
void mom_agent_question_take(MomAgentQuestion *question, const char *text, gsize length);
/* Once it has ended: the answer, borrowed, or NULL with an error of MOM_AGENT_ERROR. */
const MomAnswer *mom_agent_question_answer(const MomAgentQuestion *question, GError **error);
/* For one that must end now: the command that closes what is open in the guest; NULL: nothing is
 * known to be.  Caller frees. */
char *mom_agent_question_farewell(const MomAgentQuestion *question);
/* The awaited reply may tell of a file that is open then. */
gboolean mom_agent_question_opens(const MomAgentQuestion *question);
