/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands to agents in guests, by a libvirt that answers as it is told.  What the real one answers
 * is in tests/hypervisor.
 */
#include "libvirt-client/agent.h"

#include <string.h>

#include "libvirt-client/virt.h"
#include "tests/libvirt-client/fake-libvirt.h"
#include "tests/mom-test.h"

#define N_GUESTS 2
#define COMMAND "{\"execute\": \"guest-ping\"}"
/* The fake counts in milliseconds. */
#define TIMEOUT 50
#define LONG_TIMEOUT 600000

typedef struct {
    MomVirt *virt;
    int changes[4]; /* by MomVirtState */
    int answers;
    char *reply;
    GError *error;
} Fixture;

static void
on_changed(MomVirtState state, const GError *error, gpointer data)
{
    ((Fixture *)data)->changes[state]++;
}

static void
take_reply(const char *reply, const GError *error, gpointer data)
{
    Fixture *f = data;

    assert_true((reply == NULL) == (error != NULL));
    f->answers++;
    g_free(f->reply);
    f->reply = g_strdup(reply);
    g_clear_error(&f->error);
    f->error = error != NULL ? g_error_copy(error) : NULL;
}

static gboolean
ask(Fixture *f, const char *uuid, guint timeout, GError **error)
{
    f->answers = 0;
    mom_virt_agent_command(f->virt, uuid, COMMAND, timeout, take_reply, f);
    while (f->answers == 0)
        g_main_context_iteration(NULL, TRUE);
    if (f->error == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&f->error));
    return FALSE;
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    const MomVirtListener listener = {.changed = on_changed, .data = f};
    const MomVirtOptions options = {.times = {.call_timeout_ms = 1000}};

    fake_start(N_GUESTS);
    f->virt = mom_virt_new(&options, &listener);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    for (guint i = 0; i < N_GUESTS; i++) {
        fake_hang(i, FALSE);
        fake_agent_hangs(i, FALSE);
    }
    mom_virt_free(f->virt);
    while (fake_connections() > 0) /* also those of calls that hung */
        g_usleep(1000);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_free(f->reply);
    g_clear_error(&f->error);
    g_free(f);
    fake_stop();
    return 0;
}

static void
an_agent_is_asked_and_its_answer_comes_as_it_is(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *asked = NULL;

    fake_agent(1, "{\"return\": {}}");
    assert_ok(ask(f, fake_uuid(1), TIMEOUT, &error));
    assert_string_equal(f->reply, "{\"return\": {}}");
    asked = fake_agent_asked(1);
    assert_string_equal(asked, COMMAND);
}

static void
a_guest_without_agent_or_that_is_gone_is_an_error(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_false(ask(f, fake_uuid(0), TIMEOUT, &error));
    assert_non_null(strstr(error->message, fake_uuid(0)));
    g_clear_error(&error);
    assert_false(ask(f, "no such guest", TIMEOUT, &error));
    assert_non_null(strstr(error->message, "no such guest"));
    assert_int_equal(fake_calls("virDomainQemuAgentCommand"), 1);
}

static void
an_answer_is_capped(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *longest = g_strnfill(MOM_VIRT_AGENT_REPLY_BYTES, 'x');
    g_autofree char *too_long = g_strnfill(MOM_VIRT_AGENT_REPLY_BYTES + 1, 'x');

    fake_agent(0, longest);
    assert_ok(ask(f, fake_uuid(0), TIMEOUT, &error));
    assert_int_equal(strlen(f->reply), MOM_VIRT_AGENT_REPLY_BYTES);
    fake_agent(0, too_long);
    assert_fails(ask(f, fake_uuid(0), TIMEOUT, &error), MOM_VIRT_ERROR, MOM_VIRT_ERROR_DATA);
}

static void
an_agent_that_hangs_for_its_time_poisons_nothing(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    fake_agent(0, "{}");
    fake_agent(1, "{}");
    fake_agent_hangs(0, TRUE);
    assert_false(ask(f, fake_uuid(0), TIMEOUT, &error));
    g_clear_error(&error);
    assert_ok(ask(f, fake_uuid(1), TIMEOUT, &error));
    assert_int_equal(f->changes[MOM_VIRT_STUCK], 0);
}

/* As when somebody else holds the agent in libvirt. */
static void
one_that_hangs_longer_is_left_behind_with_its_connection(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    fake_agent(0, "{}");
    fake_agent(1, "{}");
    fake_agent_hangs(0, TRUE);
    assert_fails(ask(f, fake_uuid(0), LONG_TIMEOUT, &error), MOM_VIRT_ERROR,
                 MOM_VIRT_ERROR_TIMEOUT);
    assert_ok(ask(f, fake_uuid(1), TIMEOUT, &error));
    assert_int_equal(f->changes[MOM_VIRT_STUCK], 1);
}

static void
a_guest_whose_qemu_hangs_is_not_asked(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    fake_agent(0, "{}");
    fake_hang(0, TRUE);
    mom_virt_set_balloon(f->virt, fake_uuid(0), 1024, NULL, NULL);
    while (f->changes[MOM_VIRT_STUCK] == 0)
        g_main_context_iteration(NULL, TRUE);
    fake_held_for(60000);
    assert_fails(ask(f, fake_uuid(0), TIMEOUT, &error), MOM_VIRT_ERROR, MOM_VIRT_ERROR_LEFT_ALONE);
    assert_int_equal(fake_calls("virDomainQemuAgentCommand"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    g_autoptr(GError) error = NULL;
    const struct CMUnitTest tests[] = {
        TEST(an_agent_is_asked_and_its_answer_comes_as_it_is),
        TEST(a_guest_without_agent_or_that_is_gone_is_an_error),
        TEST(an_answer_is_capped),
        TEST(an_agent_that_hangs_for_its_time_poisons_nothing),
        TEST(one_that_hangs_longer_is_left_behind_with_its_connection),
        TEST(a_guest_whose_qemu_hangs_is_not_asked),
    };

    return mom_virt_init(&error) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
