/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * "Nothing changed, nothing sent" as a pure record: every way a setting can go.
 */
#include "tests/mom-test.h"

#include "controllers/sent.h"

#define SECOND ((gint64)G_USEC_PER_SEC)

static gboolean
is_same(const MomSetting *a, const MomSetting *b)
{
    return a->number == b->number;
}

static gboolean
holds(MomSent *sent, gint64 wish, gint64 present, gint64 now_us)
{
    MomSetting w = {.number = wish}, p = {.number = present};

    return mom_sent_hold(sent, is_same, &w, &p, now_us) != NULL;
}

static void
begin(MomSent *sent, gint64 value, guint call, gint64 now_us)
{
    mom_sent_begin(sent, is_same, &(MomSetting){.number = value}, call, now_us);
}

static void
send(MomSent *sent, gint64 value, guint call, gint64 now_us)
{
    begin(sent, value, call, now_us);
    mom_sent_end(sent, call, TRUE);
}

static void
an_untouched_knob_is_sent_what_differs(void **state)
{
    MomSent sent = {0};

    assert_true(holds(&sent, 5, 5, 0));
    assert_false(holds(&sent, 5, 6, 0));
}

static void
a_wish_is_sent_where_the_present_is_unknown(void **state)
{
    MomSent sent = {0};
    MomSetting wish = {.number = 5};

    assert_null(mom_sent_hold(&sent, is_same, &wish, NULL, 0));
    send(&sent, 5, 1, 0);
    assert_non_null(mom_sent_hold(&sent, is_same, &wish, NULL, SECOND));
}

static void
what_is_on_its_way_is_not_sent_again(void **state)
{
    MomSent sent = {0};

    send(&sent, 5, 1, 0);
    assert_true(holds(&sent, 5, 9, 15 * SECOND));
    assert_true(holds(&sent, 5, 7, 59 * SECOND));
    assert_false(holds(&sent, 5, 7, MOM_SENT_REPEAT_AFTER_US));
}

static void
repetitions_become_rarer_up_to_a_limit(void **state)
{
    MomSent sent = {0};
    gint64 now_us = 0, expected_us = MOM_SENT_REPEAT_AFTER_US;

    send(&sent, 5, 1, now_us);
    for (guint i = 2; i < 12; i++) {
        assert_true(holds(&sent, 5, 9, now_us + expected_us - 1));
        assert_false(holds(&sent, 5, 9, now_us + expected_us));
        now_us += expected_us;
        send(&sent, 5, i, now_us);
        expected_us = MIN(2 * expected_us, MOM_SENT_REPEAT_AFTER_MAX_US);
    }
    assert_int_equal(expected_us, MOM_SENT_REPEAT_AFTER_MAX_US);
    send(&sent, 6, 20, now_us);
    assert_false(holds(&sent, 6, 9, now_us + MOM_SENT_REPEAT_AFTER_US));
}

static void
a_new_wish_is_sent_at_once(void **state)
{
    MomSent sent = {0};

    send(&sent, 5, 1, 0);
    assert_false(holds(&sent, 4, 9, SECOND));
}

static void
the_way_back_is_sent_although_nothing_moved_yet(void **state)
{
    MomSent sent = {0};

    send(&sent, 5, 1, 0);
    assert_false(holds(&sent, 9, 9, SECOND));
    send(&sent, 9, 2, SECOND);
    assert_true(holds(&sent, 9, 9, 2 * SECOND));
}

static void
a_knob_turned_by_somebody_else_is_turned_back(void **state)
{
    MomSent sent = {0};

    send(&sent, 5, 1, 0);
    assert_true(holds(&sent, 5, 5, SECOND));
    assert_false(holds(&sent, 5, 8, 2 * SECOND));
    assert_true(holds(&sent, 8, 8, 3 * SECOND));
}

static void
nothing_is_sent_while_a_call_is_unanswered(void **state)
{
    MomSent sent = {0};

    begin(&sent, 5, 1, 0);
    assert_true(holds(&sent, 5, 9, SECOND));
    assert_true(holds(&sent, 6, 9, SECOND));
    assert_false(holds(&sent, 6, 9, MOM_SENT_REPEAT_AFTER_US));
}

static void
a_failed_wish_may_be_sent_again(void **state)
{
    MomSent sent = {0};

    begin(&sent, 5, 1, 0);
    mom_sent_end(&sent, 1, FALSE);
    assert_false(holds(&sent, 5, 9, SECOND));
    assert_true(holds(&sent, 9, 9, SECOND));
}

static void
an_answer_to_an_older_call_is_ignored(void **state)
{
    MomSent sent = {0};

    begin(&sent, 5, 1, 0);
    begin(&sent, 6, 2, SECOND);
    mom_sent_end(&sent, 1, FALSE);
    assert_int_equal(sent.phase, MOM_SENT_WAITING);
    mom_sent_end(&sent, 2, TRUE);
    assert_int_equal(sent.phase, MOM_SENT_ACCEPTED);
    mom_sent_end(&sent, 2, FALSE);
    assert_int_equal(sent.phase, MOM_SENT_ACCEPTED);
}

static void
what_is_forgotten_is_sent_unless_it_is_seen(void **state)
{
    MomSent sent = {0};

    send(&sent, 5, 1, 0);
    assert_true(holds(&sent, 5, 6, SECOND));
    mom_sent_forget(&sent);
    assert_false(holds(&sent, 5, 6, SECOND));
    assert_true(holds(&sent, 5, 5, SECOND));
}

static void
a_call_under_way_is_not_forgotten(void **state)
{
    MomSent sent = {0};

    begin(&sent, 5, 1, 0);
    mom_sent_forget(&sent);
    assert_true(holds(&sent, 5, 6, SECOND));
    mom_sent_end(&sent, 1, TRUE);
    assert_true(holds(&sent, 5, 6, SECOND));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_untouched_knob_is_sent_what_differs),
        cmocka_unit_test(a_wish_is_sent_where_the_present_is_unknown),
        cmocka_unit_test(what_is_on_its_way_is_not_sent_again),
        cmocka_unit_test(repetitions_become_rarer_up_to_a_limit),
        cmocka_unit_test(a_new_wish_is_sent_at_once),
        cmocka_unit_test(the_way_back_is_sent_although_nothing_moved_yet),
        cmocka_unit_test(a_knob_turned_by_somebody_else_is_turned_back),
        cmocka_unit_test(nothing_is_sent_while_a_call_is_unanswered),
        cmocka_unit_test(a_failed_wish_may_be_sent_again),
        cmocka_unit_test(an_answer_to_an_older_call_is_ignored),
        cmocka_unit_test(what_is_forgotten_is_sent_unless_it_is_seen),
        cmocka_unit_test(a_call_under_way_is_not_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
