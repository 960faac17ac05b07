/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The worker with jobs that block on a gate: what a hung hypervisor does, without one.
 *
 * The loop must go on ticking, each job must be answered once, and nothing withdrawn may ever run.
 */
#include "libvirt-client/worker.h"

#include "tests/mom-test.h"

#define LONG_MS 20000
#define SHORT_MS 30

/* Where a job waits until the test lets it go. */
typedef struct {
    GMutex lock;
    GCond changed;
    gboolean open;
    gint entered; /* atomic */
} Gate;

typedef struct {
    Gate *gate; /* NULL: do not wait */
    gboolean fail;
    int result;
    gint *freed; /* atomic */
} Task;

typedef struct {
    int answers;
    int code; /* of the last answer, 0 for success */
    int result;
    gboolean had_job;
} Outcome;

typedef struct {
    Gate gate;
    gint freed;
    gint ended;
    int returned;
    MomVirtWorker *worker;
} Fixture;

static void
open_gate(Gate *gate)
{
    g_mutex_lock(&gate->lock);
    gate->open = TRUE;
    g_cond_broadcast(&gate->changed);
    g_mutex_unlock(&gate->lock);
}

static gboolean
do_task(gpointer job, GError **error)
{
    Task *task = job;

    if (task->gate != NULL) {
        g_atomic_int_inc(&task->gate->entered);
        g_mutex_lock(&task->gate->lock);
        while (!task->gate->open)
            g_cond_wait(&task->gate->changed, &task->gate->lock);
        g_mutex_unlock(&task->gate->lock);
    }
    if (task->fail) {
        g_set_error_literal(error, MOM_VIRT_ERROR, MOM_VIRT_ERROR_DATA, "as asked");
        return FALSE;
    }
    task->result *= 2;
    return TRUE;
}

static void
free_task(gpointer job)
{
    Task *task = job;

    g_atomic_int_inc(task->freed);
    g_free(task);
}

static void
note_outcome(gpointer job, const GError *error, gpointer data)
{
    Task *task = job;
    Outcome *outcome = data;

    outcome->answers++;
    outcome->code = error != NULL ? error->code : 0;
    outcome->had_job = task != NULL;
    outcome->result = task != NULL ? task->result : 0;
}

static void
note_returned(MomVirtWorker *worker, gpointer data)
{
    ((Fixture *)data)->returned++;
}

static void
note_end(gpointer data)
{
    g_atomic_int_inc((gint *)data);
}

static void
push(Fixture *f, Gate *gate, int number, gboolean fail, guint timeout_ms, Outcome *outcome)
{
    Task *task = g_new0(Task, 1);

    *task = (Task){.gate = gate, .fail = fail, .result = number, .freed = &f->freed};
    mom_virt_worker_push(f->worker, "task", do_task, task, free_task, timeout_ms,
                         outcome != NULL ? note_outcome : NULL, outcome);
}

static void
wait_until_entered(Gate *gate)
{
    while (g_atomic_int_get(&gate->entered) == 0)
        g_usleep(1000);
}

#define run_until(condition)                                                                       \
    while (!(condition))                                                                           \
    g_main_context_iteration(NULL, TRUE)

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    g_mutex_init(&f->gate.lock);
    g_cond_init(&f->gate.changed);
    f->worker = mom_virt_worker_new("test", note_end, &f->ended, note_returned, f);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    open_gate(&f->gate);
    mom_virt_worker_free(f->worker);
    while (g_atomic_int_get(&f->ended) == 0)
        g_usleep(1000);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_mutex_clear(&f->gate.lock);
    g_cond_clear(&f->gate.changed);
    g_free(f);
    return 0;
}

static void
a_job_brings_its_result_to_the_main_loop(void **state)
{
    Fixture *f = *state;
    Outcome outcome = {0};

    push(f, NULL, 21, FALSE, LONG_MS, &outcome);
    assert_int_equal(outcome.answers, 0);
    run_until(outcome.answers > 0);
    assert_int_equal(outcome.answers, 1);
    assert_int_equal(outcome.code, 0);
    assert_int_equal(outcome.result, 42);
}

static void
a_job_that_fails_brings_its_error(void **state)
{
    Fixture *f = *state;
    Outcome outcome = {0};

    push(f, NULL, 1, TRUE, LONG_MS, &outcome);
    run_until(outcome.answers > 0);
    assert_int_equal(outcome.code, MOM_VIRT_ERROR_DATA);
    assert_true(outcome.had_job);
}

static void
jobs_run_in_order_and_each_is_freed(void **state)
{
    Fixture *f = *state;
    Outcome outcomes[50] = {0};

    for (int i = 0; i < 50; i++)
        push(f, NULL, i, FALSE, LONG_MS, &outcomes[i]);
    run_until(outcomes[49].answers > 0);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(outcomes[i].answers, 1);
        assert_int_equal(outcomes[i].result, 2 * i);
    }
    while (g_atomic_int_get(&f->freed) < 50)
        g_main_context_iteration(NULL, FALSE);
}

static gboolean
count_tick(gpointer data)
{
    ++*(int *)data;
    return G_SOURCE_CONTINUE;
}

static void
a_hung_job_is_given_up_while_the_loop_ticks(void **state)
{
    Fixture *f = *state;
    Outcome outcome = {0};
    int ticks = 0;
    guint ticker = g_timeout_add(1, count_tick, &ticks);

    push(f, &f->gate, 1, FALSE, SHORT_MS, &outcome);
    run_until(outcome.answers > 0);
    assert_int_equal(outcome.code, MOM_VIRT_ERROR_TIMEOUT);
    assert_false(outcome.had_job);
    assert_true(mom_virt_worker_is_stuck(f->worker));
    assert_true(ticks > 0);

    open_gate(&f->gate);
    run_until(f->returned > 0);
    assert_false(mom_virt_worker_is_stuck(f->worker));
    assert_int_equal(outcome.answers, 1);
    g_source_remove(ticker);
}

static void
a_stuck_worker_refuses_jobs_and_takes_them_again_later(void **state)
{
    Fixture *f = *state;
    Outcome hung = {0}, queued = {0}, refused = {0}, taken = {0};

    push(f, &f->gate, 1, FALSE, SHORT_MS, &hung);
    push(f, NULL, 2, FALSE, LONG_MS, &queued);
    run_until(hung.answers > 0);
    run_until(queued.answers > 0);
    assert_int_equal(queued.code, MOM_VIRT_ERROR_BUSY);

    push(f, NULL, 3, FALSE, LONG_MS, &refused);
    assert_int_equal(refused.answers, 0);
    run_until(refused.answers > 0);
    assert_int_equal(refused.code, MOM_VIRT_ERROR_BUSY);

    open_gate(&f->gate);
    run_until(f->returned > 0);
    push(f, NULL, 4, FALSE, LONG_MS, &taken);
    run_until(taken.answers > 0);
    assert_int_equal(taken.result, 8);
    assert_int_equal(queued.answers + refused.answers, 2);
}

static void
a_job_withdrawn_in_the_queue_never_runs(void **state)
{
    Fixture *f = *state;
    Gate second = {0};
    Outcome slow = {0}, late = {0}, last = {0};

    g_mutex_init(&second.lock);
    g_cond_init(&second.changed);
    push(f, &f->gate, 1, FALSE, LONG_MS, &slow);
    push(f, &second, 2, FALSE, SHORT_MS, &late);
    run_until(late.answers > 0);
    assert_int_equal(late.code, MOM_VIRT_ERROR_TIMEOUT);
    assert_false(mom_virt_worker_is_stuck(f->worker));

    open_gate(&f->gate);
    push(f, NULL, 3, FALSE, LONG_MS, &last);
    run_until(last.answers > 0);
    assert_int_equal(slow.code, 0);
    assert_int_equal(g_atomic_int_get(&second.entered), 0);
    g_mutex_clear(&second.lock);
    g_cond_clear(&second.changed);
}

static void
freeing_answers_what_is_pending_and_leaves_a_hung_thread(void **state)
{
    Fixture *f = *state;
    Outcome hung = {0}, queued = {0};

    push(f, &f->gate, 1, FALSE, LONG_MS, &hung);
    push(f, NULL, 2, FALSE, LONG_MS, &queued);
    wait_until_entered(&f->gate);
    mom_virt_worker_free(f->worker);
    assert_int_equal(hung.code, MOM_VIRT_ERROR_CLOSED);
    assert_int_equal(queued.code, MOM_VIRT_ERROR_CLOSED);
    assert_int_equal(g_atomic_int_get(&f->ended), 0);

    open_gate(&f->gate);
    while (g_atomic_int_get(&f->ended) == 0)
        g_usleep(1000);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    assert_int_equal(hung.answers, 1);
    assert_int_equal(queued.answers, 1);
    f->worker = NULL;
}

static void
a_job_without_a_listener_runs_all_the_same(void **state)
{
    Fixture *f = *state;

    push(f, NULL, 1, FALSE, LONG_MS, NULL);
    while (g_atomic_int_get(&f->freed) == 0)
        g_main_context_iteration(NULL, FALSE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_brings_its_result_to_the_main_loop),
        TEST(a_job_that_fails_brings_its_error),
        TEST(jobs_run_in_order_and_each_is_freed),
        TEST(a_hung_job_is_given_up_while_the_loop_ticks),
        TEST(a_stuck_worker_refuses_jobs_and_takes_them_again_later),
        TEST(a_job_withdrawn_in_the_queue_never_runs),
        TEST(freeing_answers_what_is_pending_and_leaves_a_hung_thread),
        TEST(a_job_without_a_listener_runs_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
