/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Samples as JSON and as text: types, guests by name, tunes as objects, parts.
 */
#include "agent/statistics.h"

#include "tests/mom-test.h"

static const char *const host_fields[] = {"ksm_run", "ksm_pages_sharing", "mem_free"};
static const char *const guest_fields[] = {"balloon_cur", "mem_unused", "io_tune",
                                           "io_tune_current"};

static json_object *
get(json_object *from, const char *key)
{
    json_object *value = NULL;

    assert_true(json_object_object_get_ex(from, key, &value));
    return value;
}

/* What is written of GUESTS, read again; the parts are counted in *N. */
static json_object *
write_guests(GPtrArray *guests, guint *n)
{
    MomRpcParts *parts = mom_statistics_guests(guests);
    g_autoptr(GString) text = g_string_new(NULL);
    json_object *out;

    for (*n = 1; parts->klass->next(parts, &mom_rpc_notation_json, text); (*n)++) {
    }
    mom_rpc_parts_free(parts);
    out = json_tokener_parse(text->str);
    assert_non_null(out);
    return out;
}

static void
add_guest(GPtrArray *guests, MomSchema *schema, const char *name, gint64 unused_kib)
{
    MomEntity *guest = mom_entity_new(schema);
    MomSample *sample = mom_sample_new(schema, 1);

    mom_sample_set(sample, "mem_unused", mom_value_int(unused_kib));
    mom_entity_add_sample(guest, sample, 10);
    if (name)
        mom_entity_set_property(guest, "name", mom_value_string(name));
    g_ptr_array_add(guests, guest);
}

static void
test_what_has_no_samples_is_an_empty_object(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(host_fields, 3);
    g_autoptr(MomEntity) entity = mom_entity_new(schema);
    g_autoptr(GPtrArray) guests = g_ptr_array_new();
    json_object *out = mom_statistics_host(entity);
    guint parts;

    assert_int_equal(json_object_object_length(out), 0);
    json_object_put(out);
    out = write_guests(guests, &parts);
    assert_int_equal(json_object_object_length(out), 0);
    assert_int_equal(parts, 1);
    json_object_put(out);
    mom_entity_set_property(entity, "name", mom_value_string("new"));
    g_ptr_array_add(guests, entity);
    out = write_guests(guests, &parts);
    assert_string_equal(json_object_to_json_string_ext(out, JSON_C_TO_STRING_PLAIN),
                        "{\"new\":{}}");
    json_object_put(out);
}

static void
test_nil_stays_nil_and_large_integers_stay_integers(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(host_fields, 3);
    g_autoptr(MomEntity) host = mom_entity_new(schema);
    MomSample *sample = mom_sample_new(schema, 1);
    json_object *out;

    mom_sample_set(sample, "ksm_pages_sharing", mom_value_int(G_GINT64_CONSTANT(9000000000)));
    mom_sample_set(sample, "mem_free", MOM_NIL);
    mom_entity_add_sample(host, sample, 10);
    out = mom_statistics_host(host);
    assert_int_equal(json_object_get_int64(get(out, "ksm_pages_sharing")),
                     G_GINT64_CONSTANT(9000000000));
    assert_null(get(out, "mem_free"));
    assert_false(json_object_object_get_ex(out, "ksm_run", NULL));
    json_object_put(out);
}

/* Every kind of value that a field may have, as each protocol writes it. */
static void
test_values_are_written_in_the_callers_notation(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g"};
    g_autoptr(MomSchema) schema = mom_schema_new(names, G_N_ELEMENTS(names));
    g_autoptr(MomEntity) guest = mom_entity_new(schema);
    g_autoptr(GPtrArray) guests = g_ptr_array_new();
    g_autoptr(GString) xml = g_string_new(NULL);
    const MomList none = {0};
    const MomValue values[] = {MOM_NIL,
                               mom_value_bool(TRUE),
                               mom_value_int(G_MININT64),
                               mom_value_int(-7),
                               mom_value_float(0.5),
                               mom_value_string("<&\">"),
                               {.type = MOM_VALUE_LIST, .list = &none}};
    MomSample *sample = mom_sample_new(schema, 1);
    MomRpcParts *parts;
    json_object *out;
    guint n;

    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        mom_sample_set(sample, names[i], values[i]);
    mom_entity_add_sample(guest, sample, 10);
    mom_entity_set_property(guest, "name", mom_value_string("vm"));
    g_ptr_array_add(guests, guest);
    out = write_guests(guests, &n);
    assert_string_equal(json_object_to_json_string_ext(out, JSON_C_TO_STRING_PLAIN),
                        "{\"vm\":{\"a\":null,\"b\":true,\"c\":-9223372036854775808,\"d\":-7,"
                        "\"e\":0.5,\"f\":\"<&\\\">\",\"g\":[]}}");
    json_object_put(out);
    parts = mom_statistics_guests(guests);
    assert_false(parts->klass->next(parts, &mom_rpc_notation_xml, xml));
    mom_rpc_parts_free(parts);
    assert_string_equal(
        xml->str,
        "<value><struct>\n<member><name>vm</name><value><struct>\n"
        "<member><name>a</name><value><nil/></value>\n</member>\n"
        "<member><name>b</name><value><boolean>1</boolean></value>\n</member>\n"
        "<member><name>c</name><value><i8>-9223372036854775808</i8></value>\n</member>\n"
        "<member><name>d</name><value><int>-7</int></value>\n</member>\n"
        "<member><name>e</name><value><double>0.5</double></value>\n</member>\n"
        "<member><name>f</name><value><string>&lt;&amp;\"&gt;</string></value>\n</member>\n"
        "<member><name>g</name><value><array><data>\n</data></array></value>\n</member>\n"
        "</struct></value>\n</member>\n</struct></value>\n");
}

/* As it was when it was asked for, however long writing takes. */
static void
test_many_guests_are_written_in_parts(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(guest_fields, 4);
    g_autoptr(GPtrArray) guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_entity_free);
    g_autoptr(GString) text = g_string_new(NULL);
    MomRpcParts *parts;
    json_object *out;
    guint n = 1;

    for (guint i = 0; i < 3 * MOM_STATISTICS_GUESTS; i++) {
        g_autofree char *name = g_strdup_printf("vm-%u", i);

        add_guest(guests, schema, name, i);
    }
    parts = mom_statistics_guests(guests);
    for (; parts->klass->next(parts, &mom_rpc_notation_json, text); n++)
        g_ptr_array_set_size(guests, 0);
    mom_rpc_parts_free(parts);
    assert_int_equal(n, 3);
    out = json_tokener_parse(text->str);
    assert_int_equal(json_object_object_length(out), 3 * MOM_STATISTICS_GUESTS);
    assert_int_equal(json_object_get_int64(get(get(out, "vm-700"), "mem_unused")), 700);
    json_object_put(out);
}

static void
test_a_name_stands_once_with_the_later_guests_values(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(guest_fields, 4);
    g_autoptr(GPtrArray) guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_entity_free);
    MomRpcParts *parts;
    g_autoptr(GString) text = g_string_new(NULL);

    add_guest(guests, schema, "twin", 1);
    add_guest(guests, schema, "other", 2);
    add_guest(guests, schema, "twin", 3);
    add_guest(guests, schema, NULL, 4);
    parts = mom_statistics_guests(guests);
    assert_false(parts->klass->next(parts, &mom_rpc_notation_json, text));
    mom_rpc_parts_free(parts);
    assert_string_equal(text->str, "{\"twin\":{\"mem_unused\":3},\"other\":{\"mem_unused\":2}}");
}

static void
test_guests_stand_under_their_names_with_tunes_as_objects(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(guest_fields, 4);
    g_autoptr(MomEntity) guest = mom_entity_new(schema);
    g_autoptr(GPtrArray) guests = g_ptr_array_new();
    MomTune tune = {.name = "sda"};
    MomTuneState now = {.name = "sda", .path = "/dev/x"};
    MomValue items[] = {{.type = MOM_VALUE_TUNE, .object = &tune}};
    MomValue states[] = {{.type = MOM_VALUE_TUNE_STATE, .object = &now}};
    MomList list = {1, items}, state_list = {1, states};
    MomSample *sample = mom_sample_new(schema, 1);
    json_object *out, *part, *first;
    guint n;

    mom_limits_set(&tune.maximum, MOM_LIMIT_READ_BYTES, mom_value_int(5));
    mom_limits_set(&tune.maximum, MOM_LIMIT_TOTAL_BYTES, MOM_NIL);
    mom_limits_set(&now.io_tune, MOM_LIMIT_READ_BYTES, mom_value_int(7));
    mom_sample_set(sample, "io_tune", (MomValue){.type = MOM_VALUE_LIST, .list = &list});
    mom_sample_set(sample, "io_tune_current",
                   (MomValue){.type = MOM_VALUE_LIST, .list = &state_list});
    mom_sample_set(sample, "mem_free", mom_value_int(3)); /* an extra */
    mom_entity_add_sample(guest, sample, 10);
    mom_entity_set_property(guest, "name", mom_value_string("vm-1"));
    g_ptr_array_add(guests, guest);

    out = write_guests(guests, &n);
    part = get(out, "vm-1");
    assert_int_equal(json_object_get_int64(get(part, "mem_free")), 3);
    first = json_object_array_get_idx(get(part, "io_tune"), 0);
    assert_string_equal(json_object_get_string(get(first, "name")), "sda");
    assert_null(get(first, "path"));
    first = get(get(first, "maximum"), "vals");
    assert_int_equal(json_object_get_int64(get(first, "read_bytes_sec")), 5);
    assert_null(get(first, "total_bytes_sec"));
    assert_false(json_object_object_get_ex(first, "write_bytes_sec", NULL));
    first = json_object_array_get_idx(get(part, "io_tune_current"), 0);
    assert_int_equal(json_object_get_int64(get(get(first, "ioTune"), "read_bytes_sec")), 7);
    json_object_put(out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_has_no_samples_is_an_empty_object),
        cmocka_unit_test(test_nil_stays_nil_and_large_integers_stay_integers),
        cmocka_unit_test(test_values_are_written_in_the_callers_notation),
        cmocka_unit_test(test_many_guests_are_written_in_parts),
        cmocka_unit_test(test_a_name_stands_once_with_the_later_guests_values),
        cmocka_unit_test(test_guests_stand_under_their_names_with_tunes_as_objects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
