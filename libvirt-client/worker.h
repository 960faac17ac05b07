/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A worker: one thread that makes blocking calls, one after the other, for a main loop that must
 * never wait.
 *
 * Each job has a deadline.  A job that has not begun by then is withdrawn and never runs; one that
 * runs is answered with a time-out, and the worker is stuck until its thread comes back: it takes
 * no further job meanwhile.  Results come in the main context that made the worker, never from
 * inside a call to it, except that freeing it answers all that is pending.  Its functions belong to
 * that context's thread.
 */
#pragma once

#include "libvirt-client/error.h"

typedef struct MomVirtWorker MomVirtWorker;

/* Does the job in the worker's thread; JOB is its alone until it returns. */
typedef gboolean (*MomVirtJobFunc)(gpointer job, GError **error);
/* The outcome, exactly once.  ERROR is NULL for success.  JOB is borrowed, holds what the job
 * function left in it, and is NULL if that never ran or has not come back. */
typedef void (*MomVirtJobDone)(gpointer job, const GError *error, gpointer data);
/* The thread came back from a job that had been given up. */
typedef void (*MomVirtWorkerReturned)(MomVirtWorker *self, gpointer data);

/* NAME, of at most 15 bytes, is the thread's.  AT_END gets AT_END_DATA in the thread, as its last
 * act. RETURNED may be NULL. */
MomVirtWorker *mom_virt_worker_new(const char *name,
                                   GDestroyNotify at_end,
                                   gpointer at_end_data,
                                   MomVirtWorkerReturned returned,
                                   gpointer returned_data);

/* Answers what is pending with MOM_VIRT_ERROR_CLOSED and frees SELF.  The thread ends by itself,
 * after the call it may be in.  `end` waits WAIT_MS at most for that, and not at all if the worker
 * is stuck. */
void mom_virt_worker_free(MomVirtWorker *self);
void mom_virt_worker_end(MomVirtWorker *self, guint wait_ms);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomVirtWorker, mom_virt_worker_free)

/* Queues RUN on JOB, which the worker owns from now on and frees with FREE_JOB in either thread.
 * The deadline TIMEOUT_MS counts from now.  WHAT (copied) names the job in errors: "set balloon".
 * DONE may be NULL.  Fails with MOM_VIRT_ERROR_BUSY, through DONE, while the worker is stuck. */
void mom_virt_worker_push(MomVirtWorker *self,
                          const char *what,
                          MomVirtJobFunc run,
                          gpointer job,
                          GDestroyNotify free_job,
                          guint timeout_ms,
                          MomVirtJobDone done,
                          gpointer data);

/* TRUE while a job that was given up is still in the thread. */
gboolean mom_virt_worker_is_stuck(const MomVirtWorker *self);
