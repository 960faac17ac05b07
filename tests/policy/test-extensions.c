/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * cond, sum, floor, round and clamp; and that no extension takes a name away from an old policy.
 *
 * What the reference accepts must mean the same here, whatever its functions and variables are
 * called.
 */
#include "policy/builtins.h"

#include "tests/policy/evaluation.h"

#define LARGEST "9223372036854775807"
#define SMALLEST "-9223372036854775808"
/* Lists come from strings; (l 'abc' x) is the list of x, x and x. */
#define LIST "(def l (s x) (with s c x)) "

static void
cond_gives_the_value_of_the_first_true_clause(void **state)
{
    MOM_TEST_TABLE(
        {"(cond (1 2))", "2"}, {"(cond (0 1) ('' 2) ('x' 3) (1 4))", "3"}, {"(cond (0 1))", "nil"},
        {"(cond (nil 1) [1 [+ 1 1]])", "2"},
        {"(defvar x 5) (cond ((< x 3) 'low') ((< x 9) 'middle') (1 'high'))", "5 middle"});
}

static void
cond_evaluates_no_more_than_it_must(void **state)
{
    MOM_TEST_TABLE({"(defvar n 0) (def t (v) {(set n (+ n 1)) v}) "
                    "(cond ((t 0) (t 7)) ((t 1) 8) ((t 1) (t 9))) n",
                    "0 t 8 2"},
                   {"(cond (1 2) (undefined undefined))", "2"}, {"(cond (0 undefined) (1 2))", "2"},
                   {"(cond (1 2) what is this)", "2"}, {"(cond (1 (defvar a 3))) a", "3 3"});
}

static void
cond_refuses_what_is_no_clause(void **state)
{
    MOM_TEST_TABLE({"(cond)", "! p:1:2: cond takes 1 or more arguments, not 0"},
                   {"\n(cond (0 1)\n 5)", "! p:2:2: clause 2 of cond must be (TEST VALUE)"},
                   {"(cond (1 2 3))", "! p:1:2: clause 1"}, {"(cond ())", "! p:1:2: clause 1"},
                   {"(cond {1})", "! p:1:2: clause 1"}, {"(cond {1 2})", "! p:1:2: clause 1"},
                   {"(cond ((/ 1 0) 2))", "! p:1:9: division"});
}

static void
sum_is_exact_for_integers(void **state)
{
    MOM_TEST_TABLE(
        {LIST "(sum (l '' 1)) (sum (l 'abc' 5)) (sum (l 'ab' (> 2 1)))", "l 0 15 2"},
        {LIST "(sum (+ (l 'a' " LARGEST ") (+ (l 'a' 1) (l 'a' -1))))", "l " LARGEST},
        {LIST "(sum (l 'ab' " LARGEST "))", "! p:1:29: integer overflow in sum"},
        {LIST "(sum (+ (l 'a' " SMALLEST ") (l 'a' -1)))", "! p:1:29: integer overflow in sum"},
        {LIST "(sum (+ (l 'a' 9007199254740993) (l 'a' 0)))", "l 9007199254740993"});
}

static void
one_float_makes_a_float_sum_in_order(void **state)
{
    MOM_TEST_TABLE({LIST "(sum (l 'ab' 0.5)) (sum (+ (l 'a' 1) (l 'a' 1.0)))", "l 1.0 2.0"},
                   {LIST "(sum (+ (l 'a' 0.1) (+ (l 'a' 1e16) (l 'a' -1e16))))", "l 0.0"},
                   {LIST "(sum (+ (l 'a' 1e16) (+ (l 'a' -1e16) (l 'a' 0.1))))", "l 0.1"},
                   {LIST "(sum (+ (l 'ab' " LARGEST ") (l 'a' 0.0)))", "l 1.8446744073709552e+19"});
}

static void
sum_refuses_what_is_no_list_of_numbers(void **state)
{
    MOM_TEST_TABLE({"(sum 5)", "! p:1:2: sum takes a list of numbers, not integer"},
                   {"(sum 'abc')", "! p:1:2: sum takes a list"},
                   {"(sum Guests)", "! p:1:2: sum takes a list"},
                   {LIST "(sum (+ (l 'a' 1) (l 'a' nil)))",
                    "! p:1:29: sum takes a list of numbers, but item 2 is nil"},
                   {LIST "(sum (l 'a' 'x'))", "! p:1:29: sum takes a list"},
                   {LIST "(sum (l 'a' 1) 2)", "! p:1:29: sum takes 1 argument, not 2"});
}

static void
floor_goes_down_and_round_to_even(void **state)
{
    MOM_TEST_TABLE(
        {"(floor 1.9) (floor -1.1) (floor -0.0) (floor 7) (floor (> 2 1))", "1 -2 0 7 1"},
        {"(round 0.5) (round 1.5) (round 2.5) (round -0.5) (round -1.5)", "0 2 2 0 -2"},
        {"(round 2.500001) (round 1.49) (round " LARGEST ")", "3 1 " LARGEST},
        {"(floor -9223372036854775808.0) (round 9223372036854774784.0)",
         SMALLEST " 9223372036854774784"});
}

static void
floor_and_round_refuse_what_is_no_integer_of_64_bits(void **state)
{
    MOM_TEST_TABLE({"(floor 1e999)", "! p:1:2: floor cannot make an integer"},
                   {"(floor -1e999)", "! p:1:2: floor cannot"},
                   {"(round (- 1e999 1e999))", "! p:1:2: round cannot"},
                   {"(floor 9223372036854775808.0)", "! p:1:2: floor cannot"},
                   {"(round -9.3e18)", "! p:1:2: round cannot"},
                   {"(floor '1')", "! p:1:2: floor takes a number, not string"},
                   {"(round nil)", "! p:1:2: round takes a number, not nil"},
                   {"(floor)", "! p:1:2: floor takes 1 argument, not 0"});
}

static void
clamp_keeps_the_value_it_chooses(void **state)
{
    MOM_TEST_TABLE({"(clamp 5 1 9) (clamp 0 1 9) (clamp 10 1 9)", "5 1 9"},
                   {"(clamp 5.0 5 9) (clamp 5 5.0 9) (clamp 9 0 9.0) (clamp 1 1 1)", "5.0 5 9 1"},
                   {"(clamp 9007199254740993 0 9007199254740992.0)", "9007199254740992.0"},
                   {"(clamp 'm' 'a' 'f')", "f"}, {"(clamp (- 1e999 1e999) 1 2)", "nan"},
                   {"(clamp 5 9 1)", "! p:1:2: clamp has a lower bound above"},
                   {"(clamp nil 1 2)", "! p:1:2: clamp cannot compare nil with integer"},
                   {"(clamp 1 nil 2)", "! p:1:2: clamp cannot compare"},
                   {"(clamp 1 2)", "! p:1:2: clamp takes 3 arguments, not 2"});
}

/* The name of each extension, in texts where NAME stands for it. */
static void
expect_for_every_name(const char *text, const char *expect)
{
    for (gsize i = 0; i < mom_n_extensions; i++) {
        g_auto(GStrv) parts = g_strsplit(text, "NAME", -1);
        g_auto(GStrv) wanted = g_strsplit(expect, "NAME", -1);
        g_autofree char *full_text = g_strjoinv(mom_extensions[i].name, parts);
        g_autofree char *full_expect = g_strjoinv(mom_extensions[i].name, wanted);

        mom_test_expect(full_text, full_expect);
    }
}

static void
a_user_function_wins_over_an_extension(void **state)
{
    expect_for_every_name("(def NAME (a b) (- a b)) (NAME 7 3)", "NAME 4");
    expect_for_every_name("(def NAME (a b) (- a b))\n(NAME 7)", "! p:2:2: NAME takes 2 arguments");
    expect_for_every_name("{(def NAME () 'mine') (def f () (NAME)) (f)}", "mine");
    expect_for_every_name("(defvar NAME nil) (def NAME () 1) (NAME)", "nil NAME 1");
}

static void
a_user_function_counts_from_its_definition_on(void **state)
{
    mom_test_expect("(def f () (floor 2.5)) (f) (def floor (x) 'mine') (f)", "f 2 floor mine");
    mom_test_expect("(if 0 (def floor (x) 'mine') 0) (floor 2.5)", "0 2");
}

static void
a_variable_wins_over_an_extension(void **state)
{
    expect_for_every_name("(defvar NAME abs) (NAME -5)", "<callable> 5");
    expect_for_every_name("(defvar NAME 5) NAME\n(NAME 1)",
                          "! p:2:2: NAME is a variable of type integer");
    expect_for_every_name("(defvar s 'ab') (let ((NAME 5)) (+ NAME 1)) (with s NAME NAME)",
                          "ab 6 (a b)");
    expect_for_every_name("(let ((NAME debug)) (NAME 1 2))", "2");
    expect_for_every_name("(defvar NAME nil)\n(NAME 1)", "! p:2:2: unknown function NAME");
}

static void
the_name_of_an_extension_is_no_value(void **state)
{
    expect_for_every_name("NAME", "! p:1:1: undefined symbol NAME");
    expect_for_every_name("(set NAME 1)", "! p:1:2: undefined symbol NAME");
}

static void
an_extension_counts_again_where_the_variable_is_gone(void **state)
{
    MOM_TEST_TABLE({"(let ((floor abs)) (floor -2.5)) (floor -2.5)", "2.5 -3"},
                   {"(def f (sum) (sum -1)) (f abs) (def g (round) (f abs)) (g 1)", "f 1 g 1"});
}

static void
endless_recursion_through_forms_ends_as_an_error(void **state)
{
    MOM_TEST_TABLE({"(def f () (cond (1 (f)))) (f)", "! p:1:21: expressions nested more than"},
                   {"(def f (l) (sort-by l x (f l))) (def l (s) (with s c c)) (f (l 'ab'))",
                    "! p:1:26: expressions nested more than"});
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cond_gives_the_value_of_the_first_true_clause),
        cmocka_unit_test(cond_evaluates_no_more_than_it_must),
        cmocka_unit_test(cond_refuses_what_is_no_clause),
        cmocka_unit_test(sum_is_exact_for_integers),
        cmocka_unit_test(one_float_makes_a_float_sum_in_order),
        cmocka_unit_test(sum_refuses_what_is_no_list_of_numbers),
        cmocka_unit_test(floor_goes_down_and_round_to_even),
        cmocka_unit_test(floor_and_round_refuse_what_is_no_integer_of_64_bits),
        cmocka_unit_test(clamp_keeps_the_value_it_chooses),
        cmocka_unit_test(endless_recursion_through_forms_ends_as_an_error),
        cmocka_unit_test(a_user_function_wins_over_an_extension),
        cmocka_unit_test(a_user_function_counts_from_its_definition_on),
        cmocka_unit_test(a_variable_wins_over_an_extension),
        cmocka_unit_test(the_name_of_an_extension_is_no_value),
        cmocka_unit_test(an_extension_counts_again_where_the_variable_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
