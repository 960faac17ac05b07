/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who is in force when, over two interfaces made by hand and in virtual time.
 *
 * What an engine makes of it is in test-failover-engine.c.
 */
#include <string.h>

#include "tests/agent/hypervisor/failover-fixture.h"
#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

#define ASSERT_LOG(expected)                                                                       \
    do {                                                                                           \
        assert_string_equal(told->str, expected);                                                  \
        g_string_truncate(told, 0);                                                                \
    } while (0)
#define STANDS_IN(why)                                                                             \
    "W:vdsm has told nothing of its guests for 30 s: they are read and tuned through libvirt "     \
    "until it does: " why ";"
#define IS_BACK                                                                                    \
    "I:vdsm is back: guests are read and tuned through it again, and no more through libvirt;"

/* ---- tests ---- */

static void
while_vdsm_is_there_libvirt_is_left_alone(void **state)
{
    Fixture *f = *state;

    pass(f, 600);
    assert_in_force(f, "vdsm");
    assert_int_equal(f->libvirt.asked, 0);
    assert_null(mom_source_note(f->source));
    assert_null(mom_source_hold(f->source));
    ASSERT_LOG("");
}

static void
a_short_outage_is_waited_out(void **state)
{
    Fixture *f = *state;

    pass(f, 60);
    for (int i = 0; i < 20; i++) { /* one answer now and then is enough */
        f->vdsm.guests = NULL;
        pass(f, AFTER_S - STEP_S);
        assert_string_equal(f->told->str, "!vdsm is away");
        f->vdsm.guests = "ab";
        pass(f, STEP_S);
        assert_string_equal(f->told->str, "ab");
    }
    assert_int_equal(f->libvirt.asked, 0);
    assert_int_equal(f->changes, 0);
    ASSERT_LOG("");
}

static void
after_a_longer_one_libvirt_stands_in(void **state)
{
    Fixture *f = *state;

    pass(f, 60);
    fail_over(f);
    assert_int_equal(f->changes, 1);
    assert_string_equal(mom_source_note(f->source), "in place of vdsm: vdsm is away");
    assert_null(mom_source_hold(f->source)); /* its numbers are fresh */
    ASSERT_LOG(STANDS_IN("vdsm is away"));
    pass(f, 600);
    assert_in_force(f, "libvirt");
    ASSERT_LOG("");
}

static void
also_if_vdsm_was_never_there_or_only_starts_up(void **state)
{
    Fixture *f = *state;

    f->vdsm.code = G_IO_ERROR_BUSY;
    f->libvirt.guests = "";
    f->vdsm.guests = NULL;
    pass(f, AFTER_S);
    assert_string_equal(f->told->str, "!vdsm is away");
    pass(f, STEP_S);
    assert_in_force(f, "libvirt");
    assert_string_equal(f->told->str, "");
}

static void
vdsm_that_does_not_answer_at_all_is_not_waited_for(void **state)
{
    Fixture *f = *state;

    f->vdsm.silent = TRUE;
    ask(f);
    virtual_clock_advance(f->clock, AFTER_S * SECOND - 1);
    assert_true(f->open);
    virtual_clock_advance(f->clock, 1);
    assert_false(f->open);
    /* Of guests that it never told libvirt says nothing of oVirt. */
    assert_string_equal(f->told->str, "");
    ASSERT_LOG(STANDS_IN("vdsm does not answer"));
    pass(f, 60);
    assert_in_force(f, "libvirt");
    assert_int_equal(f->vdsm.asked, 1);
    f->vdsm.silent = FALSE;
    peer_answer(&f->vdsm);
    pass(f, STEP_S);
    assert_in_force(f, "vdsm");
    assert_string_equal(f->told->str, "ab");
}

static void
an_answer_that_comes_while_libvirt_is_asked_counts(void **state)
{
    Fixture *f = *state;

    f->vdsm.silent = f->libvirt.silent = TRUE;
    ask(f);
    virtual_clock_advance(f->clock, AFTER_S * SECOND);
    assert_int_equal(f->libvirt.asked, 1);
    f->vdsm.silent = FALSE;
    peer_answer(&f->vdsm);
    assert_string_equal(f->told->str, "ab");
    pass(f, STEP_S);
    assert_int_equal(f->rests, 0); /* it still owes an answer */
    peer_answer(&f->libvirt);
    pass(f, STEP_S);
    assert_int_equal(f->rests, 1);
    assert_in_force(f, "vdsm");
    assert_int_equal(f->changes, 0);
    ASSERT_LOG("");
}

/* momd ends with vdsm, as on a host that goes down: what was changed is to be undone all the same.
 */
static void
in_a_hurry_libvirt_stands_in_at_once(void **state)
{
    Fixture *f = *state;

    pass(f, 60);
    mom_hypervisor_failover_hurry(f->failover);
    ask(f);
    assert_string_equal(f->told->str, "ab");
    assert_int_equal(f->libvirt.asked, 0); /* vdsm is there */
    f->vdsm.guests = NULL;
    ask(f);
    assert_in_force(f, "libvirt");
    assert_string_equal(f->told->str, "ab");
}

static void
in_a_hurry_an_open_question_is_not_waited_for(void **state)
{
    Fixture *f = *state;

    pass(f, 60);
    f->vdsm.silent = TRUE;
    ask(f);
    mom_hypervisor_failover_hurry(f->failover);
    assert_true(f->open);
    virtual_clock_advance(f->clock, MOM_FAILOVER_HURRY_US);
    assert_false(f->open);
    assert_in_force(f, "libvirt");
}

static void
who_never_falls_back_does_not_in_a_hurry(void **state)
{
    Fixture *f = *state;

    pass(f, 60);
    mom_hypervisor_failover_set_after(f->failover, 0);
    mom_hypervisor_failover_hurry(f->failover);
    f->vdsm.guests = NULL;
    ask(f);
    assert_in_force(f, "vdsm");
    assert_string_equal(f->told->str, "!vdsm is away");
    assert_int_equal(f->libvirt.asked, 0);
}

static void
when_vdsm_is_back_one_decision_only_looks(void **state)
{
    Fixture *f = *state;

    pass(f, 60);
    fail_over(f);
    g_string_truncate(told, 0);
    f->vdsm.guests = "ab";
    pass(f, STEP_S); /* it is seen to be there */
    assert_string_equal(mom_source_note(f->source), "in place of vdsm, which is coming back");
    pass(f, STEP_S);
    ASSERT_LOG(IS_BACK);
    assert_int_equal(f->rests, 1);
    assert_int_equal(f->changes, 2);
    assert_in_force(f, "vdsm");
    assert_non_null(mom_source_hold(f->source));
    assert_null(mom_source_hold(f->source));
    assert_null(mom_source_note(f->source));
    pass(f, 60);
    assert_null(mom_source_hold(f->source));
    assert_int_equal(f->rests, 1);
}

/* A decision over what libvirt told may come after the question that is the return. */
static void
a_decision_over_former_data_uses_no_grace_up(void **state)
{
    Fixture *f = *state;

    pass(f, 60);
    fail_over(f);
    f->vdsm.guests = "ab";
    pass(f, STEP_S);
    f->vdsm.silent = TRUE;
    ask(f);
    assert_in_force(f, "vdsm");
    assert_non_null(mom_source_hold(f->source));
    f->vdsm.silent = FALSE;
    peer_answer(&f->vdsm);
    assert_non_null(mom_source_hold(f->source));
    assert_null(mom_source_hold(f->source));
}

static void
who_goes_again_within_the_grace_has_none_left(void **state)
{
    Fixture *f = *state;

    pass(f, 60);
    fail_over(f);
    f->vdsm.guests = "ab";
    pass(f, 2 * STEP_S);
    assert_in_force(f, "vdsm");
    fail_over(f);
    assert_null(mom_source_hold(f->source));
}

static void
vdsm_is_given_time_to_find_its_guests(void **state)
{
    Fixture *f = *state;
    static const char *const less[] = {"", "a", "aB"}; /* a capital has no numbers yet */

    f->vdsm.guests = f->libvirt.guests = "aB"; /* B never had */
    pass(f, 60);
    f->vdsm.guests = f->libvirt.guests = "ab";
    pass(f, 60);
    fail_over(f);
    for (gsize i = 0; i < G_N_ELEMENTS(less); i++) {
        f->vdsm.guests = less[i];
        pass(f, 35);
        assert_in_force(f, "libvirt");
        assert_string_equal(f->told->str, "ab");
    }
    pass(f, 30); /* one that it does not find is gone, or never will tell more */
    assert_in_force(f, "vdsm");
    assert_string_equal(f->told->str, "aB");
}

static void
a_guest_that_ended_meanwhile_is_not_waited_for(void **state)
{
    Fixture *f = *state;

    pass(f, 60);
    fail_over(f);
    f->libvirt.guests = f->vdsm.guests = "b";
    pass(f, 3 * STEP_S);
    assert_in_force(f, "vdsm");
}

static void
changes_under_way_at_vdsm_are_given_up(void **state)
{
    Fixture *f = *state;
    g_autoptr(GString) outcome = g_string_new(NULL);

    f->vdsm.lazy = TRUE;
    pass(f, 60);
    change(f, outcome);
    fail_over(f);
    assert_string_equal(outcome->str, "vdsm had not answered when it was given up, and may have "
                                      "done it or not");
    f->vdsm.changed(NULL, f->vdsm.changed_data);
    assert_true(g_str_has_suffix(outcome->str, "or not")); /* told once */
}

/* For how many seconds vdsm must answer until it counts. */
static guint
return_time(Fixture *f)
{
    guint seconds = 0;

    f->vdsm.guests = "ab";
    for (pass(f, STEP_S); mom_hypervisor_failover_stands_in(f->failover); seconds += STEP_S) {
        pass(f, STEP_S);
        assert_true(seconds < 10000);
    }
    return seconds;
}

/* What it has not sent by then it would send beside the other one's changes. */
static void
who_is_left_sends_no_more(void **state)
{
    Fixture *f = *state;

    pass(f, 60);
    assert_int_equal(f->vdsm.dropped, 0);
    fail_over(f);
    assert_int_equal(f->vdsm.dropped, 1);
    assert_int_equal(f->libvirt.dropped, 0);
    return_time(f);
    assert_in_force(f, "vdsm");
    assert_int_equal(f->vdsm.dropped, 1);
    assert_int_equal(f->libvirt.dropped, 1);
}

static void
changes_under_way_at_libvirt_are_waited_for(void **state)
{
    Fixture *f = *state;
    g_autoptr(GString) outcome = g_string_new(NULL);

    pass(f, 60);
    fail_over(f);
    f->libvirt.lazy = TRUE;
    change(f, outcome);
    f->libvirt.lazy = FALSE;
    f->vdsm.guests = "ab";
    pass(f, 300);
    assert_string_equal(mom_source_name(f->source), "libvirt");
    f->libvirt.changed(NULL, f->libvirt.changed_data);
    assert_string_equal(outcome->str, "ok");
    pass(f, STEP_S);
    assert_in_force(f, "vdsm");
}

static void
who_comes_and_goes_is_trusted_less_each_time(void **state)
{
    Fixture *f = *state;

    pass(f, 60);
    fail_over(f);
    assert_int_equal(return_time(f), 5);
    fail_over(f);
    assert_int_equal(return_time(f), 30);
    fail_over(f);
    f->vdsm.guests = "ab";
    pass(f, 2 * STEP_S);
    assert_string_equal(mom_source_note(f->source),
                        "in place of vdsm, which comes and goes and is watched for 50 s more");
    f->vdsm.guests = NULL; /* which begins anew */
    pass(f, STEP_S);
    assert_int_equal(return_time(f), 60);
    pass(f, 600);
    fail_over(f);
    assert_int_equal(return_time(f), 5);
}

static void
without_libvirt_vdsm_is_waited_for(void **state)
{
    Fixture *f = *state;

    f->vdsm.guests = f->libvirt.guests = NULL;
    pass(f, 600);
    assert_in_force(f, "vdsm");
    assert_string_equal(f->told->str, "!vdsm is away");
    ASSERT_LOG("I:libvirt cannot stand in for vdsm, which is waited for: libvirt is away;");
    f->vdsm.guests = "ab";
    pass(f, 2 * STEP_S);
    assert_string_equal(f->told->str, "ab");
    assert_int_equal(f->rests, 1); /* it tries no more */
    f->vdsm.guests = NULL;
    pass(f, 600);
    ASSERT_LOG(""); /* once is enough */
    assert_int_equal(f->changes, 0);
    f->libvirt.guests = "ab";
    pass(f, STEP_S);
    assert_in_force(f, "libvirt"); /* it may come later */
}

static void
with_neither_the_first_that_comes_is_taken(void **state)
{
    Fixture *f = *state;

    pass(f, 60);
    fail_over(f);
    assert_int_equal(return_time(f), 5);
    fail_over(f); /* from now on vdsm would be watched */
    f->libvirt.guests = NULL;
    pass(f, 60);
    assert_string_equal(f->told->str, "!libvirt is away");
    assert_string_equal(mom_source_name(f->source), "libvirt");
    f->vdsm.guests = "a";
    pass(f, 2 * STEP_S);
    assert_in_force(f, "vdsm");
}

static void
it_can_be_forbidden_and_allowed_while_it_lasts(void **state)
{
    Fixture *f = *state;

    f->vdsm.silent = TRUE;
    ask(f);
    mom_hypervisor_failover_set_after(f->failover, 0);
    virtual_clock_advance(f->clock, 2 * AFTER_S * SECOND);
    assert_int_equal(f->libvirt.asked, 0);
    f->vdsm.silent = FALSE;
    peer_answer(&f->vdsm);
    pass(f, 60);
    f->vdsm.guests = NULL;
    pass(f, 600);
    assert_in_force(f, "vdsm");
    assert_int_equal(f->libvirt.asked, 0);
    mom_hypervisor_failover_set_after(f->failover, AFTER_S * SECOND);
    pass(f, STEP_S);
    assert_in_force(f, "libvirt");
    g_string_truncate(told, 0);
    mom_hypervisor_failover_set_after(f->failover, 0);
    pass(f, STEP_S);
    assert_in_force(f, "vdsm");
    assert_string_equal(f->told->str, "!vdsm is away");
    assert_int_equal(f->rests, 1);
    ASSERT_LOG("I:libvirt stands in no more: guests are read and tuned through vdsm;");
}

static void
what_can_be_set_of_ksm_is_what_is_in_force(void **state)
{
    Fixture *f = *state;
    MomActuator *actuator = mom_hypervisor_failover_actuator(f->failover);

    pass(f, 60);
    assert_int_equal(mom_actuator_ksm_keys(actuator), 1);
    fail_over(f);
    assert_int_equal(mom_actuator_ksm_keys(actuator), MOM_KSM_ALL_KEYS);
}

static void
an_end_in_the_middle_is_told_to_nobody(void **state)
{
    Fixture *f = *state;
    g_autoptr(GString) outcome = g_string_new(NULL);

    f->vdsm.lazy = f->vdsm.silent = f->libvirt.silent = TRUE;
    change(f, outcome);
    ask(f);
    virtual_clock_advance(f->clock, AFTER_S * SECOND);
    assert_int_equal(f->libvirt.asked, 1);
    mom_hypervisor_failover_close(f->failover);
    assert_string_equal(outcome->str, "given up, closing");
    f->vdsm.changed(NULL, f->vdsm.changed_data);
    assert_string_equal(outcome->str, "given up, closing");
    peer_answer(&f->vdsm);
    peer_answer(&f->libvirt);
    assert_true(f->open);
}

/* Whatever they do, in whatever order: questions are answered once and in time, changes go to who
 * is in force, and libvirt is asked nothing while vdsm is well. */
static void
storms_change_no_rule(void **state)
{
    Fixture *f = *state;
    g_autoptr(GRand) chance = g_rand_new_with_seed(1);
    static const char *const lists[] = {NULL, NULL, "", "a", "aB", "ab", "ab", "ab", "ab"};

    for (int i = 0; i < 20000; i++) {
        Peer *peer = g_rand_boolean(chance) ? &f->vdsm : &f->libvirt;

        if (g_rand_int_range(chance, 0, 20) == 0) {
            peer->guests = lists[g_rand_int_range(chance, 0, G_N_ELEMENTS(lists))];
            peer->silent = g_rand_int_range(chance, 0, 4) == 0;
        }
        if (!f->open) {
            guint asked = f->libvirt.asked;
            gboolean was_well = f->vdsm.guests && !f->vdsm.silent && !f->vdsm.done &&
                                !mom_hypervisor_failover_stands_in(f->failover);

            ask(f);
            assert_true(!was_well || (f->libvirt.asked == asked && !f->open));
        }
        if (peer->done && (!peer->silent || g_rand_int_range(chance, 0, 10) == 0))
            peer_answer(peer);
        assert_in_force(f, mom_hypervisor_failover_stands_in(f->failover) ? "libvirt" : "vdsm");
        virtual_clock_advance(f->clock, g_rand_int_range(chance, 0, 10 * SECOND));
        assert_true(!f->open || f->vdsm.done || f->libvirt.done); /* somebody is waited for */
    }
    assert_true(f->changes > 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, failover_setup, failover_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(while_vdsm_is_there_libvirt_is_left_alone),
        TEST(a_short_outage_is_waited_out),
        TEST(after_a_longer_one_libvirt_stands_in),
        TEST(also_if_vdsm_was_never_there_or_only_starts_up),
        TEST(vdsm_that_does_not_answer_at_all_is_not_waited_for),
        TEST(an_answer_that_comes_while_libvirt_is_asked_counts),
        TEST(in_a_hurry_libvirt_stands_in_at_once),
        TEST(in_a_hurry_an_open_question_is_not_waited_for),
        TEST(who_never_falls_back_does_not_in_a_hurry),
        TEST(when_vdsm_is_back_one_decision_only_looks),
        TEST(a_decision_over_former_data_uses_no_grace_up),
        TEST(who_goes_again_within_the_grace_has_none_left),
        TEST(vdsm_is_given_time_to_find_its_guests),
        TEST(a_guest_that_ended_meanwhile_is_not_waited_for),
        TEST(changes_under_way_at_vdsm_are_given_up),
        TEST(who_is_left_sends_no_more),
        TEST(changes_under_way_at_libvirt_are_waited_for),
        TEST(who_comes_and_goes_is_trusted_less_each_time),
        TEST(without_libvirt_vdsm_is_waited_for),
        TEST(with_neither_the_first_that_comes_is_taken),
        TEST(it_can_be_forbidden_and_allowed_while_it_lasts),
        TEST(what_can_be_set_of_ksm_is_what_is_in_force),
        TEST(an_end_in_the_middle_is_told_to_nobody),
        TEST(storms_change_no_rule),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
