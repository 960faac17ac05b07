/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The hand-written C decides as the stock set does, so that comparing what they cost is fair; and
 * the interpreter's work grows with the guests only.
 *
 * Work is counted in the steps that a run is charged, never in time.
 */
#include "policy/store-private.h"
#include "tests/bench/stock-world.h"
#include "tests/mom-test.h"

static const MomStockParameters all_enabled = {TRUE, TRUE, TRUE, TRUE, TRUE};

static void
assert_alike(const MomStockParameters *parameters, gsize n_guests, MomStockState state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomPolicyStore) store = mom_stock_store_new(parameters, 0, &error);
    g_autoptr(MomStockWorld) interpreted = mom_stock_world_new(n_guests, state);
    g_autoptr(MomStockWorld) direct = mom_stock_world_new(n_guests, state);
    g_autofree char *difference = NULL;

    assert_ok(store);
    assert_ok(mom_policy_evaluate(store, interpreted->host, interpreted->guests, NULL, &error));
    mom_stock_direct(direct->host, direct->guests, parameters);
    difference = mom_stock_world_difference(interpreted, direct);
    if (difference)
        fail_msg("%s host: %s", mom_stock_state_names[state], difference);
}

static void
the_stock_set_and_c_decide_alike_over_ten_guests(void **state)
{
    for (int i = 0; i < MOM_STOCK_N_STATES; i++)
        assert_alike(&all_enabled, 10, (MomStockState)i);
}

static void
they_decide_alike_over_every_kind_of_guest_and_any_parameters(void **state)
{
    for (guint bits = 0; bits < 32; bits++) {
        const MomStockParameters parameters = {bits & 1, !!(bits & 2), !!(bits & 4), !!(bits & 8),
                                               !!(bits & 16)};

        for (int i = 0; i < MOM_STOCK_N_STATES; i++)
            assert_alike(&parameters, MOM_STOCK_KINDS, (MomStockState)i);
    }
}

static gsize
count(const MomStockWorld *world, const char *control)
{
    gsize n = 0;

    for (guint i = 0; i < world->guests->len; i++)
        n += mom_entity_get_control(world->guests->pdata[i], control) != NULL;
    return n;
}

/* Two sides that both do nothing would be alike. */
static void
a_pressed_host_has_guests_with_and_without_each_control(void **state)
{
    const char *const controls[] = {"balloon_target", "vcpu_quota", "vcpu_period"};
    g_autoptr(MomStockWorld) world = mom_stock_world_new(MOM_STOCK_KINDS, MOM_STOCK_PRESSED);

    mom_stock_direct(world->host, world->guests, &all_enabled);
    assert_int_equal(mom_entity_get_control(world->host, "ksm_run")->value.real, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(controls); i++)
        assert_in_range(count(world, controls[i]), 1, MOM_STOCK_KINDS - 1);
}

static void
a_difference_in_a_control_is_found(void **state)
{
    g_autoptr(MomStockWorld) a = mom_stock_world_new(10, MOM_STOCK_PRESSED);
    g_autoptr(MomStockWorld) b = mom_stock_world_new(10, MOM_STOCK_PRESSED);
    g_autofree char *difference = NULL;

    mom_stock_direct(a->host, a->guests, &all_enabled);
    mom_stock_direct(b->host, b->guests, &all_enabled);
    mom_entity_set_control(b->guests->pdata[4], "vcpu_quota", mom_value_float(-1.00000001),
                           (MomPlace){0});
    difference = mom_stock_world_difference(a, b);
    assert_string_equal(difference, "guest 4: vcpu_quota differs");
}

static void
a_difference_in_a_tune_is_found(void **state)
{
    g_autoptr(MomStockWorld) a = mom_stock_world_new(10, MOM_STOCK_PRESSED);
    g_autoptr(MomStockWorld) b = mom_stock_world_new(10, MOM_STOCK_PRESSED);
    g_autofree char *difference = NULL;
    gsize n;

    mom_limits_set(&mom_entity_tunes(b->guests->pdata[8], &n)->current, MOM_LIMIT_TOTAL_BYTES,
                   mom_value_int(1));
    difference = mom_stock_world_difference(a, b);
    assert_string_equal(difference, "guest 8: tune 0 differs");
}

static guint64
steps_of(gsize n_guests, gsize n_unused)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomPolicyStore) store = mom_stock_store_new(&all_enabled, n_unused, &error);
    g_autoptr(MomStockWorld) world = mom_stock_world_new(n_guests, MOM_STOCK_PRESSED);

    assert_ok(store);
    assert_ok(mom_policy_evaluate(store, world->host, world->guests, NULL, &error));
    return MOM_POLICY_MAX_STEPS - mom_policy_store_run(store)->steps;
}

static void
steps_per_guest_do_not_grow_with_the_number_of_guests(void **state)
{
    guint64 one = steps_of(MOM_STOCK_KINDS, 0);
    guint64 two = steps_of(2 * MOM_STOCK_KINDS, 0);
    guint64 twenty = steps_of(20 * MOM_STOCK_KINDS, 0);

    assert_true(two > one);
    assert_int_equal(twenty - two, 18 * (two - one));
}

static void
steps_per_guest_do_not_grow_with_the_number_of_definitions(void **state)
{
    guint64 few = steps_of(2 * MOM_STOCK_KINDS, 0) - steps_of(MOM_STOCK_KINDS, 0);
    guint64 many = steps_of(2 * MOM_STOCK_KINDS, 1000) - steps_of(MOM_STOCK_KINDS, 1000);

    assert_int_equal(few, many);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stock_set_and_c_decide_alike_over_ten_guests),
        cmocka_unit_test(they_decide_alike_over_every_kind_of_guest_and_any_parameters),
        cmocka_unit_test(a_pressed_host_has_guests_with_and_without_each_control),
        cmocka_unit_test(a_difference_in_a_control_is_found),
        cmocka_unit_test(a_difference_in_a_tune_is_found),
        cmocka_unit_test(steps_per_guest_do_not_grow_with_the_number_of_guests),
        cmocka_unit_test(steps_per_guest_do_not_grow_with_the_number_of_definitions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
