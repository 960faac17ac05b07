/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which channel leads to a guest's agent, and what one that hangs costs: by a stand-in for libvirt,
 * agents of our own, and QEMU's real one where it is installed.
 */
#include "agent/guest-agent/probe.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "agent/guest-agent/numbers.h"
#include "tests/agent/guest-agent/fake-agent.h"
#include "tests/libvirt-client/fake-libvirt.h"
#include "tests/mom-test.h"

#define N_GUESTS 6
#define LONG_MS 60000

typedef struct {
    char *folder;
    FakeAgent *agents[N_GUESTS];
    MomProbe *probe;
    MomProbeGuest guests[N_GUESTS];
    guint answers[N_GUESTS]; /* of each guest */
    gint64 total_kib;        /* of the last answer */
    GError *error;
} Fixture;

typedef struct {
    Fixture *f;
    guint guest;
} Who;

static Fixture *agents_of; /* what answers stand-in libvirt's agents */

static char *
answer_in_libvirt(guint guest, const char *command)
{
    return fake_agent_answer(agents_of->agents[guest], command);
}

static void
on_answer(const MomAnswer *answer, const GError *error, gpointer data)
{
    g_autofree Who *who = data;
    Fixture *f = who->f;

    assert_true((answer == NULL) == (error != NULL));
    f->answers[who->guest]++;
    g_clear_error(&f->error);
    f->error = error ? g_error_copy(error) : NULL;
    f->total_kib = -1;
    if (answer)
        mom_value_to_int(answer->number[MOM_AGENT_MEM_TOTAL_KIB], &f->total_kib);
}

static Who *
begin(Fixture *f, guint guest)
{
    Who *who = g_new0(Who, 1);

    *who = (Who){f, guest};
    f->answers[guest] = 0;
    f->probe->klass->ask(f->probe, &f->guests[guest], on_answer, who);
    assert_int_equal(f->answers[guest], 0); /* later, never at once */
    return who;
}

static void
await(Fixture *f, guint guest)
{
    while (f->answers[guest] == 0)
        g_main_context_iteration(NULL, TRUE);
    assert_int_equal(f->answers[guest], 1);
}

static gboolean
ask(Fixture *f, guint guest, GError **error)
{
    begin(f, guest);
    await(f, guest);
    if (!f->error)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&f->error));
    return FALSE;
}

static void
make_probe(Fixture *f, gboolean libvirt, gboolean sockets)
{
    const MomVirtAddress address = {0};
    const MomVirtTimes times = {.call_timeout_ms = LONG_MS, .call_timeout_max_ms = LONG_MS};
    const MomAgentProbeOptions options = {
        .pool = libvirt ? mom_agent_pool_new(&address, &times) : NULL,
        .socket_path = sockets ? f->folder : NULL,
        .socket_template = "%(name)s.agent",
        .socket_timeout_ms = LONG_MS,
    };

    f->probe = mom_agent_probe_new(&options);
}

static char *
socket_of(const Fixture *f, guint guest)
{
    return g_strdup_printf("%s/%s.agent", f->folder, f->guests[guest].name);
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    fake_start(N_GUESTS);
    agents_of = f;
    fake_agent_by(answer_in_libvirt);
    f->folder = g_dir_make_tmp("momd-agent-XXXXXX", NULL);
    for (guint i = 0; i < N_GUESTS; i++) {
        f->agents[i] = fake_agent_new();
        f->guests[i].uuid = g_strdup(fake_uuid(i));
        f->guests[i].name = g_strdup_printf("vm%u", i);
    }
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    for (guint i = 0; i < N_GUESTS; i++)
        fake_agent_hangs(i, FALSE);
    if (f->probe)
        f->probe->klass->free(f->probe);
    while (fake_connections() > 0)
        g_usleep(1000);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    for (guint i = 0; i < N_GUESTS; i++) {
        fake_agent_free(f->agents[i]);
        g_free(f->guests[i].uuid);
        g_free(f->guests[i].name);
    }
    fake_stop();
    g_rmdir(f->folder);
    g_free(f->folder);
    g_clear_error(&f->error);
    g_free(f);
    return 0;
}

static void
libvirt_s_channel_is_used_where_there_is_one(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    make_probe(f, TRUE, TRUE);
    assert_ok(ask(f, 0, &error));
    assert_int_equal(f->total_kib, 1000000);
    assert_ok(ask(f, 0, &error));
    assert_int_equal(f->agents[0]->infos, 1); /* that it may is known from then on */
    assert_int_equal(f->agents[0]->closed, f->agents[0]->opened);
    assert_int_equal(fake_connections(), 1); /* no more than are needed */
}

static void
a_guest_without_connected_agent_is_not_asked_through_libvirt(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    make_probe(f, TRUE, FALSE);
    f->guests[0].agent_connected = mom_value_bool(FALSE);
    assert_false(ask(f, 0, &error));
    assert_string_equal(error->message, "libvirt knows of no agent that is connected");
    g_clear_error(&error);
    assert_int_equal(fake_calls("virDomainQemuAgentCommand"), 0);
    f->guests[0].agent_connected = mom_value_bool(TRUE);
    assert_ok(ask(f, 0, &error));
}

static void
a_socket_is_used_where_libvirt_has_no_agent(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = socket_of(f, 0);
    FakePeer *peer = fake_peer_new(f->agents[0], path, NULL);

    make_probe(f, TRUE, TRUE);
    fake_agent_by(NULL);
    assert_ok(ask(f, 0, &error));
    assert_int_equal(f->total_kib, 1000000);
    assert_ok(ask(f, 0, &error)); /* and asks libvirt in vain only once */
    assert_int_equal(fake_calls("virDomainQemuAgentCommand"), 1);
    assert_int_equal(fake_peer_connections(peer), 2);
    while (fake_peer_open(peer) > 0) /* nobody is kept out between two questions */
        g_main_context_iteration(NULL, TRUE);
    fake_peer_free(peer);
}

static void
why_neither_led_anywhere_is_told_of_both(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = socket_of(f, 0);

    make_probe(f, TRUE, TRUE);
    fake_agent_by(NULL);
    assert_fails(ask(f, 0, &error), MOM_AGENT_ERROR, MOM_AGENT_ERROR_GONE);
    /* The first is asked again: this might have been an hour ago. */
    assert_fails(ask(f, 0, &error), MOM_AGENT_ERROR, MOM_AGENT_ERROR_GONE);
    assert_int_equal(fake_calls("virDomainQemuAgentCommand"), 2);
    assert_false(ask(f, 0, &error));
    assert_non_null(strstr(error->message, fake_uuid(0)));
    assert_non_null(strstr(error->message, path));
}

static void
a_name_that_is_no_file_s_costs_its_own_guest(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    make_probe(f, FALSE, TRUE);
    g_free(f->guests[0].name);
    f->guests[0].name = g_strdup("../vm1");
    assert_fails(ask(f, 0, &error), MOM_AGENT_ERROR, MOM_AGENT_ERROR_GONE);
}

static void
an_agent_that_may_not_read_is_told_and_asked_again_what_it_may(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    make_probe(f, TRUE, FALSE);
    assert_ok(ask(f, 0, &error));
    f->agents[0]->disabled = TRUE;
    assert_false(ask(f, 0, &error));
    g_clear_error(&error);
    assert_false(ask(f, 0, &error));
    assert_non_null(strstr(error->message, "does not allow guest-file-open"));
    assert_int_equal(f->agents[0]->infos, 2);
    f->agents[0]->disabled = FALSE;
    g_clear_error(&error);
    assert_ok(ask(f, 0, &error));
}

/* As many as there are connections but one hang, for ever. */
static void
agents_that_hang_hold_up_none_of_the_others(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    Who *hanging[MOM_AGENT_CONNECTIONS - 1];

    make_probe(f, TRUE, FALSE);
    fake_agent_timeout_ms(LONG_MS);
    for (guint i = 0; i < G_N_ELEMENTS(hanging); i++) {
        fake_agent_hangs(i, TRUE);
        hanging[i] = begin(f, i);
    }
    while (fake_waiting() < G_N_ELEMENTS(hanging))
        g_main_context_iteration(NULL, FALSE);
    assert_ok(ask(f, N_GUESTS - 2, &error));
    assert_ok(ask(f, N_GUESTS - 1, &error));
    for (guint i = 0; i < G_N_ELEMENTS(hanging); i++) {
        f->probe->klass->leave(f->probe, &f->guests[i]);
        assert_int_equal(f->answers[i], 0);
        g_free(hanging[i]);
    }
}

static void
an_agent_that_hangs_is_given_up_by_libvirt(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    make_probe(f, TRUE, FALSE);
    fake_agent_timeout_ms(20);
    fake_agent_hangs(0, TRUE);
    assert_fails(ask(f, 0, &error), MOM_AGENT_ERROR, MOM_AGENT_ERROR_GONE);
}

/* While it is open, and while it is being opened. */
static void
what_is_open_is_closed_when_a_guest_is_left(void **state)
{
    Fixture *f = *state;

    make_probe(f, TRUE, FALSE);
    for (guint commands = 1; commands < 9; commands++) {
        Who *who = begin(f, 0);

        fake_forget_calls();
        while (fake_calls("virDomainQemuAgentCommand") < commands)
            g_main_context_iteration(NULL, FALSE);
        f->probe->klass->leave(f->probe, &f->guests[0]);
        assert_int_equal(f->answers[0], 0);
        g_free(who);
    }
    f->probe->klass->ask(f->probe, &f->guests[0], on_answer, g_memdup2(&(Who){f, 0}, sizeof(Who)));
    await(f, 0);
    while (f->agents[0]->closed < f->agents[0]->opened)
        g_main_context_iteration(NULL, FALSE);
    assert_true(f->agents[0]->opened > 4);
}

static void
guests_may_be_left_at_any_time(void **state)
{
    Fixture *f = *state;

    make_probe(f, TRUE, TRUE);
    for (guint turns = 0; turns < 12; turns++) {
        Who *who = begin(f, 0);

        for (guint i = 0; i < turns && f->answers[0] == 0; i++)
            g_main_context_iteration(NULL, TRUE);
        f->probe->klass->leave(f->probe, &f->guests[0]);
        if (f->answers[0] == 0)
            g_free(who);
    }
    f->probe->klass->leave(f->probe, &f->guests[1]); /* never asked */
}

/* ---- QEMU's own ---- */

/* The file is there a moment before. */
static gboolean
is_listening(const char *path)
{
    g_autoptr(GSocket) socket =
        g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);

    return g_socket_connect(socket, address, NULL, NULL);
}

/* It ends with the test, however that ends. */
static void
end_with_us(gpointer data)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* FALSE, and says so, if it is not installed. */
static gboolean
start_qemu_ga(const Fixture *f, guint guest, const char *blocked, GPid *pid)
{
    g_autofree char *program = g_find_program_in_path("qemu-ga");
    g_autofree char *sbin = g_strdup("/usr/sbin/qemu-ga");
    g_autofree char *path = socket_of(f, guest);
    g_autofree char *block = g_strdup_printf("--blacklist=%s", blocked);
    g_autofree char *pidfile = g_build_filename(f->folder, "pid", NULL);
    const char *argv[] = {
        program ? program : sbin, "-m", "unix-listen", "-p", path, "-t", f->folder, "-f", pidfile,
        blocked ? block : NULL,   NULL};

    if (!g_spawn_async(NULL, (char **)argv, NULL,
                       G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                           G_SPAWN_STDERR_TO_DEV_NULL,
                       end_with_us, NULL, pid, NULL)) {
        print_message("skipped: no qemu-ga here (package qemu-guest-agent)\n");
        return FALSE;
    }
    while (!is_listening(path))
        g_usleep(1000);
    return TRUE;
}

static void
stop_qemu_ga(const Fixture *f, GPid pid)
{
    static const char *const left[] = {"vm0.agent", "pid", "qga.state", "qga.pid"};

    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(left); i++) {
        g_autofree char *path = g_build_filename(f->folder, left[i], NULL);

        g_remove(path);
    }
}

static guint
count_open(GPid pid, const char *what)
{
    g_autofree char *folder = g_strdup_printf("/proc/%d/fd", pid);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    guint n = 0;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *target = g_file_read_link(path, NULL);

        n += target && g_str_has_suffix(target, what);
    }
    return n;
}

static void
qemu_s_own_agent_tells_this_machine_s_memory(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *meminfo = NULL;
    GPid pid;

    make_probe(f, FALSE, TRUE);
    if (!start_qemu_ga(f, 0, NULL, &pid))
        skip();
    for (int i = 0; i < 3; i++)
        assert_ok(ask(f, 0, &error));
    assert_true(g_file_get_contents("/proc/meminfo", &meminfo, NULL, NULL));
    assert_int_equal(f->total_kib, g_ascii_strtoll(meminfo + strlen("MemTotal:"), NULL, 10));
    assert_int_equal(count_open(pid, "/meminfo") + count_open(pid, "/vmstat"), 0);
    stop_qemu_ga(f, pid);
}

static void
qemu_s_own_agent_may_be_told_not_to(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    GPid pid;

    make_probe(f, FALSE, TRUE);
    if (!start_qemu_ga(f, 0, "guest-file-open", &pid))
        skip();
    assert_false(ask(f, 0, &error));
    assert_non_null(strstr(error->message, "does not allow guest-file-open"));
    stop_qemu_ga(f, pid);
}

static void
qemu_s_own_agent_closes_what_was_left(void **state)
{
    Fixture *f = *state;
    GPid pid;

    make_probe(f, FALSE, TRUE);
    if (!start_qemu_ga(f, 0, NULL, &pid))
        skip();
    for (guint turns = 1; turns < 12; turns++) {
        Who *who = begin(f, 0);

        for (guint i = 0; i < turns && f->answers[0] == 0; i++)
            g_main_context_iteration(NULL, TRUE);
        f->probe->klass->leave(f->probe, &f->guests[0]);
        if (f->answers[0] == 0)
            g_free(who);
    }
    while (count_open(pid, "/meminfo") + count_open(pid, "/vmstat") > 0)
        g_main_context_iteration(NULL, FALSE);
    stop_qemu_ga(f, pid);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    g_autoptr(GError) error = NULL;
    const struct CMUnitTest tests[] = {
        TEST(libvirt_s_channel_is_used_where_there_is_one),
        TEST(a_guest_without_connected_agent_is_not_asked_through_libvirt),
        TEST(a_socket_is_used_where_libvirt_has_no_agent),
        TEST(why_neither_led_anywhere_is_told_of_both),
        TEST(a_name_that_is_no_file_s_costs_its_own_guest),
        TEST(an_agent_that_may_not_read_is_told_and_asked_again_what_it_may),
        TEST(agents_that_hang_hold_up_none_of_the_others),
        TEST(an_agent_that_hangs_is_given_up_by_libvirt),
        TEST(what_is_open_is_closed_when_a_guest_is_left),
        TEST(guests_may_be_left_at_any_time),
        TEST(qemu_s_own_agent_tells_this_machine_s_memory),
        TEST(qemu_s_own_agent_may_be_told_not_to),
        TEST(qemu_s_own_agent_closes_what_was_left),
    };

    return mom_virt_init(&error) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
