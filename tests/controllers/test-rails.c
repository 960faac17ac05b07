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
        {MOM_KSM_MAX_PAGE_SHARING, 1, FALSE},
        {MOM_KSM_MAX_PAGE_SHARING, 2, TRUE},
        {MOM_KSM_MAX_PAGE_SHARING, G_MAXINT32, TRUE},
        {MOM_KSM_MAX_PAGE_SHARING, (gint64)G_MAXINT32 + 1, FALSE},
        {MOM_KSM_USE_ZERO_PAGES, 0, TRUE},
        {MOM_KSM_USE_ZERO_PAGES, 1, TRUE},
        {MOM_KSM_USE_ZERO_PAGES, 2, FALSE},
        {MOM_KSM_SMART_SCAN, -1, FALSE},
        {MOM_KSM_SMART_SCAN, 1, TRUE},
        {MOM_KSM_SMART_SCAN, 2, FALSE},
        {MOM_KSM_ADVISOR_MODE, MOM_KSM_ADVISOR_NONE, TRUE},
        {MOM_KSM_ADVISOR_MODE, 1, TRUE},
        {MOM_KSM_ADVISOR_MODE, 2, FALSE},
        {MOM_KSM_ADVISOR_MAX_CPU, 0, FALSE},
        {MOM_KSM_ADVISOR_MAX_CPU, 1, TRUE},
        {MOM_KSM_ADVISOR_MAX_CPU, 100, TRUE},
        {MOM_KSM_ADVISOR_MAX_CPU, 101, FALSE},
        {MOM_KSM_ADVISOR_TARGET_SCAN_TIME, 0, FALSE},
        {MOM_KSM_ADVISOR_TARGET_SCAN_TIME, 1, TRUE},
        {MOM_KSM_ADVISOR_TARGET_SCAN_TIME, 86400, TRUE},
        {MOM_KSM_ADVISOR_TARGET_SCAN_TIME, 86401, FALSE},
        {MOM_KSM_ADVISOR_MIN_PAGES_TO_SCAN, 0, FALSE},
        {MOM_KSM_ADVISOR_MIN_PAGES_TO_SCAN, 1024 * 1024, TRUE},
        {MOM_KSM_ADVISOR_MIN_PAGES_TO_SCAN, 1024 * 1024 + 1, FALSE},
        {MOM_KSM_ADVISOR_MAX_PAGES_TO_SCAN, 0, FALSE},
        {MOM_KSM_ADVISOR_MAX_PAGES_TO_SCAN, 1, TRUE},
        {MOM_KSM_ADVISOR_MAX_PAGES_TO_SCAN, 1024 * 1024 + 1, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_int_equal(mom_rail_ksm(cases[i].key, cases[i].value) == NULL, cases[i].fits);
}

static void
each_knob_of_ksm_has_a_rail_of_its_own(void **state)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (int key = 0; key < MOM_N_KSM_KEYS; key++) {
        const MomRail *rail = mom_rail_ksm(key, G_MININT64);

        assert_non_null(rail);
        assert_true(g_str_has_prefix(rail->why, mom_ksm_key_name(key)));
        assert_true(g_hash_table_add(seen, (gpointer)rail->name));
        assert_non_null(mom_rail_ksm(key, G_MAXINT64));
    }
}

/* A tune of up to two keys; the second one is asked about. */
static const char *
rail_of_two(MomEntity *host, int with, gint64 with_value, MomKsmKey key, gint64 value)
{
    MomKsmTune tune = {.present = MOM_KSM_BIT(key)};
    const MomRail *rail;

    tune.value[key] = value;
    if (with >= 0) {
        tune.present |= MOM_KSM_BIT(with);
        tune.value[with] = with_value;
    }
    rail = mom_rail_ksm_on_host(host, &tune, key);
    return rail ? rail->name : "";
}

static void
what_the_host_shows_forbids_some_knobs_of_ksm(void **state)
{
    const struct {
        const char *mode; /* NULL: nil */
        int pages_shared;
        int with; /* a key that is set as well; -1: none */
        gint64 with_value;
        MomKsmKey key;
        gint64 value;
        const char *rail;
    } cases[] = {
        {"none", 0, -1, 0, MOM_KSM_PAGES_TO_SCAN, 400, ""},
        {"none", 0, -1, 0, MOM_KSM_PAGES_TO_SCAN, 0, "ksm-pages-to-scan"},
        {"scan-time", 0, -1, 0, MOM_KSM_PAGES_TO_SCAN, 400, "ksm-advisor"},
        {"scan-time", 0, -1, 0, MOM_KSM_SLEEP_MILLISECS, 400, ""},
        {"not-known-yet", 0, -1, 0, MOM_KSM_PAGES_TO_SCAN, 400, "ksm-advisor"},
        {"scan-time", 0, MOM_KSM_ADVISOR_MODE, 0, MOM_KSM_PAGES_TO_SCAN, 400, ""},
        {"none", 0, MOM_KSM_ADVISOR_MODE, 1, MOM_KSM_PAGES_TO_SCAN, 400, "ksm-advisor"},
        {NULL, 0, -1, 0, MOM_KSM_PAGES_TO_SCAN, 400, ""},
        {NULL, 0, -1, 0, MOM_KSM_ADVISOR_MODE, 1, "ksm-absent"},
        {NULL, 0, -1, 0, MOM_KSM_ADVISOR_MODE, 7, "ksm-advisor-mode"},
        {"none", 0, -1, 0, MOM_KSM_MAX_PAGE_SHARING, 512, ""},
        {"none", 9, -1, 0, MOM_KSM_MAX_PAGE_SHARING, 512, "ksm-merged"},
        {"none", 9, -1, 0, MOM_KSM_MERGE_ACROSS_NODES, 0, "ksm-merged"},
        {"none", 9, -1, 0, MOM_KSM_USE_ZERO_PAGES, 1, ""},
        {"none", 9, MOM_KSM_RUN, 0, MOM_KSM_MAX_PAGE_SHARING, 512, "ksm-merged"},
        {"none", 9, MOM_KSM_RUN, 2, MOM_KSM_MAX_PAGE_SHARING, 512, ""},
        {"none", 9, MOM_KSM_RUN, 2, MOM_KSM_MERGE_ACROSS_NODES, 0, ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Field fields[] = {
            {"ksm_advisor_mode", cases[i].mode ? mom_value_string(cases[i].mode) : MOM_NIL},
            {"ksm_pages_shared", mom_value_int(cases[i].pages_shared)},
        };
        g_autoptr(MomEntity) host = entity_with(NULL, fields, G_N_ELEMENTS(fields));

        assert_string_equal(
            rail_of_two(host, cases[i].with, cases[i].with_value, cases[i].key, cases[i].value),
            cases[i].rail);
    }
}

static void
a_host_that_shows_nothing_forbids_nothing(void **state)
{
    g_autoptr(MomEntity) host = entity_with(NULL, NULL, 0);

    assert_string_equal(rail_of_two(host, -1, 0, MOM_KSM_PAGES_TO_SCAN, 400), "");
    assert_string_equal(rail_of_two(host, -1, 0, MOM_KSM_ADVISOR_MODE, 1), "");
    assert_string_equal(rail_of_two(host, -1, 0, MOM_KSM_MAX_PAGE_SHARING, 2), "");
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
        cmocka_unit_test(each_knob_of_ksm_has_a_rail_of_its_own),
        cmocka_unit_test(what_the_host_shows_forbids_some_knobs_of_ksm),
        cmocka_unit_test(a_host_that_shows_nothing_forbids_nothing),
        cmocka_unit_test(cpu_limits_are_those_that_the_kernel_takes),
        cmocka_unit_test(every_spelling_of_no_limit_is_known),
        cmocka_unit_test(io_limits_are_integers_of_zero_or_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
