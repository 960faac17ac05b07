/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each rail of balloons with wishes on both sides of it.
 */
#include "tests/controllers/recorder.h"

#include "controllers/rails-balloon.h"

#define MIB 1024
#define SECOND ((gint64)G_USEC_PER_SEC)

static const MomRailHost unknown_host = {0};

static gboolean
ask(MomEntity *guest,
    const MomRailHost *host,
    gint64 wish_kib,
    gint64 *target_kib,
    const MomRail **rail)
{
    MomRailWish wish = {&mom_rail_limits_default, host, wish_kib, -1};

    return mom_rail_balloon(guest, &wish, target_kib, rail);
}

static MomEntity *
guest_between(MomValue cur, MomValue min, MomValue max, MomValue enabled)
{
    const Field fields[] = {{"balloon_cur", cur}, {"balloon_min", min}, {"balloon_max", max}};
    MomEntity *guest = entity_with("u0", fields, G_N_ELEMENTS(fields));

    entity_update(guest, MOM_RAIL_KEY_ENABLED, enabled);
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

        assert_int_equal(ask(guest, &unknown_host, cases[i].wish, &target, &rail),
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

    assert_false(ask(guest, &unknown_host, 5, &target, &rail));
    assert_string_equal(rail->name, "balloon-unknown");
}

/* ---- who is left alone ---- */

static void
guests_that_cannot_or_must_not_are_left_alone(void **state)
{
    const MomValue yes = mom_value_bool(TRUE), no = mom_value_bool(FALSE);
    const struct {
        const char *key;
        MomValue value;
        const char *rail; /* NULL: may be ballooned */
    } cases[] = {
        {MOM_RAIL_KEY_ENABLED, no, "balloon-disabled"},
        {MOM_RAIL_KEY_ENABLED, yes, NULL},
        {MOM_RAIL_KEY_ENABLED, MOM_NIL, NULL},
        {MOM_RAIL_KEY_DEVICE, no, "balloon-no-device"},
        {MOM_RAIL_KEY_DEVICE, yes, NULL},
        {MOM_RAIL_KEY_DRIVER, no, "balloon-no-driver"},
        {MOM_RAIL_KEY_DRIVER, yes, NULL},
        {MOM_RAIL_KEY_PASSTHROUGH, yes, "balloon-passthrough"},
        {MOM_RAIL_KEY_PASSTHROUGH, no, NULL},
        {MOM_RAIL_KEY_HUGEPAGES, yes, "balloon-hugepages"},
        {MOM_RAIL_KEY_HUGEPAGES, no, NULL},
        {MOM_RAIL_KEY_AGE, mom_value_int(59), "balloon-settling"},
        {MOM_RAIL_KEY_AGE, mom_value_int(60), NULL},
        {MOM_RAIL_KEY_AGE, mom_value_string("young"), NULL},
        {MOM_RAIL_KEY_ONE_SIDED, yes, "guest-one-sided"},
        {MOM_RAIL_KEY_ONE_SIDED, no, NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(MomEntity) guest =
            guest_between(mom_value_int(1000), mom_value_int(500), mom_value_int(2000), MOM_NIL);
        const MomRail *rail = NULL;
        gint64 target = 0;

        entity_update(guest, cases[i].key, cases[i].value);
        assert_int_equal(ask(guest, &unknown_host, 700, &target, &rail), !cases[i].rail);
        assert_ptr_equal(
            mom_rail_balloon_refusal(mom_entity_latest(guest), &mom_rail_limits_default), rail);
        if (cases[i].rail)
            assert_string_equal(rail->name, cases[i].rail);
    }
}

static void
rails_can_be_switched_off_one_by_one(void **state)
{
    const MomRailLimits off = {.allow_passthrough = TRUE, .allow_hugepages = TRUE};
    const struct {
        const char *key;
        MomValue value;
    } cases[] = {
        {MOM_RAIL_KEY_PASSTHROUGH, mom_value_bool(TRUE)},
        {MOM_RAIL_KEY_HUGEPAGES, mom_value_bool(TRUE)},
        {MOM_RAIL_KEY_AGE, mom_value_int(0)},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(MomEntity) guest =
            guest_between(mom_value_int(1000), mom_value_int(500), mom_value_int(2000), MOM_NIL);

        entity_update(guest, cases[i].key, cases[i].value);
        assert_null(mom_rail_balloon_refusal(mom_entity_latest(guest), &off));
    }
}

/* ---- how far ---- */

/* Of 1 to 4 GiB, 2 GiB now. */
static MomEntity *
guest_with_free(MomValue unused_kib, MomValue reclaimable_kib)
{
    const Field fields[] = {
        {"balloon_cur", mom_value_int(2048 * MIB)},
        {"balloon_min", mom_value_int(1024 * MIB)},
        {"balloon_max", mom_value_int(4096 * MIB)},
        {"mem_unused", unused_kib},
    };
    MomEntity *guest = entity_with("u0", fields, G_N_ELEMENTS(fields));

    entity_update(guest, MOM_RAIL_KEY_FREE, reclaimable_kib);
    return guest;
}

static MomRailHost
host_with_free_percent(gint64 percent)
{
    return (MomRailHost){TRUE, 100 * 1024 * MIB, percent * 1024 * MIB, 0};
}

static void
a_guest_keeps_what_it_uses_and_a_reserve(void **state)
{
    const struct {
        MomValue unused_mib, reclaimable_mib;
        gint64 host_percent;
        gint64 wish_mib, target_mib; /* 0: refused */
        const char *rail;
    } cases[] = {
        /* 1448 used and a reserve of 102.4 */
        {mom_value_int(600), MOM_NIL, 15, 1600, 1600, NULL},
        {mom_value_int(600), MOM_NIL, 15, 1400, 1550, "balloon-guest-reserve"},
        {mom_value_int(600), mom_value_int(400), 15, 1400, 1550, "balloon-guest-reserve"},
        {mom_value_int(600), mom_value_int(800), 15, 1400, 1400, NULL},
        {mom_value_int(600), MOM_NIL, 5, 1400, 1400, NULL}, /* a critical host */
        {mom_value_int(50), MOM_NIL, 15, 1400, 0, "balloon-guest-reserve"},
        {mom_value_int(120), MOM_NIL, 15, 1400, 0, "balloon-guest-reserve"}, /* not worth it */
        {MOM_NIL, MOM_NIL, 15, 1400, 1400, NULL},
        {mom_value_int(-3), MOM_NIL, 15, 1400, 1400, NULL},
        {mom_value_int(99999), MOM_NIL, 15, 1400, 1400, NULL},
        {mom_value_int(0), MOM_NIL, 15, 2500, 2500, NULL}, /* grows */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        MomValue unused = cases[i].unused_mib, reclaimable = cases[i].reclaimable_mib;
        MomRailHost host = host_with_free_percent(cases[i].host_percent);
        g_autoptr(MomEntity) guest = NULL;
        const MomRail *rail = NULL;
        gint64 target = 0;

        unused.integer *= MIB;
        reclaimable.integer *= MIB;
        guest = guest_with_free(unused, reclaimable);
        assert_int_equal(ask(guest, &host, cases[i].wish_mib * MIB, &target, &rail),
                         cases[i].target_mib != 0);
        assert_int_equal(target / MIB, cases[i].target_mib);
        if (cases[i].rail)
            assert_string_equal(rail->name, cases[i].rail);
        else
            assert_null(rail);
    }
}

static void
a_guest_whose_report_is_too_old_keeps_its_size(void **state)
{
    const struct {
        gint64 host_percent;
        gint64 wish_mib, target_mib; /* 0: refused */
        const char *rail;
    } cases[] = {
        {15, 1600, 0, "balloon-stale"},
        {5, 1600, 1600, NULL},  /* a critical host */
        {15, 2500, 2500, NULL}, /* grows */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        MomRailHost host = host_with_free_percent(cases[i].host_percent);
        g_autoptr(MomEntity) guest = guest_with_free(MOM_NIL, MOM_NIL);
        const MomRail *rail = NULL;
        gint64 target = 0;

        entity_update(guest, MOM_RAIL_KEY_STALE, mom_value_bool(TRUE));
        assert_int_equal(ask(guest, &host, cases[i].wish_mib * MIB, &target, &rail),
                         cases[i].target_mib != 0);
        assert_int_equal(target / MIB, cases[i].target_mib);
        assert_string_equal(rail ? rail->name : "-", cases[i].rail ? cases[i].rail : "-");
    }
}

static void
old_reports_may_be_allowed(void **state)
{
    MomRailLimits limits = mom_rail_limits_default;
    MomRailHost host = host_with_free_percent(15);
    g_autoptr(MomEntity) guest = guest_with_free(MOM_NIL, MOM_NIL);
    MomRailWish wish = {.limits = &limits, .host = &host, .wish_kib = 1600 * MIB, .idle_us = -1};
    const MomRail *rail = NULL;
    gint64 target = 0;

    limits.max_change_percent = 0;
    limits.guest_reserve_percent = 0; /* which has a switch of its own */
    entity_update(guest, MOM_RAIL_KEY_STALE, mom_value_bool(TRUE));
    assert_false(mom_rail_balloon(guest, &wish, &target, &rail));
    assert_string_equal(rail->name, "balloon-stale");
    limits.allow_stale = TRUE;
    assert_true(mom_rail_balloon(guest, &wish, &target, &rail));
    assert_int_equal(target, 1600 * MIB);
}

static void
growing_leaves_the_host_its_reserve(void **state)
{
    const struct {
        gint64 free_mib, promised_mib;
        gint64 wish_mib, target_mib;
        const char *rail;
    } cases[] = {
        /* of 100 GiB a twentieth is kept: 5120 */
        {7000, 0, 3000, 3000, NULL},
        {5620, 0, 3000, 2548, "balloon-host-reserve"},
        {7000, 1380, 3000, 2548, "balloon-host-reserve"},
        {5121, 0, 3000, 0, "balloon-host-reserve"},
        {0, 0, 3000, 0, "balloon-host-reserve"},
        {0, 0, 1800, 1800, NULL}, /* shrinks */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        MomRailHost host = {TRUE, 100 * 1024 * MIB, cases[i].free_mib * MIB,
                            cases[i].promised_mib * MIB};
        g_autoptr(MomEntity) guest = guest_with_free(MOM_NIL, MOM_NIL);
        const MomRail *rail = NULL;
        gint64 target = 0;

        assert_int_equal(ask(guest, &host, cases[i].wish_mib * MIB, &target, &rail),
                         cases[i].target_mib != 0);
        assert_int_equal(target / MIB, cases[i].target_mib);
        if (cases[i].rail)
            assert_string_equal(rail->name, cases[i].rail);
        else
            assert_null(rail);
    }
}

static void
the_guarantee_is_given_by_a_host_that_has_nothing(void **state)
{
    const MomRailHost host = {TRUE, 100 * 1024 * MIB, 0, 0};
    g_autoptr(MomEntity) guest = guest_with_free(MOM_NIL, MOM_NIL);
    const MomRail *rail = NULL;
    gint64 target = 0;

    entity_update(guest, "balloon_cur", mom_value_int(600 * MIB));
    assert_true(ask(guest, &host, 3000 * MIB, &target, &rail));
    assert_int_equal(target, 1024 * MIB);
    assert_string_equal(rail->name, "balloon-host-reserve");
}

static void
a_guest_changes_so_much_in_a_second(void **state)
{
    const struct {
        gint64 idle_us;
        gint64 wish_mib, target_mib;
        const char *rail;
        gint64 sent_mib;
    } cases[] = {
        /* a tenth of 4096 in a second */
        {1 * SECOND, 1800, 1800, NULL},
        {1 * SECOND, 1200, 1638, "balloon-max-change"},
        {0, 1200, 1638, "balloon-max-change"}, /* two in one instant: as after a second */
        {2 * SECOND, 1200, 1228, "balloon-max-change"},
        {1 * SECOND, 4000, 2457, "balloon-max-change"},
        {10 * SECOND, 1100, 1100, NULL},
        {-1, 1100, 1100, NULL},
        /* What is on its way goes on, and no further. */
        {1 * SECOND, 1200, 1200, NULL, 1200},
        {1 * SECOND, 1100, 1200, "balloon-max-change", 1200},
        {1 * SECOND, 4000, 3000, "balloon-max-change", 3000},
        {1 * SECOND, 1200, 1638, "balloon-max-change", 3000},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        MomRailWish wish = {&mom_rail_limits_default, &unknown_host, cases[i].wish_mib * MIB,
                            cases[i].idle_us, cases[i].sent_mib * MIB};
        g_autoptr(MomEntity) guest = guest_with_free(MOM_NIL, MOM_NIL);
        const MomRail *rail = NULL;
        gint64 target = 0;

        assert_true(mom_rail_balloon(guest, &wish, &target, &rail));
        assert_int_equal(target / MIB, cases[i].target_mib);
        if (cases[i].rail)
            assert_string_equal(rail->name, cases[i].rail);
        else
            assert_null(rail);
    }
}

static void
bounds_have_the_last_word(void **state)
{
    g_autoptr(MomEntity) guest =
        guest_with_free(mom_value_int(0), MOM_NIL); /* uses all of what is too much */
    const MomRailHost host = host_with_free_percent(15);
    const MomRail *rail = NULL;
    gint64 target = 0;

    entity_update(guest, "balloon_max", mom_value_int(1500 * MIB));
    assert_true(ask(guest, &host, 1200 * MIB, &target, &rail));
    assert_int_equal(target, 1500 * MIB);
    assert_string_equal(rail->name, "balloon-max");
}

static void
a_guest_that_is_not_seen_is_not_shrunk(void **state)
{
    const struct {
        gint64 wish_mib;
        gint64 free_percent; /* of the host */
        gint64 target_mib;   /* 0: refused */
        const char *rail;
    } cases[] = {
        {1500, 50, 0, "balloon-blind"}, {2047, 50, 0, "balloon-blind"},
        {1500, 3, 0, "balloon-blind"},  {2048, 50, 2048, NULL},
        {2200, 50, 2200, NULL},         {500, 50, 0, "balloon-blind"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(MomEntity) guest = guest_with_free(mom_value_int(1900 * MIB), MOM_NIL);
        const MomRailHost host = host_with_free_percent(cases[i].free_percent);
        MomRailWish wish = {.limits = &mom_rail_limits_default,
                            .host = &host,
                            .wish_kib = cases[i].wish_mib * MIB,
                            .idle_us = -1,
                            .is_blind = TRUE};
        const MomRail *rail = NULL;
        gint64 target = 0;

        assert_int_equal(mom_rail_balloon(guest, &wish, &target, &rail), cases[i].target_mib != 0);
        assert_int_equal(target / MIB, cases[i].target_mib);
        if (cases[i].rail)
            assert_string_equal(rail->name, cases[i].rail);
        else
            assert_null(rail);
    }
}

/* Most of this host is huge pages, and its guests lie in shared memory. */
static void
the_host_is_judged_by_its_real_figures_where_it_has_them(void **state)
{
    const MomValue total = mom_value_int(1000), old_free = mom_value_int(600);
    const MomValue managed = mom_value_int(200), real = mom_value_int(30);
    const struct {
        MomValue managed, real;
        gint64 total_kib, free_kib;
    } cases[] = {
        {managed, real, 200, 30},
        {managed, mom_value_int(0), 200, 0},
        {MOM_NIL, real, 1000, 600}, /* one of the pair is none */
        {managed, MOM_NIL, 1000, 600},
        {mom_value_int(0), real, 1000, 600},
        {managed, mom_value_int(-1), 1000, 600},
        {MOM_NIL, MOM_NIL, 1000, 600},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Field fields[] = {{"mem_available", total},
                                {"mem_free", old_free},
                                {"mem_total_managed", cases[i].managed},
                                {"mem_free_real", cases[i].real}};
        g_autoptr(MomEntity) host = entity_with("host", fields, G_N_ELEMENTS(fields));
        MomRailHost facts = mom_rail_host(host);

        assert_true(facts.known);
        assert_int_equal(facts.total_kib, cases[i].total_kib);
        assert_int_equal(facts.free_kib, cases[i].free_kib);
        assert_int_equal(facts.promised_kib, 0);
    }
}

static void
a_host_that_tells_nothing_is_not_known(void **state)
{
    const Field fields[] = {{"mem_available", mom_value_int(1000)}, {"mem_free", MOM_NIL}};
    g_autoptr(MomEntity) host = entity_with("host", fields, G_N_ELEMENTS(fields));

    assert_false(mom_rail_host(host).known);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balloon_targets_are_held_to_what_the_guest_may_have),
        cmocka_unit_test(a_guest_without_samples_is_left_alone),
        cmocka_unit_test(guests_that_cannot_or_must_not_are_left_alone),
        cmocka_unit_test(rails_can_be_switched_off_one_by_one),
        cmocka_unit_test(a_guest_keeps_what_it_uses_and_a_reserve),
        cmocka_unit_test(a_guest_whose_report_is_too_old_keeps_its_size),
        cmocka_unit_test(old_reports_may_be_allowed),
        cmocka_unit_test(growing_leaves_the_host_its_reserve),
        cmocka_unit_test(the_guarantee_is_given_by_a_host_that_has_nothing),
        cmocka_unit_test(a_guest_changes_so_much_in_a_second),
        cmocka_unit_test(bounds_have_the_last_word),
        cmocka_unit_test(a_guest_that_is_not_seen_is_not_shrunk),
        cmocka_unit_test(the_host_is_judged_by_its_real_figures_where_it_has_them),
        cmocka_unit_test(a_host_that_tells_nothing_is_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
