/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fuzzes what comes from QEMU's guest agent: any bytes are lines, each line a reply to whatever was
 * asked last, and the question ends after so many of them with numbers in bounds or an error.
 *
 * Run by tests/fuzz/run.
 */
#include <stdint.h>
#include <stdlib.h>

#include "agent/guest-agent/question.h"
#include "agent/guest-agent/reader.h"

#define MOST_COMMANDS (1 + MOM_AGENT_N_FILES * (MOM_AGENT_CHUNKS + 2))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_answer(const MomAgentQuestion *question)
{
    g_autoptr(GError) error = NULL;
    const MomAnswer *answer = mom_agent_question_answer(question, &error);

    if ((answer == NULL) != (error != NULL))
        abort();
    for (guint i = 0; answer && i < MOM_AGENT_N_NUMBERS; i++) {
        gint64 number = 0;

        mom_value_to_int(answer->number[i], &number);
        if (number < 0 || number > MOM_AGENT_GREATEST)
            abort();
    }
}

static void
ask(const char *bytes, gsize length, gboolean asks_info)
{
    g_autoptr(MomAgentReader) reader = mom_agent_reader_new();
    g_autoptr(MomAgentQuestion) question = mom_agent_question_new(asks_info);
    const GString *line;
    guint commands = 0;

    while (mom_agent_question_command(question) &&
           (line = mom_agent_reader_take(reader, &bytes, &length, NULL))) {
        g_autofree char *farewell = mom_agent_question_farewell(question);

        if (farewell && !*farewell)
            abort();
        mom_agent_question_take(question, line->str, line->len);
        if (++commands > MOST_COMMANDS)
            abort();
    }
    if (!mom_agent_question_command(question))
        check_answer(question);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ask((const char *)data, size, TRUE);
    ask((const char *)data, size, FALSE);
    return 0;
}
