/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Samples as JSON: types, guests by name, tunes as objects.
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

static void
test_a_host_without_samples_is_an_empty_object(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(host_fields, 3);
    g_autoptr(MomEntity) host = mom_entity_new(schema);
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    json_object *out = mom_statistics_json(host, none);

    assert_int_equal(json_object_object_length(get(out, "host")), 0);
    assert_int_equal(json_object_object_length(get(out, "guests")), 0);
    json_object_put(out);
}

static void
test_nil_stays_nil_and_large_integers_stay_integers(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(host_fields, 3);
    g_autoptr(MomEntity) host = mom_entity_new(schema);
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    MomSample *sample = mom_sample_new(schema, 1);
    json_object *out, *part;

    mom_sample_set(sample, "ksm_pages_sharing", mom_value_int(G_GINT64_CONSTANT(9000000000)));
    mom_sample_set(sample, "mem_free", MOM_NIL);
    mom_entity_add_sample(host, sample, 10);
    out = mom_statistics_json(host, none);
    part = get(out, "host");
    assert_int_equal(json_object_get_int64(get(part, "ksm_pages_sharing")),
                     G_GINT64_CONSTANT(9000000000));
    assert_null(get(part, "mem_free"));
    assert_false(json_object_object_get_ex(part, "ksm_run", NULL));
    json_object_put(out);
}

static void
test_guests_stand_under_their_names_with_tunes_as_objects(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(guest_fields, 4);
    g_autoptr(MomEntity) host = mom_entity_new(schema);
    g_autoptr(MomEntity) guest = mom_entity_new(schema);
    g_autoptr(GPtrArray) guests = g_ptr_array_new();
    MomTune tune = {.name = "sda"};
    MomTuneState now = {.name = "sda", .path = "/dev/x"};
    MomValue items[] = {{.type = MOM_VALUE_TUNE, .object = &tune}};
    MomValue states[] = {{.type = MOM_VALUE_TUNE_STATE, .object = &now}};
    MomList list = {1, items}, state_list = {1, states};
    MomSample *sample = mom_sample_new(schema, 1);
    json_object *out, *part, *first;

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

    out = mom_statistics_json(host, guests);
    part = get(get(out, "guests"), "vm-1");
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
        cmocka_unit_test(test_a_host_without_samples_is_an_empty_object),
        cmocka_unit_test(test_nil_stays_nil_and_large_integers_stay_integers),
        cmocka_unit_test(test_guests_stand_under_their_names_with_tunes_as_objects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
