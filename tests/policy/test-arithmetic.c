/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Operators that compute: results, overflow of each, and the kinds they refuse.
 *
 * What the vectors already ask is not asked again, but for one of each kind.
 */
#include "tests/policy/evaluation.h"

#define LARGEST "9223372036854775807"
#define SMALLEST "-9223372036854775808"

static void
integers_are_exact_up_to_the_last(void **state)
{
    MOM_TEST_TABLE({"(+ 9223372036854775806 1)", LARGEST}, {"(- -9223372036854775807 1)", SMALLEST},
                   {"(* -4611686018427387904 2)", SMALLEST}, {"(<< -1 63)", SMALLEST},
                   {"(<< 1 62)", "4611686018427387904"}, {"(<< 0 99)", "0"},
                   {"(>> -1 99) (>> -5 1) (>> 5 64)", "-1 -3 0"},
                   {"(abs -9223372036854775807)", LARGEST});
}

static void
every_operator_tells_of_overflow(void **state)
{
    MOM_TEST_TABLE({"(+ " LARGEST " 1)", "! p:1:2: integer overflow in +"},
                   {"(+ " SMALLEST " -1)", "! p:1:2: integer overflow in +"},
                   {"(- " SMALLEST " 1)", "! p:1:2: integer overflow in -"},
                   {"(- 0 " SMALLEST ")", "! p:1:2: integer overflow in -"},
                   {"(* " SMALLEST " -1)", "! p:1:2: integer overflow in *"},
                   {"(* 4294967296 4294967296)", "! p:1:2: integer overflow in *"},
                   {"(<< 1 63)", "! p:1:2: integer overflow in <<"},
                   {"(<< 1 64)", "! p:1:2: integer overflow in <<"},
                   {"(<< -1 64)", "! p:1:2: integer overflow in <<"},
                   {"(<< 3 62)", "! p:1:2: integer overflow in <<"},
                   {"(abs " SMALLEST ")", "! p:1:2: integer overflow in abs"});
}

static void
booleans_compute_as_integers(void **state)
{
    MOM_TEST_TABLE({"(+ (> 2 1) 1) (- (> 1 2) 1) (* (> 2 1) (> 2 1)) (<< (> 2 1) 3)", "2 -1 1 8"},
                   {"(/ (> 2 1) 2) (abs (> 2 1))", "0.5 1"});
}

static void
division_gives_the_nearest_float(void **state)
{
    MOM_TEST_TABLE(
        {"(/ 6 3) (/ -1 3) (/ 0 -5)", "2.0 -0.3333333333333333 -0.0"},
        {"(/ 9007199254740993 1)", "9007199254740992.0"},
        {"(/ 9223372036854775807 9223372036854775806)", "1.0"},
        {"(/ " SMALLEST " " SMALLEST ") (/ " SMALLEST " -1)", "1.0 9.223372036854776e+18"},
        {"(/ 1 " LARGEST ")", "1.0842021724855044e-19"}, {"(/ 1 0)", "! p:1:2: division"},
        {"(/ 1.5 0.0)", "! p:1:2: division"}, {"(/ 1 (> 1 2))", "! p:1:2: division"});
}

static void
strings_and_lists_are_joined_and_repeated(void **state)
{
    MOM_TEST_TABLE(
        {"(+ 'a' \"b\") (* 'ab' 2) (* 2 'ab') (* 'ab' -1) (* (> 2 1) 'x')", "ab abab abab  x"},
        {"(defvar s 'ab') (defvar l (with s c c)) (+ l l) (* l 2) (* 0 l) (* -1 l)",
         "ab (a b) (a b a b) (a b a b) () ()"});
}

static void
other_kinds_are_refused(void **state)
{
    MOM_TEST_TABLE({"(+ 1 'a')", "! p:1:2: + cannot take integer and string"},
                   {"(+ nil 1)", "! p:1:2: + cannot take nil and integer"},
                   {"(- 'a' 'b')", "! p:1:2: -"}, {"(* 'a' 'b')", "! p:1:2: *"},
                   {"(* 'a' 1.5)", "! p:1:2: *"}, {"(/ 'a' 1)", "! p:1:2: /"},
                   {"(<< 1.0 2)", "! p:1:2: <<"}, {"(>> 1 nil)", "! p:1:2: >>"},
                   {"(<< 1 -1)", "! p:1:2: << by a negative"}, {"(>> 1 -1)", "! p:1:2: >> by a"},
                   {"(abs 'x')", "! p:1:2: abs"}, {"(abs)", "! p:1:2: abs takes 1 argument"});
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_exact_up_to_the_last),
        cmocka_unit_test(every_operator_tells_of_overflow),
        cmocka_unit_test(booleans_compute_as_integers),
        cmocka_unit_test(division_gives_the_nearest_float),
        cmocka_unit_test(strings_and_lists_are_joined_and_repeated),
        cmocka_unit_test(other_kinds_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
