/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A real libvirtd with the test driver, as a plain process of an ordinary user, that is frozen,
 * killed and started anew.
 *
 * The main loop must tick through all of it and the client must find its way back by itself.
 */
#include "libvirt-client/virt.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/mom-test.h"

#define NOBODY 65534
#define RICH "11111111-1111-1111-1111-111111111111"
#define NEVER_MS 600000

typedef struct {
    char *folder;
    char *uri;
    char *socket;
    GPid daemon;
    MomVirt *virt;
    int changes[4]; /* by MomVirtState */
    int ticks;
    guint ticker;
    int answers;
    int code;
    guint n_guests;
} Fixture;

/* ---- the daemon ---- */

/* As root libvirtd would want its system's users and folders; as anyone else it is content with
 * HOME. */
static void
become_nobody(gpointer data)
{
    if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void
start_daemon(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *found = g_find_program_in_path("libvirtd");
    g_autofree char *home = g_strconcat("HOME=", f->folder, NULL);
    g_autofree char *runtime = g_strconcat("XDG_RUNTIME_DIR=", f->folder, NULL);
    char *argv[] = {found != NULL ? found : (char *)"/usr/sbin/libvirtd", NULL};
    char *envp[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", home, runtime, NULL};

    g_unlink(f->socket);
    assert_ok(g_spawn_async("/", argv, envp,
                            G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                                G_SPAWN_STDERR_TO_DEV_NULL,
                            become_nobody, NULL, &f->daemon, &error));
}

static void
kill_daemon(Fixture *f)
{
    if (f->daemon == 0)
        return;
    kill(f->daemon, SIGKILL);
    while (waitpid(f->daemon, NULL, 0) < 0 && errno == EINTR)
        ;
    f->daemon = 0;
}

static void
remove_folder(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        if (g_file_test(child, G_FILE_TEST_IS_DIR) && !g_file_test(child, G_FILE_TEST_IS_SYMLINK))
            remove_folder(child);
        else
            g_unlink(child);
    }
    g_rmdir(path);
}

static void
copy_node(Fixture *f)
{
    g_autofree char *from =
        g_build_filename(g_getenv("MOM_SOURCE_ROOT"), "tests/libvirt-client/node.xml", NULL);
    g_autofree char *to = g_build_filename(f->folder, "node.xml", NULL);
    g_autofree char *text = NULL;

    /* the daemon's user may not see the source tree */
    assert_true(g_file_get_contents(from, &text, NULL, NULL));
    assert_true(g_file_set_contents(to, text, -1, NULL));
    assert_int_equal(g_chmod(to, 0644), 0);
}

/* ---- the client ---- */

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

/* So that short time-outs below meet a daemon that is through with starting. */
static void
wait_for_daemon(Fixture *f)
{
    virConnectPtr connection;

    while ((connection = virConnectOpen(f->uri)) == NULL)
        g_usleep(20000);
    virConnectClose(connection);
}

static void
connect_with(Fixture *f, MomVirtTimes times)
{
    const MomVirtListener listener = {.changed = on_changed, .data = f};
    MomVirtOptions options = {.address = {.uri = f->uri}, .times = times};

    wait_for_daemon(f);
    f->virt = mom_virt_new(&options, &listener);
    run_until(f->changes[MOM_VIRT_OPEN] == 1);
    assert_int_equal(read_guests(f), 0);
    assert_int_equal(f->n_guests, 2);
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->folder = g_dir_make_tmp("mom-virt-XXXXXX", NULL);
    f->socket = g_build_filename(f->folder, "libvirt/libvirt-sock", NULL);
    f->uri = g_strdup_printf("test+unix:///%s/node.xml?socket=%s", f->folder, f->socket);
    f->ticker = g_timeout_add(1, tick, f);
    if (geteuid() == 0)
        assert_int_equal(chown(f->folder, NOBODY, NOBODY), 0);
    copy_node(f);
    start_daemon(f);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    kill_daemon(f); /* lets every call return */
    mom_virt_free(f->virt);
    g_source_remove(f->ticker);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    remove_folder(f->folder);
    g_free(f->folder);
    g_free(f->socket);
    g_free(f->uri);
    g_free(f);
    return 0;
}

static void
a_daemon_that_starts_after_us_is_found(void **state)
{
    Fixture *f = *state;

    kill_daemon(f);
    g_unlink(f->socket);
    f->virt = mom_virt_new(&(MomVirtOptions){.address = {.uri = f->uri},
                                             .times = {.reopen_min_ms = 10, .reopen_max_ms = 50}},
                           &(MomVirtListener){.changed = on_changed, .data = f});
    run_until(f->changes[MOM_VIRT_WAITING] >= 2);
    start_daemon(f);
    run_until(f->changes[MOM_VIRT_OPEN] == 1);
    assert_int_equal(read_guests(f), 0);
}

static void
a_frozen_daemon_costs_a_call_and_not_the_loop(void **state)
{
    Fixture *f = *state;
    int ticks;

    connect_with(f, (MomVirtTimes){.call_timeout_ms = 300, .replace_ms = NEVER_MS});
    kill(f->daemon, SIGSTOP);
    ticks = f->ticks;
    assert_int_equal(read_guests(f), MOM_VIRT_ERROR_TIMEOUT);
    assert_true(f->ticks - ticks > 10);
    assert_int_equal(mom_virt_state(f->virt), MOM_VIRT_STUCK);
    assert_int_equal(read_guests(f), MOM_VIRT_ERROR_BUSY);
    assert_int_equal(f->changes[MOM_VIRT_OPEN], 1);

    kill(f->daemon, SIGCONT);
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
    kill(f->daemon, SIGSTOP);
    openings = f->changes[MOM_VIRT_OPENING];
    assert_int_equal(read_guests(f), MOM_VIRT_ERROR_TIMEOUT);
    run_until(f->changes[MOM_VIRT_STUCK] == 3); /* the call, and two openings beside it */
    f->ticks = 0;
    run_until(f->ticks > 300);
    assert_int_equal(f->changes[MOM_VIRT_OPENING], openings + 2);
    assert_int_equal(mom_virt_state(f->virt), MOM_VIRT_STUCK);

    kill(f->daemon, SIGCONT);
    run_until(mom_virt_state(f->virt) == MOM_VIRT_OPEN && read_guests(f) == 0);
}

static void
a_killed_daemon_is_noticed_without_a_call_and_found_again(void **state)
{
    Fixture *f = *state;

    connect_with(f, (MomVirtTimes){.reopen_min_ms = 10, .reopen_max_ms = 50});
    kill_daemon(f);
    run_until(f->changes[MOM_VIRT_WAITING] > 0);
    start_daemon(f);
    run_until(f->changes[MOM_VIRT_OPEN] == 2);
    assert_int_equal(read_guests(f), 0);
}

static void
a_killed_daemon_frees_the_call_that_hangs_in_it(void **state)
{
    Fixture *f = *state;

    connect_with(f,
                 (MomVirtTimes){.reopen_min_ms = 10, .reopen_max_ms = 50, .replace_ms = NEVER_MS});
    kill(f->daemon, SIGSTOP);
    f->answers = 0;
    mom_virt_read_guests(f->virt, take_guests, f);
    f->ticks = 0;
    run_until(f->ticks > 20);
    kill_daemon(f);
    run_until(f->answers > 0);
    assert_int_not_equal(f->code, 0);
    assert_int_not_equal(f->code, MOM_VIRT_ERROR_TIMEOUT);
    start_daemon(f);
    run_until(f->changes[MOM_VIRT_OPEN] == 2);
    assert_int_equal(read_guests(f), 0);
}

static void
a_client_is_freed_while_its_daemon_is_frozen(void **state)
{
    Fixture *f = *state;

    connect_with(f, (MomVirtTimes){.call_timeout_ms = 300, .replace_ms = NEVER_MS});
    kill(f->daemon, SIGSTOP);
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
