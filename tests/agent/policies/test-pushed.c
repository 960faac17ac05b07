/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What was pushed: said, forgotten, written and read back.
 */
#include "agent/policies/pushed.h"

#include <string.h>

#include "agent/state/state-records.h"
#include "tests/mom-test.h"

static void
tell(const char *name, const char *text, gpointer out)
{
    g_string_append_printf(out, "%s=%s;", name, text ? text : "-");
}

static void
assert_says(const MomPushed *pushed, const char *expected)
{
    g_autoptr(GString) out = g_string_new(mom_pushed_replaces(pushed) ? "all;" : "");

    mom_pushed_foreach(pushed, tell, out);
    assert_string_equal(out->str, expected);
}

/* The file's text. */
static GString *
write_text(const MomPushed *pushed)
{
    g_autoptr(GPtrArray) records = mom_pushed_to_records(pushed);
    GString *text = g_string_new(NULL);

    for (guint i = 0; records && i < records->len; i++) {
        gsize length;
        const char *line = g_bytes_get_data(records->pdata[i], &length);

        g_string_append_len(text, line, (gssize)length);
    }
    return text;
}

static void
test_names_are_told_in_order_with_removals(void **unused)
{
    g_autoptr(MomPushed) pushed = mom_pushed_new();
    const char *text = "x";

    assert_true(mom_pushed_is_empty(pushed));
    mom_pushed_set(pushed, "b", "2");
    mom_pushed_set(pushed, "a", "1");
    mom_pushed_set(pushed, "c", NULL);
    mom_pushed_set(pushed, "b", "3");
    assert_says(pushed, "a=1;b=3;c=-;");
    assert_true(mom_pushed_get(pushed, "c", &text));
    assert_null(text);
    assert_false(mom_pushed_get(pushed, "d", &text));
    mom_pushed_forget(pushed, "c");
    mom_pushed_forget(pushed, "d");
    assert_says(pushed, "a=1;b=3;");
    mom_pushed_replace_all(pushed);
    assert_says(pushed, "all;");
    assert_false(mom_pushed_is_empty(pushed));
    mom_pushed_clear(pushed);
    assert_true(mom_pushed_is_empty(pushed));
    assert_null(mom_pushed_to_records(pushed));
}

static void
test_it_is_read_back_as_it_was(void **unused)
{
    static const char odd[] = "(defvar a \"\\\" \xc3\xa4 \x01\")\n\t# 1/2\n";
    g_autoptr(MomPushed) pushed = mom_pushed_new();
    g_autoptr(MomPushed) back = mom_pushed_new();
    g_autoptr(GString) text = NULL;
    const char *read;

    mom_pushed_replace_all(pushed);
    mom_pushed_set(pushed, "50_main_", odd);
    mom_pushed_set(pushed, "gone \"\n\xe2\x82\xac", NULL);
    mom_pushed_set(pushed, "", "");
    text = write_text(pushed);
    assert_null(mom_pushed_read(back, text->str, text->len));
    assert_true(mom_pushed_replaces(back));
    assert_true(mom_pushed_get(back, "50_main_", &read));
    assert_string_equal(read, odd);
    assert_true(mom_pushed_get(back, "gone \"\n\xe2\x82\xac", &read));
    assert_null(read);
    assert_true(mom_pushed_get(back, "", &read));
    assert_string_equal(read, "");
}

static void
test_a_large_policy_is_read_back(void **unused)
{
    g_autoptr(MomPushed) pushed = mom_pushed_new();
    g_autoptr(MomPushed) back = mom_pushed_new();
    g_autofree char *large = g_strnfill(1024 * 1024, '"');
    g_autoptr(GString) text = NULL;
    const char *read;

    mom_pushed_set(pushed, "a", large);
    text = write_text(pushed);
    assert_null(mom_pushed_read(back, text->str, text->len));
    assert_true(mom_pushed_get(back, "a", &read));
    assert_string_equal(read, large);
}

static void
test_damage_costs_one_policy(void **unused)
{
    g_autoptr(MomPushed) pushed = mom_pushed_new();
    g_autoptr(MomPushed) back = mom_pushed_new();
    g_autoptr(GString) text = NULL;
    g_autofree char *wrong = NULL;

    mom_pushed_replace_all(pushed);
    mom_pushed_set(pushed, "a", "1");
    mom_pushed_set(pushed, "b", "2");
    mom_pushed_set(pushed, "c", "3");
    text = write_text(pushed);
    text->str[0] ^= 1; /* the first header: the last one stands in */
    *(strstr(text->str, "\"2\"") + 1) = '7';
    wrong = mom_pushed_read(back, text->str, text->len);
    assert_string_equal(wrong, "line 1 is damaged");
    assert_says(back, "all;a=1;c=3;");
}

/* Only another program could have written these: the checksums are right. */
static void
test_odd_records_are_passed_over(void **unused)
{
    static const char *const odd[] = {
        "{}",
        "{\"name\":1,\"text\":\"1\"}",
        "{\"name\":\"no-text\"}",
        "{\"name\":\"number\",\"text\":1}",
        "{\"name\":\"list\",\"text\":[]}",
    };
    g_autoptr(MomPushed) back = mom_pushed_new();
    g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_autoptr(GPtrArray) all = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(odd); i++) {
        json_object *json = json_tokener_parse(odd[i]);

        g_ptr_array_add(records, mom_record_new(json));
        json_object_put(json);
    }
    all = mom_records_join("momd-pushed", 1, NULL, records);
    for (guint i = 0; i < all->len; i++) {
        g_string_append_len(text, g_bytes_get_data(all->pdata[i], NULL),
                            (gssize)g_bytes_get_size(all->pdata[i]));
    }
    assert_null(mom_pushed_read(back, text->str, text->len));
    assert_says(back, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_told_in_order_with_removals),
        cmocka_unit_test(test_it_is_read_back_as_it_was),
        cmocka_unit_test(test_a_large_policy_is_read_back),
        cmocka_unit_test(test_damage_costs_one_policy),
        cmocka_unit_test(test_odd_records_are_passed_over),
    };

    return cmocka_run_group_tests_name("pushed", tests, NULL, NULL);
}
