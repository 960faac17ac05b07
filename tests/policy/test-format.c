/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The formatter: what each kind of list looks like, that comments stay, and over random texts that
 * the program is the same and a second pass changes nothing.
 *
 * The policies of the vectors and of contrib go through it in tests/agent/momctl.
 */
#include "policy/format.h"

#include "tests/mom-test.h"
#include "tests/policy/same-program.h"

static char *
format(const char *text)
{
    g_autoptr(GError) error = NULL;
    char *formatted = mom_policy_format("p", text, -1, &error);

    assert_ok(formatted != NULL);
    return formatted;
}

static void
expect(const char *text, const char *wanted)
{
    g_autofree char *once = format(text);
    g_autofree char *twice = format(once);

    assert_string_equal(once, wanted);
    assert_string_equal(twice, wanted);
    assert_true(same_program(text, once));
}

static void
blanks_between_tokens_become_one(void **state)
{
    expect("", "");
    expect(" \n\n ", "");
    expect("1", "1\n");
    expect("  ( +  1\t2 )", "(+ 1 2)\n");
    expect("(+ 1 2)(- 3 4)5", "(+ 1 2)\n(- 3 4)\n5\n");
    expect("{ a  [ b ] ( ) }", "{a [b] ()}\n");
    expect("(f\"a\"'b'-0xFF 125f56 1-2)", "(f \"a\" 'b' - 0xFF 125 f56 1 -2)\n");
}

static void
a_list_that_was_broken_stays_broken(void **state)
{
    expect("(def f (x)\n(+ x 1))", "(def f (x)\n    (+ x 1))\n");
    expect("(defvar a\n\n  (f 1))", "(defvar a\n\n    (f 1))\n");
    expect("(if a\nb\n  c)", "(if a\n    b\n    c)\n");
    expect("(max 1\n(f 2))", "(max 1\n     (f 2))\n");
    expect("(+ 1\n2)", "(+ 1\n   2)\n");
    expect("(f 1 2\n(g 3) 4)", "(f 1 2\n    (g 3)\n    4)\n");
    expect("(\nf 1)", "(f 1)\n");
    expect("(f 1\n)", "(f 1)\n");
}

static void
what_is_only_atoms_is_joined(void **state)
{
    expect("(guest.Control\n\"x\"\n1)", "(guest.Control \"x\" 1)\n");
    expect("(with Guests\nguest\n(f guest))", "(with Guests guest\n    (f guest))\n");
}

static void
blocks_begin_behind_the_head_of_a_form(void **state)
{
    expect("(with Guests g {\n(f g)\n(h g) })", "(with Guests g {\n    (f g)\n    (h g)\n})\n");
    expect("(def f ()\n  {\n  1\n  })", "(def f () {\n    1\n})\n");
    expect("(def f ()\n  {1 2})", "(def f ()\n    {1 2})\n");
    expect("(if a\n{\n1 2}\n0)", "(if a\n    {\n        1\n        2\n    }\n    0)\n");
    expect("(def f (t)\n(let ((m t.maximum)) {\n(t.set m.a)\n}))",
           "(def f (t)\n    (let ((m t.maximum)) {\n        (t.set m.a)\n    }))\n");
}

static void
bindings_stand_below_each_other(void **state)
{
    expect("(let ((a 1)\n(bb (f\n(g 2))))\n(+ a bb))",
           "(let ((a 1)\n      (bb (f\n              (g 2))))\n    (+ a bb))\n");
}

static void
what_is_too_long_is_broken(void **state)
{
    expect("(defvar a_name_of_some_length (if (< another_name_of_some_length "
           "yet_another_name_that_is_long) "
           "(+ the_value_then 1) (- the_value_else 1)))",
           "(defvar a_name_of_some_length\n"
           "    (if (< another_name_of_some_length yet_another_name_that_is_long)\n"
           "        (+ the_value_then 1)\n"
           "        (- the_value_else 1)))\n");
}

static void
lines_hold_just_as_many_characters_as_they_may(void **state)
{
    g_autofree char *name = g_strnfill(MOM_FORMAT_WIDTH - 8, 'a');
    g_autofree char *fitting = g_strdup_printf("(f (g %s))", name);
    g_autofree char *kept = g_strdup_printf("%s\n", fitting);
    g_autofree char *longer = g_strdup_printf("(f (gg %s))", name);
    g_autofree char *broken = g_strdup_printf("(f\n    (gg\n        %s))\n", name);

    assert_int_equal(strlen(fitting), MOM_FORMAT_WIDTH);
    expect(fitting, kept);
    expect(longer, broken);
}

static void
width_is_counted_in_characters(void **state)
{
    GString *text = g_string_new("(f (g \"");

    for (int i = 0; i < MOM_FORMAT_WIDTH - 10; i++)
        g_string_append(text, "\xc3\xa4");
    g_string_append(text, "\"))\n");
    expect(text->str, text->str);
    g_string_free(text, TRUE);
}

static void
comments_stay_where_they_are(void **state)
{
    expect("# a\n\n\n#b  \n(f)", "# a\n\n#b\n(f)\n");
    expect("(f) # behind\n# below", "(f)  # behind\n# below\n");
    expect("(f # one\n a # two\n # three\n b)", "(f  # one\n    a  # two\n    # three\n    b)\n");
    expect("(f a # last\n)", "(f a  # last\n)\n");
    expect("(f (g a) # last\n)", "(f\n    (g a)  # last\n)\n");
    expect("{ # why\n\n a\n\n # what\n b }", "{  # why\n\n    a\n\n    # what\n    b\n}\n");
    expect("(def f (x)\n  # why\n  {\n a\n})", "(def f (x)\n    # why\n    {\n        a\n    })\n");
    expect("(\n# first\nf)", "(\n # first\n f)\n");
    expect("#", "#\n");
    expect("(f)#\r\n(g)", "(f)  #\n(g)\n");
}

static void
one_empty_line_is_kept_and_more_become_one(void **state)
{
    expect("\n\n(a)\n\n\n\n(b)\n(c)\n\n", "(a)\n\n(b)\n(c)\n");
    expect("{\n\na\n\n\nb\n\n}", "{\n    a\n\n    b\n}\n");
}

static void
strings_keep_their_line_ends(void **state)
{
    expect("(debug \"a\n   b\"   1)", "(debug \"a\n   b\" 1)\n");
    expect("(+ \"a\nb\" 1)", "(+ \"a\nb\"\n   1)\n");
}

static void
what_is_no_program_is_refused_with_its_place(void **state)
{
    g_autoptr(GError) error = NULL;
    MomPlace place;

    assert_null(mom_policy_format("p", "(a)\n (b", -1, &error));
    place = mom_policy_error_place(error);
    assert_int_equal(place.line, 2);
    assert_int_equal(place.column, 2);
    g_clear_error(&error);
    assert_fails(mom_policy_format("p", "a\0b", 3, &error) != NULL, MOM_POLICY_ERROR,
                 MOM_POLICY_ERROR_LOAD);
}

static void
a_text_that_would_become_too_large_is_refused(void **state)
{
    g_autoptr(GError) error = NULL;
    GString *text = g_string_new(NULL);

    for (int i = 0; i < 100; i++)
        g_string_append(text, "{\n");
    for (int i = 0; i < 100000; i++)
        g_string_append(text, "a\n");
    for (int i = 0; i < 100; i++)
        g_string_append(text, "}\n");
    assert_fails(mom_policy_format("p", text->str, -1, &error) != NULL, MOM_POLICY_ERROR,
                 MOM_POLICY_ERROR_LIMIT);
    g_string_free(text, TRUE);
}

/* ---- random texts ---- */

static void
append_gap(GString *text, GRand *random)
{
    static const char *const gaps[] = {" ",    " ",      " ",      "",        "\n",    "\n  ",
                                       "\n\n", "\n\n\n", " # c\n", "\n# c\n", "#\n\n", "\t"};

    g_string_append(text, gaps[g_rand_int_range(random, 0, G_N_ELEMENTS(gaps))]);
}

static void
append_random(GString *text, GRand *random, int depth)
{
    static const char *const atoms[] = {"a",     "let",
                                        "with",  "if",
                                        "def",   "+",
                                        "max",   "1",
                                        "-2.5",  "'s\n t'",
                                        "\"\"",  "Host.mem_free",
                                        "nil",   "a_name_that_is_long_enough_to_break_some_lines",
                                        "defvar"};
    static const char *const brackets[] = {"()", "()", "()", "[]", "{}"};
    const char *bracket = brackets[g_rand_int_range(random, 0, G_N_ELEMENTS(brackets))];
    int n = g_rand_int_range(random, 0, 6);

    if (depth == 0 || g_rand_int_range(random, 0, 3) == 0) {
        g_string_append(text, atoms[g_rand_int_range(random, 0, G_N_ELEMENTS(atoms))]);
        return;
    }
    g_string_append_c(text, bracket[0]);
    append_gap(text, random);
    for (int i = 0; i < n; i++) {
        append_random(text, random, depth - 1);
        g_string_append_c(text, ' ');
        append_gap(text, random);
    }
    g_string_append_c(text, bracket[1]);
}

static void
random_programs_stay_the_same_and_a_second_pass_changes_nothing(void **state)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(20);

    for (int i = 0; i < 5000; i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *once = NULL;
        g_autofree char *twice = NULL;

        for (int n = g_rand_int_range(random, 1, 4); n > 0; n--) {
            append_random(text, random, 5);
            g_string_append_c(text, ' ');
            append_gap(text, random);
        }
        once = format(text->str);
        twice = format(once);
        if (strcmp(once, twice) != 0 || !same_program(text->str, once)) {
            print_error("---- given:\n%s\n---- once:\n%s\n---- twice:\n%s\n", text->str, once,
                        twice);
            fail();
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_between_tokens_become_one),
        cmocka_unit_test(a_list_that_was_broken_stays_broken),
        cmocka_unit_test(what_is_only_atoms_is_joined),
        cmocka_unit_test(blocks_begin_behind_the_head_of_a_form),
        cmocka_unit_test(bindings_stand_below_each_other),
        cmocka_unit_test(what_is_too_long_is_broken),
        cmocka_unit_test(lines_hold_just_as_many_characters_as_they_may),
        cmocka_unit_test(width_is_counted_in_characters),
        cmocka_unit_test(comments_stay_where_they_are),
        cmocka_unit_test(one_empty_line_is_kept_and_more_become_one),
        cmocka_unit_test(strings_keep_their_line_ends),
        cmocka_unit_test(what_is_no_program_is_refused_with_its_place),
        cmocka_unit_test(a_text_that_would_become_too_large_is_refused),
        cmocka_unit_test(random_programs_stay_the_same_and_a_second_pass_changes_nothing),
    };

    return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
