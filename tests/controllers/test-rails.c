/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each rail with wishes on both sides of it.
 */
#include "tests/controllers/recorder.h"

#include "controllers/rails.h"

static MomEntity *
guest_between(MomValue cur, MomValue min, MomValue max, MomValue enabled)
{
    const Field fields[] = {{"balloon_cur", cur}, {"balloon_min", min}, {"balloon_max", max}};
    MomEntity *guest = entity_with("u0", fields, G_N_ELEMENTS(fields));

    entity_update(guest, "ballooning_enabled", enabled);
    return guest;
}

static void
balloon_targets_are_held_to_what_the_guest_may_have(void **state)
{
    const MomValue yes = mom_value_bool(TRUE), no = mom_value_bool(FALSE);
    const MomValue cur = mom_value_int(1000), min = mom_value_int(500), max = mom_value_int(2000);
    const struct {
        MomValue cur, min, max, enabled;
        gint64 wish;
        gint64 target; /* 0: refused */
        const char *rail;
    } cases[] = {
        {cur, min, max, yes, 700, 700, NULL},
        {cur, min, max, MOM_NIL, 500, 500, NULL},
        {cur, min, max, yes, 2000, 2000, NULL},
        {cur, min, max, yes, 499, 500, "balloon-min"},
        {cur, min, max, yes, 2001, 2000, "balloon-max"},
        {cur, min, max, yes, G_MAXINT64, 2000, "balloon-max"},
        {cur, mom_value_int(0), max, yes, 1, 1, NULL},
        {cur, min, max, yes, 0, 0, "balloon-absurd"},
        {cur, min, max, yes, G_MININT64, 0, "balloon-absurd"},
        {cur, min, max, no, 700, 0, "balloon-disabled"},
        {MOM_NIL, min, max, yes, 700, 0, "balloon-unknown"},
        {mom_value_int(0), min, max, yes, 700, 0, "balloon-unknown"},
        {cur, MOM_NIL, max, yes, 700, 0, "balloon-no-bounds"},
        {cur, min, MOM_NIL, yes, 700, 0, "balloon-no-bounds"},
        {cur, min, mom_value_string("much"), yes, 700, 0, "balloon-no-bounds"},
        {cur, mom_value_int(-1), max, yes, 700, 0, "balloon-no-bounds"},
        {cur, max, min, yes, 700, 0, "balloon-crossed-bounds"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(MomEntity) guest =
            guest_between(cases[i].cur, cases[i].min, cases[i].max, cases[i].enabled);
        gint64 target = 0;
        const MomRail *rail = NULL;

        assert_int_equal(mom_rail_balloon(guest, cases[i].wish, &target, &rail),
                         cases[i].target != 0);
        assert_int_equal(target, cases[i].target);
        if (cases[i].rail)
            assert_string_equal(rail->name, cases[i].rail);
        else
            assert_null(rail);
    }
}

static void
a_guest_without_samples_is_left_alone(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(NULL, 0);
    g_autoptr(MomEntity) guest = mom_entity_new(schema);
    const MomRail *rail = NULL;
    gint64 target = 0;

    assert_false(mom_rail_balloon(guest, 5, &target, &rail));
    assert_string_equal(rail->name, "balloon-unknown");
}

static void
ksm_values_are_those_that_kernel_and_vdsm_take(void **state)
{
    const struct {
        MomKsmKey key;
        gint64 value;
        gboolean fits;
    } cases[] = {
        {MOM_KSM_RUN, -1, FALSE},
        {MOM_KSM_RUN, 0, TRUE},
        {MOM_KSM_RUN, 2, TRUE},
        {MOM_KSM_RUN, 3, FALSE},
        {MOM_KSM_PAGES_TO_SCAN, 0, FALSE},
        {MOM_KSM_PAGES_TO_SCAN, 1, TRUE},
        {MOM_KSM_PAGES_TO_SCAN, 1024 * 1024, TRUE},
        {MOM_KSM_PAGES_TO_SCAN, 1024 * 1024 + 1, FALSE},
        {MOM_KSM_SLEEP_MILLISECS, -1, FALSE},
        {MOM_KSM_SLEEP_MILLISECS, 0, TRUE},
        {MOM_KSM_SLEEP_MILLISECS, G_MAXUINT32, TRUE},
        {MOM_KSM_SLEEP_MILLISECS, (gint64)G_MAXUINT32 + 1, FALSE},
        {MOM_KSM_MERGE_ACROSS_NODES, 1, TRUE},
        {MOM_KSM_MERGE_ACROSS_NODES, 2, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_int_equal(mom_rail_ksm(cases[i].key, cases[i].value) == NULL, cases[i].fits);
}

static void
cpu_limits_are_those_that_the_kernel_takes(void **state)
{
    assert_null(mom_rail_cpu(-1, 100000));
    assert_null(mom_rail_cpu(1000, 1000));
    assert_null(mom_rail_cpu(50000, 1000000));
    assert_string_equal(mom_rail_cpu(50000, 999)->name, "cpu-period");
    assert_string_equal(mom_rail_cpu(50000, 1000001)->name, "cpu-period");
    assert_string_equal(mom_rail_cpu(999, 100000)->name, "cpu-quota");
}

static void
every_spelling_of_no_limit_is_known(void **state)
{
    const gint64 unlimited[] = {-1,
                                0,
                                G_MININT64,
                                G_GINT64_CONSTANT(17592186044415),
                                G_GINT64_CONSTANT(18446744073709551),
                                G_MAXINT64};

    for (gsize i = 0; i < G_N_ELEMENTS(unlimited); i++)
        assert_true(mom_cpu_quota_is_unlimited(unlimited[i]));
    assert_false(mom_cpu_quota_is_unlimited(1));
    assert_false(mom_cpu_quota_is_unlimited(100000));
}

static void
io_limits_are_integers_of_zero_or_more(void **state)
{
    const struct {
        MomValue value;
        gboolean fits;
    } cases[] = {
        {mom_value_int(0), TRUE},
        {mom_value_int(G_MAXINT64), TRUE},
        {MOM_NIL, TRUE},
        {mom_value_int(-1), FALSE},
        {mom_value_float(1e300), FALSE},
        {mom_value_float(12.5), TRUE},
        {mom_value_string("12"), FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        MomLimits limits = {0};

        mom_limits_set(&limits, MOM_LIMIT_WRITE_IOPS, cases[i].value);
        assert_int_equal(mom_rail_io(&limits) == NULL, cases[i].fits);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balloon_targets_are_held_to_what_the_guest_may_have),
        cmocka_unit_test(a_guest_without_samples_is_left_alone),
        cmocka_unit_test(ksm_values_are_those_that_kernel_and_vdsm_take),
        cmocka_unit_test(cpu_limits_are_those_that_the_kernel_takes),
        cmocka_unit_test(every_spelling_of_no_limit_is_known),
        cmocka_unit_test(io_limits_are_integers_of_zero_or_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
