/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Guests that follow their targets, that do not, and that do again.
 */
#include "tests/mom-test.h"

#include "controllers/follow.h"

#define SECOND ((gint64)G_USEC_PER_SEC)
#define MINUTE (60 * SECOND)

static void
send(MomFollow *follow, MomSent *sent, gint64 target_kib, gint64 now_us)
{
    MomSetting value = {.number = target_kib};

    mom_sent_begin(sent, mom_setting_same_size, &value, 1, now_us);
    mom_follow_begin(follow, now_us);
    mom_sent_end(sent, 1, TRUE);
}

static void
a_guest_that_moves_is_not_stuck(void **state)
{
    MomFollow follow = {0};
    MomSent sent = {0};

    assert_int_equal(mom_follow_look(&follow, &sent, 4000000, MINUTE, 0), MOM_FOLLOW_NO_NEWS);
    send(&follow, &sent, 2000000, 0);
    for (int minute = 1; minute < 100; minute++)
        assert_int_equal(
            mom_follow_look(&follow, &sent, 4000000 - minute * 10000, MINUTE, minute * MINUTE),
            MOM_FOLLOW_NO_NEWS);
}

static void
one_that_stands_still_is_told_once(void **state)
{
    MomFollow follow = {0};
    MomSent sent = {0};

    mom_follow_look(&follow, &sent, 4000000, MINUTE, 0);
    send(&follow, &sent, 2000000, 0);
    assert_int_equal(mom_follow_look(&follow, &sent, 4000001, MINUTE, 59 * SECOND),
                     MOM_FOLLOW_NO_NEWS);
    assert_int_equal(mom_follow_look(&follow, &sent, 4000000, MINUTE, 60 * SECOND),
                     MOM_FOLLOW_STUCK);
    assert_int_equal(mom_follow_look(&follow, &sent, 4000000, MINUTE, 90 * SECOND),
                     MOM_FOLLOW_NO_NEWS);
    assert_true(follow.stuck);
}

static void
without_a_limit_nobody_is_stuck(void **state)
{
    MomFollow follow = {0};
    MomSent sent = {0};

    mom_follow_look(&follow, &sent, 4000000, 0, 0);
    send(&follow, &sent, 2000000, 0);
    assert_int_equal(mom_follow_look(&follow, &sent, 4000000, 0, 1000 * MINUTE),
                     MOM_FOLLOW_NO_NEWS);
    assert_false(follow.stuck);
    assert_int_equal(mom_follow_look(&follow, &sent, 4000000, MINUTE, 1000 * MINUTE),
                     MOM_FOLLOW_STUCK);
    assert_int_equal(mom_follow_look(&follow, &sent, 4000000, 0, 1000 * MINUTE), MOM_FOLLOW_AGAIN);
}

static void
one_that_stops_on_the_way_is_stuck_too(void **state)
{
    MomFollow follow = {0};
    MomSent sent = {0};

    mom_follow_look(&follow, &sent, 4000000, MINUTE, 0);
    send(&follow, &sent, 2000000, 0);
    assert_int_equal(mom_follow_look(&follow, &sent, 3000000, MINUTE, 50 * SECOND),
                     MOM_FOLLOW_NO_NEWS);
    assert_int_equal(mom_follow_look(&follow, &sent, 3000000, MINUTE, 100 * SECOND),
                     MOM_FOLLOW_NO_NEWS);
    assert_int_equal(mom_follow_look(&follow, &sent, 3000000, MINUTE, 110 * SECOND),
                     MOM_FOLLOW_STUCK);
}

static void
new_targets_do_not_hide_that_it_stands_still(void **state)
{
    MomFollow follow = {0};
    MomSent sent = {0};
    guint told = 0;

    mom_follow_look(&follow, &sent, 4000000, MINUTE, 0);
    for (int second = 0; second < 600; second += 10) {
        told +=
            mom_follow_look(&follow, &sent, 4000000, MINUTE, second * SECOND) == MOM_FOLLOW_STUCK;
        if (mom_follow_may_try(&follow, &sent, second * SECOND))
            send(&follow, &sent, 2000000 + second * 100, second * SECOND);
    }
    assert_int_equal(told, 1);
}

static void
a_stuck_one_is_tried_more_and_more_rarely(void **state)
{
    MomFollow follow = {0};
    MomSent sent = {0};
    guint tries = 0;

    mom_follow_look(&follow, &sent, 4000000, MINUTE, 0);
    send(&follow, &sent, 2000000, 0);
    for (int second = 60; second < 24 * 3600; second += 10) {
        mom_follow_look(&follow, &sent, 4000000, MINUTE, second * SECOND);
        if (mom_follow_may_try(&follow, &sent, second * SECOND)) {
            send(&follow, &sent, 2000000, second * SECOND);
            tries++;
        }
    }
    /* After 1, 2, 4, 8, 16, 32 minutes, then each hour. */
    assert_true(tries > 20 && tries < 32);
}

static void
a_driver_that_comes_late_is_welcomed(void **state)
{
    MomFollow follow = {0};
    MomSent sent = {0};

    mom_follow_look(&follow, &sent, 4000000, MINUTE, 0);
    send(&follow, &sent, 2000000, 0);
    assert_int_equal(mom_follow_look(&follow, &sent, 4000000, MINUTE, 61 * SECOND),
                     MOM_FOLLOW_STUCK);
    assert_int_equal(mom_follow_look(&follow, &sent, 3900000, MINUTE, 3600 * SECOND),
                     MOM_FOLLOW_AGAIN);
    assert_false(follow.stuck);
    assert_true(mom_follow_may_try(&follow, &sent, 3600 * SECOND));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_that_moves_is_not_stuck),
        cmocka_unit_test(one_that_stands_still_is_told_once),
        cmocka_unit_test(without_a_limit_nobody_is_stuck),
        cmocka_unit_test(one_that_stops_on_the_way_is_stuck_too),
        cmocka_unit_test(new_targets_do_not_hide_that_it_stands_still),
        cmocka_unit_test(a_stuck_one_is_tried_more_and_more_rarely),
        cmocka_unit_test(a_driver_that_comes_late_is_welcomed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
