/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See question.h.  A step is what the awaited reply is to; each has a function that takes its reply
 * and says which step is next.
 */
#include "agent/guest-agent/question.h"

typedef enum {
    STEP_INFO,
    STEP_OPEN,
    STEP_READ,
    STEP_CLOSE,
    STEP_END,
} Step;

struct MomAgentQuestion {
    Step step;
    char *command; /* NULL at the end */
    MomAgentFile file;
    gint64 handle; /* of the open file */
    guint chunks;  /* read of it */
    GString *text;
    MomAnswer answer;
    GError *error; /* the first */
};

/* ---- steps ---- */

static Step
take_info(MomAgentQuestion *question, const char *text, gsize length)
{
    return mom_agent_reply_info(text, length, &question->error) ? STEP_OPEN : STEP_END;
}

static Step
take_handle(MomAgentQuestion *question, const char *text, gsize length)
{
    question->chunks = 0;
    g_string_truncate(question->text, 0);
    return mom_agent_reply_integer(text, length, &question->handle, &question->error) ? STEP_READ
                                                                                      : STEP_END;
}

static Step
take_chunk(MomAgentQuestion *question, const char *text, gsize length)
{
    gboolean end = FALSE;

    if (!mom_agent_reply_chunk(text, length, question->text, &end, &question->error))
        return STEP_CLOSE;
    if (!end && ++question->chunks == MOM_AGENT_CHUNKS) {
        g_set_error(&question->error, MOM_AGENT_ERROR, MOM_AGENT_ERROR_REPLY,
                    "the guest's agent answers with %s in more than %d parts",
                    mom_agent_file_path(question->file), MOM_AGENT_CHUNKS);
        return STEP_CLOSE;
    }
    if (!end)
        return STEP_READ;
    mom_agent_file_read(question->file, question->text->str, &question->answer);
    return STEP_CLOSE;
}

/* That it could not be closed changes nothing of what was read. */
static Step
take_closed(MomAgentQuestion *question, const char *text, gsize length)
{
    g_autoptr(GError) error = NULL;

    if (!mom_agent_reply_any(text, length, &error))
        g_debug("%s stays open: %s", mom_agent_file_path(question->file), error->message);
    question->file++;
    return question->error || question->file == MOM_AGENT_N_FILES ? STEP_END : STEP_OPEN;
}

static Step (*const takers[])(MomAgentQuestion *question, const char *text, gsize length) = {
    [STEP_INFO] = take_info,
    [STEP_OPEN] = take_handle,
    [STEP_READ] = take_chunk,
    [STEP_CLOSE] = take_closed,
};

static char *
command_of(const MomAgentQuestion *question)
{
    switch (question->step) {
    case STEP_INFO:
        return mom_agent_command_info();
    case STEP_OPEN:
        return mom_agent_command_open(mom_agent_file_path(question->file));
    case STEP_READ:
        return mom_agent_command_read(question->handle);
    case STEP_CLOSE:
        return mom_agent_command_close(question->handle);
    case STEP_END:
        break;
    }
    return NULL;
}

static void
go_to(MomAgentQuestion *question, Step step)
{
    question->step = step;
    g_free(question->command);
    question->command = command_of(question);
}

/* ---- public ---- */

MomAgentQuestion *
mom_agent_question_new(gboolean asks_info)
{
    MomAgentQuestion *question = g_new0(MomAgentQuestion, 1);

    question->text = g_string_new(NULL);
    go_to(question, asks_info ? STEP_INFO : STEP_OPEN);
    return question;
}

void
mom_agent_question_free(MomAgentQuestion *question)
{
    if (!question)
        return;
    g_string_free(question->text, TRUE);
    g_free(question->command);
    g_clear_error(&question->error);
    g_free(question);
}

const char *
mom_agent_question_command(const MomAgentQuestion *question)
{
    return question->command;
}

void
mom_agent_question_take(MomAgentQuestion *question, const char *text, gsize length)
{
    g_return_if_fail(question->step != STEP_END);
    go_to(question, takers[question->step](question, text, length));
}

/* A guest without /proc, or with one that says nothing of memory, has not answered. */
const MomAnswer *
mom_agent_question_answer(const MomAgentQuestion *question, GError **error)
{
    static const MomAgentNumber needed[] = {MOM_AGENT_MEM_TOTAL_KIB, MOM_AGENT_MEM_FREE_KIB};

    g_return_val_if_fail(question->step == STEP_END, NULL);
    if (question->error) {
        g_propagate_error(error, g_error_copy(question->error));
        return NULL;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(needed); i++) {
        if (mom_value_is_nil(question->answer.number[needed[i]])) {
            g_set_error(error, MOM_AGENT_ERROR, MOM_AGENT_ERROR_REPLY,
                        "the guest's agent answers with a %s that says nothing of memory",
                        mom_agent_file_path(MOM_AGENT_FILE_MEMINFO));
            return NULL;
        }
    }
    return &question->answer;
}

char *
mom_agent_question_farewell(const MomAgentQuestion *question)
{
    gboolean is_open = question->step == STEP_READ;

    return is_open ? mom_agent_command_close(question->handle) : NULL;
}

gboolean
mom_agent_question_opens(const MomAgentQuestion *question)
{
    return question->step == STEP_OPEN;
}
