/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a traced run notes with each control: the function, its reads and its callers' reads.
 *
 * That a traced run gives what a plain one gives is asserted with the conformance vectors; here is
 * what it notes, and that it stays within its bounds.
 */
#include "tests/policy/evaluation.h"

#include "policy/trace.h"

typedef struct {
    MomSchema *schema;
    MomEntity *host;
    MomEntity *guest;
    GPtrArray *guests;
    MomPolicyStore *store;
    MomPolicyRunOptions options;
} Fixture;

static const char *const fields[] = {"cur", "max", "io_tune", "nothing"};

static MomEntity *
new_entity(Fixture *f, const char *uuid, gint64 cur)
{
    MomEntity *entity = mom_entity_new(f->schema);
    MomSample *sample = mom_sample_new(f->schema, 0);
    MomTune tune = {.name = "sda"};
    const MomValue items[] = {{.type = MOM_VALUE_TUNE, .object = &tune}};
    const MomList list = {.length = 1, .items = items};

    mom_sample_set(sample, "cur", mom_value_int(cur));
    mom_sample_set(sample, "max", mom_value_int(100));
    mom_sample_set(sample, "nothing", MOM_NIL);
    mom_sample_set(sample, "io_tune", (MomValue){.type = MOM_VALUE_LIST, .list = &list});
    mom_entity_add_sample(entity, sample, 10);
    mom_entity_set_property(entity, "uuid", mom_value_string(uuid));
    return entity;
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->schema = mom_schema_new(fields, G_N_ELEMENTS(fields));
    f->host = new_entity(f, "host", 7);
    f->guest = new_entity(f, "u1", 10);
    f->guests = g_ptr_array_new();
    g_ptr_array_add(f->guests, f->guest);
    f->store = mom_policy_store_new();
    f->options.trace = TRUE;
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_policy_store_free(f->store);
    g_ptr_array_unref(f->guests);
    mom_entity_free(f->guest);
    mom_entity_free(f->host);
    mom_schema_unref(f->schema);
    g_free(f);
    return 0;
}

/* "function: name=value name(argument)=value call()=value". */
static char *
written(const MomReads *reads)
{
    const MomReadNames *names = reads->names;
    GString *text = g_string_new(names->function ? names->function : "-");

    g_string_append_c(text, ':');
    for (gsize i = 0; i < names->n; i++) {
        const MomRead *read = &names->items[i];

        g_string_append_printf(text, " %s", read->name);
        if (read->argument)
            g_string_append_printf(text, "(%s)", read->argument);
        g_string_append(text, read->is_call ? "()=" : "=");
        mom_value_print(text, reads->values[i]);
    }
    return g_string_free(text, FALSE);
}

static const MomControl *
run(Fixture *f, const char *policy, MomEntity *entity)
{
    g_autoptr(GError) error = NULL;
    const MomControl *control;

    assert_ok(mom_policy_store_set(f->store, "p", policy, -1, &error));
    assert_ok(mom_policy_evaluate(f->store, f->host, f->guests, &f->options, &error));
    control = mom_entity_get_control(entity, "c");
    assert_non_null(control);
    return control;
}

static void
assert_reads(void **state, const char *policy, const char *expected)
{
    Fixture *f = *state;
    const MomControl *control = run(f, policy, f->guest);
    g_autofree char *text = NULL;

    assert_non_null(control->reads);
    text = written(control->reads);
    assert_string_equal(text, expected);
}

static void
variables_and_fields_of_the_expression_are_read(void **state)
{
    assert_reads(state, "(defvar half 0.5)(with Guests g (g.Control \"c\" (* half g.max)))",
                 "-: half=0.5 g.max=100");
}

static void
methods_are_read_with_their_arguments(void **state)
{
    assert_reads(
        state,
        "(with Guests g {(g.SetVar \"n\" 3)"
        "  (g.Control \"c\" (+ (g.StatAvg \"cur\") (+ (g.GetVar \"n\") (Host.Stat \"cur\"))))})",
        "-: g.StatAvg(cur)=10.0 g.GetVar(n)=3 Host.Stat(cur)=7");
}

static void
the_innermost_function_comes_first_then_its_callers(void **state)
{
    assert_reads(state,
                 "(defvar step 2)\n"
                 "(def floor_of (g) (- g.cur 1))\n"
                 "(def put (g size) (if (> size 1) (g.Control \"c\" size) 0))\n"
                 "(def shrink (g) (let ((x (* step (floor_of g)))) (put g x)))\n"
                 "(with Guests g (if (< Host.cur g.max) (shrink g) 0))\n",
                 "put: size=18 step=2 floor_of()=9 x=18 Host.cur=7 g.max=100");
}

static void
what_a_function_read_goes_with_it(void **state)
{
    assert_reads(state,
                 "(def other (g) (* g.max 2))\n(def put (g) (g.Control \"c\" g.cur))\n"
                 "(with Guests g {(other g)(put g)})",
                 "put: g.cur=10 other()=200");
}

static void
each_element_has_reads_of_its_own(void **state)
{
    Fixture *f = *state;
    MomEntity *second = new_entity(f, "u2", 20);
    const MomControl *control;
    g_autofree char *text = NULL;

    g_ptr_array_add(f->guests, second);
    control = run(f, "(with Guests g (if (== g.cur 10) g.max (g.Control \"c\" g.cur)))", second);
    text = written(control->reads);
    assert_string_equal(text, "-: g.cur=20");
    mom_entity_free(second);
}

/* Guests that take the same way share names and not values; a definition that changes between two
 * of them is seen. */
static void
the_same_way_has_values_of_its_own(void **state)
{
    Fixture *f = *state;
    MomEntity *second = new_entity(f, "u2", 20);
    MomEntity *third = new_entity(f, "u3", 30);
    const MomReads *reads[2];
    char *text[3];

    g_ptr_array_add(f->guests, second);
    g_ptr_array_add(f->guests, third);
    run(f,
        "(defvar share Host.cur)\n(def put (g) (if share (g.Control \"c\" g.cur) 0))\n"
        "(with Guests g (if (== g.cur 30) (g.GetVar \"n\") (put g)))\n"
        "(set share Host.max)\n(with Guests g (if (== g.cur 30) (put g) 0))\n",
        second);
    reads[0] = mom_entity_get_control(f->guest, "c")->reads;
    reads[1] = mom_entity_get_control(second, "c")->reads;
    assert_ptr_equal(reads[0]->names, reads[1]->names);
    text[0] = written(reads[0]);
    text[1] = written(reads[1]);
    text[2] = written(mom_entity_get_control(third, "c")->reads);
    assert_string_equal(text[0], "put: share=7 g.cur=10 Host.cur=7");
    assert_string_equal(text[1], "put: share=7 g.cur=20 Host.cur=7");
    assert_string_equal(text[2], "put: share=100 g.cur=30 Host.max=100");
    for (gsize i = 0; i < G_N_ELEMENTS(text); i++)
        g_free(text[i]);
    mom_entity_free(third);
    mom_entity_free(second);
}

static void
definitions_tell_what_their_variables_were_made_of(void **state)
{
    assert_reads(state,
                 "(defvar share (/ Host.cur Host.max))\n(defvar limit 0.2)\n"
                 "(defvar pressed (< share limit))\n"
                 "(with Guests g (if pressed (g.Control \"c\" 1) 0))",
                 "-: pressed=true share=0.07 limit=0.2 Host.cur=7 Host.max=100");
}

#define SET_FROM_V "(with Guests g (g.Control \"c\" v))"

static void
what_an_earlier_run_defined_is_forgotten(void **state)
{
    for (guint i = 0; i < 2; i++) {
        assert_reads(state, "(defvar w Host.cur) (defvar v (+ w Host.max))" SET_FROM_V,
                     "-: v=107 w=7 Host.max=100 Host.cur=7");
        assert_reads(state, "(defvar w 1) (defvar v 2)" SET_FROM_V, "-: v=2");
        assert_reads(state, "(defvar w 1) (defvar v w)" SET_FROM_V, "-: v=1 w=1");
    }
}

static void
a_variable_of_a_function_is_not_the_global_one(void **state)
{
    assert_reads(state,
                 "(defvar size Host.cur)\n(def put (g size) (g.Control \"c\" size))\n"
                 "(with Guests g (put g 5))",
                 "put: size=5");
}

static void
a_value_is_that_of_its_last_read(void **state)
{
    assert_reads(state,
                 "(defvar n 0)\n(with Guests g {n (set n (+ n 1)) (g.Control \"c\" n)"
                 " (set n 9)})",
                 "-: n=1");
}

static void
what_is_no_plain_value_is_left_out(void **state)
{
    g_autofree char *longer = g_strnfill(201, 'x');
    g_autofree char *policy =
        g_strdup_printf("(defvar s '%s')(defvar t 'ok')"
                        "(with Guests g {s t g.io_tune g.nothing abs (g.Control \"c\" 1)})",
                        longer);

    assert_reads(state, policy, "-: t=ok g.nothing=nil");
}

static void
the_last_setting_of_a_control_counts(void **state)
{
    assert_reads(state, "(with Guests g {(g.Control \"c\" g.cur) (g.Control \"c\" g.max)})",
                 "-: g.cur=10 g.max=100");
}

static void
a_tune_has_its_place_and_reads(void **state)
{
    Fixture *f = *state;
    g_autofree char *text = NULL;
    MomTune *tunes;
    gsize n;

    run(f,
        "(with Guests g {(g.Control \"c\" 1)\n"
        "  (with g.io_tune t (t.setReadBytesSec g.max))})",
        f->guest);
    tunes = mom_entity_tunes(f->guest, &n);
    assert_int_equal(n, 1);
    assert_string_equal(tunes[0].place.policy, "p");
    assert_int_equal(tunes[0].place.line, 2);
    text = written(tunes[0].reads);
    assert_string_equal(text, "-: g.max=100");
}

static void
a_plain_run_notes_nothing(void **state)
{
    Fixture *f = *state;
    const char *policy = "(with Guests g {(g.Control \"c\" g.cur)"
                         " (with g.io_tune t (t.setReadBytesSec 5))})";
    MomTune *tunes;
    gsize n;

    assert_non_null(run(f, policy, f->guest)->reads);
    f->options.trace = FALSE;
    assert_null(run(f, policy, f->guest)->reads);
    tunes = mom_entity_tunes(f->guest, &n);
    assert_null(tunes[0].reads);
    assert_int_equal(tunes[0].place.line, 1);
}

static void
a_run_that_failed_disturbs_no_later_one(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_ok(mom_policy_store_set(f->store, "p",
                                   "(def f (g) (+ g.cur g.nothing))"
                                   "(with Guests g (f g))",
                                   -1, &error));
    assert_fails(mom_policy_evaluate(f->store, f->host, f->guests, &f->options, &error),
                 MOM_POLICY_ERROR, MOM_POLICY_ERROR_EVAL);
    assert_reads(state, "(with Guests g (g.Control \"c\" g.max))", "-: g.max=100");
}

/* ---- bounds ---- */

static void
many_reads_are_cut(void **state)
{
    Fixture *f = *state;
    g_autoptr(GString) policy = g_string_new(NULL);
    const MomControl *control;

    for (int i = 0; i < 50; i++)
        g_string_append_printf(policy, "(defvar v%d %d)", i, i);
    g_string_append(policy, "(def put (g) (g.Control \"c\" {");
    for (int i = 0; i < 50; i++)
        g_string_append_printf(policy, " v%d", i);
    g_string_append(policy, "}))(with Guests g {v40 v41 v42 v43 v44 v45 (put g)})");
    control = run(f, policy->str, f->guest);
    assert_int_equal(control->reads->names->n, MOM_MAX_READS);
    assert_string_equal(control->reads->names->items[0].name, "v0");
    assert_string_equal(control->reads->names->items[15].name, "v15");
    assert_string_equal(control->reads->names->items[16].name, "v40");
}

static void
deep_calls_are_cut(void **state)
{
    Fixture *f = *state;
    const MomControl *control =
        run(f,
            "(def down (g n) (if (== n 0) (g.Control \"c\" n) (down g (- n 1))))"
            "(with Guests g {(down g 500) g.max})"
            "(with Guests g (g.Control \"d\" g.cur))",
            f->guest);
    g_autofree char *text = NULL;

    assert_non_null(control->reads);
    text = written(mom_entity_get_control(f->guest, "d")->reads);
    assert_string_equal(text, "-: g.cur=10");
}

static void
long_names_are_left_out(void **state)
{
    g_autofree char *name = g_strnfill(201, 'n');
    g_autofree char *policy =
        g_strdup_printf("(defvar %s 1)(def f%s (g) (g.Control \"c\" 1))"
                        "(with Guests g {%s (g.GetVar \"%s\") g.cur (f%s g)})",
                        name, name, name, name, name);

    assert_reads(state, policy, "-: g.cur=10");
}

/* What one function may note. */
#define MAX_READS_OF_ONE 16

/* Two million controls would be gigabytes of reads. */
static void
controls_beyond_the_bound_have_no_reads(void **state)
{
    Fixture *f = *state;
    g_autoptr(GString) policy = g_string_new(NULL);
    const MomControl *control;

    for (int i = 0; i < MAX_READS_OF_ONE; i++)
        g_string_append_printf(policy, "(defvar v%d %d)", i, i);
    g_string_append(policy, "(def a (g) {");
    for (int i = 0; i < MAX_READS_OF_ONE; i++)
        g_string_append_printf(policy, " v%d", i);
    for (int i = 0; i < 300; i++)
        g_string_append(policy, "(g.Control \"c\" 1)");
    g_string_append(policy, "})(def b (g) {");
    for (int i = 0; i < 300; i++)
        g_string_append(policy, "(a g)");
    g_string_append(policy, "})(with Guests g (b g))");
    control = run(f, policy->str, f->guest);
    assert_null(control->reads);
    assert_true(300 * 300 * MAX_READS_OF_ONE * sizeof(MomValue) > MOM_TRACE_MAX_KEPT_BYTES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(variables_and_fields_of_the_expression_are_read),
        TEST(methods_are_read_with_their_arguments),
        TEST(the_innermost_function_comes_first_then_its_callers),
        TEST(what_a_function_read_goes_with_it),
        TEST(each_element_has_reads_of_its_own),
        TEST(the_same_way_has_values_of_its_own),
        TEST(definitions_tell_what_their_variables_were_made_of),
        TEST(what_an_earlier_run_defined_is_forgotten),
        TEST(a_variable_of_a_function_is_not_the_global_one),
        TEST(a_value_is_that_of_its_last_read),
        TEST(what_is_no_plain_value_is_left_out),
        TEST(the_last_setting_of_a_control_counts),
        TEST(a_tune_has_its_place_and_reads),
        TEST(a_plain_run_notes_nothing),
        TEST(a_run_that_failed_disturbs_no_later_one),
        TEST(many_reads_are_cut),
        TEST(deep_calls_are_cut),
        TEST(long_names_are_left_out),
        TEST(controls_beyond_the_bound_have_no_reads),
    };

    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
