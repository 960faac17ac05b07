/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An agent behind a unix socket: getting in step, stale answers, silence, and ends of all kinds.
 */
#include "agent/guest-agent/socket-channel.h"

#include <glib/gstdio.h>
#include <string.h>

#include "tests/agent/guest-agent/fake-agent.h"
#include "tests/mom-test.h"

/* For what must be answered; and for what never is. */
#define LONG_MS 60000
#define SHORT_MS 20

typedef struct {
    char *folder;
    char *path;
    FakeAgent *agent;
    FakePeer *peer;
    MomAgentChannel *channel;
    guint answers;
    char *reply;
    GError *error;
    gboolean closes; /* the channel, when it answers */
} Fixture;

static void
on_reply(const char *text, gsize length, const GError *error, gpointer data)
{
    Fixture *f = data;

    assert_true((text == NULL) == (error != NULL));
    f->answers++;
    g_free(f->reply);
    f->reply = text ? g_strndup(text, length) : NULL;
    g_clear_error(&f->error);
    f->error = error ? g_error_copy(error) : NULL;
    if (f->closes) {
        f->channel->klass->close(f->channel, NULL);
        f->channel = NULL;
    }
}

static void
begin(Fixture *f, const char *command)
{
    f->answers = 0;
    f->channel->klass->send(f->channel, command, on_reply, f);
    assert_int_equal(f->answers, 0); /* later, never at once */
}

static gboolean
ask(Fixture *f, const char *command, GError **error)
{
    begin(f, command);
    while (f->answers == 0)
        g_main_context_iteration(NULL, TRUE);
    assert_int_equal(f->answers, 1);
    if (!f->error)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&f->error));
    return FALSE;
}

static void
open_channel(Fixture *f, guint timeout_ms)
{
    if (f->channel)
        f->channel->klass->close(f->channel, NULL);
    f->channel = mom_agent_socket_channel_new(f->path, timeout_ms);
}

static void
open_peer(Fixture *f, const char *stale)
{
    g_clear_pointer(&f->peer, fake_peer_free);
    f->peer = fake_peer_new(f->agent, f->path, stale);
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->folder = g_dir_make_tmp("momd-agent-XXXXXX", NULL);
    f->path = g_build_filename(f->folder, "socket", NULL);
    f->agent = fake_agent_new();
    open_channel(f, LONG_MS);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    if (f->channel)
        f->channel->klass->close(f->channel, NULL);
    g_clear_pointer(&f->peer, fake_peer_free);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    fake_agent_free(f->agent);
    g_remove(f->path);
    g_rmdir(f->folder);
    g_free(f->path);
    g_free(f->folder);
    g_free(f->reply);
    g_clear_error(&f->error);
    g_free(f);
    return 0;
}

static void
commands_are_answered_over_one_connection(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    open_peer(f, NULL);
    assert_ok(ask(f, "{\"execute\": \"guest-file-open\", \"path\": \"/proc/meminfo\"}", &error));
    assert_string_equal(f->reply, "{\"return\": 1000}");
    assert_ok(ask(f, "{\"execute\": \"guest-file-close\"}", &error));
    assert_string_equal(f->reply, "{\"return\": {}}");
    assert_int_equal(fake_peer_connections(f->peer), 1);
}

/* What somebody asked for who did not wait, and a synchronisation of somebody else's. */
static void
stale_answers_are_nobody_s(void **state)
{
    Fixture *f = *state;
    static const char *const stale[] = {
        "{\"return\": 77}\n",
        "{\"return\": 77}\n{\"return\": {\"half\": \"an ans",
        "\xff{\"return\": 77}\n",
        "\xff{\"return\": 77}\n{\"return\": 78}\n\xff{\"return\": 79}\n",
        "\xff{\"error\": {\"class\": \"GenericError\", \"desc\": \"x\"}}\n",
        "\xff\xff\n\n",
        "no JSON at all\n",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(stale); i++) {
        g_autoptr(GError) error = NULL;

        open_peer(f, stale[i]);
        open_channel(f, LONG_MS);
        assert_ok(ask(f, "{\"execute\": \"guest-file-close\"}", &error));
        assert_string_equal(f->reply, "{\"return\": {}}");
    }
}

static void
nobody_at_the_path_is_an_error_that_names_it(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_false(ask(f, "{}", &error));
    assert_non_null(strstr(error->message, f->path));
    g_clear_error(&error);
    assert_true(g_file_set_contents(f->path, "no socket", -1, NULL));
    assert_false(ask(f, "{}", &error)); /* and a channel may be tried again */
    assert_non_null(strstr(error->message, f->path));
}

static void
a_path_too_long_for_a_socket_is_refused(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *tail = g_strnfill(108, 'x');

    g_free(f->path);
    f->path = g_build_filename(f->folder, tail, NULL);
    open_channel(f, LONG_MS);
    assert_fails(ask(f, "{}", &error), MOM_AGENT_ERROR, MOM_AGENT_ERROR_GONE);
}

/* Before it is in step, after, and without an end of the line. */
static void
silence_has_its_time(void **state)
{
    Fixture *f = *state;

    open_peer(f, NULL);
    for (int replies = 0; replies <= 1; replies++) {
        g_autoptr(GError) error = NULL;

        fake_peer_fail_after(f->peer, replies, FALSE);
        open_channel(f, SHORT_MS);
        assert_false(ask(f, "{\"execute\": \"guest-file-close\"}", &error));
        assert_true(g_error_matches(error, MOM_AGENT_ERROR, MOM_AGENT_ERROR_TIMEOUT));
        assert_non_null(strstr(error->message, f->path));
    }
}

static void
a_connection_that_ends_is_an_error(void **state)
{
    Fixture *f = *state;

    open_peer(f, NULL);
    for (int replies = 0; replies <= 1; replies++) {
        g_autoptr(GError) error = NULL;

        fake_peer_fail_after(f->peer, replies, TRUE);
        open_channel(f, LONG_MS);
        assert_fails(ask(f, "{\"execute\": \"guest-file-close\"}", &error), MOM_AGENT_ERROR,
                     MOM_AGENT_ERROR_GONE);
    }
}

static void
an_endless_answer_is_cut_off(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *endless = g_strnfill(100000, 'x');

    f->agent->nonsense = endless;
    open_peer(f, NULL);
    assert_fails(ask(f, "{}", &error), MOM_AGENT_ERROR, MOM_AGENT_ERROR_REPLY);
}

static void
a_channel_may_be_closed_at_any_time(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    begin(f, "{}"); /* nobody is there, and nobody will be told */
    open_channel(f, LONG_MS);
    open_peer(f, NULL);
    begin(f, "{}"); /* on its way */
    open_channel(f, SHORT_MS);
    f->closes = TRUE;
    assert_ok(ask(f, "{\"execute\": \"guest-file-close\"}", &error)); /* in the callback */
    open_channel(f, SHORT_MS);
    fake_peer_fail_after(f->peer, 0, FALSE);
    assert_false(ask(f, "{}", &error)); /* in that of a time-out */
    f->closes = FALSE;
    assert_null(f->channel);
    while (fake_peer_open(f->peer) > 0)
        g_main_context_iteration(NULL, TRUE);
}

static void
a_farewell_reaches_the_agent(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *farewell = NULL;

    open_peer(f, NULL);
    assert_ok(ask(f, "{\"execute\": \"guest-file-open\", \"path\": \"/proc/meminfo\"}", &error));
    begin(f, "{\"execute\": \"guest-file-read\", \"handle\": 1000}");
    farewell = mom_agent_command_close(1000);
    f->channel->klass->close(f->channel, farewell);
    f->channel = NULL;
    while (f->agent->closed == 0)
        g_main_context_iteration(NULL, TRUE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(commands_are_answered_over_one_connection),
        TEST(stale_answers_are_nobody_s),
        TEST(nobody_at_the_path_is_an_error_that_names_it),
        TEST(a_path_too_long_for_a_socket_is_refused),
        TEST(silence_has_its_time),
        TEST(a_connection_that_ends_is_an_error),
        TEST(an_endless_answer_is_cut_off),
        TEST(a_channel_may_be_closed_at_any_time),
        TEST(a_farewell_reaches_the_agent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
