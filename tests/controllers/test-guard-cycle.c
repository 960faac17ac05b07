/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guard over cycles: what the host has left is given once, guests that do not follow are told
 * and left in peace, a dry run sends nothing, and ten thousand cycles of random wishes for all
 * guests break no bound.
 */
#include "tests/controllers/recorder.h"

#include "controllers/guard.h"

#define SECOND ((gint64)G_USEC_PER_SEC)
#define MIB 1024

typedef struct {
    Recorder *recorder;
    MomGuard *guard;
    MomActuator *actuator;
    MomEntity *host;
    GPtrArray *guests;
    GString *told;
} Fixture;

static void
tell(const MomGuardReport *report, gpointer data)
{
    Fixture *f = data;

    if (report->verdict == MOM_GUARD_UNCHANGED || report->verdict == MOM_GUARD_DONE)
        return;
    g_string_append_printf(f->told, "%s %s", report->name ? report->name : "host",
                           mom_guard_verdict_name(report->verdict));
    if (report->rail)
        g_string_append_printf(f->told, " [%s]", report->rail);
    g_string_append(f->told, "; ");
}

#define assert_told(f, expected)                                                                   \
    do {                                                                                           \
        assert_string_equal((f)->told->str, expected);                                             \
        g_string_truncate((f)->told, 0);                                                           \
    } while (0)

static MomEntity *
make_guest(const char *uuid)
{
    const Field fields[] = {
        {"balloon_cur", mom_value_int(2048 * MIB)},
        {"balloon_min", mom_value_int(1024 * MIB)},
        {"balloon_max", mom_value_int(4096 * MIB)},
        {"mem_unused", mom_value_int(1000 * MIB)},
    };

    return entity_with(uuid, fields, G_N_ELEMENTS(fields));
}

static int
setup(void **state)
{
    const Field host_fields[] = {{"mem_available", mom_value_int(100 * 1024 * MIB)},
                                 {"mem_free", mom_value_int(50 * 1024 * MIB)}};
    Fixture *f = g_new0(Fixture, 1);

    f->recorder = recorder_new();
    f->told = g_string_new(NULL);
    f->guard = mom_guard_new(&f->recorder->actuator, tell, f);
    f->actuator = mom_guard_actuator(f->guard);
    f->host = entity_with(NULL, host_fields, G_N_ELEMENTS(host_fields));
    f->guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_entity_free);
    g_ptr_array_add(f->guests, make_guest("a"));
    g_ptr_array_add(f->guests, make_guest("b"));
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_guard_free(f->guard);
    recorder_free(f->recorder);
    mom_entity_free(f->host);
    g_ptr_array_unref(f->guests);
    g_string_free(f->told, TRUE);
    g_free(f);
    return 0;
}

static void
begin(Fixture *f, gint64 seconds)
{
    mom_guard_begin_cycle(f->guard, f->host, f->guests, seconds * SECOND);
}

static void
wish(Fixture *f, guint guest, gint64 target_mib)
{
    mom_actuator_set_balloon_target(f->actuator, f->guests->pdata[guest], target_mib * MIB, NULL,
                                    NULL);
}

static void
set_size(Fixture *f, guint guest, gint64 mib)
{
    entity_update(f->guests->pdata[guest], "balloon_cur", mom_value_int(mib * MIB));
}

/* ---- the host's reserve ---- */

static void
what_the_host_has_left_is_given_once(void **state)
{
    Fixture *f = *state;

    entity_update(f->host, "mem_free", mom_value_int((5120 + 1500) * MIB));
    begin(f, 0);
    wish(f, 0, 3048);
    wish(f, 1, 3048);
    assert_calls(f->recorder, "a balloon 3121152; b balloon 2609152; "); /* + 1000, + 500 */
    assert_told(f, "a sent; b sent [balloon-host-reserve]; ");
}

static void
what_was_given_and_not_taken_yet_is_not_given_again(void **state)
{
    Fixture *f = *state;

    entity_update(f->host, "mem_free", mom_value_int((5120 + 1500) * MIB));
    begin(f, 0);
    wish(f, 0, 3548);
    assert_told(f, "a sent; ");
    begin(f, 10);
    wish(f, 1, 3048);
    assert_told(f, "b railed [balloon-host-reserve]; ");
    /* Half is taken: the host has less, and less is owed. */
    set_size(f, 0, 2798);
    entity_update(f->host, "mem_free", mom_value_int((5120 + 750) * MIB));
    begin(f, 20);
    wish(f, 1, 3048);
    assert_told(f, "b railed [balloon-host-reserve]; ");
    /* It never comes to take it, so others may. */
    begin(f, 100);
    assert_told(f, "a stuck; ");
    wish(f, 1, 2548);
    assert_told(f, "b sent; ");
}

static void
what_is_on_its_way_to_a_guest_is_not_held_against_it(void **state)
{
    static const gint64 wishes_mib[] = {2948, 3548}; /* a part of what is left, all of it */

    for (gsize i = 0; i < G_N_ELEMENTS(wishes_mib); i++) {
        Fixture *f = *state;

        entity_update(f->host, "mem_free", mom_value_int((5120 + 1500) * MIB));
        begin(f, (gint64)i * 1000);
        wish(f, i, wishes_mib[i]);
        assert_told(f, i == 0 ? "a sent; " : "b sent; ");
        for (int second = 2; second < 20; second += 2) {
            begin(f, (gint64)i * 1000 + second);
            wish(f, i, wishes_mib[i]);
            assert_told(f, "");
        }
        set_size(f, i, wishes_mib[i]);
        mom_guard_forget_sent(f->guard);
    }
}

/* ---- guests that do not follow ---- */

static void
a_guest_that_does_not_follow_is_told_once_and_left_in_peace(void **state)
{
    Fixture *f = *state;

    for (int second = 0; second <= 600; second += 10) {
        begin(f, second);
        wish(f, 0, 1900 + second / 10); /* another one each time */
    }
    assert_true(g_str_has_suffix(f->told->str, "a sent; "));
    assert_non_null(strstr(f->told->str, "a stuck; "));
    assert_null(strstr(strstr(f->told->str, "a stuck; ") + strlen("a stuck; "), "stuck"));
    assert_true(mom_guard_is_stuck(f->guard, "a"));
    /* Each cycle until it counts as stuck, then after 1, 3 and 7 minutes. */
    assert_int_equal(f->recorder->n_calls, 6 + 1 + 3);
    g_string_truncate(f->told, 0);
    set_size(f, 0, 1990);
    begin(f, 610);
    assert_told(f, "a follows; ");
    assert_false(mom_guard_is_stuck(f->guard, "a"));
    wish(f, 0, 1920);
    assert_told(f, "a sent; ");
}

static void
a_target_reached_without_a_further_wish_is_reached(void **state)
{
    Fixture *f = *state;

    begin(f, 0);
    wish(f, 0, 1900);
    set_size(f, 0, 1900);
    begin(f, 10); /* the host is calm, the policy wishes nothing */
    set_size(f, 0, 1500);
    begin(f, 20); /* somebody else took more */
    g_string_truncate(f->told, 0);
    begin(f, 200);
    assert_told(f, "");
    assert_false(mom_guard_is_stuck(f->guard, "a"));
}

static void
set_unused(Fixture *f, guint guest, gint64 mib)
{
    entity_update(f->guests->pdata[guest], "mem_unused", mom_value_int(mib * MIB));
}

/* What was right when it was sent takes from a guest what it has come to use since. */
static void
a_guest_on_its_way_to_less_than_it_uses_is_stopped(void **state)
{
    Fixture *f = *state;

    begin(f, 0);
    wish(f, 0, 1500);
    assert_calls(f->recorder, "a balloon 1536000; ");
    set_size(f, 0, 1800);
    set_unused(f, 0, 20);
    begin(f, 10);
    wish(f, 0, 1700);
    assert_calls(f->recorder, "a balloon 1843200; "); /* 1800 MiB, as it is */
    begin(f, 12);
    wish(f, 0, 1700);
    set_size(f, 0, 1795); /* it was just taking another step */
    begin(f, 14);
    wish(f, 0, 1700);
    assert_calls(f->recorder, "");
}

/* Upwards likewise, when the host has nothing left. */
static void
a_guest_on_its_way_to_more_than_there_is_is_stopped(void **state)
{
    Fixture *f = *state;

    begin(f, 0);
    wish(f, 0, 3048);
    assert_calls(f->recorder, "a balloon 3121152; ");
    set_size(f, 0, 2500);
    entity_update(f->host, "mem_free", mom_value_int(5120 * MIB));
    begin(f, 10);
    wish(f, 0, 3048);
    assert_calls(f->recorder, "a balloon 2560000; ");
}

static void
a_stuck_guest_that_moves_after_a_failed_try_is_stuck_no_more(void **state)
{
    Fixture *f = *state;

    begin(f, 0);
    wish(f, 0, 1900);
    begin(f, 10);
    begin(f, 100);
    assert_true(mom_guard_is_stuck(f->guard, "a"));
    f->recorder->fail = TRUE;
    wish(f, 0, 1800);
    f->recorder->fail = FALSE;
    begin(f, 110);
    assert_true(mom_guard_is_stuck(f->guard, "a"));
    set_size(f, 0, 1900);
    g_string_truncate(f->told, 0);
    begin(f, 120);
    assert_false(mom_guard_is_stuck(f->guard, "a"));
    wish(f, 0, 1850);
    assert_told(f, "a follows; a sent; ");
}

/* A connection was made anew: whether the target came through is not known, but when it was sent
 * is. */
static void
a_lost_target_counts_for_the_pace(void **state)
{
    Fixture *f = *state;

    begin(f, 0);
    wish(f, 0, 2000);
    assert_told(f, "a sent; ");
    mom_guard_forget_sent(f->guard);
    begin(f, 1);
    wish(f, 0, 2048); /* as it is */
    begin(f, 2);
    wish(f, 0, 1200);
    assert_told(f, "a sent [balloon-max-change]; ");
}

static void
a_lost_target_counts_for_the_host(void **state)
{
    Fixture *f = *state;

    entity_update(f->host, "mem_free", mom_value_int((5120 + 1500) * MIB));
    begin(f, 0);
    wish(f, 1, 3548);
    assert_told(f, "b sent; ");
    mom_guard_forget_sent(f->guard);
    begin(f, 10);
    wish(f, 0, 3048);
    assert_told(f, "a railed [balloon-host-reserve]; ");
}

/* While it is on its way a target nearly the same as what a rail allows is kept; lost, it must not
 * be sent again past the rail. */
static void
a_lost_target_is_not_kept_past_a_rail(void **state)
{
    Fixture *f = *state;

    begin(f, 0);
    wish(f, 0, 1500);
    assert_calls(f->recorder, "a balloon 1536000; ");
    entity_update(f->guests->pdata[0], "balloon_min", mom_value_int(1510 * MIB));
    mom_guard_forget_sent(f->guard);
    begin(f, 2);
    wish(f, 0, 1500);
    assert_calls(f->recorder, "a balloon 1546240; ");
}

/* ---- dry run ---- */

static void
a_dry_knob_is_told_and_not_sent(void **state)
{
    MomGuardOptions options = {mom_rail_limits_default, 1u << MOM_GUARD_BALLOON};
    MomKsmTune tune = {1u << MOM_KSM_RUN, {1}};
    Fixture *f = *state;

    mom_guard_set_options(f->guard, &options);
    begin(f, 0);
    wish(f, 0, 1900);
    mom_actuator_set_ksm(f->actuator, f->host, &tune, NULL, NULL);
    assert_calls(f->recorder, "ksm run=1; ");
    assert_told(f, "a dry; host sent; ");
    begin(f, 10);
    wish(f, 0, 1900); /* what would have been sent is not told each cycle */
    assert_told(f, "");
    begin(f, 50);
    wish(f, 0, 1800);
    assert_told(f, "a dry; ");
    begin(f, 500); /* nobody is stuck who was told nothing */
    assert_told(f, "");
    assert_calls(f->recorder, "");
    options.dry_knobs = 0;
    mom_guard_set_options(f->guard, &options);
    begin(f, 510);
    wish(f, 0, 1800);
    assert_calls(f->recorder, "a balloon 1843200; ");
}

static void
what_a_dry_run_told_is_not_waited_for(void **state)
{
    MomGuardOptions options = {mom_rail_limits_default, 1u << MOM_GUARD_BALLOON};
    Fixture *f = *state;

    entity_update(f->host, "mem_free", mom_value_int((5120 + 1500) * MIB));
    mom_guard_set_options(f->guard, &options);
    begin(f, 0);
    wish(f, 0, 3548);
    assert_told(f, "a dry; ");
    options.dry_knobs = 0;
    mom_guard_set_options(f->guard, &options);
    begin(f, 10);
    wish(f, 1, 3548); /* nothing of the host is on its way to the other one */
    assert_told(f, "b sent; ");
    set_size(f, 1, 3548);
    begin(f, 200);
    assert_told(f, "");
    assert_false(mom_guard_is_stuck(f->guard, "a"));
}

static void
count_answer(const GError *error, gpointer data)
{
    assert_null(error);
    ++*(guint *)data;
}

static void
a_dry_call_is_answered(void **state)
{
    MomGuardOptions options = {mom_rail_limits_default, ~0u};
    guint answers = 0;
    Fixture *f = *state;

    mom_guard_set_options(f->guard, &options);
    begin(f, 0);
    mom_actuator_set_balloon_target(f->actuator, f->guests->pdata[0], 1900 * MIB, count_answer,
                                    &answers);
    mom_actuator_set_cpu_tune(f->actuator, f->guests->pdata[0], 50000, 100000, count_answer,
                              &answers);
    assert_int_equal(answers, 2);
    assert_calls(f->recorder, "");
}

/* ---- random wishes ---- */

#define N_GUESTS 25
#define N_CYCLES 10000

/* A host whose guests take a part of what they are given, with rails on the last word. */
typedef struct {
    MomActuator actuator;
    MomEntity *host;
    GPtrArray *guests;
    gint64 total_kib, free_kib, given_kib;
    gint64 now_us;
    gint64 last_us[N_GUESTS], last_kib[N_GUESTS];
    gboolean critical;
    guint n_calls;
} World;

static gint64
field_of(MomEntity *guest, const char *name)
{
    gint64 value;

    assert_true(mom_entity_get_int(guest, name, &value));
    return value;
}

static guint
index_of(World *world, MomEntity *guest)
{
    guint index;

    assert_true(g_ptr_array_find(world->guests, guest, &index));
    return index;
}

static void
assert_allowed(
    MomActuator *self, MomEntity *guest, gint64 target_kib, MomActuatorDone done, gpointer data)
{
    World *world = (World *)self;
    guint index = index_of(world, guest);
    gint64 cur = field_of(guest, "balloon_cur"), min = field_of(guest, "balloon_min");
    gint64 max = field_of(guest, "balloon_max"), unused = field_of(guest, "mem_unused");
    double seconds = MAX((double)(world->now_us - world->last_us[index]) / SECOND, 1.0);

    assert_true(target_kib >= min && target_kib <= max);
    assert_null(mom_rail_balloon_refusal(mom_entity_latest(guest), &mom_rail_limits_default));
    if (target_kib < cur && !world->critical)
        assert_true(target_kib >= MIN(cur - unused + cur / 20 - 1, max));
    if (target_kib > MAX(cur, min)) {
        world->given_kib += target_kib - cur;
        assert_true(world->free_kib - world->given_kib >= world->total_kib / 20 - 1);
    } else if (target_kib > cur) {
        world->given_kib += target_kib - cur; /* its guarantee */
    }
    /* What was given before was slow enough then. */
    if (world->last_us[index] > 0 && target_kib != min && target_kib != max &&
        target_kib !=
            CLAMP(target_kib, MIN(cur, world->last_kib[index]), MAX(cur, world->last_kib[index])))
        assert_true((double)ABS(target_kib - cur) <= (double)max * 0.1 * seconds + 1);
    world->last_us[index] = world->now_us;
    world->last_kib[index] = target_kib;
    world->n_calls++;
    done(NULL, data);
}

static const MomActuatorClass world_class = {.set_balloon_target = assert_allowed};

static void
shake_guest(World *world, guint index, GRand *rand)
{
    MomEntity *guest = world->guests->pdata[index];
    gint64 max = field_of(guest, "balloon_max");
    gint64 cur = g_rand_int_range(rand, (gint32)(max / 8), (gint32)max + 1);

    entity_update(guest, "balloon_cur", mom_value_int(cur));
    entity_update(guest, "mem_unused", mom_value_int(g_rand_int_range(rand, 0, (gint32)cur)));
    entity_update(guest, MOM_RAIL_KEY_AGE, mom_value_int(g_rand_int_range(rand, 0, 600)));
}

static void
ten_thousand_cycles_of_random_wishes_break_no_bound(void **state)
{
    Fixture *f = *state;
    World world = {.actuator = {&world_class}, .host = f->host, .guests = f->guests};
    g_autoptr(MomGuard) guard = mom_guard_new(&world.actuator, NULL, NULL);
    g_autoptr(GRand) rand = g_rand_new_with_seed(4712);

    world.total_kib = field_of(f->host, "mem_available");
    while (f->guests->len < N_GUESTS) {
        g_autofree char *uuid = g_strdup_printf("g%u", f->guests->len);

        g_ptr_array_add(f->guests, make_guest(uuid));
    }
    for (int cycle = 1; cycle <= N_CYCLES; cycle++) {
        world.now_us += g_rand_int_range(rand, 1, 20) * SECOND;
        world.free_kib = g_rand_int_range(rand, 0, (gint32)(world.total_kib / 5));
        world.critical = world.free_kib <= world.total_kib / 20;
        world.given_kib = 0;
        entity_update(f->host, "mem_free", mom_value_int(world.free_kib));
        for (guint i = 0; i < N_GUESTS; i++)
            shake_guest(&world, i, rand);
        mom_guard_begin_cycle(guard, f->host, f->guests, world.now_us);
        for (guint i = 0; i < N_GUESTS; i++)
            mom_actuator_set_balloon_target(
                mom_guard_actuator(guard), f->guests->pdata[i],
                (gint64)(g_rand_double_range(rand, -0.5, 2) * 4096 * MIB), NULL, NULL);
    }
    assert_true(world.n_calls > N_CYCLES);
}

static void
a_guard_that_holds_sends_nothing_and_forgets_nothing(void **state)
{
    Fixture *f = *state;

    begin(f, 0);
    mom_guard_hold(f->guard, "a test");
    wish(f, 0, 1848);
    assert_told(f, ""); /* unchanged */
    assert_calls(f->recorder, "");
    wish(f, 1, 1);
    assert_calls(f->recorder, "");
    begin(f, 10);
    mom_guard_hold(f->guard, NULL);
    wish(f, 0, 1848);
    assert_told(f, "a sent; ");
    begin(f, 20);
    mom_guard_hold(f->guard, "a test");
    wish(f, 0, 1800);
    mom_guard_hold(f->guard, NULL);
    wish(f, 0, 1848); /* as it was sent */
    assert_calls(f->recorder, "a balloon 1892352; ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_host_has_left_is_given_once),
        TEST(what_was_given_and_not_taken_yet_is_not_given_again),
        TEST(what_is_on_its_way_to_a_guest_is_not_held_against_it),
        TEST(a_target_reached_without_a_further_wish_is_reached),
        TEST(what_a_dry_run_told_is_not_waited_for),
        TEST(a_lost_target_is_not_kept_past_a_rail),
        TEST(a_guest_on_its_way_to_less_than_it_uses_is_stopped),
        TEST(a_guest_on_its_way_to_more_than_there_is_is_stopped),
        TEST(a_stuck_guest_that_moves_after_a_failed_try_is_stuck_no_more),
        TEST(a_lost_target_counts_for_the_pace),
        TEST(a_lost_target_counts_for_the_host),
        TEST(a_guest_that_does_not_follow_is_told_once_and_left_in_peace),
        TEST(a_dry_knob_is_told_and_not_sent),
        TEST(a_dry_call_is_answered),
        TEST(a_guard_that_holds_sends_nothing_and_forgets_nothing),
        TEST(ten_thousand_cycles_of_random_wishes_break_no_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
