/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The server over a stand-in's /proc: what it tells by itself, how many may watch, when it ends.
 *
 * It runs in a thread; the test is its peer, over real sockets.
 */
#include "tests/mom-test.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "agent/guestd/serve.h"
#include "tests/agent/guestd/proc-files.h"

typedef struct {
    char *root;
    MomSettings settings;
    MomServer *server;
    GThread *thread;
    int stop[2];
    struct sockaddr_in address;
} World;

static gpointer
run(gpointer data)
{
    World *world = data;

    mom_server_run(world->server, world->stop[0]);
    return NULL;
}

static World *
world_new(void)
{
    World *world = g_new0(World, 1);
    socklen_t length = sizeof world->address;
    char why[MOM_SETTINGS_MESSAGE] = "";

    world->root = proc_files_new(PROC_PRESSURE);
    world->server = g_new0(MomServer, 1);
    assert_int_equal(pipe(world->stop), 0);
    mom_settings_init(&world->settings);
    world->settings.vsock_port = 0;
    strcpy(world->settings.host, "127.0.0.1");
    /* Whichever port is free. */
    for (world->settings.port = 20000;
         !mom_server_open(world->server, &world->settings, world->root, why);
         world->settings.port++)
        assert_true(world->settings.port < 21000);
    assert_int_equal(getsockname(world->server->listeners.socket[0],
                                 (struct sockaddr *)&world->address, &length),
                     0);
    world->thread = g_thread_new("server", run, world);
    return world;
}

static void
world_free(World *world)
{
    assert_int_equal(write(world->stop[1], "x", 1), 1);
    g_thread_join(world->thread);
    mom_server_close(world->server);
    g_free(world->server);
    close(world->stop[0]);
    close(world->stop[1]);
    proc_files_remove(world->root);
    g_free(world->root);
    g_free(world);
}

static int
dial(const World *world)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)&world->address, sizeof world->address),
                     0);
    return fd;
}

/* A line without its newline; "" when it has hung up.  Caller frees. */
static char *
hear(int fd)
{
    GString *line = g_string_new(NULL);
    char byte;

    while (recv(fd, &byte, 1, 0) == 1 && byte != '\n')
        g_string_append_c(line, byte);
    return g_string_free(line, FALSE);
}

static void
assert_says(int fd, const char *request, const char *expected)
{
    g_autofree char *line = NULL;

    send(fd, request, strlen(request), MSG_NOSIGNAL);
    line = hear(fd);
    assert_string_equal(line, expected);
}

#define STATS                                                                                      \
    "mem_available:1000000,mem_unused:420000,swap_in:0,swap_out:0,major_fault:44,"                 \
    "minor_fault:3333,guestd_version:1,mem_usable:400000,swap_total:50000,swap_usage:10000,"       \
    "psi_some_avg10_bp:125,psi_full_avg10_bp:50,psi_some_total_us:%s,psi_full_total_us:600"

static void
numbers_are_the_kernel_s(void **state)
{
    World *world = world_new();
    g_autofree char *expected = g_strdup_printf(STATS, "700");
    int fd = dial(world);

    assert_says(fd, "stats\n", expected);
    close(fd);
    world_free(world);
}

static void
who_watches_is_told_of_stalls_and_nobody_else(void **state)
{
    World *world = world_new();
    int watcher = dial(world), other = dial(world);
    g_autofree char *expected = g_strdup_printf("distress," STATS, "160700");
    g_autofree char *line = NULL;

    assert_says(watcher, "watch\n", "watching");
    /* Its first look is at 700; the stalls come after. */
    while (!__atomic_load_n(&world->server->stall.has_look, __ATOMIC_ACQUIRE))
        g_usleep(10000);
    proc_files_rewrite(world->root, "pressure/memory",
                       "some avg10=1.25 avg60=0.00 avg300=0.00 total=160700\n"
                       "full avg10=0.50 avg60=0.00 avg300=0.00 total=600\n");
    line = hear(watcher);
    assert_string_equal(line, expected);
    assert_says(other, "props\n", "min_free:0.20,max_free:0.50"); /* and not of distress */
    close(watcher);
    close(other);
    world_free(world);
}

static void
so_many_may_watch(void **state)
{
    enum { OF_NETWORK = MOM_SERVE_WATCHERS - MOM_SERVE_FOR_VSOCK };
    World *world = world_new();
    int fd[OF_NETWORK + 1];

    for (int i = 0; i <= OF_NETWORK; i++)
        fd[i] = dial(world);
    for (int i = 0; i < OF_NETWORK; i++)
        assert_says(fd[i], "watch\n", "watching");
    assert_says(fd[0], "watch\n", "watching"); /* who watches already is none more */
    assert_says(fd[OF_NETWORK], "watch\n", "");
    for (int i = 0; i <= OF_NETWORK; i++)
        close(fd[i]);
    world_free(world);
}

static MomServer *
server_without_connections(void)
{
    MomServer *server = g_new0(MomServer, 1);

    for (unsigned i = 0; i < MOM_SERVE_CONNECTIONS; i++)
        server->connection[i].fd = -1;
    return server;
}

/* SERVER gets N more connections of FAMILY, which are none. */
static void
seat(MomServer *server, unsigned n, int family, bool watches)
{
    for (unsigned i = 0; n > 0; i++) {
        MomConnection *connection = &server->connection[i];

        assert_true(i < MOM_SERVE_CONNECTIONS);
        if (connection->fd >= 0)
            continue;
        *connection = (MomConnection){.fd = 0, .family = family, .watches = watches};
        n--;
    }
}

/* Not over sockets: few machines have a vsock that leads back to themselves. */
static void
the_network_leaves_places_to_vsock(void **state)
{
    static const struct {
        unsigned inet, inet6, vsock;
        bool network_may, vsock_may;
    } rows[] = {
        {0, 0, 0, true, true},
        {MOM_SERVE_CONNECTIONS - MOM_SERVE_FOR_VSOCK - 1, 0, 0, true, true},
        {MOM_SERVE_CONNECTIONS - MOM_SERVE_FOR_VSOCK, 0, 0, false, true},
        {4, MOM_SERVE_CONNECTIONS - MOM_SERVE_FOR_VSOCK - 4, 0, false, true},
        {0, MOM_SERVE_CONNECTIONS - MOM_SERVE_FOR_VSOCK, 1, false, true},
        {MOM_SERVE_CONNECTIONS - MOM_SERVE_FOR_VSOCK, 0, MOM_SERVE_FOR_VSOCK, false, false},
        {0, 0, MOM_SERVE_CONNECTIONS - 1, true, true},
        {0, 0, MOM_SERVE_CONNECTIONS, false, false},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree MomServer *server = server_without_connections();

        seat(server, rows[i].inet, AF_INET, false);
        seat(server, rows[i].inet6, AF_INET6, false);
        seat(server, rows[i].vsock, AF_VSOCK, false);
        assert_int_equal(mom_server_has_room(server, AF_INET, false), rows[i].network_may);
        assert_int_equal(mom_server_has_room(server, AF_INET6, false), rows[i].network_may);
        assert_int_equal(mom_server_has_room(server, AF_VSOCK, false), rows[i].vsock_may);
        assert_true(mom_server_has_room(server, AF_INET, true)); /* none of them watches */
    }
}

static void
who_watches_from_the_network_leaves_places_to_vsock(void **state)
{
    g_autofree MomServer *server = server_without_connections();

    seat(server, MOM_SERVE_WATCHERS - MOM_SERVE_FOR_VSOCK, AF_INET, true);
    seat(server, 1, AF_VSOCK, false);
    assert_false(mom_server_has_room(server, AF_INET, true));
    assert_true(mom_server_has_room(server, AF_VSOCK, true));
    assert_true(mom_server_has_room(server, AF_INET, false));
    seat(server, MOM_SERVE_FOR_VSOCK, AF_VSOCK, true);
    assert_false(mom_server_has_room(server, AF_VSOCK, true));
    assert_true(mom_server_has_room(server, AF_VSOCK, false));
}

static void
without_its_numbers_it_hangs_up(void **state)
{
    World *world = world_new();
    int fd = dial(world);

    proc_files_rewrite(world->root, "meminfo", "nothing\n");
    assert_says(fd, "stats\n", "");
    close(fd);
    world_free(world);
}

static void
without_proc_there_is_no_server(void **state)
{
    MomServer *server = g_new0(MomServer, 1);
    MomSettings settings;
    char why[MOM_SETTINGS_MESSAGE] = "";

    mom_settings_init(&settings);
    assert_false(mom_server_open(server, &settings, "/nowhere", why));
    assert_non_null(strstr(why, "/nowhere/proc: No such file"));
    g_free(server);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_the_kernel_s),
        cmocka_unit_test(who_watches_is_told_of_stalls_and_nobody_else),
        cmocka_unit_test(so_many_may_watch),
        cmocka_unit_test(the_network_leaves_places_to_vsock),
        cmocka_unit_test(who_watches_from_the_network_leaves_places_to_vsock),
        cmocka_unit_test(without_its_numbers_it_hangs_up),
        cmocka_unit_test(without_proc_there_is_no_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
