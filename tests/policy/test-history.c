/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * StatMin, StatMax and StatRate over samples with gaps, and Since over several cycles.
 *
 * Time is the samples' own; a cycle is a sample, a run and, if it went well, a commit.
 */
#include "tests/policy/evaluation.h"

#define SECOND_US G_USEC_PER_SEC

static const char *const fields[] = {"n", "tunes", "StatMin", "never"};

typedef struct {
    MomSchema *schema;
    MomEntity *host;
    GPtrArray *guests;
    MomPolicyStore *store;
} Fixture;

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->schema = mom_schema_new(fields, G_N_ELEMENTS(fields));
    f->host = mom_entity_new(f->schema);
    f->guests = g_ptr_array_new();
    f->store = mom_policy_store_new();
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    mom_policy_store_free(f->store);
    g_ptr_array_unref(f->guests);
    mom_entity_free(f->host);
    mom_schema_unref(f->schema);
    g_free(f);
    return 0;
}

static MomSample *
add_sample(Fixture *f, gint64 time_us)
{
    MomSample *sample = mom_sample_new(f->schema, time_us);

    mom_entity_add_sample(f->host, sample, 10);
    return sample;
}

static void
add(Fixture *f, gint64 time_us, MomValue n)
{
    mom_sample_set(add_sample(f, time_us), "n", n);
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

/* One cycle at TIME_US; a run that is as wanted and no error is committed. */
static void
cycle(Fixture *f, gint64 time_us, const char *text, const char *wanted)
{
    add(f, time_us, mom_value_int(1));
    expect(f, text, wanted);
    if (wanted[0] != '!')
        mom_entity_commit_run(f->host);
}

/* ---- least and greatest ---- */

#define MIN_MAX "(Host.StatMin 'n') (Host.StatMax 'n')"

static void
least_and_greatest_keep_value_and_type(void **state)
{
    Fixture *f = *state;

    expect(f, MIN_MAX, "nil nil");
    add(f, 1, MOM_NIL);
    add_sample(f, 2);
    expect(f, MIN_MAX, "nil nil");
    add(f, 3, mom_value_float(4));
    add(f, 4, mom_value_int(4));
    add(f, 5, mom_value_int(3));
    add(f, 6, mom_value_float(3));
    add(f, 7, mom_value_int(7));
    add_sample(f, 8);
    expect(f, MIN_MAX, "3 7");
    add(f, 9, mom_value_float(7.5));
    expect(f, MIN_MAX " (def f (m) (m 'n')) (f Host.StatMax)", "3 7.5 f 7.5");
}

static void
strings_have_a_least_too(void **state)
{
    Fixture *f = *state;

    add(f, 1, mom_value_string("m"));
    add(f, 2, mom_value_string("a"));
    add(f, 3, mom_value_string("z"));
    expect(f, MIN_MAX, "a z");
    add(f, 4, mom_value_int(1));
    expect(f, MIN_MAX, "! p:1:2: StatMin cannot compare integer with string");
}

static void
samples_own_lists_stay_out_of_reach(void **state)
{
    Fixture *f = *state;
    MomTune tune = {.name = "sda"};
    const MomValue item = {.type = MOM_VALUE_TUNE, .object = &tune};
    const MomList list = {.length = 1, .items = &item};

    mom_sample_set(add_sample(f, 1), "tunes", (MomValue){.type = MOM_VALUE_LIST, .list = &list});
    expect(f, "(Host.StatMax 'tunes')", "! p:1:2: StatMax cannot take values of type list");
    expect(f, "(Host.StatRate 'tunes')", "nil");
}

static void
names_are_checked_as_by_stat(void **state)
{
    Fixture *f = *state;

    expect(f, "(Host.StatMin 'x')", "! p:1:2: no collector declares the field x");
    expect(f, "(Host.StatMax 'x')", "! p:1:2: no collector declares the field x");
    expect(f, "(Host.StatRate 'x')", "! p:1:2: no collector declares the field x");
    expect(f, "(Host.StatMin 5)", "! p:1:2: the name must be a string, not of type integer");
    expect(f, "(Host.StatRate)", "! p:1:2: StatRate takes 1 argument, not 0");
    expect(f, "(Host.Since 'a' 'b')", "! p:1:2: Since takes 1 argument, not 2");
}

static void
a_field_wins_over_an_extension_of_its_name(void **state)
{
    Fixture *f = *state;

    mom_sample_set(add_sample(f, 1), "StatMin", mom_value_int(5));
    expect(f, "Host.StatMin Host.StatMax", "5 <callable>");
    expect(f, "(Host.StatMin 'n')",
           "! p:1:2: Host.StatMin is a variable of type integer, no function");
}

/* ---- rate ---- */

#define RATE "(Host.StatRate 'n')"

static void
a_rate_is_per_second_of_sample_time(void **state)
{
    Fixture *f = *state;

    expect(f, RATE, "nil");
    add(f, 10 * SECOND_US, mom_value_int(100));
    expect(f, RATE, "nil");
    add(f, 14 * SECOND_US, mom_value_int(110));
    expect(f, RATE, "2.5");
    add(f, 14 * SECOND_US + SECOND_US / 2, mom_value_float(91));
    expect(f, RATE, "-2.0");
    add(f, 15 * SECOND_US, mom_value_bool(TRUE));
    expect(f, RATE, "-19.8");
}

static void
a_rate_goes_from_the_oldest_number_to_the_newest(void **state)
{
    Fixture *f = *state;

    add_sample(f, 1 * SECOND_US);
    add(f, 2 * SECOND_US, MOM_NIL);
    add(f, 3 * SECOND_US, mom_value_string("9"));
    add(f, 4 * SECOND_US, mom_value_int(10));
    add(f, 5 * SECOND_US, mom_value_int(1000));
    add(f, 6 * SECOND_US, mom_value_int(14));
    add(f, 7 * SECOND_US, MOM_NIL);
    add_sample(f, 8 * SECOND_US);
    expect(f, RATE, "2.0");
    expect(f, "(Host.StatRate 'never')", "nil");
}

static void
without_time_between_there_is_no_rate(void **state)
{
    Fixture *f = *state;

    add(f, 5 * SECOND_US, mom_value_int(1));
    add(f, 5 * SECOND_US, mom_value_int(2));
    expect(f, RATE, "nil");
}

static void
small_differences_of_large_counters_are_exact(void **state)
{
    Fixture *f = *state;

    add(f, 0, mom_value_int(G_MAXINT64 - 3));
    add(f, SECOND_US, mom_value_int(G_MAXINT64));
    expect(f, RATE, "3.0");
    mom_entity_add_sample(f->host, mom_sample_new(f->schema, 2 * SECOND_US), 1);
    add(f, 3 * SECOND_US, mom_value_int(G_MININT64));
    add(f, 4 * SECOND_US, mom_value_int(G_MAXINT64));
    expect(f, RATE, "1.8446744073709552e+19");
}

/* ---- since ---- */

static void
since_counts_from_the_last_change(void **state)
{
    Fixture *f = *state;
    const char *text = "(Host.SetVar 'v' 'on') (Host.Since 'v')";

    expect(f, "(Host.Since 'v')", "nil");
    cycle(f, 10 * SECOND_US, "(Host.Since 'v')", "nil");
    cycle(f, 20 * SECOND_US, text, "nil 0.0");
    cycle(f, 30 * SECOND_US, text, "nil 10.0");
    cycle(f, 30 * SECOND_US + 250000, text, "nil 10.25");
    cycle(f, 40 * SECOND_US, "(Host.Since 'v') (Host.SetVar 'v' 'off') (Host.Since 'v')",
          "20.0 nil 0.0");
    cycle(f, 50 * SECOND_US, "(Host.Since 'v') (Host.GetVar 'v')", "10.0 off");
    cycle(f, 60 * SECOND_US, "(Host.SetVar 'other' 1) (Host.Since 'v')", "nil 20.0");
}

static void
equal_numbers_are_no_change(void **state)
{
    Fixture *f = *state;

    cycle(f, 1 * SECOND_US, "(Host.SetVar 'v' 1)", "nil");
    cycle(f, 2 * SECOND_US, "(Host.SetVar 'v' 1.0) (Host.GetVar 'v') (Host.Since 'v')",
          "nil 1.0 1.0");
    cycle(f, 3 * SECOND_US, "(Host.SetVar 'v' nil) (Host.Since 'v')", "nil 0.0");
    cycle(f, 4 * SECOND_US, "(Host.SetVar 'v' nil) (Host.Since 'v')", "nil 1.0");
}

static void
a_failed_run_changes_no_time(void **state)
{
    Fixture *f = *state;

    cycle(f, 1 * SECOND_US, "(Host.SetVar 'v' 1)", "nil");
    cycle(f, 3 * SECOND_US, "(Host.SetVar 'v' 2) (Host.Control 'c' (Host.Since 'v')) (boom)",
          "! p:1:58: unknown function boom");
    cycle(f, 5 * SECOND_US, "(Host.GetVar 'v') (Host.Since 'v')", "1 4.0");
    cycle(f, 6 * SECOND_US, "(Host.SetVar 'v' 1) (Host.Since 'v')", "nil 5.0");
}

/* The time outlives the sample that it was taken from. */
static void
variables_and_their_times_outlive_the_samples(void **state)
{
    Fixture *f = *state;

    cycle(f, 100 * SECOND_US, "(defvar s 'ab') (Host.SetVar 'v' (with s c c)) (Host.SetVar 'n' 0)",
          "ab nil nil");
    for (gint64 i = 1; i <= 50; i++) {
        add(f, (100 + i) * SECOND_US, mom_value_int(1));
        expect(f,
               "(Host.SetVar 'n' (+ 1 (Host.GetVar 'n'))) "
               "(Host.SetVar 'v' (Host.GetVar 'v')) (Host.Since 'n')",
               "nil nil 0.0");
        mom_entity_commit_run(f->host);
    }
    cycle(f, 151 * SECOND_US,
          "(Host.GetVar 'n') (Host.GetVar 'v') (Host.Since 'v') (Host.Since 'n')",
          "50 (a b) 51.0 1.0");
}

static void
without_a_sample_a_change_has_no_time(void **state)
{
    Fixture *f = *state;

    expect(f, "(Host.SetVar 'v' 1) (Host.Since 'v')", "nil nil");
    mom_entity_commit_run(f->host);
    cycle(f, 5 * SECOND_US, "(Host.SetVar 'v' 1) (Host.Since 'v')", "nil nil");
    cycle(f, 6 * SECOND_US, "(Host.SetVar 'v' 2) (Host.Since 'v')", "nil 0.0");
}

static void
names_are_taken_as_setvar_takes_them(void **state)
{
    Fixture *f = *state;

    cycle(f, 5 * SECOND_US, "(Host.SetVar 5 1) (Host.Since '5') (Host.Since 5)", "nil 0.0 0.0");
    cycle(f, 6 * SECOND_US, "(Host.Since Host)",
          "! p:1:2: the name must be a string, not of type entity");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(least_and_greatest_keep_value_and_type),
        CASE(strings_have_a_least_too),
        CASE(samples_own_lists_stay_out_of_reach),
        CASE(names_are_checked_as_by_stat),
        CASE(a_field_wins_over_an_extension_of_its_name),
        CASE(a_rate_is_per_second_of_sample_time),
        CASE(a_rate_goes_from_the_oldest_number_to_the_newest),
        CASE(without_time_between_there_is_no_rate),
        CASE(small_differences_of_large_counters_are_exact),
        CASE(since_counts_from_the_last_change),
        CASE(equal_numbers_are_no_change),
        CASE(a_failed_run_changes_no_time),
        CASE(variables_and_their_times_outlive_the_samples),
        CASE(without_a_sample_a_change_has_no_time),
        CASE(names_are_taken_as_setvar_takes_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
