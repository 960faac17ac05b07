/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The poller in virtual time, over a probe that answers when the test says so.
 */
#include "tests/mom-test.h"

#include "agent/hypervisor/source.h"
#include "agent/pollers/poller.h"
#include "tests/agent/virtual-clock.h"

#define SECOND_US ((gint64)G_USEC_PER_SEC)
#define INTERVAL_US (5 * SECOND_US)

/* ---- a probe ---- */

typedef struct {
    const MomProbeGuest *guest;
    MomProbeDone done;
    gpointer data;
} Question;

typedef struct {
    MomProbe base;
    GArray *open; /* of Question, in the order of asking */
    guint asked;
    guint left;
    gboolean freed;
} Probe;

static void
ask(MomProbe *self, const MomProbeGuest *guest, MomProbeDone done, gpointer data)
{
    Probe *probe = (Probe *)self;
    Question question = {guest, done, data};

    g_array_append_val(probe->open, question);
    probe->asked++;
}

static void
leave(MomProbe *self, const MomProbeGuest *guest)
{
    Probe *probe = (Probe *)self;

    probe->left++;
    for (guint i = 0; i < probe->open->len; i++) {
        if (g_array_index(probe->open, Question, i).guest == guest) {
            g_array_remove_index(probe->open, i);
            return;
        }
    }
}

static void
probe_free(MomProbe *self)
{
    ((Probe *)self)->freed = TRUE;
}

static const MomProbeClass probe_class = {
    .name = "stand-in",
    .source = MOM_SLOW_GUESTD,
    .ask = ask,
    .leave = leave,
    .free = probe_free,
};

/* ---- a world ---- */

typedef struct {
    VirtualClock *clock;
    Probe probe;
    MomAnswers *answers;
    MomPoller *poller;
    GPtrArray *guests;
} World;

static World *
world_new(guint n_guests, guint at_once)
{
    World *world = g_new0(World, 1);

    world->clock = virtual_clock_new();
    world->probe.base.klass = &probe_class;
    world->probe.open = g_array_new(FALSE, FALSE, sizeof(Question));
    world->answers = mom_answers_new();
    world->guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_guest_data_free);
    world->poller = mom_poller_new(&(MomPollerOptions){
        .probe = &world->probe.base,
        .answers = world->answers,
        .clock = virtual_clock_base(world->clock),
        .interval_us = INTERVAL_US,
        .at_once = at_once,
    });
    for (guint i = 0; i < n_guests; i++) {
        g_autofree char *uuid = g_strdup_printf("u%u", i);
        g_autofree char *name = g_strdup_printf("vm%u", i);

        g_ptr_array_add(world->guests, mom_guest_data_new(uuid, name));
    }
    return world;
}

static void
world_free(World *world)
{
    mom_poller_free(world->poller);
    assert_true(world->probe.freed);
    g_array_unref(world->probe.open);
    g_ptr_array_unref(world->guests);
    mom_answers_free(world->answers);
    virtual_clock_free(world->clock);
    g_free(world);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

static void
tend(World *world)
{
    mom_poller_tend(world->poller, world->guests);
}

/* The oldest question ends: with NUMBER, or with an error if that is negative. */
static void
answer(World *world, gint64 number)
{
    g_autoptr(GError) error = g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_IO, "refused");
    MomAnswer given = {.number = {mom_value_int(number)}};
    Question question;

    assert_true(world->probe.open->len > 0);
    question = g_array_index(world->probe.open, Question, 0);
    g_array_remove_index(world->probe.open, 0);
    question.done(number < 0 ? NULL : &given, number < 0 ? error : NULL, question.data);
}

static gint64
known(World *world, const char *uuid)
{
    const MomAnswer *last = mom_answers_get(world->answers, MOM_SLOW_GUESTD, uuid, 0, NULL);

    return last ? last->number[0].integer : -1;
}

/* ---- tests ---- */

static void
each_guest_is_asked_once_an_interval(void **state)
{
    g_autoptr(World) world = world_new(3, 0);

    tend(world);
    tend(world);
    assert_int_equal(world->probe.asked, 3);
    for (int i = 0; i < 3; i++)
        answer(world, i + 10);
    assert_int_equal(known(world, "u2"), 12);
    tend(world);
    assert_int_equal(world->probe.asked, 3);
    /* A sample that comes a little early, as timers do. */
    virtual_clock_advance(world->clock, INTERVAL_US - SECOND_US / 4);
    tend(world);
    assert_int_equal(world->probe.asked, 6);
    mom_poller_set_interval(world->poller, SECOND_US);
    for (int i = 0; i < 3; i++)
        answer(world, i + 20);
    assert_int_equal(known(world, "u0"), 20);
    virtual_clock_advance(world->clock, SECOND_US);
    tend(world);
    assert_int_equal(world->probe.asked, 9);
}

static void
so_many_are_asked_at_once_and_all_in_turn(void **state)
{
    g_autoptr(World) world = world_new(10, 2);
    MomPollerCount count;

    tend(world);
    for (guint i = 0; i < 10; i++) {
        assert_true(world->probe.open->len <= 2);
        assert_int_equal(known(world, "u9"), -1);
        answer(world, i);
    }
    assert_int_equal(world->probe.asked, 10);
    assert_int_equal(known(world, "u9"), 9);
    count = mom_poller_count(world->poller);
    assert_int_equal(count.guests, 10);
    assert_int_equal(count.under_way, 0);
    assert_int_equal(count.silent, 0);
}

static void
one_that_does_not_answer_is_left_and_holds_nobody_up(void **state)
{
    g_autoptr(World) world = world_new(2, 1);
    g_autofree char *why = NULL;

    tend(world);
    assert_int_equal(world->probe.asked, 1);
    virtual_clock_advance(world->clock, MOM_POLLER_PATIENCE_US - 1);
    assert_int_equal(world->probe.left, 0);
    virtual_clock_advance(world->clock, 1);
    assert_int_equal(world->probe.left, 1);
    assert_int_equal(world->probe.asked, 2);
    assert_int_equal(mom_poller_count(world->poller).silent, 1);
    why = mom_answers_lack(world->answers, MOM_SLOW_GUESTD, "u0", 0);
    assert_string_equal(why, "no answer in time");
    answer(world, 5);
    assert_int_equal(known(world, "u1"), 5);
}

/* How often one guest is asked in an hour, tended every interval. */
static guint
asked_in_an_hour(World *world, gint64 number)
{
    guint before = world->probe.asked;

    for (guint i = 0; i < 3600 / 5; i++) {
        tend(world);
        if (world->probe.open->len)
            answer(world, number);
        virtual_clock_advance(world->clock, INTERVAL_US);
    }
    return world->probe.asked - before;
}

static void
one_that_fails_is_asked_ever_less_often_until_it_answers(void **state)
{
    g_autoptr(World) world = world_new(1, 0);
    guint failing;

    /* 0, 5, 15, 35, 75, 155, 315, then every 300 s. */
    failing = asked_in_an_hour(world, -1);
    assert_int_equal(failing, 7 + (3600 - 315) / 300);
    virtual_clock_advance(world->clock, MOM_POLLER_MAX_PAUSE_US);
    assert_int_equal(asked_in_an_hour(world, 1), 3600 / 5);
}

static void
one_that_is_gone_is_left_and_forgotten(void **state)
{
    g_autoptr(World) world = world_new(3, 2);

    tend(world);
    answer(world, 7); /* vm0; now vm1 and vm2 are asked */
    g_ptr_array_remove_index(world->guests, 0);
    tend(world);
    assert_int_equal(known(world, "u0"), -1);
    assert_int_equal(world->probe.left, 1);
    g_ptr_array_set_size(world->guests, 0);
    tend(world);
    assert_int_equal(world->probe.left, 3);
    assert_int_equal(world->probe.open->len, 0);
    assert_int_equal(mom_poller_count(world->poller).under_way, 0);
    virtual_clock_advance(world->clock, 10 * MOM_POLLER_PATIENCE_US);
}

static void
one_in_the_queue_can_go(void **state)
{
    g_autoptr(World) world = world_new(2, 1);

    tend(world);
    g_ptr_array_remove_index(world->guests, 1);
    tend(world);
    answer(world, 1);
    assert_int_equal(world->probe.asked, 1);
}

static void
one_that_was_started_anew_is_asked_at_once(void **state)
{
    g_autoptr(World) world = world_new(1, 0);
    MomGuestData *guest = g_ptr_array_index(world->guests, 0);

    guest->pid = mom_value_int(100);
    for (guint i = 0; i < 4; i++) {
        tend(world);
        answer(world, -1);
        virtual_clock_advance(world->clock, 2 * MOM_POLLER_MAX_PAUSE_US);
    }
    tend(world);
    answer(world, -1);
    virtual_clock_advance(world->clock, INTERVAL_US);
    tend(world);
    assert_int_equal(world->probe.asked, 5);
    guest->pid = mom_value_int(101);
    tend(world);
    assert_int_equal(world->probe.asked, 6);
    /* So is one that can be reached another way now. */
    answer(world, -1);
    guest->vsock_cid = mom_value_int(3);
    tend(world);
    assert_int_equal(world->probe.asked, 7);
}

/* That nothing is known for a while, of a guest that hangs, is no news. */
static void
one_whose_agent_comes_is_asked_at_once(void **state)
{
    g_autoptr(World) world = world_new(1, 0);
    MomGuestData *guest = g_ptr_array_index(world->guests, 0);

    guest->agent_connected = mom_value_bool(FALSE);
    tend(world);
    answer(world, -1);
    guest->agent_connected = MOM_NIL;
    tend(world);
    guest->agent_connected = mom_value_bool(FALSE);
    tend(world);
    assert_int_equal(world->probe.asked, 1);
    guest->agent_connected = mom_value_bool(TRUE);
    tend(world);
    assert_int_equal(world->probe.asked, 2);
}

/* A guest that hangs, or of whom vdsm alone tells for a while, keeps its device. */
static void
one_whose_address_is_not_told_for_a_while_is_not_left(void **state)
{
    g_autoptr(World) world = world_new(1, 0);
    MomGuestData *guest = g_ptr_array_index(world->guests, 0);

    guest->vsock_cid = mom_value_int(3);
    tend(world);
    answer(world, -1);
    guest->vsock_cid = MOM_NIL;
    tend(world);
    guest->vsock_cid = mom_value_int(3);
    tend(world);
    assert_int_equal(world->probe.asked, 1);
    guest->vsock_cid = mom_value_int(4);
    tend(world);
    assert_int_equal(world->probe.asked, 2);
}

/* The address of its former life may be another guest's by now, and what it said then is of no use.
 */
static void
one_that_was_started_anew_has_nothing_of_before(void **state)
{
    g_autoptr(World) world = world_new(1, 0);
    MomGuestData *guest = g_ptr_array_index(world->guests, 0);

    guest->pid = mom_value_int(100);
    guest->vsock_cid = mom_value_int(3);
    tend(world);
    answer(world, 42);
    assert_int_equal(known(world, "u0"), 42);
    guest->pid = mom_value_int(101);
    guest->vsock_cid = MOM_NIL;
    tend(world);
    assert_int_equal(world->probe.asked, 2);
    assert_int_equal(g_array_index(world->probe.open, Question, 0).guest->vsock_cid, 0);
    assert_int_equal(known(world, "u0"), -1);
}

static void
guests_without_name_or_told_twice_are_passed_over(void **state)
{
    g_autoptr(World) world = world_new(1, 0);

    g_ptr_array_add(world->guests, mom_guest_data_new("u7", NULL));
    g_ptr_array_add(world->guests, mom_guest_data_new(NULL, "vm7"));
    g_ptr_array_add(world->guests, mom_guest_data_new("u0", "vm0"));
    tend(world);
    assert_int_equal(world->probe.asked, 1);
    assert_int_equal(mom_poller_count(world->poller).guests, 1);
}

static void
it_can_end_while_guests_are_asked(void **state)
{
    World *world = world_new(5, 2);

    tend(world);
    world_free(world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_guest_is_asked_once_an_interval),
        cmocka_unit_test(so_many_are_asked_at_once_and_all_in_turn),
        cmocka_unit_test(one_that_does_not_answer_is_left_and_holds_nobody_up),
        cmocka_unit_test(one_that_fails_is_asked_ever_less_often_until_it_answers),
        cmocka_unit_test(one_that_is_gone_is_left_and_forgotten),
        cmocka_unit_test(one_in_the_queue_can_go),
        cmocka_unit_test(one_that_was_started_anew_is_asked_at_once),
        cmocka_unit_test(one_whose_agent_comes_is_asked_at_once),
        cmocka_unit_test(one_whose_address_is_not_told_for_a_while_is_not_left),
        cmocka_unit_test(one_that_was_started_anew_has_nothing_of_before),
        cmocka_unit_test(guests_without_name_or_told_twice_are_passed_over),
        cmocka_unit_test(it_can_end_while_guests_are_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
