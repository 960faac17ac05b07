/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The limits of a run: each one reached, from both sides where that is cheap.
 *
 * A limit that is reached ends the run with an error at a place; it must never crash or hang.
 */
#include "tests/policy/evaluation.h"

/* A list of 10^6 ones, in a few steps. */
#define MILLION "(defvar s 'a') (defvar l (with s c 1)) (defvar m (* l 1000000)) "

/* Runs TEXT with MAX_STEPS; the code of the error, or -1. */
static int
error_code(const char *text, guint64 max_steps)
{
    g_autoptr(MomSchema) schema = mom_schema_new(NULL, 0);
    g_autoptr(MomEntity) host = mom_entity_new(schema);
    g_autoptr(GPtrArray) guests = g_ptr_array_new();
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GError) error = NULL;
    const MomPolicyRunOptions options = {.max_steps = max_steps};

    assert_ok(mom_policy_store_set(store, "p", text, -1, &error));
    if (mom_policy_evaluate(store, host, guests, &options, &error))
        return -1;
    assert_int_equal(error->domain, MOM_POLICY_ERROR);
    assert_string_equal(mom_policy_error_place(error).policy, "p");
    assert_true(mom_policy_error_place(error).line > 0);
    return error->code;
}

static void
two_hundred_nested_calls_work(void **state)
{
    MOM_TEST_TABLE(
        {"(def d (n) (if (> n 0) {(let ((m (- n 1))) (+ 1 (d m)))} 0)) (d 200)", "d 200"},
        {"(def f (n) (if (== n 0) 0 (+ 1 (f (- n 1))))) (f 600)", "f 600"});
}

static void
endless_recursion_is_an_error(void **state)
{
    MOM_TEST_TABLE({"(def f () (f))\n(f)", "! p:1:12: calls nested more than 1000 deep"},
                   {"(def f (n) (f (f n))) (f 0)", "! p:1:"},
                   {"(def f (n) (g n)) (def g (n) {(f (+ n 1))}) (f 0)", "! p:1:"});
    assert_int_equal(error_code("(def f () (f)) (f)", 0), MOM_POLICY_ERROR_LIMIT);
}

static void
recursion_through_deep_expressions_is_an_error(void **state)
{
    const char *const layers[][2] = {
        {"{", "}"},          {"(+ 1 ", ")"},   {"(if 1 ", " 0)"}, {"(let ((a 1)) ", ")"},
        {"(with s c ", ")"}, {"(debug ", ")"}, {"(max 1 ", ")"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(layers); i++) {
        g_autofree char *open = mom_test_repeat(layers[i][0], 200);
        g_autofree char *close = mom_test_repeat(layers[i][1], 200);
        g_autofree char *text =
            g_strconcat("(defvar s 'x') (def f (n) ", open, "(f n)", close, ") (f 0)", NULL);

        assert_int_equal(error_code(text, 0), MOM_POLICY_ERROR_LIMIT);
    }
}

static void
steps_are_limited(void **state)
{
    const char *loop = "(def f (n) (if (> n 0) (f (- n 1)) 0)) (def g (n) {(f 500) (g (- n 1))}) "
                       "(def h (n) {(g 1) (h 1)}) (f 500)";

    assert_int_equal(error_code(loop, 100), MOM_POLICY_ERROR_LIMIT);
    assert_int_equal(error_code(loop, 0), -1);
    assert_int_equal(error_code("1 2 3", 3), -1);
    assert_int_equal(error_code("1 2 3", 2), MOM_POLICY_ERROR_LIMIT);
}

/* Twenty functions that each call the one before twice: a million calls, no deep nesting. */
static void
a_loop_by_doubling_ends(void **state)
{
    g_autoptr(GString) text = g_string_new("(def f0 () 1)\n");

    for (int i = 1; i <= 30; i++)
        g_string_append_printf(text, "(def f%d () {(f%d) (f%d)})\n", i, i - 1, i - 1);
    g_string_append(text, "(f30)");
    assert_int_equal(error_code(text->str, 0), MOM_POLICY_ERROR_LIMIT);
}

static void
lists_are_limited(void **state)
{
    MOM_TEST_TABLE({MILLION "(null (+ m l))", "! p:1:72: a list of more than 1000000 elements"},
                   {"(defvar s 'a') (* (with s c 1) 1000001)", "! p:1:17: a list of more"},
                   {"(defvar s 'a') (* (with s c 1) 9223372036854775807)", "! p:1:17: a list of"});
}

static void
strings_are_limited(void **state)
{
    MOM_TEST_TABLE({"(null (* 'a' 65536))", "false"},
                   {"(* 'a' 65537)", "! p:1:2: a string of more than 65536 bytes"},
                   {"(* 'ab' 9223372036854775807)", "! p:1:2: a string of more"},
                   {"(+ (* 'a' 65536) 'b')", "! p:1:2: a string of more"});
}

static void
lists_nest_in_values_up_to_a_limit(void **state)
{
    const char *head = "(defvar s 'x') (defvar l 0) (def w (n) (if (> n 0) {(set l (with s c l)) "
                       "(w (- n 1))} 0)) ";
    g_autofree char *works = g_strconcat(head, "(w 256) (== l l)", NULL);
    g_autofree char *refused = g_strconcat(head, "(w 257)", NULL);

    assert_int_equal(error_code(works, 0), -1);
    assert_int_equal(error_code(refused, 0), MOM_POLICY_ERROR_LIMIT);
}

/* Each level holds the one below a thousand times: looking at all of it would take for ever. */
static void
looking_at_shared_lists_costs_steps(void **state)
{
    const char *head = "(defvar s 'x') (defvar l (* (with s c 1) 1000)) "
                       "(set l (* (with s c l) 1000)) (set l (* (with s c l) 1000)) ";
    const char *const uses[] = {"(== l l)", "(< l l)", "(max l l)"};
    const char *const copies[] = {"(Host.Control 'a' l)", "(Host.SetVar 'a' l)"};

    for (gsize i = 0; i < G_N_ELEMENTS(uses); i++) {
        g_autofree char *text = g_strconcat(head, uses[i], NULL);

        assert_int_equal(error_code(text, 0), MOM_POLICY_ERROR_LIMIT);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(copies); i++) {
        g_autofree char *text = g_strconcat(head, copies[i], NULL);

        assert_int_equal(error_code(text, 0), MOM_POLICY_ERROR_LIMIT);
    }
}

static void
memory_is_limited(void **state)
{
    const char *text =
        MILLION "(def eat (n) (if (> n 0) {(* l 1000000) (eat (- n 1))} 0)) (eat 100)";

    assert_int_equal(error_code(text, 0), MOM_POLICY_ERROR_LIMIT);
}

static void
variables_of_an_entity_are_limited(void **state)
{
    const char *head = "(defvar k 'x') (def fill (n) (if (> n 0) {(Host.SetVar k n) "
                       "(set k (+ k 'x')) (fill (- n 1))} 0)) ";
    g_autofree char *works = g_strconcat(head, "(fill 500) (fill 500) (Host.SetVar 'x' 1)", NULL);
    g_autofree char *refused = g_strconcat(head, "(fill 500) (fill 501)", NULL);

    assert_int_equal(error_code(works, 0), -1);
    assert_int_equal(error_code(refused, 0), MOM_POLICY_ERROR_LIMIT);
}

static void
controls_of_an_entity_are_limited(void **state)
{
    const char *head = "(defvar k 'x') (def fill (n) (if (> n 0) {(Host.Control k n) "
                       "(set k (+ k 'x')) (fill (- n 1))} 0)) ";
    g_autofree char *works = g_strconcat(head, "(fill 500) (fill 500) (Host.Control 'x' 1)", NULL);
    g_autofree char *refused = g_strconcat(head, "(fill 500) (fill 501)", NULL);

    assert_int_equal(error_code(works, 0), -1);
    assert_int_equal(error_code(refused, 0), MOM_POLICY_ERROR_LIMIT);
}

/* A thousand names that differ only at their ends, compared again and again. */
static void
searching_among_long_names_costs_steps(void **state)
{
    g_autoptr(GString) text = g_string_new(
        "(defvar k (* 'x' 60000)) (def fill (n) (if (> n 0) {(Host.Control k n) "
        "(set k (+ k 'x')) (fill (- n 1))} 0)) (fill 500)\n(def f0 () (Host.GetControl k))\n");

    for (int i = 1; i <= 30; i++)
        g_string_append_printf(text, "(def f%d () {(f%d) (f%d)})\n", i, i - 1, i - 1);
    g_string_append(text, "(f30)");
    assert_int_equal(error_code(text->str, 0), MOM_POLICY_ERROR_LIMIT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_hundred_nested_calls_work),
        cmocka_unit_test(endless_recursion_is_an_error),
        cmocka_unit_test(recursion_through_deep_expressions_is_an_error),
        cmocka_unit_test(steps_are_limited),
        cmocka_unit_test(a_loop_by_doubling_ends),
        cmocka_unit_test(lists_are_limited),
        cmocka_unit_test(strings_are_limited),
        cmocka_unit_test(lists_nest_in_values_up_to_a_limit),
        cmocka_unit_test(looking_at_shared_lists_costs_steps),
        cmocka_unit_test(memory_is_limited),
        cmocka_unit_test(variables_of_an_entity_are_limited),
        cmocka_unit_test(controls_of_an_entity_are_limited),
        cmocka_unit_test(searching_among_long_names_costs_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
