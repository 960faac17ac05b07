/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pieces of a JSON value, see waste.h.
 *
 * Large is what has many items: vdsm's long answers are a list of VMs, or an object of them, in the
 * member `result`.
 */
#include "vdsm-client/waste.h"

#include <json.h>

static gsize
count_items(struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_array:
        return json_object_array_length(value);
    case json_type_object:
        return (gsize)json_object_object_length(value);
    case json_type_null:
    case json_type_boolean:
    case json_type_double:
    case json_type_int:
    case json_type_string:
        break;
    }
    return 0;
}

/* VALUE itself, or its largest member. */
static struct json_object *
find_largest(struct json_object *value)
{
    struct json_object *largest = value;
    gsize most = count_items(value);

    if (!json_object_is_type(value, json_type_object) || most > MOM_VDSM_WASTE_ITEMS)
        return value;
    json_object_object_foreach(value, key, member)
    {
        (void)key;
        if (count_items(member) > most) {
            largest = member;
            most = count_items(member);
        }
    }
    return largest;
}

static void
drop_items(struct json_object *value, gsize n)
{
    if (json_object_is_type(value, json_type_array)) {
        json_object_array_del_idx(value, json_object_array_length(value) - n, n);
        return;
    }
    while (n-- > 0) {
        struct json_object_iterator first = json_object_iter_begin(value);

        json_object_object_del(value, json_object_iter_peek_name(&first));
    }
}

gboolean
mom_vdsm_waste_some(struct json_object **value)
{
    struct json_object *largest = find_largest(*value);

    if (count_items(largest) > MOM_VDSM_WASTE_ITEMS) {
        drop_items(largest, MOM_VDSM_WASTE_ITEMS);
        return TRUE;
    }
    json_object_put(g_steal_pointer(value));
    return FALSE;
}
