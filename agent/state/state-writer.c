/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The thread and its one-place queue, see state-writer.h.
 *
 * Under the lock are only the wanted content, its number and the outcome of the last write; all
 * else belongs to the main context.
 */
#include "agent/state/state-writer.h"

typedef struct {
    guint64 number; /* of the content whose end is waited for */
    MomStateKept done;
    gpointer data;
} Waiter;

typedef struct {
    GSource base;
    MomStateWriter *writer;
} Bell;

struct MomStateWriter {
    MomStateWrite write;
    MomStateOutcome outcome;
    gpointer data;
    GThread *thread; /* NULL: nothing was set yet, or there is no thread to be had */
    GSource *bell;   /* rung by the thread when a write has ended */
    GQueue waiters;  /* of Waiter, in order of number */
    guint64 ended;   /* the number of the last content whose write has ended, well or not */

    GMutex lock;
    GCond work;
    gboolean quit;
    gboolean wanted;     /* `content` is to be written */
    GPtrArray *content;  /* set last; NULL: nothing */
    guint64 number;      /* of `content`: how often one was set */
    guint64 written;     /* the number of the content of the last write that ended */
    GError *write_error; /* how it ended */
};

/* ---- the thread ---- */

static GPtrArray *
ref_chunks(GPtrArray *chunks)
{
    return chunks ? g_ptr_array_ref(chunks) : NULL;
}

static void
write_wanted(MomStateWriter *writer)
{
    g_autoptr(GPtrArray) chunks = ref_chunks(writer->content);
    guint64 number = writer->number;
    GError *error = NULL;

    writer->wanted = FALSE;
    g_mutex_unlock(&writer->lock);
    writer->write(chunks, writer->data, &error);
    g_mutex_lock(&writer->lock);
    g_clear_error(&writer->write_error);
    writer->write_error = error;
    writer->written = number;
    g_source_set_ready_time(writer->bell, 0);
}

static gpointer
run(gpointer data)
{
    MomStateWriter *writer = data;

    g_mutex_lock(&writer->lock);
    while (writer->wanted || !writer->quit)
        if (writer->wanted)
            write_wanted(writer);
        else
            g_cond_wait(&writer->work, &writer->lock);
    g_mutex_unlock(&writer->lock);
    return NULL;
}

/* ---- the main context ---- */

/* Calls those who waited for what has ended; they may set new content, or wait again. */
static void
tell_waiters(MomStateWriter *writer)
{
    Waiter *waiter;

    while ((waiter = g_queue_peek_head(&writer->waiters)) && waiter->number <= writer->ended) {
        g_queue_pop_head(&writer->waiters);
        waiter->done(waiter->data);
        g_free(waiter);
    }
}

static void
take_outcome(MomStateWriter *writer, guint64 *ended, GError **error)
{
    g_mutex_lock(&writer->lock);
    *ended = writer->written;
    *error = writer->write_error ? g_error_copy(writer->write_error) : NULL;
    g_mutex_unlock(&writer->lock);
}

static gboolean
on_bell(GSource *source, GSourceFunc unused, gpointer unused_data)
{
    MomStateWriter *writer = ((Bell *)source)->writer;
    g_autoptr(GError) error = NULL;

    g_source_set_ready_time(source, -1);
    take_outcome(writer, &writer->ended, &error);
    writer->outcome(error, writer->data);
    tell_waiters(writer);
    return G_SOURCE_CONTINUE;
}

static GSource *
make_bell(MomStateWriter *writer)
{
    static GSourceFuncs functions = {.dispatch = on_bell};
    GSource *source = g_source_new(&functions, sizeof(Bell));

    ((Bell *)source)->writer = writer;
    g_source_attach(source, g_main_context_get_thread_default());
    return source;
}

MomStateWriter *
mom_state_writer_new(MomStateWrite write, MomStateOutcome outcome, gpointer data)
{
    MomStateWriter *writer = g_new0(MomStateWriter, 1);

    writer->write = write;
    writer->outcome = outcome;
    writer->data = data;
    g_queue_init(&writer->waiters);
    g_mutex_init(&writer->lock);
    g_cond_init(&writer->work);
    writer->bell = make_bell(writer);
    return writer;
}

void
mom_state_writer_free(MomStateWriter *writer)
{
    if (!writer)
        return;
    g_mutex_lock(&writer->lock);
    writer->quit = TRUE;
    g_cond_signal(&writer->work);
    g_mutex_unlock(&writer->lock);
    if (writer->thread)
        g_thread_join(writer->thread);
    g_source_destroy(writer->bell);
    g_source_unref(writer->bell);
    writer->ended = writer->number;
    tell_waiters(writer);
    g_clear_pointer(&writer->content, g_ptr_array_unref);
    g_clear_error(&writer->write_error);
    g_mutex_clear(&writer->lock);
    g_cond_clear(&writer->work);
    g_free(writer);
}

/* Called with the lock held. A host without room for a thread is told as one whose disk fails. */
static void
want(MomStateWriter *writer)
{
    GError *error = NULL;

    writer->wanted = TRUE;
    if (!writer->thread)
        writer->thread = g_thread_try_new("momd-state", run, writer, &error);
    if (writer->thread) {
        g_cond_signal(&writer->work);
        return;
    }
    writer->wanted = FALSE;
    g_clear_error(&writer->write_error);
    writer->write_error = error;
    writer->written = writer->number;
    g_source_set_ready_time(writer->bell, 0);
}

void
mom_state_writer_set(MomStateWriter *writer, GPtrArray *chunks)
{
    g_autoptr(GPtrArray) old = NULL;

    g_mutex_lock(&writer->lock);
    old = g_steal_pointer(&writer->content);
    writer->content = ref_chunks(chunks);
    writer->number++;
    want(writer);
    g_mutex_unlock(&writer->lock);
}

void
mom_state_writer_again(MomStateWriter *writer)
{
    g_mutex_lock(&writer->lock);
    want(writer);
    g_mutex_unlock(&writer->lock);
}

void
mom_state_writer_when_kept(MomStateWriter *writer, MomStateKept done, gpointer data)
{
    Waiter *waiter;

    /* Only this side counts up, so it may look without the lock. */
    if (writer->ended >= writer->number) {
        done(data);
        return;
    }
    waiter = g_new0(Waiter, 1);
    *waiter = (Waiter){.number = writer->number, .done = done, .data = data};
    g_queue_push_tail(&writer->waiters, waiter);
}
