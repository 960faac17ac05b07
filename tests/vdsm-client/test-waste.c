/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Letting go of JSON: in pieces that are bounded however large the value is, and wholly.
 *
 * That nothing is left behind, and nothing let go twice, the sanitizers watch.
 */
#include "tests/mom-test.h"

#include <json.h>
#include <string.h>

#include "vdsm-client/waste.h"

static struct json_object *
list_of(guint n)
{
    struct json_object *list = json_object_new_array();
    for (guint i = 0; i < n; i++)
        json_object_array_add(list, json_tokener_parse("{\"vmId\":\"x\",\"disks\":[1,2,3]}"));
    return list;
}

static struct json_object *
object_of(guint n)
{
    struct json_object *object = json_object_new_object();
    for (guint i = 0; i < n; i++) {
        g_autofree char *key = g_strdup_printf("vm-%u", i);
        json_object_object_add(object, key, json_object_new_string("x"));
    }
    return object;
}

static struct json_object *
answer_with(struct json_object *result)
{
    struct json_object *answer = json_tokener_parse("{\"jsonrpc\":\"2.0\",\"id\":\"x\"}");
    json_object_object_add(answer, "result", result);
    return answer;
}

static guint
pieces_of(struct json_object *value)
{
    guint n = 1;
    while (mom_vdsm_waste_some(&value))
        n++;
    assert_null(value);
    return n;
}

static void
a_small_value_goes_at_once(void **state)
{
    assert_int_equal(pieces_of(NULL), 1);
    assert_int_equal(pieces_of(json_object_new_string("x")), 1);
    assert_int_equal(pieces_of(answer_with(json_object_new_boolean(TRUE))), 1);
    assert_int_equal(pieces_of(answer_with(list_of(MOM_VDSM_WASTE_ITEMS))), 1);
    assert_int_equal(pieces_of(answer_with(object_of(MOM_VDSM_WASTE_ITEMS))), 1);
}

static void
a_large_one_goes_in_as_many_pieces_as_its_items_need(void **state)
{
    const guint n = 1000, wanted = (1000 + MOM_VDSM_WASTE_ITEMS - 1) / MOM_VDSM_WASTE_ITEMS;

    assert_int_equal(pieces_of(answer_with(list_of(n))), wanted);
    assert_int_equal(pieces_of(answer_with(object_of(n))), wanted);
    assert_int_equal(pieces_of(list_of(n)), wanted);
    assert_int_equal(pieces_of(object_of(n)), wanted);
    assert_int_equal(pieces_of(answer_with(list_of(MOM_VDSM_WASTE_ITEMS + 1))), 2);
}

static void
no_piece_is_larger_than_it_may(void **state)
{
    struct json_object *list = list_of(1000), *value = answer_with(json_object_get(list));
    gsize left = json_object_array_length(list);

    while (left > MOM_VDSM_WASTE_ITEMS) {
        assert_true(mom_vdsm_waste_some(&value));
        assert_true(left - json_object_array_length(list) <= MOM_VDSM_WASTE_ITEMS);
        left = json_object_array_length(list);
    }
    assert_false(mom_vdsm_waste_some(&value));
    json_object_put(list);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_value_goes_at_once),
        cmocka_unit_test(a_large_one_goes_in_as_many_pieces_as_its_items_need),
        cmocka_unit_test(no_piece_is_larger_than_it_may),
    };
    return cmocka_run_group_tests_name("waste", tests, NULL, NULL);
}
