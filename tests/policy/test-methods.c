/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What policies read of entities and write to them, over several runs.
 *
 * A run that fails or is never committed must leave no trace, neither in variables nor in samples.
 */
#include "tests/policy/evaluation.h"

static const char *const host_fields[] = {"mem_free", "label", "maybe", "rare"};
static const char *const guest_fields[] = {"balloon_cur", "io_tune", "io_tune_current"};

typedef struct {
    MomSchema *host_schema;
    MomSchema *guest_schema;
    MomEntity *host;
    MomEntity *guest;
    GPtrArray *guests;
    MomPolicyStore *store;
} Fixture;

static void
add_host_sample(Fixture *f, MomValue mem_free)
{
    MomSample *sample = mom_sample_new(f->host_schema, 0);

    mom_sample_set(sample, "mem_free", mem_free);
    mom_sample_set(sample, "label", mom_value_string("new"));
    mom_sample_set(sample, "maybe", MOM_NIL);
    mom_sample_set(sample, "undeclared", mom_value_int(1));
    mom_entity_add_sample(f->host, sample, 10);
}

static void
add_guest_sample(Fixture *f)
{
    MomSample *sample = mom_sample_new(f->guest_schema, 0);
    char name[] = "burst";
    const MomExtraLimit extra = {name, mom_value_string("7")};
    MomTune tune = {.name = "sda", .current = {.n_extra = 1, .extra = &extra}};
    const MomValue items[] = {{.type = MOM_VALUE_TUNE, .object = &tune}};
    const MomList list = {.length = 1, .items = items};

    mom_limits_set(&tune.maximum, MOM_LIMIT_READ_IOPS, mom_value_int(100));
    mom_limits_set(&tune.current, MOM_LIMIT_READ_IOPS, mom_value_int(1));
    mom_sample_set(sample, "balloon_cur", mom_value_int(1000));
    mom_sample_set(sample, "io_tune", (MomValue){.type = MOM_VALUE_LIST, .list = &list});
    name[0] = 'x'; /* the sample has its own copy */
    mom_entity_add_sample(f->guest, sample, 10);
}

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->host_schema = mom_schema_new(host_fields, G_N_ELEMENTS(host_fields));
    f->guest_schema = mom_schema_new(guest_fields, G_N_ELEMENTS(guest_fields));
    f->host = mom_entity_new(f->host_schema);
    f->guest = mom_entity_new(f->guest_schema);
    f->guests = g_ptr_array_new();
    g_ptr_array_add(f->guests, f->guest);
    f->store = mom_policy_store_new();
    mom_entity_set_property(f->host, "name", mom_value_string("h1"));
    add_host_sample(f, mom_value_int(1));
    add_host_sample(f, mom_value_int(2));
    add_guest_sample(f);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    mom_policy_store_free(f->store);
    g_ptr_array_unref(f->guests);
    mom_entity_free(f->guest);
    mom_entity_free(f->host);
    mom_schema_unref(f->guest_schema);
    mom_schema_unref(f->host_schema);
    g_free(f);
    return 0;
}

static void
expect(Fixture *f, const char *text, const char *wanted)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *found = NULL;

    assert_ok(mom_policy_store_set(f->store, "p", text, -1, &error));
    found = mom_test_run(f->store, f->host, f->guests);
    assert_string_equal(found, wanted);
}

static void
attributes_are_declared_fields_only(void **state)
{
    Fixture *f = *state;

    expect(f, "Host.mem_free Host.label Host.maybe Host.mem_free.more", "2 new nil 2");
    expect(f, "Host.undeclared", "! p:1:1: undefined symbol Host.undeclared");
    expect(f, "Host.rare", "! p:1:1: undefined symbol Host.rare");
    expect(f, "(with Guests g g.balloon_cur) (with Guests g (g.Stat 'balloon_cur'))",
           "(1000) (1000)");
}

static void
one_name_may_stand_for_entities_of_two_schemas(void **state)
{
    Fixture *f = *state;

    expect(f,
           "(def m (e) (e.Stat 'label' 0)) (def b (x) x.balloon_cur) (with Guests g (b g)) "
           "(let ((x Host)) x.mem_free) (with Guests x x.balloon_cur) (b Host)",
           "! p:1:43: undefined symbol x.balloon_cur");
    expect(f, "(let ((x Host)) x.label) (with Guests x x.io_tune_current)",
           "! p:1:41: undefined symbol x.io_tune_current");
}

static void
stat_takes_its_default_only_for_a_missing_key(void **state)
{
    Fixture *f = *state;

    expect(f,
           "(Host.Stat 'mem_free') (Host.Stat 'maybe' 5) (Host.Stat 'rare' 5) (Host.Stat 'rare')",
           "2 nil 5 nil");
    expect(f, "\n(Host.Stat 'undeclared')", "! p:2:2: no collector declares the field undeclared");
    expect(f, "(Host.Stat 5)", "! p:1:2: the name must be a string, not of type integer");
    expect(f, "(Host.Stat)", "! p:1:2: Stat takes 1 to 2 arguments, not 0");
    expect(f, "(Host.Prop 'name')", "h1");
    expect(f, "(Host.Prop 'nope')", "! p:1:2: there is no property nope");
}

static void
averages_are_exact_for_integers(void **state)
{
    Fixture *f = *state;

    expect(f, "(Host.StatAvg 'mem_free') (Host.StatAvg 'maybe') (Host.StatAvg 'rare')",
           "1.5 0.0 0.0");
    for (int i = 0; i < 4; i++)
        add_host_sample(f, mom_value_int(G_MAXINT64));
    expect(f, "(Host.StatAvg 'mem_free')", "6.148914691236517e+18");
    add_host_sample(f, mom_value_float(0.5));
    expect(f, "(> (Host.StatAvg 'mem_free') 5e18)", "true");
    expect(f, "(Host.StatAvg 'label')", "! p:1:2: no average of values of type string");
}

static void
an_entity_without_samples_has_nothing(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomEntity) empty = mom_entity_new(f->guest_schema);

    g_ptr_array_index(f->guests, 0) = empty;
    expect(f, "(with Guests g (g.Stat 'balloon_cur' 7))", "(nil)");
    expect(f, "(with Guests g (g.StatAvg 'balloon_cur'))",
           "! p:1:17: there is no sample yet to take an average of");
    expect(f, "(with Guests g g.balloon_cur)", "! p:1:16: undefined symbol g.balloon_cur");
}

static void
variables_live_on_if_the_run_is_committed(void **state)
{
    Fixture *f = *state;
    const char *count = "(defvar n (Host.GetVar 'n')) (Host.SetVar 'n' (if (valid n) (+ n 1) 1)) "
                        "(Host.GetVar 'n')";

    expect(f, count, "nil nil 1");
    mom_entity_commit_run(f->host);
    expect(f, count, "1 nil 2");
    mom_entity_commit_run(f->host);
    expect(f, count, "2 nil 3");
    expect(f, count, "2 nil 3");
    expect(f, "(Host.SetVar 'n' 99) (/ 1 0)", "! p:1:23: division by zero");
    expect(f, "(Host.GetVar 'n')", "2");
}

static void
variables_of_guests_and_host_are_apart(void **state)
{
    Fixture *f = *state;

    expect(f, "(with Guests g (g.SetVar 'v' (Host.SetVar 'w' 'x')))", "(nil)");
    mom_entity_commit_run(f->host);
    mom_entity_commit_run(f->guest);
    expect(f, "(with Guests g (g.GetVar 'w')) (Host.GetVar 'w') (Host.GetVar 'v')", "(nil) x nil");
}

static void
names_of_controls_and_variables_may_be_numbers(void **state)
{
    Fixture *f = *state;

    expect(f,
           "(Host.Control 5 1) (Host.GetControl '5') (Host.SetVar nil 2) (Host.GetVar nil) "
           "(Host.Control (> 2 1) 3) (Host.GetControl 'true')",
           "nil 1 nil 2 nil 3");
    expect(f, "(Host.Control Guests 1)",
           "! p:1:2: the name must be a string, not of type collection of guests");
}

static void
controls_carry_their_place(void **state)
{
    Fixture *f = *state;
    const MomControl *control;

    expect(f, "(def f (g)\n (g.Control 'balloon_target' 5))\n(with Guests g (f g))", "f (nil)");
    control = mom_entity_get_control(f->guest, "balloon_target");
    assert_int_equal(control->value.integer, 5);
    assert_string_equal(control->place.policy, "p");
    assert_int_equal(control->place.line, 2);
    assert_int_equal(control->place.column, 3);
    expect(f, "1", "1");
    assert_null(mom_entity_get_control(f->guest, "balloon_target"));
}

static void
setters_change_the_runs_tune_and_no_sample(void **state)
{
    Fixture *f = *state;
    gsize n;
    MomValue v;
    const MomTune *sampled;

    expect(f,
           "(with Guests g (with g.io_tune t {(t.setReadIopsSec 50.9) (t.setWriteIopsSec nil) "
           "(t.setTotalBytesSec ' 7 ') (defvar c t.current) (+ c.read_iops_sec "
           "c.total_bytes_sec)}))",
           "((57))");
    assert_int_equal(mom_entity_tunes(f->guest, &n)[0].current.value[MOM_LIMIT_READ_IOPS].integer,
                     50);
    assert_true(mom_sample_get(mom_entity_latest(f->guest), "io_tune", &v));
    sampled = v.list->items[0].object;
    assert_int_equal(sampled->current.value[MOM_LIMIT_READ_IOPS].integer, 1);
    assert_int_equal(sampled->current.present, 1u << MOM_LIMIT_READ_IOPS);
    expect(f, "(with Guests g (with g.io_tune t {(defvar c t.current) c.read_iops_sec}))", "((1))");
}

static void
limits_of_other_names_can_be_read(void **state)
{
    Fixture *f = *state;
    gsize n;
    MomValue v;

    expect(f,
           "(with Guests g (with g.io_tune t {(t.setReadIopsSec 50) (defvar c t.current) "
           "c.burst}))",
           "((7))");
    assert_true(mom_limits_get_extra(&mom_entity_tunes(f->guest, &n)[0].current, "burst", &v));
    assert_string_equal(v.string, "7");
    expect(f, "(with Guests g (with g.io_tune t {(defvar m t.maximum) m.burst}))",
           "! p:1:56: undefined symbol m.burst");
}

static void
a_tune_is_the_same_by_whatever_way_it_is_reached(void **state)
{
    Fixture *f = *state;

    expect(f,
           "(def last (l) {(defvar r nil) (with l x (set r x)) r}) "
           "(with Guests g {(Host.SetVar 't' (last (g.Stat 'io_tune'))) "
           "(let ((t (Host.GetVar 't'))) (t.setReadIopsSec 9)) "
           "(with g.io_tune u {(defvar c u.current) c.read_iops_sec})})",
           "last ((9))");
}

static void
setters_refuse_what_is_no_integer(void **state)
{
    Fixture *f = *state;
    const char *const values[] = {"'x'", "1e999", "9.3e18", "Host", "'9223372036854775808'"};

    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *text =
            g_strdup_printf("(with Guests g (with g.io_tune t (t.setReadIopsSec %s)))", values[i]);
        g_autofree char *found = NULL;
        g_autoptr(GError) error = NULL;

        assert_ok(mom_policy_store_set(f->store, "p", text, -1, &error));
        found = mom_test_run(f->store, f->host, f->guests);
        assert_true(g_str_has_prefix(found, "! p:1:35: setReadIopsSec takes an integer"));
    }
    expect(f, "(with Guests g (with g.io_tune t (t.setReadIopsSec)))",
           "! p:1:35: setReadIopsSec takes 1 argument, not 0");
    expect(f, "(with Guests g (with g.io_tune t {(defvar m t.maximum) m.write_iops_sec}))",
           "! p:1:56: undefined symbol m.write_iops_sec");
}

static void
a_trial_leaves_no_trace(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    MomPolicyStore *trial;
    g_autofree char *found = NULL;
    gsize n;

    expect(f, "(Host.SetVar 'a' 1)", "nil");
    mom_entity_commit_run(f->host);
    trial = mom_policy_store_copy(f->store);
    assert_ok(mom_policy_store_set(trial, "q",
                                   "(Host.SetVar 'a' 2) (Host.Control 'c' (+ 'a' 'b')) "
                                   "(with Guests g (with g.io_tune t (t.setReadIopsSec 77)))",
                                   -1, &error));
    found = mom_test_run(trial, f->host, f->guests);
    assert_string_equal(found, "nil nil nil ((nil))");
    mom_policy_store_free(trial);

    mom_entity_begin_run(f->host);
    mom_entity_begin_run(f->guest);
    assert_int_equal(mom_entity_n_controls(f->host), 0);
    assert_int_equal(mom_entity_tunes(f->guest, &n)[0].current.value[MOM_LIMIT_READ_IOPS].integer,
                     1);
    expect(f, "(Host.GetVar 'a') (Host.GetControl 'c')", "1 nil");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(attributes_are_declared_fields_only),
        CASE(one_name_may_stand_for_entities_of_two_schemas),
        CASE(stat_takes_its_default_only_for_a_missing_key),
        CASE(averages_are_exact_for_integers),
        CASE(an_entity_without_samples_has_nothing),
        CASE(variables_live_on_if_the_run_is_committed),
        CASE(variables_of_guests_and_host_are_apart),
        CASE(names_of_controls_and_variables_may_be_numbers),
        CASE(controls_carry_their_place),
        CASE(setters_change_the_runs_tune_and_no_sample),
        CASE(limits_of_other_names_can_be_read),
        CASE(a_tune_is_the_same_by_whatever_way_it_is_reached),
        CASE(setters_refuse_what_is_no_integer),
        CASE(a_trial_leaves_no_trace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
