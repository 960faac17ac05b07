/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A question to an agent, carried by nothing: what is asked, what is made of it, and what is
 * closed.
 */
#include "agent/guest-agent/question.h"

#include <string.h>

#include "tests/agent/guest-agent/fake-agent.h"
#include "tests/mom-test.h"

static gint64
number(const MomAnswer *answer, MomAgentNumber which)
{
    gint64 value = -1;

    mom_value_to_int(answer->number[which], &value);
    return value;
}

static const MomAnswer *
ask(MomAgentQuestion *question, FakeAgent *agent, GError **error)
{
    const char *command;

    while ((command = mom_agent_question_command(question))) {
        g_autofree char *reply = fake_agent_answer(agent, command);

        mom_agent_question_take(question, reply, strlen(reply));
    }
    return mom_agent_question_answer(question, error);
}

static int
setup(void **state)
{
    *state = fake_agent_new();
    return 0;
}

static int
teardown(void **state)
{
    fake_agent_free(*state);
    return 0;
}

static void
both_files_are_read_and_closed(void **state)
{
    FakeAgent *agent = *state;
    g_autoptr(MomAgentQuestion) question = mom_agent_question_new(TRUE);
    g_autoptr(GError) error = NULL;
    const MomAnswer *answer = ask(question, agent, &error);

    assert_ok(answer != NULL);
    assert_int_equal(agent->opened, 2);
    assert_int_equal(agent->closed, 2);
    assert_int_equal(number(answer, MOM_AGENT_MEM_TOTAL_KIB), 1000000);
    assert_int_equal(number(answer, MOM_AGENT_MEM_FREE_KIB), 400000);
    assert_int_equal(number(answer, MOM_AGENT_BUFFERS_KIB), 20000);
    assert_int_equal(number(answer, MOM_AGENT_CACHED_KIB), 130000);
    assert_int_equal(number(answer, MOM_AGENT_MEM_AVAILABLE_KIB), 550000);
    assert_int_equal(number(answer, MOM_AGENT_SWAP_TOTAL_KIB), 300000);
    assert_int_equal(number(answer, MOM_AGENT_SWAP_FREE_KIB), 290000);
    assert_int_equal(number(answer, MOM_AGENT_MINOR_FAULTS), 5000);
    assert_int_equal(number(answer, MOM_AGENT_MAJOR_FAULTS), 50);
    assert_int_equal(number(answer, MOM_AGENT_SWAP_IN_PAGES), 100);
    assert_int_equal(number(answer, MOM_AGENT_SWAP_OUT_PAGES), 200);
    assert_null(mom_agent_question_farewell(question));
}

/* An info, and for each file an open, a chunk, its end and a close. */
static void
a_question_costs_nine_commands_and_eight_once_the_agent_is_known(void **state)
{
    FakeAgent *agent = *state;
    g_autoptr(MomAgentQuestion) first = mom_agent_question_new(TRUE);
    g_autoptr(MomAgentQuestion) second = mom_agent_question_new(FALSE);

    ask(first, agent, NULL);
    assert_int_equal(agent->commands->len, 9);
    ask(second, agent, NULL);
    assert_int_equal(agent->commands->len, 17);
    assert_int_equal(agent->infos, 1);
}

static void
a_file_may_come_in_parts_but_not_in_crumbs(void **state)
{
    FakeAgent *agent = *state;
    g_autoptr(MomAgentQuestion) parts = mom_agent_question_new(FALSE);
    g_autoptr(MomAgentQuestion) crumbs = mom_agent_question_new(FALSE);
    g_autoptr(GError) error = NULL;

    agent->chunk_bytes = strlen(fake_meminfo) / (MOM_AGENT_CHUNKS - 2);
    assert_int_equal(number(ask(parts, agent, &error), MOM_AGENT_SWAP_FREE_KIB), 290000);
    agent->chunk_bytes = 1;
    assert_fails(ask(crumbs, agent, &error) != NULL, MOM_AGENT_ERROR, MOM_AGENT_ERROR_REPLY);
    assert_int_equal(agent->closed, agent->opened);
}

static void
what_is_open_is_closed_when_reading_fails(void **state)
{
    FakeAgent *agent = *state;
    g_autoptr(MomAgentQuestion) question = mom_agent_question_new(FALSE);
    g_autoptr(GError) error = NULL;

    agent->read_fails = TRUE;
    assert_fails(ask(question, agent, &error) != NULL, MOM_AGENT_ERROR, MOM_AGENT_ERROR_REFUSED);
    assert_int_equal(agent->opened, 1);
    assert_int_equal(agent->closed, 1);
}

static void
who_leaves_early_is_told_what_is_open(void **state)
{
    FakeAgent *agent = *state;
    g_autoptr(MomAgentQuestion) question = mom_agent_question_new(FALSE);
    g_autofree char *reply = fake_agent_answer(agent, mom_agent_question_command(question));
    g_autofree char *farewell = NULL;

    assert_null(mom_agent_question_farewell(question));
    mom_agent_question_take(question, reply, strlen(reply));
    farewell = mom_agent_question_farewell(question);
    assert_non_null(strstr(farewell, "guest-file-close"));
    assert_non_null(strstr(farewell, "1000"));
}

static void
an_agent_that_may_not_read_is_asked_no_further(void **state)
{
    FakeAgent *agent = *state;
    g_autoptr(MomAgentQuestion) question = mom_agent_question_new(TRUE);
    g_autoptr(MomAgentQuestion) unaware = mom_agent_question_new(FALSE);
    g_autoptr(GError) error = NULL;

    agent->disabled = TRUE;
    assert_fails(ask(question, agent, &error) != NULL, MOM_AGENT_ERROR, MOM_AGENT_ERROR_DISABLED);
    assert_int_equal(agent->commands->len, 1);
    assert_fails(ask(unaware, agent, &error) != NULL, MOM_AGENT_ERROR, MOM_AGENT_ERROR_DISABLED);
    assert_int_equal(agent->commands->len, 2);
}

/* Windows, for one, and guests that would be funny. */
static void
a_guest_that_tells_nothing_of_memory_has_not_answered(void **state)
{
    FakeAgent *agent = *state;
    static const char *const texts[] = {NULL,
                                        "",
                                        "MemTotal: many kB\nMemFree: 1 kB\n",
                                        "MemTotal: 1 kB\n",
                                        "MemTotal: -1 kB\nMemFree: 1 kB\n",
                                        "MemTotal: 9223372036854775807 kB\nMemFree: 1 kB\n"};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(MomAgentQuestion) question = mom_agent_question_new(FALSE);
        g_autoptr(GError) error = NULL;

        agent->meminfo = texts[i];
        assert_null(ask(question, agent, &error));
        assert_non_null(error);
        assert_int_equal(agent->closed, agent->opened);
    }
}

static void
what_else_is_missing_is_nil(void **state)
{
    FakeAgent *agent = *state;
    g_autoptr(MomAgentQuestion) question = mom_agent_question_new(FALSE);
    const MomAnswer *answer;

    agent->meminfo = "MemTotal: 2 kB\nMemFree: 1 kB\nSwapTotal: -5 kB\n";
    agent->vmstat = "pgfault x\npswpin 1234567890123456789012\n";
    answer = ask(question, agent, NULL);
    assert_non_null(answer);
    for (guint i = 0; i < MOM_AGENT_N_NUMBERS; i++)
        assert_int_equal(mom_value_is_nil(answer->number[i]),
                         i != MOM_AGENT_MEM_TOTAL_KIB && i != MOM_AGENT_MEM_FREE_KIB);
}

static void
nonsense_ends_it(void **state)
{
    FakeAgent *agent = *state;
    static const char *const nonsense[] = {"", "{", "{\"return\": []}", "\xff\xff",
                                           "{\"return\": {\"return\": 1}}"};

    for (gsize i = 0; i < G_N_ELEMENTS(nonsense); i++) {
        for (int asks_info = 0; asks_info <= 1; asks_info++) {
            g_autoptr(MomAgentQuestion) question = mom_agent_question_new(asks_info);
            g_autoptr(GError) error = NULL;

            agent->nonsense = nonsense[i];
            assert_fails(ask(question, agent, &error) != NULL, MOM_AGENT_ERROR,
                         MOM_AGENT_ERROR_REPLY);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_files_are_read_and_closed),
        TEST(a_question_costs_nine_commands_and_eight_once_the_agent_is_known),
        TEST(a_file_may_come_in_parts_but_not_in_crumbs),
        TEST(what_is_open_is_closed_when_reading_fails),
        TEST(who_leaves_early_is_told_what_is_open),
        TEST(an_agent_that_may_not_read_is_asked_no_further),
        TEST(a_guest_that_tells_nothing_of_memory_has_not_answered),
        TEST(what_else_is_missing_is_nil),
        TEST(nonsense_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
