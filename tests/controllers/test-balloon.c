/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Balloon: which wishes become calls, and what a bad one costs.
 */
#include <math.h>

#include "tests/controllers/recorder.h"

static MomEntity *
guest_of_1000(const char *uuid)
{
    const Field fields[] = {{"balloon_cur", mom_value_int(1000)}};

    return entity_with(uuid, fields, G_N_ELEMENTS(fields));
}

static void
wishes_are_truncated(void **state)
{
    const struct {
        MomValue wish;
        const char *calls;
    } cases[] = {
        {mom_value_int(900), "u0 balloon 900; "},
        {mom_value_int(1000), "u0 balloon 1000; "},
        {mom_value_float(900.999), "u0 balloon 900; "},
        {mom_value_float(-0.5), "u0 balloon 0; "},
        {mom_value_bool(TRUE), "u0 balloon 1; "},
        {mom_value_string(" 12 "), "u0 balloon 12; "},
        {MOM_NIL, ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Recorder) recorder = recorder_new();
        g_autoptr(MomEntity) guest = guest_of_1000("u0");

        entity_wish(guest, "balloon_target", cases[i].wish);
        run_controller(recorder, "Balloon", NULL, guest, NULL);
        assert_calls(recorder, cases[i].calls);
        assert_string_equal(recorder->complaints->str, "");
    }
}

static void
a_bad_wish_costs_its_guest_only(void **state)
{
    const struct {
        MomValue wish;
        const char *complaint;
    } cases[] = {
        {mom_value_string("x"), "u0 balloon_target: \"x\" is no number; "},
        {mom_value_float(INFINITY), "u0 balloon_target: inf is no integer that can be set; "},
        {mom_value_float(NAN), "u0 balloon_target: nan is no integer that can be set; "},
        {mom_value_float(1e30), "u0 balloon_target: 1e+30 is no integer that can be set; "},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Recorder) recorder = recorder_new();
        g_autoptr(MomEntity) bad = guest_of_1000("u0");
        g_autoptr(MomEntity) good = guest_of_1000("u1");

        entity_wish(bad, "balloon_target", cases[i].wish);
        entity_wish(good, "balloon_target", mom_value_int(5));
        run_controller(recorder, "Balloon", NULL, bad, good);
        assert_calls(recorder, "u1 balloon 5; ");
        assert_string_equal(recorder->complaints->str, cases[i].complaint);
    }
}

static void
a_guest_without_uuid_or_size_is_passed_over(void **state)
{
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) nameless = guest_of_1000(NULL);
    g_autoptr(MomEntity) sizeless = entity_with("u1", NULL, 0);

    entity_wish(nameless, "balloon_target", mom_value_int(5));
    entity_wish(sizeless, "balloon_target", mom_value_int(5));
    run_controller(recorder, "Balloon", NULL, nameless, sizeless);
    assert_calls(recorder, "");
    assert_string_equal(recorder->complaints->str,
                        "- balloon_target: the guest has no property uuid; "
                        "u1 balloon_target: no collector declares balloon_cur; ");
}

static void
an_unknown_present_size_is_no_obstacle(void **state)
{
    const Field fields[] = {{"balloon_cur", MOM_NIL}};
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) guest = entity_with("u0", fields, 1);

    entity_wish(guest, "balloon_target", mom_value_int(5));
    run_controller(recorder, "Balloon", NULL, guest, NULL);
    assert_calls(recorder, "u0 balloon 5; ");
}

static void
complaints_may_go_nowhere(void **state)
{
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) guest = guest_of_1000("u0");
    g_autoptr(GPtrArray) guests = guests_of(guest, NULL);
    MomControllerContext context = {.actuator = &recorder->actuator};

    entity_wish(guest, "balloon_target", mom_value_string("x"));
    mom_controller_find("Balloon")->apply(&context, NULL, guests);
    assert_calls(recorder, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wishes_are_truncated),
        cmocka_unit_test(a_bad_wish_costs_its_guest_only),
        cmocka_unit_test(a_guest_without_uuid_or_size_is_passed_over),
        cmocka_unit_test(an_unknown_present_size_is_no_obstacle),
        cmocka_unit_test(complaints_may_go_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
