/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Comparing and choosing, as far as the vectors leave it open.
 *
 * Exactness across kinds of numbers is tested with values; here it is the operators.
 */
#include "tests/policy/evaluation.h"

static void
comparisons_yield_booleans(void **state)
{
    MOM_TEST_TABLE(
        {"(< 1 2) (> 1 2) (<= 2 2) (>= 1 2) (== 1 1.0) (!= 1 1.0)",
         "true false true false true false"},
        {"(< 'a' 'b') (< 'Z' 'a') (< 'z' '\xc3\xa9') (== 'a' 1)", "true true true false"},
        {"(< 9007199254740992.0 9007199254740993)", "true"},
        {"(defvar n (- 1e999 1e999)) (== n n) (< n 1) (>= n 1) (!= n n)",
         "nan false false false true"});
}

static void
lists_compare_by_their_first_difference(void **state)
{
    MOM_TEST_TABLE(
        {"(defvar s 'ab') (defvar t 'ac') (defvar a (with s c c)) (defvar b (with t c c)) "
         "(< a b) (> a b) (== a a) (<= a a) (< a (+ a a)) (null (* a 0))",
         "ab ac (a b) (a c) true false true true true true"},
        {"(defvar s 'a') (defvar a (with s c 1)) (defvar b (with s c 'x')) (< a b)",
         "! p:1:67: < cannot compare integer with string"});
}

static void
kinds_without_an_order_are_refused(void **state)
{
    MOM_TEST_TABLE({"(< nil 1)", "! p:1:2: < cannot compare nil with integer"},
                   {"(>= 'a' 1)", "! p:1:2: >="}, {"(<= Host Host)", "! p:1:2: <="},
                   {"(> 1 Guests)", "! p:1:2: >"},
                   {"(min nil 1)", "! p:1:2: min cannot compare int"},
                   {"(max 1 nil)", "! p:1:2: max cannot compare nil with"},
                   {"(== Host Host) (!= Host Guests)", "true true"});
}

static void
min_and_max_keep_the_first_of_equals(void **state)
{
    MOM_TEST_TABLE({"(max 1 1.0) (max 1.0 1) (min (> 2 1) 1) (min 3 1 2) (max 3 1 4) (min 5)",
                    "1 1.0 true 1 4 5"},
                   {"(min)", "! p:1:2: min takes 1 or more"});
}

static void
and_and_or_evaluate_everything(void **state)
{
    MOM_TEST_TABLE({"(defvar a 0) (or 1 (set a 5)) a", "0 1 5"},
                   {"(defvar a 0) (and 0 (set a 5)) a", "0 0 5"},
                   {"(and 1 2 '') (or 0 '' nil) (and 1 2) (or 0 7 8)", " nil 2 7"},
                   {"(and)", "! p:1:2: and takes 1 or more"}, {"(or)", "! p:1:2: or takes"});
}

static void
null_and_valid_look_for_different_things(void **state)
{
    MOM_TEST_TABLE({"(null) (null nil '') (null 0) (null nil 'a') (null Guests) (null Host)",
                    "true true false false true false"},
                   {"(valid) (valid 0 '' 1) (valid nil 1) (valid 1 nil)", "true true false false"},
                   {"(not 0) (not 'a') (not nil)", "true false true"},
                   {"(not)", "! p:1:2: not takes 1 argument, not 0"},
                   {"(not 1 2)", "! p:1:2: not takes 1 argument, not 2"});
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparisons_yield_booleans),
        cmocka_unit_test(lists_compare_by_their_first_difference),
        cmocka_unit_test(kinds_without_an_order_are_refused),
        cmocka_unit_test(min_and_max_keep_the_first_of_equals),
        cmocka_unit_test(and_and_or_evaluate_everything),
        cmocka_unit_test(null_and_valid_look_for_different_things),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
