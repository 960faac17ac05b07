/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See helper.h.
 */
#include "agent/pollers/helper.h"

struct MomHelper {
    GSubprocess *process;
    GCancellable *cancellable;
    MomHelperDone done; /* NULL: nobody waits */
    gpointer data;
    char output[MOM_HELPER_OUTPUT_BYTES + 1];
};

static void
helper_free(MomHelper *helper)
{
    g_object_unref(helper->process);
    g_object_unref(helper->cancellable);
    g_free(helper);
}

/* Its standard output has ended, or there is more of it than can be right. */
static void
read_output(GObject *stream, GAsyncResult *result, gpointer data)
{
    MomHelper *helper = data;
    g_autoptr(GError) error = NULL;
    gsize length = 0;

    g_input_stream_read_all_finish(G_INPUT_STREAM(stream), result, &length, &error);
    if (!error && length > MOM_HELPER_OUTPUT_BYTES)
        g_set_error_literal(&error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "it prints too much");
    if (error)
        g_subprocess_force_exit(helper->process);
    helper->output[MIN(length, MOM_HELPER_OUTPUT_BYTES)] = '\0';
    if (helper->done)
        helper->done(error ? NULL : helper->output, error, helper->data);
    helper_free(helper);
}

MomHelper *
mom_helper_run(const char *program,
               const char *name,
               const MomTrust *trust,
               MomHelperDone done,
               gpointer data,
               GError **error)
{
    g_autofree char *found = g_find_program_in_path(program);
    g_autoptr(GSubprocess) process = NULL;
    MomHelper *helper;

    if (!found) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no program %s", program);
        return NULL;
    }
    if (!mom_trust_check(trust, found, MOM_TRUST_FILE, error))
        return NULL;
    process = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, error, found, name, NULL);
    if (!process)
        return NULL;
    helper = g_new0(MomHelper, 1);
    helper->process = g_steal_pointer(&process);
    helper->cancellable = g_cancellable_new();
    helper->done = done;
    helper->data = data;
    g_input_stream_read_all_async(g_subprocess_get_stdout_pipe(helper->process), helper->output,
                                  sizeof helper->output, G_PRIORITY_DEFAULT, helper->cancellable,
                                  read_output, helper);
    return helper;
}

void
mom_helper_end(MomHelper *helper)
{
    helper->done = NULL;
    g_subprocess_force_exit(helper->process);
    g_cancellable_cancel(helper->cancellable);
}
