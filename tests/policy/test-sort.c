/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sort-by: order, stability, scope, and keys that have no order.
 *
 * Lists come from strings: (l 'cab') is the list of c, a and b.
 */
#include "tests/policy/evaluation.h"

#define LIST "(def l (s) (with s c c))\n"

static void
expect(const char *text, const char *wanted)
{
    g_autofree char *full_text = g_strconcat(LIST, text, NULL);
    g_autofree char *full_wanted = g_strconcat(wanted[0] == '!' ? "" : "l ", wanted, NULL);

    mom_test_expect(full_text, full_wanted);
}

static void
expect_all(const MomTestCase *cases, gsize n)
{
    for (gsize i = 0; i < n; i++)
        expect(cases[i].text, cases[i].expect);
}

#define TABLE(...)                                                                                 \
    do {                                                                                           \
        const MomTestCase cases[] = {__VA_ARGS__};                                                 \
                                                                                                   \
        expect_all(cases, G_N_ELEMENTS(cases));                                                    \
    } while (0)

static void
elements_come_in_ascending_order_of_their_keys(void **state)
{
    TABLE(
        {"(sort-by (l 'cab') x x)", "(a b c)"},
        {"(def n (c) (cond ((== c 'a') 10) ((== c 'b') 9.5) (1 -1))) "
         "(sort-by (l 'abc') x (n x)) (sort-by (l 'abc') x (- 0 (n x)))",
         "n (c b a) (a b c)"},
        {"(sort-by (l '') x undefined)", "()"},
        {"(sort-by (l '\xe2\x82\xac\xf0\x9f\x98\x80z') x x)", "(z \xe2\x82\xac \xf0\x9f\x98\x80)"});
}

static void
keys_are_compared_exactly(void **state)
{
    expect("(def k (c) (cond ((== c 'a') 9007199254740993) ((== c 'b') "
           "9007199254740992.0) (1 (> 2 1)))) (sort-by (l 'abc') x (k x))",
           "k (c b a)");
}

/* Two hundred elements, so that every way of merging is gone; b and d count alike. */
static void
equal_keys_keep_their_order(void **state)
{
    g_autofree char *word = mom_test_repeat("bdac", 50);
    g_autofree char *ordered = mom_test_repeat("b d ", 50);
    g_autofree char *others = mom_test_repeat("a c ", 50);
    g_autofree char *text =
        g_strdup_printf("(sort-by (l '%s') x (if (or (== x 'b') (== x 'd')) 0.0 0))", word);
    g_autofree char *parted =
        g_strdup_printf("(sort-by (l '%s') x (if (or (== x 'b') (== x 'd')) 0 1))", word);
    g_autofree char *same = mom_test_repeat("b d a c ", 50);
    g_autofree char *wanted_same = g_strdup_printf("(%s)", g_strchomp(same));
    g_autofree char *wanted_parted = g_strdup_printf("(%s%s)", ordered, g_strchomp(others));

    expect(text, wanted_same);
    expect(parted, wanted_parted);
}

static void
the_list_itself_is_left_alone(void **state)
{
    expect("(defvar l (l 'ba')) (defvar s (sort-by l x x)) l s", "(b a) (a b) (b a) (a b)");
}

static void
each_key_has_a_scope_of_its_own(void **state)
{
    TABLE({"(defvar n 0) (defvar x 'out') (sort-by (l 'ba') x {(set n (+ n 1)) (defvar y n) "
           "(- 0 y)}) x n",
           "0 out (a b) out 2"},
          {"(sort-by (l 'ba') x x) x", "! p:2:24: undefined symbol x"},
          {"(defvar n 'ba') (sort-by (with n c (l 'dc')) e (sum (sort-by e x 1)))",
           "! p:2:49: sum takes a list of numbers, but item 1 is string"},
          {"(defvar n 'ba') (sort-by (with n c (l 'dc')) e 1)", "ba ((d c) (d c))"});
}

static void
keys_without_an_order_are_errors(void **state)
{
    TABLE({"(sort-by (l 'a') x nil)", "! p:2:2: a key of sort-by is a number or a string, no"},
          {"(sort-by (l 'ab') x (l 'a'))", "! p:2:2: a key of sort-by is a number"},
          {"(sort-by (l 'ab') x (if (== x 'a') 1 x))",
           "! p:2:2: sort-by cannot compare string with integer"},
          {"(sort-by (l 'ab') x (- 1e999 1e999))", "! p:2:2: a key of sort-by is not a numb"},
          {"(sort-by (l 'ab')\n x (/ 1 0))", "! p:3:5: division by zero"});
}

static void
arguments_are_checked_from_left_to_right(void **state)
{
    TABLE({"(sort-by 'cab' x x)", "! p:2:2: sort-by takes a list or the guests, not str"},
          {"(sort-by nil x x)", "! p:2:2: sort-by takes a list or the guests, not nil"},
          {"(sort-by undefined 5 x)", "! p:2:10: undefined symbol"},
          {"(sort-by (l 'a') 5 1)", "! p:2:2: argument 2 must be a name"},
          {"(sort-by (l 'a') x)", "! p:2:2: sort-by takes 3 arguments, not 2"});
}

static void
guests_are_sorted_without_moving_them(void **state)
{
    const char *const names[] = {"mem"};
    g_autoptr(MomSchema) schema = mom_schema_new(names, 1);
    g_autoptr(MomEntity) host = mom_entity_new(schema);
    g_autoptr(GPtrArray) guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_entity_free);
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *found = NULL;

    for (gint64 i = 0; i < 4; i++) {
        MomSample *sample = mom_sample_new(schema, 0);

        mom_sample_set(sample, "mem", mom_value_int(i * 7 % 4));
        g_ptr_array_add(guests, mom_entity_new(schema));
        mom_entity_add_sample(guests->pdata[i], sample, 1);
    }
    assert_ok(mom_policy_store_set(store, "p",
                                   "(defvar sorted (sort-by Guests g (g.Stat 'mem'))) "
                                   "(with Guests g g.mem) (with sorted g g.mem)",
                                   -1, &error));
    found = mom_test_run(store, host, guests);
    assert_string_equal(found, "(<entity> <entity> <entity> <entity>) (0 3 2 1) (0 1 2 3)");
}

static void
sorting_costs_steps(void **state)
{
    g_autofree char *word = mom_test_repeat("x", 1000);
    g_autofree char *head = g_strdup_printf(
        "(defvar k (* 'k' 60000)) (defvar s '%s') (defvar many (* (with s c k) 20)) ", word);
    g_autofree char *works = g_strconcat(head, "(valid (sort-by many x 1))", NULL);
    g_autofree char *refused = g_strconcat(head, "(valid (sort-by many x x))", NULL);
    g_autofree char *gave = mom_test_evaluate(works, strlen(works));
    g_autofree char *found = mom_test_evaluate(refused, strlen(refused));

    assert_true(g_str_has_suffix(gave, " true"));
    assert_true(g_str_has_prefix(found, "! p:1:"));
    assert_non_null(strstr(found, "too many steps"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_come_in_ascending_order_of_their_keys),
        cmocka_unit_test(keys_are_compared_exactly),
        cmocka_unit_test(equal_keys_keep_their_order),
        cmocka_unit_test(the_list_itself_is_left_alone),
        cmocka_unit_test(each_key_has_a_scope_of_its_own),
        cmocka_unit_test(keys_without_an_order_are_errors),
        cmocka_unit_test(arguments_are_checked_from_left_to_right),
        cmocka_unit_test(guests_are_sorted_without_moving_them),
        cmocka_unit_test(sorting_costs_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
