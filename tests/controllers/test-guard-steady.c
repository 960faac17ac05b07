/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A host on which nothing changes: controllers that wish the same in every cycle, through the
 * guard.
 *
 * Time is virtual, calls are counted.
 */
#include "tests/controllers/recorder.h"

#include "controllers/guard.h"

#define N_GUESTS 1000

/* As cgroup v1 and v2 hosts show "no limit", by version of libvirt, and silence. */
static const gint64 unlimited_us[] = {-1, G_GINT64_CONSTANT(17592186044415),
                                      G_GINT64_CONSTANT(18446744073709551), 0};

static GPtrArray *
steady_guests(void)
{
    const Field fields[] = {
        {"balloon_cur", mom_value_int(100000)}, {"balloon_min", mom_value_int(50000)},
        {"balloon_max", mom_value_int(200000)}, {"vcpu_quota", mom_value_int(50000)},
        {"vcpu_period", mom_value_int(100000)},
    };
    GPtrArray *guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_entity_free);

    for (int i = 0; i < N_GUESTS; i++) {
        g_autofree char *uuid = g_strdup_printf("g%d", i);
        MomEntity *guest = entity_with(uuid, fields, G_N_ELEMENTS(fields));

        entity_wish(guest, "balloon_target", mom_value_int(90001));
        entity_wish(guest, "vcpu_quota", mom_value_int(-1));
        entity_wish(guest, "vcpu_period", mom_value_int(100000));
        g_ptr_array_add(guests, guest);
    }
    return guests;
}

/* What was sent shows, as hosts show it: in whole pages, and "no limit" in many spellings. */
static void
arrive(GPtrArray *guests)
{
    for (guint i = 0; i < guests->len; i++) {
        entity_update(guests->pdata[i], "balloon_cur", mom_value_int(90004));
        entity_update(guests->pdata[i], "vcpu_quota",
                      mom_value_int(unlimited_us[i % G_N_ELEMENTS(unlimited_us)]));
    }
}

static void
a_steady_hour_costs_no_call_after_the_first_minute(void **state)
{
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomGuard) guard = mom_guard_new(&recorder->actuator, NULL, NULL);
    MomControllerContext context = {.actuator = mom_guard_actuator(guard)};
    g_autoptr(GPtrArray) guests = steady_guests();

    for (int second = 0; second < 3600; second += 15) {
        mom_guard_begin_cycle(guard, NULL, guests, second * (gint64)G_USEC_PER_SEC);
        mom_controller_find("Balloon")->apply(&context, NULL, guests);
        mom_controller_find("CpuTune")->apply(&context, NULL, guests);
        if (second == 15)
            arrive(guests);
        if (second == 45)
            assert_int_equal(recorder->n_calls, 2 * N_GUESTS);
    }
    assert_int_equal(recorder->n_calls, 2 * N_GUESTS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_hour_costs_no_call_after_the_first_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
