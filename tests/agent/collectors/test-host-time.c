/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HostTime: the collection's time in parts, in a time zone that the test sets.
 */
#include <stdlib.h>
#include <time.h>

#include "tests/agent/collectors/host-root.h"

static void
a_moment_has_seven_parts(void **state)
{
    const struct {
        const char *field;
        gint64 value;
    } cases[] = {
        {"time_year", 2024},
        {"time_month", 2},
        {"time_day", 29},
        {"time_hour", 14},
        {"time_minute", 34},
        {"time_second", 56},
        {"time_microsecond", 789012},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostTime");
    MomCollectInput input = {.wall_us = G_GINT64_CONSTANT(1709210096789012)};

    assert_ok(subject_collect(subject, &input, &error));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_int_equal(subject_int(subject, cases[i].field), cases[i].value);
}

static void
a_time_beyond_all_calendars_is_an_error(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostTime");
    MomCollectInput input = {.wall_us = G_MAXINT64};

    assert_fails(subject_collect(subject, &input, &error), MOM_COLLECTOR_ERROR,
                 MOM_COLLECTOR_ERROR_COLLECTION);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_has_seven_parts),
        cmocka_unit_test(a_time_beyond_all_calendars_is_an_error),
    };

    /* Two hours east of Greenwich, without asking for a zone's file. */
    setenv("TZ", "TST-2", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
