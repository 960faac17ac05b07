/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See worker.h.  A job is shared by two threads and changes hands by one atomic word, `phase`: the
 * main side may withdraw it only before it has begun, the thread may touch it only after.  Whether
 * it was answered is the main side's business alone, so that the answer and the deadline cannot
 * race.
 */
#include "libvirt-client/worker.h"

typedef enum {
    PHASE_QUEUED,
    PHASE_RUNNING,
    PHASE_WITHDRAWN,
    PHASE_RETURNED,
} Phase;

typedef struct {
    gatomicrefcount references;
    MomVirtWorker *worker; /* a reference */
    char *what;
    gint phase; /* atomic */

    MomVirtJobFunc run; /* NULL: end the thread */
    gpointer job;
    GDestroyNotify free_job;
    GError *error; /* the thread's until PHASE_RETURNED */

    GSource *deadline; /* or a refusal's; the main side's, as all below */
    gboolean answered;
    MomVirtJobDone done;
    gpointer data;
} Job;

struct MomVirtWorker {
    gatomicrefcount references; /* the owner, the thread, each job */
    GMainContext *context;
    GAsyncQueue *queue;
    GDestroyNotify at_end;
    gpointer at_end_data;

    GMutex lock;
    GCond ended_changed;
    gboolean ended; /* under `lock` */

    GQueue pending; /* of Job (referenced): not yet returned; the main side's, as all below */
    gboolean stuck;
    gboolean closed;
    MomVirtWorkerReturned returned;
    gpointer returned_data;
};

static void
worker_unref(MomVirtWorker *self)
{
    if (!g_atomic_ref_count_dec(&self->references))
        return;
    g_async_queue_unref(self->queue);
    g_main_context_unref(self->context);
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->ended_changed);
    g_free(self);
}

static MomVirtWorker *
worker_ref(MomVirtWorker *self)
{
    g_atomic_ref_count_inc(&self->references);
    return self;
}

static Job *
job_ref(Job *job)
{
    g_atomic_ref_count_inc(&job->references);
    return job;
}

static void
job_unref(gpointer data)
{
    Job *job = data;

    if (!g_atomic_ref_count_dec(&job->references))
        return;
    if (job->free_job != NULL)
        job->free_job(job->job);
    g_clear_error(&job->error);
    g_free(job->what);
    worker_unref(job->worker);
    g_free(job);
}

static void
clear_deadline(Job *job)
{
    if (job->deadline != NULL) {
        g_source_destroy(job->deadline);
        g_clear_pointer(&job->deadline, g_source_unref);
    }
}

/* Attaches rather than invokes: an invoked function may run at once, inside the caller or even in
 * the worker's thread when nobody holds the context. */
static GSource *
attach(Job *job, GSource *source, GSourceFunc func)
{
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, func, job_ref(job), job_unref);
    g_source_attach(source, job->worker->context);
    return source;
}

static void
answer(Job *job, gpointer result, const GError *error)
{
    job->answered = TRUE;
    clear_deadline(job);
    if (job->done != NULL)
        job->done(result, error, job->data);
}

static gboolean
withdraw(Job *job)
{
    return g_atomic_int_compare_and_exchange(&job->phase, PHASE_QUEUED, PHASE_WITHDRAWN);
}

/* Main side: the thread is through with the job. */
static gboolean
deliver(gpointer data)
{
    Job *job = data;
    MomVirtWorker *self = job->worker;

    if (self->closed)
        return G_SOURCE_REMOVE;
    g_queue_remove(&self->pending, job);
    if (!job->answered) {
        answer(job, job->job, job->error);
    } else {
        self->stuck = FALSE;
        if (self->returned != NULL)
            self->returned(self, self->returned_data);
    }
    job_unref(job);
    return G_SOURCE_REMOVE;
}

/* Main side: a job that cannot run is answered like any other, later. */
static gboolean
deliver_refusal(gpointer data)
{
    Job *job = data;

    if (job->worker->closed || job->answered)
        return G_SOURCE_REMOVE;
    g_queue_remove(&job->worker->pending, job);
    answer(job, NULL, job->error);
    job_unref(job);
    return G_SOURCE_REMOVE;
}

static void
refuse(Job *job)
{
    clear_deadline(job);
    g_clear_error(&job->error);
    g_set_error(&job->error, MOM_VIRT_ERROR, MOM_VIRT_ERROR_BUSY,
                "%s: not asked, an earlier call has not come back yet", job->what);
    job->deadline = attach(job, g_idle_source_new(), deliver_refusal);
}

static void
refuse_queued(MomVirtWorker *self)
{
    for (GList *link = self->pending.head; link != NULL; link = link->next)
        if (withdraw(link->data))
            refuse(link->data);
}

static gboolean
deadline_passed(gpointer data)
{
    Job *job = data;
    MomVirtWorker *self = job->worker;
    g_autoptr(GError) error = g_error_new(MOM_VIRT_ERROR, MOM_VIRT_ERROR_TIMEOUT,
                                          "%s: no answer within the time allowed", job->what);
    gint phase;

    if (withdraw(job)) {
        g_queue_remove(&self->pending, job);
        answer(job, NULL, error);
        job_unref(job);
        return G_SOURCE_REMOVE;
    }
    phase = g_atomic_int_get(&job->phase);
    if (phase != PHASE_RUNNING) /* it has just returned: the answer is on its way */
        return G_SOURCE_REMOVE;
    self->stuck = TRUE;
    refuse_queued(self);
    answer(job, NULL, error);
    return G_SOURCE_REMOVE;
}

/* Worker's thread. FALSE if it was the order to end. */
static gboolean
run_job(Job *job)
{
    g_autoptr(GSource) source = NULL;

    if (job->run == NULL)
        return FALSE;
    if (!g_atomic_int_compare_and_exchange(&job->phase, PHASE_QUEUED, PHASE_RUNNING))
        return TRUE;
    job->run(job->job, &job->error);
    g_atomic_int_set(&job->phase, PHASE_RETURNED);
    source = g_idle_source_new();
    attach(job, source, deliver);
    return TRUE;
}

static gpointer
work(gpointer data)
{
    MomVirtWorker *self = data;
    gboolean more = TRUE;

    while (more) {
        Job *job = g_async_queue_pop(self->queue);

        more = run_job(job);
        job_unref(job);
    }
    if (self->at_end != NULL)
        self->at_end(self->at_end_data);
    g_mutex_lock(&self->lock);
    self->ended = TRUE;
    g_cond_signal(&self->ended_changed);
    g_mutex_unlock(&self->lock);
    worker_unref(self);
    return NULL;
}

static Job *
job_new(MomVirtWorker *self, const char *what)
{
    Job *job = g_new0(Job, 1);

    g_atomic_ref_count_init(&job->references);
    job->worker = worker_ref(self);
    job->what = g_strdup(what);
    return job;
}

MomVirtWorker *
mom_virt_worker_new(const char *name,
                    GDestroyNotify at_end,
                    gpointer at_end_data,
                    MomVirtWorkerReturned returned,
                    gpointer returned_data)
{
    MomVirtWorker *self = g_new0(MomVirtWorker, 1);

    g_atomic_ref_count_init(&self->references);
    self->context = g_main_context_ref_thread_default();
    self->queue = g_async_queue_new_full(job_unref);
    self->at_end = at_end;
    self->at_end_data = at_end_data;
    self->returned = returned;
    self->returned_data = returned_data;
    g_mutex_init(&self->lock);
    g_cond_init(&self->ended_changed);
    g_queue_init(&self->pending);
    g_thread_unref(g_thread_new(name, work, worker_ref(self)));
    return self;
}

static void
wait_for_end(MomVirtWorker *self, guint wait_ms)
{
    gint64 until = g_get_monotonic_time() + wait_ms * G_TIME_SPAN_MILLISECOND;

    g_mutex_lock(&self->lock);
    while (!self->ended && g_cond_wait_until(&self->ended_changed, &self->lock, until))
        ;
    g_mutex_unlock(&self->lock);
}

void
mom_virt_worker_end(MomVirtWorker *self, guint wait_ms)
{
    gboolean stuck = self->stuck;
    Job *job;

    self->closed = TRUE;
    g_async_queue_push(self->queue, job_new(self, "end"));
    while ((job = g_queue_pop_head(&self->pending)) != NULL) {
        g_autoptr(GError) error =
            g_error_new(MOM_VIRT_ERROR, MOM_VIRT_ERROR_CLOSED, "%s: given up, closing", job->what);

        withdraw(job);
        if (!job->answered)
            answer(job, NULL, error);
        job_unref(job);
    }
    if (!stuck && wait_ms > 0)
        wait_for_end(self, wait_ms);
    worker_unref(self);
}

void
mom_virt_worker_free(MomVirtWorker *self)
{
    if (self != NULL)
        mom_virt_worker_end(self, 0);
}

void
mom_virt_worker_push(MomVirtWorker *self,
                     const char *what,
                     MomVirtJobFunc run,
                     gpointer job_data,
                     GDestroyNotify free_job,
                     guint timeout_ms,
                     MomVirtJobDone done,
                     gpointer data)
{
    Job *job = job_new(self, what);

    job->run = run;
    job->job = job_data;
    job->free_job = free_job;
    job->done = done;
    job->data = data;
    g_queue_push_tail(&self->pending, job); /* the first reference */
    if (self->stuck) {
        withdraw(job);
        refuse(job);
        return;
    }
    job->deadline = attach(job, g_timeout_source_new(timeout_ms), deadline_passed);
    g_async_queue_push(self->queue, job_ref(job));
}

gboolean
mom_virt_worker_is_stuck(const MomVirtWorker *self)
{
    return self->stuck;
}
