/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Entities: what lasts, what belongs to a run, and what a failed run leaves (nothing).
 *
 * The run's tunes are a copy: the sample they came from must never change.
 */
#include "policy/entity.h"

#include "tests/mom-test.h"

#include <string.h>

static const char *const names[] = {"balloon_cur", "io_tune", "io_tune_current"};

typedef struct {
    MomSchema *schema;
    MomEntity *entity;
} Fixture;

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->schema = mom_schema_new(names, G_N_ELEMENTS(names));
    f->entity = mom_entity_new(f->schema);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    mom_entity_free(f->entity);
    mom_schema_unref(f->schema);
    g_free(f);
    return 0;
}

static MomValue
list_of(const MomList *list)
{
    return (MomValue){.type = MOM_VALUE_LIST, .list = list};
}

/* A sample with one tune and, second, something odd; the states likewise. */
static MomSample *
sample_with_tunes(MomSchema *schema)
{
    MomSample *sample = mom_sample_new(schema, 0);
    MomTune tune = {.name = "sda"};
    MomTuneState set = {.name = "sda"};
    MomValue tunes[] = {{.type = MOM_VALUE_TUNE, .object = &tune}, mom_value_int(1)};
    MomValue states[] = {{.type = MOM_VALUE_TUNE_STATE, .object = &set}, MOM_NIL};
    MomList tune_list = {.length = 2, .items = tunes};
    MomList state_list = {.length = 2, .items = states};

    mom_limits_set(&tune.current, MOM_LIMIT_READ_IOPS, mom_value_int(100));
    mom_sample_set(sample, "io_tune", list_of(&tune_list));
    mom_sample_set(sample, "io_tune_current", list_of(&state_list));
    return sample;
}

static void
properties_are_replaced_and_typed(void **state)
{
    Fixture *f = *state;
    MomValue v;

    mom_entity_set_property(f->entity, "name", mom_value_string("a"));
    mom_entity_set_property(f->entity, "name", mom_value_string("vm"));
    mom_entity_set_property(f->entity, "pid", mom_value_int(7));
    mom_entity_set_property(f->entity, "pid", mom_value_int(7));
    assert_string_equal(mom_entity_get_string_property(f->entity, "name"), "vm");
    assert_null(mom_entity_get_string_property(f->entity, "pid"));
    assert_null(mom_entity_get_string_property(f->entity, "uuid"));
    assert_true(mom_entity_get_property(f->entity, "pid", &v));
    assert_int_equal(v.integer, 7);
}

static void
the_oldest_samples_go_beyond_the_history(void **state)
{
    Fixture *f = *state;

    assert_null(mom_entity_latest(f->entity));
    for (gint64 t = 1; t <= 5; t++)
        mom_entity_add_sample(f->entity, mom_sample_new(f->schema, t), 3);
    assert_int_equal(mom_entity_n_samples(f->entity), 3);
    assert_int_equal(mom_sample_time_us(mom_entity_sample(f->entity, 0)), 3);
    assert_int_equal(mom_sample_time_us(mom_entity_latest(f->entity)), 5);
    mom_entity_add_sample(f->entity, mom_sample_new(f->schema, 6), 0);
    assert_int_equal(mom_entity_n_samples(f->entity), 0);
}

static void
attributes_are_declared_fields_of_the_newest_sample(void **state)
{
    Fixture *f = *state;
    MomSample *sample = mom_sample_new(f->schema, 0);
    MomValue v;
    gint64 n = 5;

    assert_false(mom_entity_get_attribute(f->entity, "balloon_cur", &v));
    mom_sample_set(sample, "balloon_cur", mom_value_float(12.7));
    mom_sample_set(sample, "odd", mom_value_int(1));
    mom_entity_add_sample(f->entity, sample, 3);
    assert_true(mom_entity_get_int(f->entity, "balloon_cur", &n));
    assert_int_equal(n, 12);
    assert_false(mom_entity_get_attribute(f->entity, "odd", &v));
    assert_false(mom_entity_get_int(f->entity, "io_tune", &n));
}

static void
variables_of_a_run_last_only_if_committed(void **state)
{
    Fixture *f = *state;
    MomValue v;

    mom_entity_begin_run(f->entity);
    mom_entity_set_variable(f->entity, "a", mom_value_string("one"));
    mom_entity_set_variable(f->entity, "b", mom_value_int(2));
    mom_entity_commit_run(f->entity);

    mom_entity_begin_run(f->entity);
    mom_entity_set_variable(f->entity, "a", mom_value_string("other"));
    assert_true(mom_entity_get_variable(f->entity, "a", &v));
    assert_string_equal(v.string, "other");

    mom_entity_begin_run(f->entity);
    assert_true(mom_entity_get_variable(f->entity, "a", &v));
    assert_string_equal(v.string, "one");
    assert_true(mom_entity_get_variable(f->entity, "b", &v));
    assert_false(mom_entity_get_variable(f->entity, "c", &v));
}

static void
count_variable(const char *name, MomValue v, gpointer data)
{
    g_string_append_printf(data, "%s=%s ", name, mom_value_type_name(v.type));
}

static void
variables_that_cannot_last_live_for_the_run(void **state)
{
    Fixture *f = *state;
    g_autoptr(GString) seen = g_string_new(NULL);
    const MomValue items[] = {mom_value_int(1), mom_value_string("x")};
    const MomList list = {.length = 2, .items = items};
    const MomValue self = {.type = MOM_VALUE_ENTITY, .entity = f->entity};
    const MomList odd = {.length = 1, .items = &self};

    mom_entity_begin_run(f->entity);
    mom_entity_set_variable(f->entity, "plain", list_of(&list));
    mom_entity_set_variable(f->entity, "self", self);
    mom_entity_set_variable(f->entity, "odd", list_of(&odd));
    mom_entity_foreach_variable(f->entity, count_variable, seen);
    assert_string_equal(seen->str, "plain=list self=entity odd=list ");
    mom_entity_commit_run(f->entity);
    mom_entity_begin_run(f->entity);
    g_string_truncate(seen, 0);
    mom_entity_foreach_variable(f->entity, count_variable, seen);
    assert_string_equal(seen->str, "plain=list ");
}

static void
a_control_keeps_its_place_and_its_order(void **state)
{
    Fixture *f = *state;
    char policy[] = "02-balloon";
    const MomControl *control;

    mom_entity_begin_run(f->entity);
    mom_entity_set_control(f->entity, "a", mom_value_int(1), (MomPlace){policy, 3, 5});
    mom_entity_set_control(f->entity, "b", mom_value_string("x"), (MomPlace){0});
    mom_entity_set_control(f->entity, "a", mom_value_int(2), (MomPlace){policy, 4, 6});
    strcpy(policy, "xxxxxxxxxx");

    assert_int_equal(mom_entity_n_controls(f->entity), 2);
    assert_string_equal(mom_entity_control(f->entity, 1)->name, "b");
    control = mom_entity_get_control(f->entity, "a");
    assert_int_equal(control->value.integer, 2);
    assert_string_equal(control->place.policy, "02-balloon");
    assert_int_equal(control->place.line, 4);
    assert_null(mom_entity_get_control(f->entity, "c"));

    mom_entity_begin_run(f->entity);
    assert_int_equal(mom_entity_n_controls(f->entity), 0);
}

static void
tunes_of_a_run_are_a_copy(void **state)
{
    Fixture *f = *state;
    gsize n;
    MomTune *tunes;
    MomValue v;

    mom_entity_add_sample(f->entity, sample_with_tunes(f->schema), 3);
    mom_entity_begin_run(f->entity);
    assert_true(mom_entity_get_attribute(f->entity, "io_tune", &v));
    tunes = mom_entity_tunes(f->entity, &n);
    assert_int_equal(n, 2);
    assert_ptr_equal(v.list->items[0].object, tunes);
    assert_int_equal(tunes[1].current.present, 0);
    mom_limits_set(&tunes[0].current, MOM_LIMIT_READ_IOPS, mom_value_int(5));

    mom_entity_begin_run(f->entity);
    tunes = mom_entity_tunes(f->entity, &n);
    assert_int_equal(tunes[0].current.value[MOM_LIMIT_READ_IOPS].integer, 100);
}

static void
states_go_by_position(void **state)
{
    Fixture *f = *state;
    gsize n = 9;
    const MomTuneState *const *states;

    assert_null(mom_entity_tune_states(f->entity, &n));
    assert_int_equal(n, 0);
    assert_null(mom_entity_tunes(f->entity, &n));
    assert_int_equal(n, 0);
    mom_entity_add_sample(f->entity, sample_with_tunes(f->schema), 3);
    states = mom_entity_tune_states(f->entity, &n);
    assert_int_equal(n, 2);
    assert_string_equal(states[0]->name, "sda");
    assert_null(states[1]);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void
a_snapshot_stays_what_the_entity_was(void **state)
{
    static const char *const fields[] = {"a"};
    g_autoptr(MomSchema) schema = mom_schema_new(fields, 1);
    MomEntity *entity = mom_entity_new(schema);
    MomSample *sample = mom_sample_new(schema, 5);
    g_autoptr(MomEntity) snapshot = NULL;
    MomValue v;
    gint64 number;

    mom_sample_set(sample, "a", mom_value_string("first"));
    mom_entity_add_sample(entity, sample, 1);
    mom_entity_set_property(entity, "name", mom_value_string("before"));
    mom_entity_begin_run(entity);
    mom_entity_set_variable(entity, "v", mom_value_int(1));
    mom_entity_commit_run(entity);
    mom_entity_set_control(entity, "c", mom_value_int(1), (MomPlace){0});

    snapshot = mom_entity_snapshot(entity);
    assert_ptr_equal(mom_entity_latest(snapshot),
                     mom_entity_latest(entity)); /* shared, not copied */
    mom_entity_set_property(entity, "name", mom_value_string("after"));
    mom_entity_add_sample(entity, mom_sample_new(schema, 6), 1);
    mom_entity_begin_run(entity);
    mom_entity_set_variable(entity, "v", mom_value_int(2));
    mom_entity_commit_run(entity);
    mom_entity_free(entity);

    assert_string_equal(mom_entity_get_string_property(snapshot, "name"), "before");
    assert_int_equal(mom_entity_n_samples(snapshot), 1);
    assert_int_equal(mom_sample_time_us(mom_entity_latest(snapshot)), 5);
    assert_true(mom_entity_get_attribute(snapshot, "a", &v));
    assert_string_equal(v.string, "first");
    assert_true(mom_entity_get_variable(snapshot, "v", &v));
    assert_true(mom_value_to_int(v, &number));
    assert_int_equal(number, 1);
    assert_int_equal(mom_entity_n_controls(snapshot), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(properties_are_replaced_and_typed),
        CASE(the_oldest_samples_go_beyond_the_history),
        CASE(attributes_are_declared_fields_of_the_newest_sample),
        CASE(variables_of_a_run_last_only_if_committed),
        CASE(variables_that_cannot_last_live_for_the_run),
        CASE(a_control_keeps_its_place_and_its_order),
        CASE(tunes_of_a_run_are_a_copy),
        CASE(states_go_by_position),
        cmocka_unit_test(a_snapshot_stays_what_the_entity_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
