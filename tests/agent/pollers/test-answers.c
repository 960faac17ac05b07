/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table of answers: what is young enough is read, what lacks has a reason.
 */
#include "tests/mom-test.h"

#include "agent/pollers/answers.h"

#define SECOND_US ((gint64)G_USEC_PER_SEC)

static MomAnswer
answer_of(gint64 number)
{
    return (MomAnswer){.number = {mom_value_int(number)}};
}

static void
the_last_answer_is_read_with_its_age(void **state)
{
    g_autoptr(MomAnswers) answers = mom_answers_new();
    MomAnswer first = answer_of(1), second = answer_of(2);
    const MomAnswer *read;
    gint64 age_us = -1;

    mom_answers_put(answers, MOM_SLOW_GUESTD, "u0", &first, 10 * SECOND_US);
    mom_answers_put(answers, MOM_SLOW_GUESTD, "u0", &second, 20 * SECOND_US);
    read = mom_answers_get(answers, MOM_SLOW_GUESTD, "u0", 23 * SECOND_US, &age_us);
    assert_non_null(read);
    assert_int_equal(read->number[0].integer, 2);
    assert_true(mom_value_is_nil(read->number[1]));
    assert_int_equal(age_us, 3 * SECOND_US);
    assert_null(mom_answers_get(answers, MOM_SLOW_GUESTD, "u1", 0, NULL));
    assert_null(mom_answers_get(answers, MOM_SLOW_QEMU_AGENT, "u0", 0, NULL));
    assert_null(mom_answers_get(NULL, MOM_SLOW_GUESTD, "u0", 0, NULL));
}

static void
one_that_is_too_old_is_none(void **state)
{
    g_autoptr(MomAnswers) answers = mom_answers_new();
    MomAnswer answer = answer_of(1);
    g_autofree char *why = NULL;

    mom_answers_set_max_age(answers, MOM_SLOW_GUESTD, 30 * SECOND_US);
    mom_answers_put(answers, MOM_SLOW_GUESTD, "u0", &answer, 0);
    assert_non_null(mom_answers_get(answers, MOM_SLOW_GUESTD, "u0", 30 * SECOND_US, NULL));
    assert_null(mom_answers_get(answers, MOM_SLOW_GUESTD, "u0", 30 * SECOND_US + 1, NULL));
    why = mom_answers_lack(answers, MOM_SLOW_GUESTD, "u0", 31 * SECOND_US);
    assert_string_equal(why, "the last answer is 31 s old");
}

static void
a_failure_is_the_reason_and_leaves_the_last_answer(void **state)
{
    g_autoptr(MomAnswers) answers = mom_answers_new();
    MomAnswer answer = answer_of(1);
    g_autofree char *first = NULL, *second = NULL;

    assert_null(mom_answers_lack(answers, MOM_SLOW_GUESTD, "u0", 0));
    mom_answers_put_failure(answers, MOM_SLOW_GUESTD, "u0", "refused");
    assert_null(mom_answers_get(answers, MOM_SLOW_GUESTD, "u0", 0, NULL));
    first = mom_answers_lack(answers, MOM_SLOW_GUESTD, "u0", 0);
    assert_string_equal(first, "refused");
    mom_answers_put(answers, MOM_SLOW_GUESTD, "u0", &answer, 0);
    mom_answers_put_failure(answers, MOM_SLOW_GUESTD, "u0", "no route");
    assert_non_null(mom_answers_get(answers, MOM_SLOW_GUESTD, "u0", 0, NULL));
    second = mom_answers_lack(answers, MOM_SLOW_GUESTD, "u0", 0);
    assert_string_equal(second, "no route");
}

static void
what_is_forgotten_was_never_said(void **state)
{
    g_autoptr(MomAnswers) answers = mom_answers_new();
    MomAnswer answer = answer_of(1);

    mom_answers_put(answers, MOM_SLOW_GUESTD, "u0", &answer, 0);
    mom_answers_forget(answers, MOM_SLOW_GUESTD, "u0");
    mom_answers_forget(answers, MOM_SLOW_GUESTD, "u0");
    assert_null(mom_answers_get(answers, MOM_SLOW_GUESTD, "u0", 0, NULL));
    assert_null(mom_answers_lack(answers, MOM_SLOW_GUESTD, "u0", 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_answer_is_read_with_its_age),
        cmocka_unit_test(one_that_is_too_old_is_none),
        cmocka_unit_test(a_failure_is_the_reason_and_leaves_the_last_answer),
        cmocka_unit_test(what_is_forgotten_was_never_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
