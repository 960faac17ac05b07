/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/rpc/server: however many callers wait for long answers, a turn of the main loop does one
 * step of one of them, and ping comes in between.
 *
 * Counts steps by turn; no time is measured.
 */
#include "tests/mom-test.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/rpc/server.h"
#include "tests/agent/rpc/canned-service.h"

#define PIECES 40
#define CALLERS 6
/* Far more turns than it takes: a limit for hangs. */
#define TURNS 10000

typedef struct {
    CannedService canned; /* first, so that it is the service */
    MomRpcServiceClass class;
    guint steps; /* of this turn */
    char *folder;
    char *path;
    MomRpcServer *server;
} World;

typedef struct {
    MomRpcPieces base;
    World *world;
    guint left;
} Pieces;

static gboolean
next_piece(MomRpcPieces *base, GString *out)
{
    Pieces *self = (Pieces *)base;

    self->world->steps++;
    g_string_append(out, "piece ");
    return --self->left > 0;
}

static void
free_pieces(MomRpcPieces *base)
{
    g_free(base);
}

static MomRpcPieces *
get_state(MomRpcService *service)
{
    static const MomRpcPiecesClass class = {next_piece, free_pieces};
    Pieces *pieces = g_new0(Pieces, 1);

    *pieces = (Pieces){{&class}, (World *)service, PIECES};
    return &pieces->base;
}

static int
setup(void **state)
{
    World *world = g_new0(World, 1);
    MomRpcListenerOptions options = {0};

    canned_service_init(&world->canned);
    world->class = *world->canned.base.klass;
    world->class.get_state = get_state;
    world->canned.base.klass = &world->class;
    world->folder = g_dir_make_tmp("mom-turns-XXXXXX", NULL);
    world->path = g_build_filename(world->folder, "sock", NULL);
    options.port = world->path;
    world->server = mom_rpc_server_new(&options, &world->canned.base, NULL);
    assert_non_null(world->server);
    *state = world;
    return 0;
}

static int
teardown(void **state)
{
    World *world = *state;

    mom_rpc_server_free(world->server);
    while (g_main_context_iteration(NULL, FALSE)) { /* what was under way */
    }
    canned_service_clear(&world->canned);
    g_rmdir(world->folder);
    g_free(world->folder);
    g_free(world->path);
    g_free(world);
    return 0;
}

static int
call(World *world, const char *method)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_autofree char *body =
        g_strdup_printf("{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"id\":1}", method);
    g_autofree char *request = g_strdup_printf(
        "POST /jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    g_strlcpy(address.sun_path, world->path, sizeof address.sun_path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(send(fd, request, strlen(request), 0), (ssize_t)strlen(request));
    return fd;
}

/* Whether the answer on FD has begun. */
static gboolean
has_answer(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

static void
run_turn(World *world)
{
    world->steps = 0;
    g_main_context_iteration(NULL, TRUE);
}

static void
a_turn_does_one_step_of_one_answer(void **state)
{
    World *world = *state;
    int callers[CALLERS];
    guint steps = 0, turns = 0, answered = 0;

    for (guint i = 0; i < CALLERS; i++)
        callers[i] = call(world, "getState");
    while (answered < CALLERS && turns++ < TURNS) {
        run_turn(world);
        assert_true(world->steps <= 1);
        steps += world->steps;
        for (guint i = answered = 0; i < CALLERS; i++)
            answered += has_answer(callers[i]) ? 1 : 0;
    }
    assert_int_equal(answered, CALLERS);
    assert_int_equal(steps, CALLERS * PIECES);
    for (guint i = 0; i < CALLERS; i++)
        close(callers[i]);
}

/* A few turns are for accepting, reading and writing; the long answer takes many more. */
static void
ping_does_not_wait_for_a_long_answer(void **state)
{
    World *world = *state;
    int slow = call(world, "getState");
    guint steps = 0, turns = 0;
    int quick;

    while (world->steps == 0 && turns++ < TURNS)
        run_turn(world);
    quick = call(world, "ping");
    while (!has_answer(quick) && turns++ < TURNS) {
        run_turn(world);
        steps += world->steps;
    }
    assert_true(has_answer(quick));
    assert_true(steps < PIECES / 2);
    assert_false(has_answer(slow));
    close(quick);
    close(slow);
}

static gboolean
never_rest(gpointer unused)
{
    return G_SOURCE_CONTINUE;
}

/* Such as one who pings in a loop: something of the priority of sockets is always ready. */
static void
who_never_rests_holds_up_no_long_answer(void **state)
{
    World *world = *state;
    int slow = call(world, "getState");
    guint busy = g_idle_add_full(G_PRIORITY_DEFAULT, never_rest, NULL, NULL);
    guint turns = 0;

    while (!has_answer(slow) && turns++ < TURNS)
        run_turn(world);
    assert_true(has_answer(slow));
    g_source_remove(busy);
    close(slow);
}

/* What is pushed meanwhile may wait for a disk for long; who only reads has changed nothing. */
static void
a_long_answer_does_not_wait_until_another_s_change_is_kept(void **state)
{
    World *world = *state;
    int slow = call(world, "getState");
    guint turns = 0;

    world->canned.slow = TRUE;
    while (world->steps == 0 && turns++ < TURNS)
        run_turn(world);
    world->canned.changes++;
    while (!has_answer(slow) && turns++ < TURNS && g_main_context_pending(NULL))
        run_turn(world);
    assert_true(has_answer(slow));
    close(slow);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_turn_does_one_step_of_one_answer),
        TEST(ping_does_not_wait_for_a_long_answer),
        TEST(who_never_rests_holds_up_no_long_answer),
        TEST(a_long_answer_does_not_wait_until_another_s_change_is_kept),
    };

    return cmocka_run_group_tests_name("rpc-turns", tests, NULL, NULL);
}
