/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each rail with wishes on both sides of it.
 */
#include "tests/controllers/recorder.h"

#include "controllers/rails.h"

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
        cmocka_unit_test(ksm_values_are_those_that_kernel_and_vdsm_take),
        cmocka_unit_test(cpu_limits_are_those_that_the_kernel_takes),
        cmocka_unit_test(every_spelling_of_no_limit_is_known),
        cmocka_unit_test(io_limits_are_integers_of_zero_or_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
