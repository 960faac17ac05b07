/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestNetworkDaemon and GuestPressure over what mom-guestd answered last.
 */
#include "tests/agent/collectors/host-root.h"

#include "agent/pollers/guestd-answer.h"

#define SECOND_US ((gint64)G_USEC_PER_SEC)
#define REFERENCE                                                                                  \
    "mem_available:2000,mem_unused:1500,swap_in:3,swap_out:4,major_fault:5,minor_fault:6"
#define OURS                                                                                       \
    REFERENCE                                                                                      \
    ",guestd_version:1,mem_usable:1600,swap_total:50,swap_usage:10,"                               \
    "psi_some_avg10_bp:125,psi_full_avg10_bp:50,psi_some_total_us:700,psi_full_total_us:600"

/* Collects from what LINE said seven seconds ago; NULL: nothing was said yet. */
static gboolean
collect(Subject *subject, MomAnswers *answers, const char *line, GError **error)
{
    g_autoptr(MomGuestData) guest = mom_guest_data_new("u0", "vm0");
    const MomCollectInput input = {.guest = guest, .answers = answers, .now_us = 7 * SECOND_US};
    MomAnswer answer;

    if (line) {
        assert_true(mom_guestd_answer_parse(line, &answer));
        mom_answers_put(answers, MOM_SLOW_GUESTD, "u0", &answer, 0);
    }
    return subject_collect(subject, &input, error);
}

static void
the_reference_s_daemon_gives_the_reference_s_fields(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomAnswers) answers = mom_answers_new();
    g_autoptr(Subject) subject = subject_new("GuestNetworkDaemon");

    assert_ok(collect(subject, answers, REFERENCE, &error));
    assert_int_equal(subject_int(subject, "mem_available"), 2000);
    assert_int_equal(subject_int(subject, "mem_unused"), 1500);
    assert_int_equal(subject_int(subject, "swap_in"), 3);
    assert_int_equal(subject_int(subject, "swap_out"), 4);
    assert_int_equal(subject_int(subject, "major_fault"), 5);
    assert_int_equal(subject_int(subject, "minor_fault"), 6);
    assert_int_equal(subject_int(subject, "guestd_age"), 7);
    assert_false(subject_has(subject, "mem_usable"));
    assert_false(subject_has(subject, "swap_total"));
}

static void
ours_gives_more(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomAnswers) answers = mom_answers_new();
    g_autoptr(Subject) subject = subject_new("GuestNetworkDaemon");

    assert_ok(collect(subject, answers, OURS, &error));
    assert_int_equal(subject_int(subject, "mem_unused"), 1500);
    assert_int_equal(subject_int(subject, "mem_usable"), 1600);
    assert_int_equal(subject_int(subject, "swap_total"), 50);
    assert_int_equal(subject_int(subject, "swap_usage"), 10);
}

static void
a_number_that_is_not_told_is_no_key(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomAnswers) answers = mom_answers_new();
    g_autoptr(Subject) subject = subject_new("GuestNetworkDaemon");

    assert_ok(collect(subject, answers, "mem_available:5,mem_unused:6,swap_in:1", &error));
    assert_false(subject_has(subject, "mem_available"));
    assert_false(subject_has(subject, "mem_unused"));
    assert_int_equal(subject_int(subject, "swap_in"), 1);
}

static void
no_answer_is_awaited_then_a_failure(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomAnswers) answers = mom_answers_new();
    g_autoptr(Subject) subject = subject_new("GuestNetworkDaemon");

    assert_fails(collect(subject, answers, NULL, &error), MOM_COLLECTOR_ERROR,
                 MOM_COLLECTOR_ERROR_AWAITED);
    mom_answers_put_failure(answers, MOM_SLOW_GUESTD, "u0", "Connection refused");
    assert_fails(collect(subject, answers, NULL, &error), MOM_COLLECTOR_ERROR,
                 MOM_COLLECTOR_ERROR_COLLECTION);
    mom_answers_set_max_age(answers, MOM_SLOW_GUESTD, 6 * SECOND_US);
    assert_fails(collect(subject, answers, OURS, &error), MOM_COLLECTOR_ERROR,
                 MOM_COLLECTOR_ERROR_COLLECTION);
}

static void
pressure_is_told_in_percent_and_microseconds(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomAnswers) answers = mom_answers_new();
    g_autoptr(Subject) subject = subject_new("GuestPressure");
    MomValue some;

    assert_ok(collect(subject, answers, OURS, &error));
    assert_true(mom_sample_get(subject->sample, "psi_memory_some_avg10", &some));
    assert_int_equal(some.type, MOM_VALUE_FLOAT);
    assert_true(some.real >= 1.25 && some.real <= 1.25);
    assert_int_equal(subject_int(subject, "psi_memory_some_total"), 700);
    assert_int_equal(subject_int(subject, "psi_memory_full_total"), 600);
    assert_int_equal(subject_int(subject, "psi_memory_age"), 7);
}

static void
a_guest_without_pressure_is_no_fault(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomAnswers) answers = mom_answers_new();
    g_autoptr(Subject) subject = subject_new("GuestPressure");

    assert_ok(collect(subject, answers, NULL, &error));
    assert_false(subject_has(subject, "psi_memory_some_avg10"));
    mom_answers_put_failure(answers, MOM_SLOW_GUESTD, "u0", "Connection refused");
    assert_ok(collect(subject, answers, NULL, &error));
    assert_ok(collect(subject, answers, REFERENCE, &error));
    assert_true(subject_is_nil(subject, "psi_memory_some_avg10"));
    assert_false(subject_has(subject, "psi_memory_age"));
}

static void
both_want_the_guests_to_be_asked(void **state)
{
    static const char *const names[] = {"GuestNetworkDaemon", "GuestPressure"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const MomCollector *collector = mom_collector_find(names[i]);

        assert_int_equal(collector->slow_sources, 1u << MOM_SLOW_GUESTD);
    }
    assert_int_equal(mom_collector_find("GuestMemory")->slow_sources, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_s_daemon_gives_the_reference_s_fields),
        cmocka_unit_test(ours_gives_more),
        cmocka_unit_test(a_number_that_is_not_told_is_no_key),
        cmocka_unit_test(no_answer_is_awaited_then_a_failure),
        cmocka_unit_test(pressure_is_told_in_percent_and_microseconds),
        cmocka_unit_test(a_guest_without_pressure_is_no_fault),
        cmocka_unit_test(both_want_the_guests_to_be_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
