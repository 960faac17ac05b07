/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the engine makes of an outage: its guests, their histories and guarantees go on.
 *
 * The real engine with collectors, guard and controllers, over a vdsm and a libvirt made by hand,
 * in virtual time.  Each speaks as its adapter does: vdsm tells guarantees and growth in a second,
 * libvirt neither.
 */
#include <gio/gio.h>
#include <string.h>

#include "agent/collectors/collector.h"
#include "agent/engine/release.h"
#include "agent/hypervisor/hypervisor-failover.h"
#include "tests/agent/engine-fixture.h"
#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

#define MAX_KIB 4000000
#define GUARANTEE_KIB 2500000
#define FIRST_STEP "u1 3200000" /* what a rail makes of a wish for less */
#define SWAPPED_A_SECOND 12
#define COUNTED_BEFORE 500000000

/* Wants less than any guest is guaranteed. */
static const char greedy[] =
    "(with Guests guest (guest.Control \"balloon_target\" 1024))\n"
    "(with Guests guest (guest.SetVar \"average\" (guest.StatAvg \"swap_out\")))\n";

typedef struct {
    EngineFixture *f; /* its source and actuator are vdsm's */
    MomSource libvirt;
    MomActuator libvirt_actuator;
    MomHypervisorFailover *failover;
    MomEngine *engine;
    guint sent_to_libvirt;
    gint64 current_kib;
} World;

/* ---- the two interfaces ---- */

static MomGuestData *
make_guest(World *world)
{
    MomGuestData *guest = mom_guest_data_new("u1", "web");

    guest->has_balloon = guest->has_memory = TRUE;
    guest->balloon_cur_kib = mom_value_int(world->current_kib);
    guest->balloon_max_kib = mom_value_int(MAX_KIB);
    guest->mem_unused_kib = mom_value_int(1000000);
    return guest;
}

/* vdsm's guest, as it is now; a stranger is none of vdsm's. */
static void
vdsm_lists_it(World *world)
{
    MomGuestData *guest = make_guest(world);

    engine_forget_guests(world->f);
    guest->balloon_min_kib = mom_value_int(GUARANTEE_KIB);
    guest->ballooning_enabled = mom_value_bool(TRUE);
    guest->swap_out = mom_value_int(SWAPPED_A_SECOND);
    g_ptr_array_add(world->f->guests, guest);
}

static void
vdsm_leaves(World *world)
{
    g_clear_pointer(&world->f->guests, g_ptr_array_unref);
}

static void
sample_libvirt(MomSource *source, MomSourceDone done, gpointer data)
{
    World *world = (World *)((char *)source - G_STRUCT_OFFSET(World, libvirt));
    g_autoptr(GPtrArray) guests =
        g_ptr_array_new_with_free_func((GDestroyNotify)mom_guest_data_free);
    gint64 now_s = mom_clock_now_us(virtual_clock_base(world->f->clock)) / SECOND;
    MomGuestData *guest = make_guest(world);

    guest->balloon_min_kib = mom_value_int(0);
    guest->swap_out = mom_value_int(COUNTED_BEFORE + SWAPPED_A_SECOND * now_s);
    g_ptr_array_add(guests, guest);
    guest = make_guest(world);
    g_free(guest->uuid);
    guest->uuid = g_strdup("stranger");
    guest->balloon_min_kib = mom_value_int(0);
    g_ptr_array_add(guests, guest);
    done(guests, NULL, data);
}

static void
set_through_libvirt(
    MomActuator *actuator, MomEntity *guest, gint64 target_kib, MomActuatorDone done, gpointer data)
{
    World *world = (World *)((char *)actuator - G_STRUCT_OFFSET(World, libvirt_actuator));

    assert_true(mom_hypervisor_failover_stands_in(world->failover));
    assert_string_equal(mom_entity_get_string_property(guest, "uuid"), "u1");
    world->sent_to_libvirt++;
    world->current_kib = target_kib;
    done(NULL, data);
}

/* ---- the world ---- */

static void
on_changed(gpointer data)
{
    mom_engine_interface_changed(((World *)data)->engine);
}

static void
make_engine(World *world)
{
    static const MomController *controllers[2];
    const MomCollector *guest[] = {mom_collector_find("GuestBalloonOptional"),
                                   mom_collector_find("GuestMemoryOptional")};
    EngineFixture *f = world->f;

    controllers[0] = mom_controller_find("Balloon");
    mom_monitor_plan_unref(f->guest_plan);
    f->guest_plan = mom_monitor_plan_new(guest, G_N_ELEMENTS(guest), 10);
    world->engine = mom_engine_new(&(MomEngineOptions){
        .source = mom_hypervisor_failover_source(world->failover),
        .actuator = mom_hypervisor_failover_actuator(world->failover),
        .clock = virtual_clock_base(f->clock),
        .host_plan = f->host_plan,
        .guest_plan = f->guest_plan,
        .controllers = controllers,
        .host_root = f->root,
        .policy_dir = f->policy_dir,
        .host_interval_us = 5 * SECOND,
        .guest_interval_us = 5 * SECOND,
        .policy_interval_us = 10 * SECOND,
    });
}

static int
setup(void **state)
{
    static const MomSourceClass source = {.sample = sample_libvirt, .name = "libvirt"};
    static const MomActuatorClass actuator = {.set_balloon_target = set_through_libvirt};
    World *world = g_new0(World, 1);

    engine_setup((void **)&world->f);
    engine_write_file(world->f->policy_dir, "10-act.policy", greedy);
    world->libvirt.klass = &source;
    world->libvirt_actuator.klass = &actuator;
    world->current_kib = MAX_KIB;
    world->failover = mom_hypervisor_failover_new(&(MomHypervisorFailoverOptions){
        .primary = {&world->f->source, &world->f->actuator},
        .secondary = {&world->libvirt, &world->libvirt_actuator},
        .clock = virtual_clock_base(world->f->clock),
        .fallback_after_us = 30 * SECOND,
        .changed = on_changed,
        .data = world,
    });
    make_engine(world);
    vdsm_lists_it(world);
    mom_engine_start(world->engine);
    *state = world;
    return 0;
}

static int
teardown(void **state)
{
    World *world = *state;

    mom_engine_stop(world->engine);
    mom_hypervisor_failover_free(world->failover);
    mom_engine_free(world->engine);
    engine_teardown((void **)&world->f);
    g_free(world);
    return 0;
}

static void
pass(World *world, gint64 seconds)
{
    virtual_clock_advance(world->f->clock, seconds * SECOND);
}

static MomEntity *
guest_of(World *world)
{
    g_autoptr(GPtrArray) guests = mom_engine_guests(world->engine);

    assert_int_equal(guests->len, 1);
    return g_ptr_array_index(guests, 0);
}

static void
assert_steady(World *world, const MomEntity *same)
{
    MomEntity *guest = guest_of(world);
    MomValue average;

    assert_ptr_equal(guest, same); /* it did not come anew */
    assert_true(mom_entity_get_variable(guest, "average", &average));
    assert_int_equal(average.type, MOM_VALUE_FLOAT);
    assert_float_equal(average.real, SWAPPED_A_SECOND, 0.001);
}

/* ---- tests ---- */

static void
histories_and_averages_go_on_through_outage_and_return(void **state)
{
    World *world = *state;
    MomEntity *guest;

    pass(world, 30);
    guest = guest_of(world);
    assert_int_equal(mom_entity_n_samples(guest), 7);
    assert_steady(world, guest);
    vdsm_leaves(world);
    pass(world, 30);
    assert_int_equal(mom_entity_n_samples(guest), 7);
    assert_string_equal(mom_engine_source_name(world->engine), "test");
    for (int i = 0; i < 60; i++) {
        pass(world, 10);
        assert_string_equal(mom_engine_source_name(world->engine), "libvirt");
        assert_steady(world, guest);
    }
    assert_int_equal(mom_entity_n_samples(guest), 10);
    vdsm_lists_it(world);
    for (int i = 0; i < 60; i++) {
        pass(world, 10);
        assert_steady(world, guest);
    }
    assert_string_equal(mom_engine_source_name(world->engine), "test");
}

static void
the_engine_s_guarantee_holds_where_libvirt_knows_none(void **state)
{
    World *world = *state;

    pass(world, 5);
    vdsm_leaves(world);
    world->f->error_code = G_IO_ERROR_BUSY;
    pass(world, 300);
    assert_int_equal(world->current_kib, GUARANTEE_KIB);
    assert_true(world->sent_to_libvirt > 0);
}

/* What was set before the outage may be lost: it is sent again at once, to who is in force. */
static void
what_is_not_seen_is_sent_again_over_the_other_way(void **state)
{
    World *world = *state;

    pass(world, 5);
    engine_assert_calls(world->f, FIRST_STEP); /* which vdsm's guest does not follow */
    vdsm_leaves(world);
    pass(world, 30);
    assert_int_equal(world->sent_to_libvirt, 0);
    pass(world, 15);
    assert_true(world->sent_to_libvirt > 0);
    engine_assert_calls(world->f, "");
}

/* vdsm's numbers are those of before, and the wish is not seen in them: but for the grace it would
 * be sent at once. */
static void
the_first_decision_after_the_return_turns_nothing(void **state)
{
    World *world = *state;
    guint64 cycles;

    pass(world, 5);
    engine_assert_calls(world->f, FIRST_STEP);
    vdsm_leaves(world);
    pass(world, 100);
    assert_int_equal(world->current_kib, GUARANTEE_KIB);
    world->current_kib = MAX_KIB;
    vdsm_lists_it(world);
    world->current_kib = GUARANTEE_KIB;
    cycles = mom_engine_cycles(world->engine);
    while (mom_hypervisor_failover_stands_in(world->failover)) {
        cycles = mom_engine_cycles(world->engine);
        pass(world, 1);
    }
    while (mom_engine_cycles(world->engine) == cycles)
        pass(world, 1);
    engine_assert_calls(world->f, "");
    pass(world, 8);
    engine_assert_calls(world->f, "");
    pass(world, 3);
    engine_assert_calls(world->f, FIRST_STEP);
}

static void
on_released(gpointer data)
{
    ++*(guint *)data;
}

/* What the grace held back of the last decision is not what is to be undone. */
static void
an_end_within_the_grace_releases_all_the_same(void **state)
{
    World *world = *state;
    guint released = 0;
    guint64 cycles;

    pass(world, 5);
    engine_assert_calls(world->f, FIRST_STEP);
    vdsm_leaves(world);
    pass(world, 100);
    vdsm_lists_it(world);
    while (mom_hypervisor_failover_stands_in(world->failover))
        pass(world, 1);
    cycles = mom_engine_cycles(world->engine);
    while (mom_engine_cycles(world->engine) == cycles)
        pass(world, 1);
    engine_assert_calls(world->f, "");
    engine_write_host(world->f, 5000000);
    mom_engine_release(world->engine, MOM_ON_STOP_RELEASE, on_released, &released);
    engine_assert_calls(world->f, "u1 4000000");
    assert_int_equal(released, 1);
}

/* As on a host that goes down. */
static void
an_end_together_with_vdsm_releases_through_libvirt(void **state)
{
    World *world = *state;
    guint released = 0;

    pass(world, 5);
    engine_assert_calls(world->f, FIRST_STEP);
    world->current_kib = 3200000;
    engine_write_host(world->f, 5000000);
    vdsm_leaves(world);
    mom_hypervisor_failover_hurry(world->failover);
    mom_engine_release(world->engine, MOM_ON_STOP_RELEASE, on_released, &released);
    assert_int_equal(released, 1);
    assert_int_equal(world->sent_to_libvirt, 1);
    assert_int_equal(world->current_kib, MAX_KIB);
    engine_assert_calls(world->f, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(histories_and_averages_go_on_through_outage_and_return),
        TEST(the_engine_s_guarantee_holds_where_libvirt_knows_none),
        TEST(what_is_not_seen_is_sent_again_over_the_other_way),
        TEST(the_first_decision_after_the_return_turns_nothing),
        TEST(an_end_within_the_grace_releases_all_the_same),
        TEST(an_end_together_with_vdsm_releases_through_libvirt),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
