/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The writer's thread: what is set while it writes collapses to the newest, and whoever waits is
 * told in time and only in time.
 *
 * The "disk" is a gate of the test's own, so that every order can be had without a clock.
 */
#include "agent/state/state-writer.h"

#include <string.h>

#include "tests/mom-test.h"

typedef struct {
    MomStateWriter *writer;
    GMutex lock;
    GCond moved;
    guint allowed; /* writes that may end */
    guint begun;
    gboolean failing;
    GString *written; /* "content;" */
    GString *told;    /* the main context's: "ok;", "fault;", waiters' names */
    guint outcomes;
} Fixture;

static gboolean
write_gated(GPtrArray *chunks, gpointer data, GError **error)
{
    Fixture *f = data;
    gboolean failing;

    g_mutex_lock(&f->lock);
    f->begun++;
    g_cond_broadcast(&f->moved);
    while (f->allowed == 0)
        g_cond_wait(&f->moved, &f->lock);
    f->allowed--;
    failing = f->failing;
    g_string_append_printf(f->written, "%s;",
                           chunks ? (const char *)g_bytes_get_data(chunks->pdata[0], NULL) : "-");
    g_mutex_unlock(&f->lock);
    if (failing)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "full");
    return !failing;
}

static void
note_outcome(const GError *error, gpointer data)
{
    Fixture *f = data;

    f->outcomes++;
    g_string_append(f->told, error ? "fault;" : "ok;");
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->written = g_string_new(NULL);
    f->told = g_string_new(NULL);
    f->writer = mom_state_writer_new(write_gated, note_outcome, f);
    *state = f;
    return 0;
}

static void
allow(Fixture *f, guint n)
{
    g_mutex_lock(&f->lock);
    f->allowed += n;
    g_cond_broadcast(&f->moved);
    g_mutex_unlock(&f->lock);
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    allow(f, 100);
    mom_state_writer_free(f->writer);
    g_string_free(f->written, TRUE);
    g_string_free(f->told, TRUE);
    g_mutex_clear(&f->lock);
    g_cond_clear(&f->moved);
    g_free(f);
    return 0;
}

static void
set(Fixture *f, const char *text)
{
    g_autoptr(GPtrArray) chunks = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);

    g_ptr_array_add(chunks, g_bytes_new(text, strlen(text) + 1));
    mom_state_writer_set(f->writer, chunks);
}

static void
wait_begun(Fixture *f, guint n)
{
    g_mutex_lock(&f->lock);
    while (f->begun < n)
        g_cond_wait(&f->moved, &f->lock);
    g_mutex_unlock(&f->lock);
}

/* Runs the main context until N outcomes came in all. */
static void
wait_outcomes(Fixture *f, guint n)
{
    while (f->outcomes < n)
        g_main_context_iteration(NULL, TRUE);
}

typedef struct {
    Fixture *f;
    const char *name;
} Who;

static void
note_kept(gpointer data)
{
    const Who *who = data;

    g_string_append_printf(who->f->told, "%s;", who->name);
}

static void
without_a_change_nobody_waits(void **state)
{
    Fixture *f = *state;
    Who a = {f, "a"};

    mom_state_writer_when_kept(f->writer, note_kept, &a);
    assert_string_equal(f->told->str, "a;");
}

static void
who_waits_is_told_when_the_write_has_ended(void **state)
{
    Fixture *f = *state;
    Who a = {f, "a"}, b = {f, "b"};

    set(f, "1");
    mom_state_writer_when_kept(f->writer, note_kept, &a);
    wait_begun(f, 1);
    while (g_main_context_iteration(NULL, FALSE)) {
    }
    assert_string_equal(f->told->str, "");
    allow(f, 1);
    wait_outcomes(f, 1);
    assert_string_equal(f->told->str, "ok;a;");
    mom_state_writer_when_kept(f->writer, note_kept, &b);
    assert_string_equal(f->told->str, "ok;a;b;");
}

static void
what_is_set_during_a_write_collapses_to_the_newest(void **state)
{
    Fixture *f = *state;
    Who a = {f, "a"}, b = {f, "b"}, c = {f, "c"};

    set(f, "1");
    mom_state_writer_when_kept(f->writer, note_kept, &a);
    wait_begun(f, 1);
    set(f, "2");
    mom_state_writer_when_kept(f->writer, note_kept, &b);
    set(f, "3");
    mom_state_writer_set(f->writer, NULL);
    set(f, "4");
    mom_state_writer_when_kept(f->writer, note_kept, &c);
    allow(f, 1);
    wait_outcomes(f, 1);
    assert_string_equal(f->told->str, "ok;a;");
    allow(f, 1);
    wait_outcomes(f, 2);
    assert_string_equal(f->told->str, "ok;a;ok;b;c;");
    assert_string_equal(f->written->str, "1;4;");
}

static void
nothing_is_a_content_too(void **state)
{
    Fixture *f = *state;

    allow(f, 1);
    mom_state_writer_set(f->writer, NULL);
    wait_outcomes(f, 1);
    assert_string_equal(f->written->str, "-;");
}

static void
a_write_that_fails_is_an_answer_too_and_may_be_tried_again(void **state)
{
    Fixture *f = *state;
    Who a = {f, "a"};

    f->failing = TRUE;
    allow(f, 2);
    set(f, "1");
    mom_state_writer_when_kept(f->writer, note_kept, &a);
    wait_outcomes(f, 1);
    mom_state_writer_again(f->writer);
    wait_outcomes(f, 2);
    assert_string_equal(f->told->str, "fault;a;fault;");
    f->failing = FALSE;
    allow(f, 1);
    mom_state_writer_again(f->writer);
    wait_outcomes(f, 3);
    assert_string_equal(f->told->str, "fault;a;fault;ok;");
    assert_string_equal(f->written->str, "1;1;1;");
}

static void
the_end_writes_what_is_wanted_and_tells_everyone(void **state)
{
    Fixture *f = *state;
    Who a = {f, "a"}, b = {f, "b"};

    set(f, "1");
    mom_state_writer_when_kept(f->writer, note_kept, &a);
    wait_begun(f, 1);
    set(f, "2");
    mom_state_writer_when_kept(f->writer, note_kept, &b);
    allow(f, 2);
    g_clear_pointer(&f->writer, mom_state_writer_free);
    assert_string_equal(f->written->str, "1;2;");
    assert_string_equal(f->told->str, "a;b;");
    while (g_main_context_iteration(NULL, FALSE)) {
    }
    assert_int_equal(f->outcomes, 0);
}

#define WRITER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WRITER_TEST(without_a_change_nobody_waits),
        WRITER_TEST(who_waits_is_told_when_the_write_has_ended),
        WRITER_TEST(what_is_set_during_a_write_collapses_to_the_newest),
        WRITER_TEST(nothing_is_a_content_too),
        WRITER_TEST(a_write_that_fails_is_an_answer_too_and_may_be_tried_again),
        WRITER_TEST(the_end_writes_what_is_wanted_and_tells_everyone),
    };

    return cmocka_run_group_tests_name("state-writer", tests, NULL, NULL);
}
