/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Cutting the tuning policy: what vdsm may send for Python's values and the engine's keys, what
 * people write by hand, and that a bad line costs no other.
 */
#include "tests/mom-test.h"

#include "policy/tuning.h"

#include <string.h>

#define NAME "01-parameters"

static MomTuning *
cut(const char *text)
{
    g_autoptr(GError) error = NULL;
    MomTuning *tuning = mom_tuning_new(NAME, text, strlen(text), &error);

    assert_ok(tuning);
    return tuning;
}

static void
expect_kept(const MomTuning *tuning, const char *wanted)
{
    g_autofree char *kept = mom_tuning_kept(tuning);

    assert_string_equal(kept, wanted);
}

/* "line:column text: why; " of each. */
static void
expect_listed(const MomTuning *tuning, const char *wanted)
{
    g_autoptr(GString) found = g_string_new(NULL);
    GPtrArray *listed = mom_tuning_listed(tuning);

    for (guint i = 0; i < listed->len; i++) {
        const MomSetAside *aside = g_ptr_array_index(listed, i);

        g_string_append_printf(found, "%u:%u %s: %s; ", aside->line, aside->column, aside->text,
                               aside->why);
    }
    assert_string_equal(found->str, wanted);
}

#define GOOD_BEFORE "(set before True)\n"
#define GOOD_BEHIND "\n(set behind 'x')"

/* LINE between two good ones: only it is set aside, and WHY says so. */
static void
expect_aside(const char *line, const char *why)
{
    g_autofree char *text = g_strconcat(GOOD_BEFORE, line, GOOD_BEHIND, NULL);
    g_autofree char *blank = g_strdup(line);
    g_autofree char *wanted = NULL;
    g_autoptr(MomTuning) tuning = cut(text);
    GPtrArray *listed = mom_tuning_listed(tuning);

    for (char *at = blank; *at; at++)
        if (*at != '\n')
            *at = ' ';
    wanted = g_strconcat(GOOD_BEFORE, blank, GOOD_BEHIND, NULL);
    expect_kept(tuning, wanted);
    assert_int_equal(mom_tuning_n_kept(tuning), 2);
    assert_int_equal(listed->len, 1);
    assert_string_equal(((const MomSetAside *)listed->pdata[0])->why, why);
}

static void
test_values_that_are_none_are_set_aside_alone(void **state)
{
    static const struct {
        const char *line, *why;
    } cases[] = {
        {"(set a {'x': 1})", "unexpected character ':'"},
        {"(set a [1, 2])", "unexpected character ','"},
        {"(set a (1, 2))", "unexpected character ','"},
        {"(set a 36893488147419103232)", "integer out of range: 36893488147419103232"},
        {"(set a -9223372036854775809)", "integer out of range: -9223372036854775809"},
        {"(set a 'it is open)", "unterminated string"},
        {"(set a \"it is open)", "unterminated string"},
        {"(set a 'ends in a backslash\\)", "unterminated string"},
        {"(set a [1)", "']' expected (to close '[' at 2:8), found ')'"},
        {"(set a (1)", "'(' is never closed"},
        {"(set a 1))", "')' closes nothing"},
        {"set a 1)", "')' closes nothing"},
        {"(set a <object object at 0x7f>", "'(' is never closed"},
        {"(set a 007)", "malformed number: a decimal integer has no leading zeros"},
        {"(set a 1.)", "malformed number: a point needs digits behind it"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        expect_aside(cases[i].line, cases[i].why);
}

static void
test_odd_keys_are_set_aside_alone(void **state)
{
    static const struct {
        const char *line, *why;
    } cases[] = {
        {"(set a%b 1)", "unexpected character '%'"},
        {"(set a:b 1)", "unexpected character ':'"},
        {"(set #a 1)", "'(' is never closed"},
        {"(set a(b 1)", "'(' is never closed"},
        {"(set a)b 1)", "')' closes nothing"},
        {"(set a'b 1)", "unterminated string"},
        {"(set \xc3\xa4 1)", "unexpected character '\xc3\xa4'"},
        {"(set a\n%b 1)", "unexpected character '%'"}, /* a newline in the key */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        expect_aside(cases[i].line, cases[i].why);
}

/* What names mean and how many arguments set takes is for others to judge. */
static void
test_what_parses_is_kept(void **state)
{
    static const char *const lines[] = {
        "(set a True)",
        "(set a None)",
        "(set a 1.5)",
        "(set a -7)",
        "(set a 1e+20)",
        "(set a 1e-07)",
        "(set a nan)",
        "(set a -inf)",
        "(set a 9223372036854775807)",
        "(set a '')",
        "(set a \"it's\")",
        "(set a 'both \\'\" quotes')",
        "(set a 'a\\\\b\\n')",
        "(set a.b 1)",
        "(set a b 1)",
        "(set  1)",
        "(set x (+ 1 2))  # a note",
        "(set u'x' u'y')",
        "",
        "# (only a note",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *text = g_strconcat(GOOD_BEFORE, lines[i], GOOD_BEHIND, NULL);
        g_autoptr(MomTuning) tuning = cut(text);

        expect_kept(tuning, text);
        assert_int_equal(mom_tuning_n_aside(tuning), 0);
    }
}

static void
test_an_open_string_never_ends_in_another_line(void **state)
{
    /* Read as one program these are two calls of set, each with a string over two lines. */
    g_autoptr(MomTuning) tuning = cut("(set a 'x)\n(set b y')\n(set c 1)");

    expect_kept(tuning, "          \n          \n(set c 1)");
    expect_listed(tuning, "1:8 (set a 'x): unterminated string; "
                          "2:9 (set b y'): unterminated string; ");
}

static void
test_a_sound_text_is_taken_as_it_is(void **state)
{
    static const char text[] = "# by hand\n(defvar x\n(+ 1\n   2))\n\n(debug 'over\ntwo lines')\n"
                               "(set a 1) (set b 2) # both\n(set c\n 3)(set d\n4)\n";
    g_autoptr(MomTuning) tuning = cut(text);

    expect_kept(tuning, text);
    assert_int_equal(mom_tuning_n_kept(tuning), 4);
    /* An expression goes with all its lines, and with those that share one with it. */
    assert_true(mom_tuning_set_aside(tuning, 3, 2, "why"));
    assert_false(mom_tuning_set_aside(tuning, 4, 1, "again"));
    assert_true(mom_tuning_set_aside(tuning, 11, 1, "why"));
    assert_false(mom_tuning_set_aside(tuning, 1, 1, "a note"));
    assert_false(mom_tuning_set_aside(tuning, 5, 1, "an empty line"));
    assert_false(mom_tuning_set_aside(tuning, 99, 1, "no line"));
    expect_kept(tuning, "# by hand\n         \n    \n      \n\n(debug 'over\ntwo lines')\n"
                        "(set a 1) (set b 2) # both\n      \n         \n  \n");
    expect_listed(tuning, "3:2 (defvar x (+ 1    2)): why; 11:1 (set c  3)(set d 4): why; ");
}

static void
test_beside_a_bad_line_expressions_of_several_lines_stay(void **state)
{
    g_autoptr(MomTuning) tuning = cut("(set a {})}\n(defvar x\n  (+ 1\n  2))\n(set b 2)\n");

    expect_kept(tuning, "           \n(defvar x\n  (+ 1\n  2))\n(set b 2)\n");
    assert_int_equal(mom_tuning_n_kept(tuning), 2);
}

static void
test_a_broken_expression_goes_with_all_its_lines(void **state)
{
    /* Its second line alone would be good, and mean something else. */
    g_autoptr(MomTuning) tuning =
        cut("(if %on\n    (set balloonEnabled 1)\n    (set ksmEnabled 0))\n(set b 2)\n");

    expect_kept(tuning,
                "       \n                          \n                       \n(set b 2)\n");
    expect_listed(tuning, "1:5 (if %on     (set balloonEnabled 1)     (set ksmEnabled 0)): "
                          "unexpected character '%'; ");
}

static void
test_indented_lines_are_lines(void **state)
{
    g_autoptr(MomTuning) tuning = cut("  (set a {'x': 1})\n  (set b 2)\n\t(set c (3)\n(set d 4)");

    expect_kept(tuning, "                  \n  (set b 2)\n           \n(set d 4)");
}

static void
test_many_bad_lines_are_counted_and_few_are_listed(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(MomTuning) tuning = NULL;
    g_autofree char *kept = NULL;

    for (guint i = 0; i < 50000; i++)
        g_string_append(text, "(set a {'x': 'y)\n");
    g_string_append(text, "(set b 2)");
    tuning = cut(text->str);
    assert_int_equal(mom_tuning_n_aside(tuning), 50000);
    assert_int_equal(mom_tuning_n_kept(tuning), 1);
    assert_int_equal(mom_tuning_listed(tuning)->len, MOM_TUNING_MAX_LISTED);
    kept = mom_tuning_kept(tuning);
    assert_string_equal(g_strchug(kept), "(set b 2)");
}

static void
test_what_is_shown_is_one_short_line(void **state)
{
    g_autoptr(GString) text = g_string_new("(set a {\t\x01");
    g_autoptr(GString) wanted = g_string_new("(set a { ?");
    g_autoptr(MomTuning) tuning = NULL;
    const MomSetAside *aside;

    for (guint i = 0; i < 200; i++)
        g_string_append(text, "\xc3\xa4");
    for (guint i = 10; i < 80; i++)
        g_string_append(wanted, "\xc3\xa4");
    g_string_append(wanted, "...");
    tuning = cut(text->str);
    aside = mom_tuning_listed(tuning)->pdata[0];
    assert_string_equal(aside->text, wanted->str);
}

static void
test_what_is_no_text_is_refused_whole(void **state)
{
    static const char invalid[] = "(set a 1)\n(set b '\xff')\n";
    static const char zero[] = "(set a 1)\n\0";
    g_autofree char *large = g_strnfill(MOM_POLICY_MAX_TEXT_BYTES + 1, ' ');
    g_autoptr(GError) error = NULL;

    assert_null(mom_tuning_new(NAME, invalid, strlen(invalid), &error));
    assert_int_equal(mom_policy_error_place(error).line, 2);
    g_clear_error(&error);
    assert_fails(mom_tuning_new(NAME, zero, sizeof zero - 1, &error), MOM_POLICY_ERROR,
                 MOM_POLICY_ERROR_LOAD);
    assert_fails(mom_tuning_new(NAME, large, strlen(large), &error), MOM_POLICY_ERROR,
                 MOM_POLICY_ERROR_LIMIT);
    large[0] = '%';
    large[MOM_POLICY_MAX_TEXT_BYTES] = '\0';
    mom_tuning_free(cut(large));
}

static void
test_nothing_is_at_fault_in_nothing(void **state)
{
    static const char *const texts[] = {"", "\n", "\n\n", "# a note", "# a note\n  "};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(MomTuning) tuning = cut(texts[i]);

        expect_kept(tuning, texts[i]);
        assert_int_equal(mom_tuning_n_kept(tuning) + mom_tuning_n_aside(tuning), 0);
        assert_false(mom_tuning_set_aside(tuning, 1, 1, "why"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_that_are_none_are_set_aside_alone),
        cmocka_unit_test(test_odd_keys_are_set_aside_alone),
        cmocka_unit_test(test_what_parses_is_kept),
        cmocka_unit_test(test_an_open_string_never_ends_in_another_line),
        cmocka_unit_test(test_a_sound_text_is_taken_as_it_is),
        cmocka_unit_test(test_beside_a_bad_line_expressions_of_several_lines_stay),
        cmocka_unit_test(test_a_broken_expression_goes_with_all_its_lines),
        cmocka_unit_test(test_indented_lines_are_lines),
        cmocka_unit_test(test_many_bad_lines_are_counted_and_few_are_listed),
        cmocka_unit_test(test_what_is_shown_is_one_short_line),
        cmocka_unit_test(test_what_is_no_text_is_refused_whole),
        cmocka_unit_test(test_nothing_is_at_fault_in_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
