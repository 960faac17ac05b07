/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A real libvirtd with the test driver, as a plain process of an ordinary user, that is frozen,
 * killed and started anew.
 *
 * The main loop must tick through all of it and the client must find its way back by itself.
 */
#include "libvirt-client/virt.h"

#include <glib/gstdio.h>
#include <signal.h>

#include "tests/libvirt-client/libvirtd.h"
#include "tests/mom-test.h"

#define NEVER_MS 600000

typedef struct {
    Libvirtd *daemon;
    MomVirt *virt;
    int changes[4]; /* by MomVirtState */
    int ticks;
    guint ticker;
    int answers;
    int code;
    guint n_guests;
} Fixture;

static void
on_changed(MomVirtState state, const GError *error, gpointer data)
{
    ((Fixture *)data)->changes[state]++;
}

static gboolean
tick(gpointer data)
{
    ((Fixture *)data)->ticks++;
    return G_SOURCE_CONTINUE;
}

static void
take_guests(GPtrArray *guests, const GError *error, gpointer data)
{
    Fixture *f = data;

    f->answers++;
    f->code = error != NULL ? error->code : 0;
    f->n_guests = guests != NULL ? guests->len : 0;
}

#define run_until(condition)                                                                       \
    while (!(condition))                                                                           \
    g_main_context_iteration(NULL, TRUE)

/* The answer's error code, 0 for success. */
static int
read_guests(Fixture *f)
{
    f->answers = 0;
    mom_virt_read_guests(f->virt, take_guests, f);
    run_until(f->answers > 0);
    assert_int_equal(f->answers, 1);
    return f->code;
}

static void
connect_with(Fixture *f, MomVirtTimes times)
{
    const MomVirtListener listener = {.changed = on_changed, .data = f};
    MomVirtOptions options = {.address = {.uri = f->daemon->uri}, .times = times};

    libvirtd_wait(f->daemon);
    f->virt = mom_virt_new(&options, &listener);
    run_until(f->changes[MOM_VIRT_OPEN] == 1);
    assert_int_equal(read_guests(f), 0);
    assert_int_equal(f->n_guests, 2);
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->daemon = libvirtd_new();
    f->ticker = g_timeout_add(1, tick, f);
    libvirtd_start(f->daemon, NULL, NULL);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    libvirtd_kill(f->daemon); /* lets every call return */
    mom_virt_free(f->virt);
    g_source_remove(f->ticker);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    libvirtd_free(f->daemon);
    g_free(f);
    return 0;
}

static void
a_daemon_that_starts_after_us_is_found(void **state)
{
    Fixture *f = *state;

    libvirtd_kill(f->daemon);
    g_unlink(f->daemon->socket);
    f->virt = mom_virt_new(&(MomVirtOptions){.address = {.uri = f->daemon->uri},
                                             .times = {.reopen_min_ms = 10, .reopen_max_ms = 50}},
                           &(MomVirtListener){.changed = on_changed, .data = f});
    run_until(f->changes[MOM_VIRT_WAITING] >= 2);
    libvirtd_start(f->daemon, NULL, NULL);
    run_until(f->changes[MOM_VIRT_OPEN] == 1);
    assert_int_equal(read_guests(f), 0);
}

static void
a_frozen_daemon_costs_a_call_and_not_the_loop(void **state)
{
    Fixture *f = *state;
    int ticks;

    connect_with(f, (MomVirtTimes){.call_timeout_ms = 300, .replace_ms = NEVER_MS});
    kill(f->daemon->pid, SIGSTOP);
    ticks = f->ticks;
    assert_int_equal(read_guests(f), MOM_VIRT_ERROR_TIMEOUT);
    assert_true(f->ticks - ticks > 10);
    assert_int_equal(mom_virt_state(f->virt), MOM_VIRT_STUCK);
    assert_int_equal(read_guests(f), MOM_VIRT_ERROR_BUSY);
    assert_int_equal(f->changes[MOM_VIRT_OPEN], 1);

    kill(f->daemon->pid, SIGCONT);
    run_until(f->changes[MOM_VIRT_OPEN] == 2);
    assert_int_equal(read_guests(f), 0);
    assert_int_equal(f->n_guests, 2);
}

static void
a_daemon_that_stays_frozen_is_tried_anew_a_few_times_only(void **state)
{
    Fixture *f = *state;
    int openings;

    connect_with(f,
                 (MomVirtTimes){.call_timeout_ms = 300, .open_timeout_ms = 300, .replace_ms = 100});
    kill(f->daemon->pid, SIGSTOP);
    openings = f->changes[MOM_VIRT_OPENING];
    assert_int_equal(read_guests(f), MOM_VIRT_ERROR_TIMEOUT);
    /* the call, and openings beside it */
    run_until(f->changes[MOM_VIRT_STUCK] == 1 + MOM_VIRT_MAX_LEFT_BEHIND);
    f->ticks = 0;
    run_until(f->ticks > 300);
    assert_int_equal(f->changes[MOM_VIRT_OPENING], openings + MOM_VIRT_MAX_LEFT_BEHIND);
    assert_int_equal(mom_virt_state(f->virt), MOM_VIRT_STUCK);

    kill(f->daemon->pid, SIGCONT);
    run_until(mom_virt_state(f->virt) == MOM_VIRT_OPEN && read_guests(f) == 0);
}

static void
a_killed_daemon_is_noticed_without_a_call_and_found_again(void **state)
{
    Fixture *f = *state;

    connect_with(f, (MomVirtTimes){.reopen_min_ms = 10, .reopen_max_ms = 50});
    libvirtd_kill(f->daemon);
    run_until(f->changes[MOM_VIRT_WAITING] > 0);
    libvirtd_start(f->daemon, NULL, NULL);
    run_until(f->changes[MOM_VIRT_OPEN] == 2);
    assert_int_equal(read_guests(f), 0);
}

/* Nothing is asked, nobody hangs up: only libvirt's keepalive can tell. */
static void
a_daemon_that_freezes_is_noticed_without_a_call(void **state)
{
    Fixture *f = *state;

    connect_with(f, (MomVirtTimes){.keepalive_s = 1,
                                   .keepalive_count = 1,
                                   .reopen_min_ms = 10,
                                   .reopen_max_ms = 50,
                                   .replace_ms = NEVER_MS});
    kill(f->daemon->pid, SIGSTOP);
    run_until(f->changes[MOM_VIRT_WAITING] > 0);
    assert_int_equal(f->changes[MOM_VIRT_STUCK], 0);
    kill(f->daemon->pid, SIGCONT);
    run_until(f->changes[MOM_VIRT_OPEN] == 2);
    assert_int_equal(read_guests(f), 0);
}

static void
a_killed_daemon_frees_the_call_that_hangs_in_it(void **state)
{
    Fixture *f = *state;

    connect_with(f,
                 (MomVirtTimes){.reopen_min_ms = 10, .reopen_max_ms = 50, .replace_ms = NEVER_MS});
    kill(f->daemon->pid, SIGSTOP);
    f->answers = 0;
    mom_virt_read_guests(f->virt, take_guests, f);
    f->ticks = 0;
    run_until(f->ticks > 20);
    libvirtd_kill(f->daemon);
    run_until(f->answers > 0);
    assert_int_not_equal(f->code, 0);
    assert_int_not_equal(f->code, MOM_VIRT_ERROR_TIMEOUT);
    libvirtd_start(f->daemon, NULL, NULL);
    run_until(f->changes[MOM_VIRT_OPEN] == 2);
    assert_int_equal(read_guests(f), 0);
}

static void
a_client_is_freed_while_its_daemon_is_frozen(void **state)
{
    Fixture *f = *state;

    connect_with(f, (MomVirtTimes){.call_timeout_ms = 300, .replace_ms = NEVER_MS});
    kill(f->daemon->pid, SIGSTOP);
    assert_int_equal(read_guests(f), MOM_VIRT_ERROR_TIMEOUT);
    f->answers = 0;
    mom_virt_read_guests(f->virt, take_guests, f);
    g_clear_pointer(&f->virt, mom_virt_free);
    assert_int_equal(f->answers, 1);
    assert_int_equal(f->code, MOM_VIRT_ERROR_CLOSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    g_autoptr(GError) error = NULL;
    const struct CMUnitTest tests[] = {
        TEST(a_daemon_that_starts_after_us_is_found),
        TEST(a_frozen_daemon_costs_a_call_and_not_the_loop),
        TEST(a_daemon_that_stays_frozen_is_tried_anew_a_few_times_only),
        TEST(a_killed_daemon_is_noticed_without_a_call_and_found_again),
        TEST(a_daemon_that_freezes_is_noticed_without_a_call),
        TEST(a_killed_daemon_frees_the_call_that_hangs_in_it),
        TEST(a_client_is_freed_while_its_daemon_is_frozen),
    };

    signal(SIGPIPE, SIG_IGN);
    if (!mom_virt_init(&error)) {
        g_printerr("%s\n", error->message);
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
