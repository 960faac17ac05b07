/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Signs of a shortage, and what looks like one and is none.
 */
#include "tests/controllers/recorder.h"

#include "agent/engine/distress.h"

static const MomRailLimits *const limits = &mom_rail_limits_default;

static MomEntity *
guest_with(gint64 cur, gint64 unused, gint64 swap_in, gint64 major_fault)
{
    const Field fields[] = {
        {"balloon_cur", mom_value_int(cur)},     {"balloon_min", mom_value_int(0)},
        {"balloon_max", mom_value_int(1000000)}, {"mem_unused", mom_value_int(unused)},
        {"swap_in", mom_value_int(swap_in)},     {"major_fault", mom_value_int(major_fault)},
    };

    return entity_with("u0", fields, G_N_ELEMENTS(fields));
}

static void
a_guest_without_air_is_in_distress_if_it_can_be_helped(void **state)
{
    const struct {
        gint64 cur, unused;
        const char *key; /* besides, or NULL */
        MomValue value;
        gboolean distress;
    } cases[] = {
        {500000, 100000, NULL, MOM_NIL, FALSE},
        {500000, 24999, NULL, MOM_NIL, TRUE},
        {500000, 25000, NULL, MOM_NIL, FALSE},
        {1000000, 0, NULL, MOM_NIL, FALSE},                          /* at its maximum */
        {500000, 0, MOM_RAIL_KEY_FREE, mom_value_int(90000), FALSE}, /* caches can go */
        {500000, 0, MOM_RAIL_KEY_ENABLED, mom_value_bool(FALSE), FALSE},
        {500000, 0, "mem_unused", MOM_NIL, FALSE},
        {500000, 0, "balloon_cur", mom_value_string("?"), FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(MomEntity) guest = guest_with(cases[i].cur, cases[i].unused, 0, 0);

        assert_int_equal(mom_distress_is_possible(guest, limits), cases[i].cur < 1000000);
        if (cases[i].key)
            entity_update(guest, cases[i].key, cases[i].value);
        assert_int_equal(mom_distress_guest(guest, limits), cases[i].distress);
    }
}

static void
a_jump_of_swapping_or_faults_is_distress_a_level_is_none(void **state)
{
    g_autoptr(MomEntity) guest = guest_with(500000, 100000, 70000, 5000);

    assert_false(mom_distress_guest(guest, limits));
    entity_update(guest, "swap_in", mom_value_int(71000));
    assert_false(mom_distress_guest(guest, limits));
    entity_update(guest, "swap_in", mom_value_int(72024));
    assert_true(mom_distress_guest(guest, limits));
    entity_update(guest, "swap_in", mom_value_int(72024));
    assert_false(mom_distress_guest(guest, limits));
    entity_update(guest, "major_fault", mom_value_int(5100));
    assert_true(mom_distress_guest(guest, limits));
    entity_update(guest, "major_fault", mom_value_int(7)); /* started anew */
    assert_false(mom_distress_guest(guest, limits));
}

static void
a_guest_of_whom_nothing_is_known_is_not_in_distress(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(NULL, 0);
    g_autoptr(MomEntity) guest = mom_entity_new(schema);

    assert_false(mom_distress_guest(guest, limits));
}

static void
a_host_is_in_distress_when_it_is_critical(void **state)
{
    const Field fields[] = {{"mem_available", mom_value_int(1000)},
                            {"mem_free", mom_value_int(50)}};
    g_autoptr(MomEntity) host = entity_with(NULL, fields, G_N_ELEMENTS(fields));

    assert_true(mom_distress_host(host, limits));
    entity_update(host, "mem_free", mom_value_int(51));
    assert_false(mom_distress_host(host, limits));
    entity_update(host, "mem_free", MOM_NIL);
    assert_false(mom_distress_host(host, limits));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_without_air_is_in_distress_if_it_can_be_helped),
        cmocka_unit_test(a_jump_of_swapping_or_faults_is_distress_a_level_is_none),
        cmocka_unit_test(a_guest_of_whom_nothing_is_known_is_not_in_distress),
        cmocka_unit_test(a_host_is_in_distress_when_it_is_critical),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
