/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/ini: what the comparison with Python cannot see: lines, messages and our own limits.
 *
 * Syntax itself is compared in test-config-python.py.
 */
#include "tests/mom-test.h"

#include <string.h>

#include "agent/config/ini.h"

static const char *
value_of(const MomIni *ini, const char *section, const char *key)
{
    const MomIniEntry *entry = mom_ini_entry(mom_ini_section(ini, section), key);

    return entry ? entry->value : NULL;
}

static void
keys_and_sections_know_their_lines(void **state)
{
    static const char text[] = "# mom\n\n[main]\na: 1\n  2\n\nb = 3\n[Collector: X]\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(MomIni) ini = NULL;
    const MomIniSection *main_section;

    assert_ok((ini = mom_ini_parse(text, strlen(text), "f", &error)));
    main_section = mom_ini_section(ini, "main");
    assert_int_equal(main_section->line, 3);
    assert_int_equal(mom_ini_entry(main_section, "a")->line, 4);
    assert_string_equal(value_of(ini, "main", "a"), "1\n2");
    assert_int_equal(mom_ini_entry(main_section, "b")->line, 7);
    assert_int_equal(mom_ini_section(ini, "Collector: X")->line, 8);
    assert_null(mom_ini_section(ini, "Main"));
    assert_null(mom_ini_entry(mom_ini_section(ini, "nosuch"), "a"));
}

static void
refusals_name_file_and_line(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"\na: 1\n", "mom.conf:2: no [section] stands before `a: 1'"},
        {"[main]\n\nword\n", "mom.conf:3: neither `key: value' nor `[section]': `word'"},
        {"[main]\n= 1\n", "mom.conf:2: a value without a key"},
        {"[a]\n[b]\n[a]\n", "mom.conf:3: section [a] is there a second time, first in line 1"},
        {"[main]\na: 1\nb: 2\nA= 3\n",
         "mom.conf:4: `a' is set a second time in [main], first in line 2"},
        {"[main]\na: \xff\n", "mom.conf:2: not UTF-8 text"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(mom_ini_parse(cases[i].text, strlen(cases[i].text), "mom.conf", &error));
        assert_true(g_error_matches(error, MOM_INI_ERROR, MOM_INI_ERROR_SYNTAX));
        assert_string_equal(error->message, cases[i].message);
    }
}

static void
a_nul_byte_is_refused(void **state)
{
    g_autoptr(GError) error = NULL;

    assert_fails(mom_ini_parse("[main]\na: \0\n", 12, "f", &error), MOM_INI_ERROR,
                 MOM_INI_ERROR_SYNTAX);
}

static const char *
always(const char *key, gpointer data)
{
    return data;
}

static const char *
look_up(const char *key, gpointer data)
{
    return value_of(data, "main", key);
}

static void
a_value_cannot_outgrow_its_limit(void **state)
{
    g_autofree char *big = g_strnfill(MOM_INI_VALUE_BYTES, 'x');
    g_autoptr(GError) error = NULL;
    g_autofree char *just = NULL;

    assert_fails(mom_ini_interpolate("%(a)s%(b)s.", always, big, &error), MOM_INI_ERROR,
                 MOM_INI_ERROR_REFERENCE);
    assert_ok((just = mom_ini_interpolate("%(a)s", always, big, &error)));
    assert_int_equal(strlen(just), MOM_INI_VALUE_BYTES);
}

/* Ten levels of a hundred references each would be followed for years. */
static void
references_that_multiply_are_cut_short(void **state)
{
    g_autoptr(GString) text = g_string_new("[main]\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(MomIni) ini = NULL;

    for (int i = 0; i < 9; i++) {
        g_string_append_printf(text, "k%d: ", i);
        for (int j = 0; j < 100; j++)
            g_string_append_printf(text, "%%(k%d)s", i + 1);
        g_string_append_c(text, '\n');
    }
    g_string_append(text, "k9:\n");
    assert_ok((ini = mom_ini_parse(text->str, text->len, "f", &error)));
    assert_fails(mom_ini_interpolate(value_of(ini, "main", "k0"), look_up, ini, &error),
                 MOM_INI_ERROR, MOM_INI_ERROR_REFERENCE);
}

static void
depth_is_counted_as_python_counts(void **state)
{
    g_autoptr(GString) text = g_string_new("[main]\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(MomIni) ini = NULL;
    g_autofree char *value = NULL;

    for (int i = 0; i < 12; i++)
        g_string_append_printf(text, "k%d: %%(k%d)s\n", i, i + 1);
    g_string_append(text, "k12: end\n");
    assert_ok((ini = mom_ini_parse(text->str, text->len, "f", &error)));
    assert_ok((value = mom_ini_interpolate("%(k3)s", look_up, ini, &error)));
    assert_string_equal(value, "end");
    assert_fails(mom_ini_interpolate("%(k1)s", look_up, ini, &error), MOM_INI_ERROR,
                 MOM_INI_ERROR_REFERENCE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_sections_know_their_lines),
        cmocka_unit_test(refusals_name_file_and_line),
        cmocka_unit_test(a_nul_byte_is_refused),
        cmocka_unit_test(a_value_cannot_outgrow_its_limit),
        cmocka_unit_test(references_that_multiply_are_cut_short),
        cmocka_unit_test(depth_is_counted_as_python_counts),
    };

    return cmocka_run_group_tests_name("ini", tests, NULL, NULL);
}
