/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who is called, in which scope, and where its errors stand.
 *
 * Dynamic scope is the odd part of the language; each rule of it has a row here.
 */
#include "tests/policy/evaluation.h"

static void
errors_stand_at_the_head_of_the_innermost_list(void **state)
{
    MOM_TEST_TABLE({"(+ 1\n ( - 'a'\n 1))", "! p:2:4:"}, {"\n[\n+ nil 1]", "! p:3:1:"},
                   {"{1\n {2\n ()}}", "! p:3:2:"}, {"(\n(a) 1)", "! p:1:1:"}, {"(1 2)", "! p:1:2:"},
                   {"\n ('a')", "! p:2:3:"}, {"(foo\n (/ 1 0))", "! p:1:2: unknown function foo"},
                   {"(+ 1\n x)", "! p:2:2:"}, {"(+ 1\n *)", "! p:2:2: an operator is no value"},
                   {"\n  {\n}", "! p:2:3: eval"}, {"(set\n x 1)", "! p:1:2: undefined symbol x"},
                   {"(with\n x y 1)", "! p:1:2: undefined symbol x"},
                   {"(let\n ((a)) 1)", "! p:1:2: let wants"}, {"(let\n a 1)", "! p:1:2: let wants"},
                   {"(let\n (((b) 1)) 1)", "! p:1:2: let wants"},
                   {"(if\n 1 2)", "! p:1:2: if takes 3"},
                   {"(def\n 1 2 3)", "! p:1:2: argument 1 must be a name"});
}

static void
errors_of_a_function_stand_in_its_body(void **state)
{
    MOM_TEST_TABLE({"(def f (a)\n (+ a nil))\n(f 1)", "! p:2:3:"},
                   {"(def f (a)\n a)\n (f)", "! p:3:3: f takes 1 argument, not 0"},
                   {"(def f a\n a)\n (f)", "! p:3:3: the parameters of f"},
                   {"(def f (1)\n a)\n (f 2)", "! p:3:3: parameter 1 of f"},
                   {"(def f (a)\n a)\n (f\n y)", "! p:4:2: undefined symbol y"});
}

static void
a_function_sees_its_callers_variables(void **state)
{
    MOM_TEST_TABLE({"(def f () v) (let ((v 3)) (f))", "f 3"},
                   {"(def f () (set v 9)) (defvar v 1) (let ((v 3)) {(f) v}) v", "f 1 9 1"},
                   {"(def f () v) (let ((v 3)) 1) (f)", "! p:1:11: undefined symbol v"});
}

static void
arguments_see_the_parameters_before_them(void **state)
{
    MOM_TEST_TABLE(
        {"(def f (x y) (- x y)) (defvar x 1) (defvar y 2) (f y x)", "f 1 2 0"},
        {"(def f (x x) x) (f 1 2)", "f 1"},
        {"(def f (x) {(defvar t 5) x}) (def g (x) t) (f (let ((t 1)) t)) (g {(defvar t 8) 1})",
         "f g 1 8"});
}

static void
scopes_end_where_they_began(void **state)
{
    MOM_TEST_TABLE(
        {"(let ((a 1) (a 2)) a)", "1"}, {"(defvar a 1) (let ((a 2)) (let ((a 3)) a)) a", "1 3 1"},
        {"(if 1 {(defvar a 1)} 0) a", "1 1"}, {"(let ((b 1)) (defvar c 2)) c", "! p:1:28:"},
        {"(defvar s 'xyz') (with s c (defvar d c)) d", "! p:1:42: undefined symbol d"},
        {"(defvar a nil) (defvar a 4) a", "nil nil nil"});
}

static void
variables_hide_functions_and_builtins(void **state)
{
    MOM_TEST_TABLE(
        {"(defvar add abs) (+ -1)", "<callable> 1"},
        {"(let ((sub debug)) (- 1 2)) (- 1 2)", "2 -1"},
        {"(defvar eval debug) {1 2}", "<callable> 2"}, {"(defvar eval nil) {1 2}", "nil 2"},
        {"(defvar let nil) (def f () 1) (f)", "nil f 1"},
        {"(defvar let 1) (def f () 1) (f)", "! p:1:30: no function can be called"},
        {"(def f (let) let) (f 3)", "f 3"}, {"(def add (a b) 99) (add 1 2)", "add 3"},
        {"(defvar f 5) (f {(set f 6) 1})", "! p:1:15: f is a variable of type integer"},
        {"(def f () 1) (def f () 2) (f)", "f f 2"}, {"(def g () (def f () 3)) (g) (f)", "g f 3"},
        {"(def nil () 4) (nil) (let ((nil 5)) nil)", "nil 4 nil"});
}

static void
methods_are_values_too(void **state)
{
    MOM_TEST_TABLE({"(defvar c Host.Control) (c 'a' 1) (Host.GetControl 'a')", "<callable> nil 1"},
                   {"(def twice (f v) (f (f v))) (twice abs -3)", "twice 3"},
                   {"(defvar abs 5) (set abs 5) (abs 1)", "! p:1:29: abs is a variable"},
                   {"Host.nothing", "! p:1:1: undefined symbol Host.nothing"},
                   {"Host.Stat.x.y", "<callable>"}, {"x.y", "! p:1:1: undefined symbol x.y"},
                   {"Host.", "! p:1:1: undefined symbol Host."},
                   {"(defvar a.b 1) a.b", "! p:1:16: undefined symbol a.b"},
                   {"(defvar a.b 1) (set a.b 2)", "1 2"},
                   {"(set Host.a 1)", "! p:1:2: undefined symbol Host.a"});
}

static void
a_nearer_variable_without_the_attribute_is_passed_over(void **state)
{
    MOM_TEST_TABLE({"(let ((Host 5)) (Host.GetControl 'a'))", "nil"},
                   {"(let ((Host 5)) Host)", "5"},
                   {"(let ((Host 5)) (Host 1))", "! p:1:18: Host is a variable of type integer"});
}

static void
with_goes_over_strings_by_character(void **state)
{
    MOM_TEST_TABLE({"(defvar s 'a\xc3\xa9\xe2\x82\xac') (with s c (+ c c))",
                    "a\xc3\xa9\xe2\x82\xac (aa \xc3\xa9\xc3\xa9 \xe2\x82\xac\xe2\x82\xac)"},
                   {"(with Guests g 1) (if Guests 1 0) Guests", "() 0 <collection of guests>"},
                   {"(defvar n 5) (with n c 1)", "! p:1:15: with cannot go over n"},
                   {"(with nil c 1)", "! p:1:2: undefined symbol nil"},
                   {"(with 'a' c 1)", "! p:1:2: argument 1 must be a name"},
                   {"(with Guests 1 1)", "! p:1:2: argument 2 must be a name"});
}

static void
what_was_done_before_an_error_stands(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(NULL, 0);
    g_autoptr(MomEntity) host = mom_entity_new(schema);
    g_autoptr(GPtrArray) guests = g_ptr_array_new();
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GArray) results = g_array_new(FALSE, FALSE, sizeof(MomValue));
    g_autoptr(GError) error = NULL;
    const MomPolicyRunOptions options = {.results = results};

    assert_ok(mom_policy_store_set(store, "a", "1 (Host.Control 'x' 7)", -1, &error));
    assert_ok(mom_policy_store_set(store, "b", "2\n(+ (Host.Control 'y' 8) 1)\n3", -1, &error));
    assert_false(mom_policy_evaluate(store, host, guests, &options, &error));
    assert_string_equal(error->message, "b:2:2: + cannot take nil and integer");
    assert_int_equal(mom_policy_error_place(error).line, 2);
    assert_int_equal(results->len, 3);
    assert_int_equal(mom_entity_get_control(host, "x")->value.integer, 7);
    assert_int_equal(mom_entity_get_control(host, "y")->value.integer, 8);
}

static void
functions_cross_policies_and_keep_their_place(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(NULL, 0);
    g_autoptr(MomEntity) host = mom_entity_new(schema);
    g_autoptr(GPtrArray) guests = g_ptr_array_new();
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *found = NULL;

    assert_ok(mom_policy_store_set(store, "a", "(def f (n)\n  (/ 1 n))", -1, &error));
    assert_ok(mom_policy_store_set(store, "b", "(f 2) (+ (f 1)\n(f 0))", -1, &error));
    found = mom_test_run(store, host, guests);
    assert_string_equal(found, "! a:2:4: division by zero");
    assert_ok(mom_policy_store_set(store, "b", "(f 2) (+ (f 1)\n(f x))", -1, &error));
    g_free(found);
    found = mom_test_run(store, host, guests);
    assert_string_equal(found, "! b:2:4: undefined symbol x");
}

static void
collect_text(const MomPlace *place, const char *text, gpointer data)
{
    g_string_append_printf(data, "%s:%u:%u %s\n", place->policy, place->line, place->column, text);
}

static void
debug_tells_where_it_stands(void **state)
{
    g_autoptr(MomSchema) schema = mom_schema_new(NULL, 0);
    g_autoptr(MomEntity) host = mom_entity_new(schema);
    g_autoptr(GPtrArray) guests = g_ptr_array_new();
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GString) seen = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const MomPolicyRunOptions options = {.debug = collect_text, .debug_data = seen};

    assert_ok(mom_policy_store_set(store, "p", "\n (debug 'size' 2.0 nil)", -1, &error));
    assert_ok(mom_policy_evaluate(store, host, guests, &options, &error));
    assert_string_equal(seen->str, "p:2:3 size 2.0 nil\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_stand_at_the_head_of_the_innermost_list),
        cmocka_unit_test(errors_of_a_function_stand_in_its_body),
        cmocka_unit_test(a_function_sees_its_callers_variables),
        cmocka_unit_test(arguments_see_the_parameters_before_them),
        cmocka_unit_test(scopes_end_where_they_began),
        cmocka_unit_test(variables_hide_functions_and_builtins),
        cmocka_unit_test(methods_are_values_too),
        cmocka_unit_test(a_nearer_variable_without_the_attribute_is_passed_over),
        cmocka_unit_test(with_goes_over_strings_by_character),
        cmocka_unit_test(what_was_done_before_an_error_stands),
        cmocka_unit_test(functions_cross_policies_and_keep_their_place),
        cmocka_unit_test(debug_tells_where_it_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
