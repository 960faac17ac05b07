/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Schemas and samples: declared fields, extras, and owned copies.
 *
 * Absent, nil and undeclared are three things and stay three.
 */
#include "policy/iotune.h"
#include "policy/entity.h"

#include "tests/mom-test.h"

#include <string.h>

static const char *const names[] = {"mem_free", "swap", "mem_free", "label"};

static void
a_schema_keeps_order_and_drops_duplicates(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(names, G_N_ELEMENTS(names));
    g_autoptr(MomSchema) again = mom_schema_ref(schema);

    assert_int_equal(mom_schema_size(again), 3);
    assert_string_equal(mom_schema_name(schema, 2), "label");
    assert_int_equal(mom_schema_index(schema, "swap"), 1);
    assert_int_equal(mom_schema_index(schema, "swa"), -1);
}

/* As many as one likes, whatever they look like. */
static void
a_schema_finds_each_of_many_names(void **state)
{
    g_autoptr(GPtrArray) many = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(MomSchema) schema = NULL;
    g_autoptr(MomSchema) none = mom_schema_new(NULL, 0);

    g_ptr_array_add(many, g_strdup(""));
    for (int i = 0; i < 300; i++)
        g_ptr_array_add(many, g_strdup_printf("f%d_same_middle_%d_x", i, i % 7));
    schema = mom_schema_new((const char *const *)(gconstpointer)many->pdata, many->len);
    assert_int_equal(mom_schema_size(schema), many->len);
    for (guint i = 0; i < many->len; i++)
        assert_int_equal(mom_schema_index(schema, many->pdata[i]), i);
    assert_int_equal(mom_schema_index(schema, "f300_same_middle_6_x"), -1);
    assert_int_equal(mom_schema_index(none, "f"), -1);
    assert_int_equal(mom_schema_index(none, ""), -1);
}

static void
absent_nil_and_extra_are_told_apart(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(names, G_N_ELEMENTS(names));
    g_autoptr(MomSample) sample = mom_sample_new(schema, 42);
    MomValue v = mom_value_int(99);

    mom_sample_set(sample, "swap", MOM_NIL);
    mom_sample_set(sample, "odd", mom_value_int(1));
    mom_sample_set(sample, "odd", mom_value_int(2));

    assert_int_equal(mom_sample_time_us(sample), 42);
    assert_false(mom_sample_get(sample, "mem_free", &v));
    assert_int_equal(v.integer, 99);
    assert_true(mom_sample_get(sample, "odd", &v));
    assert_int_equal(v.integer, 2);
    assert_true(mom_sample_get_field(sample, 1, &v));
    assert_true(mom_value_is_nil(v));
    assert_false(mom_sample_get(sample, "nowhere", &v));
}

static void
a_sample_owns_its_values(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(names, G_N_ELEMENTS(names));
    g_autoptr(MomSample) sample = mom_sample_new(schema, 0);
    char text[] = "old";
    MomValue v;

    mom_sample_set(sample, "label", mom_value_string(text));
    strcpy(text, "new");
    assert_true(mom_sample_get(sample, "label", &v));
    assert_string_equal(v.string, "old");
}

static void
an_entity_in_a_sample_becomes_nil(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(names, G_N_ELEMENTS(names));
    g_autoptr(MomEntity) entity = mom_entity_new(schema);
    g_autoptr(MomSample) sample = mom_sample_new(schema, 0);
    MomValue v = mom_value_int(1);

    mom_sample_set(sample, "label", (MomValue){.type = MOM_VALUE_ENTITY, .entity = entity});
    assert_true(mom_sample_get(sample, "label", &v));
    assert_true(mom_value_is_nil(v));
}

static void
collect_name(const char *name, MomValue v, gpointer data)
{
    g_string_append_printf(data, "%s ", name);
}

static void
keys_come_in_schema_order_then_extras(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(names, G_N_ELEMENTS(names));
    g_autoptr(MomSample) sample = mom_sample_new(schema, 0);
    g_autoptr(GString) seen = g_string_new(NULL);

    mom_sample_set(sample, "odd", MOM_NIL);
    mom_sample_set(sample, "label", MOM_NIL);
    mom_sample_set(sample, "mem_free", MOM_NIL);
    mom_sample_foreach(sample, collect_name, seen);
    assert_string_equal(seen->str, "mem_free label odd ");
}

/* Of several collectors' samples the first value that is not nil wins, a nil one wins over none. */
static void
merging_fills_what_is_absent_or_nil(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(names, G_N_ELEMENTS(names));
    g_autoptr(MomSample) into = mom_sample_new(schema, 0);
    MomSample *from = mom_sample_new(schema, 0);
    g_autoptr(GString) seen = g_string_new(NULL);
    MomValue v;

    mom_sample_set(into, "mem_free", mom_value_int(1));
    mom_sample_set(into, "label", MOM_NIL);
    mom_sample_set(into, "odd", MOM_NIL);
    mom_sample_set(into, "even", mom_value_int(2));
    mom_sample_set(from, "mem_free", mom_value_int(3));
    mom_sample_set(from, "swap", MOM_NIL);
    mom_sample_set(from, "label", mom_value_string("text"));
    mom_sample_set(from, "even", mom_value_int(4));
    mom_sample_set(from, "odd", mom_value_int(5));
    mom_sample_set(from, "more", mom_value_int(6));
    mom_sample_merge(into, from);
    mom_sample_free(from);
    mom_sample_foreach(into, collect_name, seen);
    assert_string_equal(seen->str, "mem_free swap label odd even more ");
    assert_true(mom_sample_get(into, "mem_free", &v) && v.integer == 1);
    assert_true(mom_sample_get(into, "swap", &v) && mom_value_is_nil(v));
    assert_true(mom_sample_get(into, "label", &v) && strcmp(v.string, "text") == 0);
    assert_true(mom_sample_get(into, "even", &v) && v.integer == 2);
    assert_true(mom_sample_get(into, "odd", &v) && v.integer == 5);
    assert_true(mom_sample_get(into, "more", &v) && v.integer == 6);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schema_keeps_order_and_drops_duplicates),
        cmocka_unit_test(a_schema_finds_each_of_many_names),
        cmocka_unit_test(absent_nil_and_extra_are_told_apart),
        cmocka_unit_test(a_sample_owns_its_values),
        cmocka_unit_test(an_entity_in_a_sample_becomes_nil),
        cmocka_unit_test(keys_come_in_schema_order_then_extras),
        cmocka_unit_test(merging_fills_what_is_absent_or_nil),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
