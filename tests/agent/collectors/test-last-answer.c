/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a collector of a slow source gets: an answer with its age, or the right kind of nothing.
 */
#include "tests/mom-test.h"

#include "agent/collectors/last-answer.h"

#define SECOND_US ((gint64)G_USEC_PER_SEC)

static void
an_answer_comes_with_its_age(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomAnswers) answers = mom_answers_new();
    g_autoptr(MomGuestData) guest = mom_guest_data_new("u0", "vm0");
    const MomCollectInput input = {
        .guest = guest, .answers = answers, .now_us = 19 * SECOND_US + 1};
    MomAnswer answer = {.number = {mom_value_int(4)}};
    const MomAnswer *last;
    gint64 age_s = -1;

    mom_answers_put(answers, MOM_SLOW_QEMU_AGENT, "u0", &answer, 12 * SECOND_US);
    last = mom_last_answer(&input, MOM_SLOW_QEMU_AGENT, &age_s, &error);
    assert_ok(last != NULL);
    assert_int_equal(last->number[0].integer, 4);
    assert_int_equal(age_s, 7);
    assert_ok(mom_last_answer(&input, MOM_SLOW_QEMU_AGENT, NULL, &error) == last);
}

static void
no_answer_is_awaited_or_a_failure(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomAnswers) answers = mom_answers_new();
    g_autoptr(MomGuestData) guest = mom_guest_data_new("u0", "vm0");
    MomCollectInput input = {.guest = guest, .answers = answers};

    assert_fails(mom_last_answer(&input, MOM_SLOW_GUESTD, NULL, &error) != NULL,
                 MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_AWAITED);
    mom_answers_put_failure(answers, MOM_SLOW_GUESTD, "u0", "refused");
    assert_null(mom_last_answer(&input, MOM_SLOW_GUESTD, NULL, &error));
    assert_string_equal(error->message, "refused");
    assert_fails(FALSE, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_COLLECTION);
    input.answers = NULL;
    assert_fails(mom_last_answer(&input, MOM_SLOW_GUESTD, NULL, &error) != NULL,
                 MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_COLLECTION);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_with_its_age),
        cmocka_unit_test(no_answer_is_awaited_or_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
